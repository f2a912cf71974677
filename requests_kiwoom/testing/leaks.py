"""``find_leaks``: whether a key or token was sent where it does not belong."""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from ..oauth import REVOKE_PATH, TOKEN_PATH
from .received import ReceivedMessage, ReceivedRequest

_TOKEN = "a token"


def find_leaks(
    requests: Iterable[ReceivedRequest],
    messages: Iterable[ReceivedMessage],
    keys: Mapping[str, str],
    tokens: Iterable[str],
) -> list[str]:
    """Return one sentence for each secret in a wrong place, without the secret itself.

    Keys belong in the body of au10001 and au10002; a token in the ``authorization`` header, in the body of au10002
    and in a LOGIN.

    :param keys: each key by its name.
    """
    secrets = [*((key, name) for name, key in keys.items()), *((token, _TOKEN) for token in tokens)]
    leaks = []
    for number, request in enumerate(requests, 1):
        for place, text in _places(request):
            for secret, name in secrets:
                if secret in text and not _belongs(name, place, request.route):
                    leaks.append(f"{name} is in the {place} of request {number} ({request.method} {request.route})")
    for number, message in enumerate(messages, 1):
        for secret, name in secrets:
            if secret in message.text and not (name == _TOKEN and message.trnm == "LOGIN"):
                leaks.append(f"{name} is in WebSocket message {number} ({message.trnm})")
    return leaks


def _places(request: ReceivedRequest) -> Iterable[tuple[str, str]]:
    yield "URL", unquote(request.path)
    yield "body", request.body.decode("utf-8", "replace")
    for name, value in request.headers.items():
        yield f"{name} header", value


def _belongs(name: str, place: str, route: str) -> bool:
    if name == _TOKEN:
        return place == "authorization header" or (place == "body" and route == REVOKE_PATH)
    return place == "body" and route in (TOKEN_PATH, REVOKE_PATH)
