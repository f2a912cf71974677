"""Secrecy: whether a key or token went where it does not belong."""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from ..oauth import REVOKE_PATH, TOKEN_PATH
from .received import ReceivedRequest


def leaks(requests: Iterable[ReceivedRequest], keys: Mapping[str, str], tokens: Iterable[str]) -> list[str]:
    """One sentence for each secret that is out of its place, without the secret itself.

    Keys belong in the body of au10001 and au10002, a token in the ``authorization`` header and in the body of au10002.

    :param keys: each key by its name.
    """
    known = [*((key, name) for name, key in keys.items()), *((token, "a token") for token in tokens)]
    found = []
    for number, request in enumerate(requests, 1):
        for place, text in _places(request):
            for secret, name in known:
                if secret in text and not _belongs(name, place, request.route):
                    found.append(f"{name} is in the {place} of request {number} ({request.method} {request.route})")
    return found


def _places(request: ReceivedRequest) -> Iterable[tuple[str, str]]:
    yield "URL", unquote(request.path)
    yield "body", request.body.decode("utf-8", "replace")
    for name, value in request.headers.items():
        yield f"{name} header", value


def _belongs(name: str, place: str, route: str) -> bool:
    if name == "a token":
        return place == "authorization header" or (place == "body" and route == REVOKE_PATH)
    return place == "body" and route in (TOKEN_PATH, REVOKE_PATH)
