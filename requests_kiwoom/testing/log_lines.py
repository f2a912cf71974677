"""``request_line`` and ``message_line``: one line for the log about a request or a message, without secrets."""

import re
from collections.abc import Iterable

from ..tokens import fingerprint
from .received import ReceivedMessage, ReceivedRequest
from .replies import Reply


def request_line(request: ReceivedRequest, reply: Reply, seconds: float) -> str:
    """Return the line about a request and its response, such as ``POST /oauth2/token au10001: HTTP 200``."""
    query = "?***" if "?" in request.path else ""
    called = f"{request.called or 'without api-id'}{_token(request.token)}"
    ending = f", {reply.ending.value}" if reply.ending else ""
    said = f"HTTP {reply.status}{_return_code(reply)}{ending} ({seconds * 1000:.1f} ms)"
    return f"{request.method} {request.route}{query} {called}: {said}"


def message_line(message: ReceivedMessage, reply: Reply | None) -> str:
    """Return the line about a WebSocket message and its response."""
    token = message.json().get("token") if message.trnm == "LOGIN" else None
    called = f"{message.trnm or 'without trnm'}{_token(token)}"
    said = "no response" if reply is None else f"response{_return_code(reply)}"
    return f"WebSocket {message.path} connection {message.connection} {called}: {said}"


def redact(line: str, secrets: Iterable[str]) -> str:
    """Return `line` without `secrets`, and without characters that a terminal acts on."""
    for secret in secrets:
        line = line.replace(secret, "***")
    return re.sub(r"[^ -~]", "?", line)


def _token(token: object) -> str:
    return f" token {fingerprint(str(token))}" if token else ""


def _return_code(reply: Reply) -> str:
    return "" if reply.return_code is None else f", return_code {reply.return_code}"
