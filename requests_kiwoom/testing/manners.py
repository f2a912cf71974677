"""Manners: what a client of Kiwoom's must not do, and what it is told."""

import json
from collections.abc import Container
from typing import NamedTuple
from urllib.parse import parse_qsl

from .received import ReceivedRequest
from .refusals import refusal
from .replies import Reply

_KEY_NAMES = frozenset({"appkey", "secretkey", "app-key", "secret-key", "app_key", "secret_key", "appsecret"})
_TOKEN_NAMES = frozenset({"token", "access_token", "access-token", "authorization"})


class Complaint(NamedTuple):
    """What is wrong with a request, and the error that it gets."""

    text: str
    reply: Reply


def complaint_about(request: ReceivedRequest, keys: Container[str], tokens: Container[str]) -> Complaint | None:
    """The first thing that is wrong with the form of `request`; ``None`` if it is well-behaved.

    Which error Kiwoom gives for each is not captured: the codes are chosen by their texts.

    :param keys: the appkey and the secretkey.
    :param tokens: every token that was ever issued.
    """
    if request.method != "POST":
        reason = f"Request method '{request.method}' is not supported"
        return Complaint(f"{request.method}: every API is a POST", refusal(1999, status=405, reason=reason))
    for name, value in parse_qsl(request.path.partition("?")[2]) if "?" in request.path else ():
        if name.lower() in _TOKEN_NAMES | _KEY_NAMES or value in tokens or value in keys:
            reply = refusal(1517, parameter="query", reason="query string은 지원하지 않습니다")
            return Complaint("a token or key is in the query string, which ends up in logs", reply)
    for name, value in request.headers.items():
        if name in _KEY_NAMES or value in keys:
            return Complaint("a key is in a header: keys belong in the body of au10001 and au10002", refusal(1512))
    content_type = request.headers.get("content-type")
    if content_type is None:
        return Complaint("the content-type header is missing: it is application/json;charset=UTF-8", refusal(1512))
    if content_type.partition(";")[0].strip().lower() != "application/json":
        return Complaint("the content type is not application/json", refusal(1512))
    return _complaint_about_body(request)


def _complaint_about_body(request: ReceivedRequest) -> Complaint | None:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return None
    reply = refusal(1517, parameter="body", reason="JSON 형식이 아닙니다")
    return Complaint("the body is not a JSON object", reply)
