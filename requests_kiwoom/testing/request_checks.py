"""``check_request``: what is wrong with the form of a request, and which error it gets."""

import json
from collections.abc import Container, Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl

from .errors import refusal
from .received import ReceivedRequest
from .replies import Reply

_KEY_NAMES = frozenset({"appkey", "secretkey", "app-key", "secret-key", "app_key", "secret_key", "appsecret"})
_TOKEN_NAMES = frozenset({"token", "access_token", "access-token", "authorization"})


class Complaint(NamedTuple):
    """What is wrong with a request, and the error that it gets; ``None`` if Kiwoom may accept it."""

    text: str
    reply: Reply | None


def check_request(request: ReceivedRequest, keys: Container[str], tokens: Container[str]) -> Iterator[Complaint]:
    """Yield what is wrong with the form of `request`.

    Which error Kiwoom gives for each is not captured: the codes were chosen by their texts.

    :param keys: the appkey and the secretkey.
    :param tokens: every token that was ever issued.
    """
    if request.method != "POST":
        reason = f"Request method '{request.method}' is not supported"
        yield Complaint(f"{request.method}: every API is a POST", refusal(1999, status=405, reason=reason))
        return
    if has_secret_in_query(request, keys, tokens):
        reply = refusal(1517, parameter="query", reason="query string은 지원하지 않습니다")
        yield Complaint("a token or key is in the query string, which ends up in logs", reply)
    if any(name in _KEY_NAMES or value in keys for name, value in request.headers.items()):
        # One client in use sends them on every call; whether Kiwoom refuses that is unknown.
        yield Complaint("a key is in a header: keys belong in the body of au10001 and au10002", None)
    content_type = request.headers.get("content-type")
    if content_type is None:
        yield Complaint("the content-type header is missing: it is application/json;charset=UTF-8", refusal(1512))
    elif content_type.partition(";")[0].strip().lower() != "application/json":
        yield Complaint("the content type is not application/json", refusal(1512))
    if not _is_json_object(request.body):
        reply = refusal(1517, parameter="body", reason="JSON 형식이 아닙니다")
        yield Complaint("the body is not a JSON object", reply)


def has_secret_in_query(request: ReceivedRequest, keys: Container[str], tokens: Container[str]) -> bool:
    """Return whether a key or token is in the query string."""
    if "?" not in request.path:
        return False
    return any(
        name.lower() in _TOKEN_NAMES | _KEY_NAMES or value in tokens or value in keys
        for name, value in parse_qsl(request.path.partition("?")[2])
    )


def _is_json_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
