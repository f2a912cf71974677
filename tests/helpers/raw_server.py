"""A server that sends exact bytes, and the bytes of common responses."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any


def http(body: bytes = b"", status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """Return the bytes of a response that closes the connection; `length` declares another length than the body's."""
    declared = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close", f"Content-Length: {declared}", "", ""]
    return "\r\n".join(lines).encode() + body


def http_chunked(body: bytes) -> bytes:
    """Return the bytes of a chunked response, which declares no length and closes the connection."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def issued(token: str, **other: Any) -> bytes:
    """Return the bytes of au10001's response; `other` members replace its own, and ``None`` leaves one out."""
    expires = datetime.now(timezone.utc) + timedelta(hours=9 + 24)
    members = {"expires_dt": f"{expires:%Y%m%d%H%M%S}", "token_type": "bearer", "token": token, "return_code": 0}
    return http(json.dumps({k: v for k, v in {**members, **other}.items() if v is not None}).encode())


class RawServer:
    """A context manager: a loopback server that returns the n-th of `responses` to the n-th request, byte for byte.

    A response is `bytes`, or a callable that gets the socket and writes to it. The connection is closed after each.
    """

    def __init__(self, *responses: bytes | Callable[[socket.socket], None]) -> None:
        self._responses = list(responses)
        self._connection: socket.socket | None = None
        self.requests: list[bytes] = []

    def __enter__(self) -> "RawServer":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._responses.clear()
        if self._connection is not None:
            try:
                self._connection.shutdown(socket.SHUT_RDWR)  # This stops a response that would never end.
            except OSError:
                pass  # It is closed already.
        # A last connection, so that accept() returns.
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join(60)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # The listener was closed: on Windows, a recv() goes on after the shutdown of its socket.
                return
            self._connection = connection
            with connection, suppress(OSError):  # The client closed the connection: some tests do that on purpose.
                # Taken before the request is read: the block may end while it is read.
                response = next(iter(self._responses), None)
                if response is None:
                    return
                del self._responses[:1]
                self.requests.append(read_request(connection))
                if callable(response):
                    response(connection)
                else:
                    connection.sendall(response)


def read_request(connection: socket.socket) -> bytes:
    """Return the bytes of one request, its body included; ``b""`` where the client closed the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body
