"""``Connection``: one client on a socket, in as much of HTTP/1.1 as such clients speak."""

import http
import socket
import struct
import sys
from typing import NamedTuple

from .received import ReceivedRequest
from .replies import Ending, Reply

_LONGEST_LINE = 64 * 1024
_MOST_HEADERS = 200
_LARGEST_BODY = 64 * 1024 * 1024
#: How TLS begins: a client that speaks it to plain http waits for an answer, and sends no line.
_TLS = b"\x16"
_LEFT = "the client left in the middle of a request"
_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}


class Malformed(Exception):
    """What came in is not HTTP."""


class Packed(NamedTuple):
    """An answer, ready to be sent."""

    head: bytes
    content: bytes
    ending: Ending | None


class Connection:
    """Reads requests off a socket and writes answers to it, until either side has had enough."""

    def __init__(self, sock: socket.socket, client: str) -> None:
        self._sock = sock
        self._client = client
        self._reader = sock.makefile("rb")
        self._stays = True
        self._bodiless = False

    def read(self) -> ReceivedRequest | None:
        """The next request; ``None`` if there is none.

        :raises Malformed: if it is not HTTP.
        """
        first = self._reader.peek(1)[:1] if self._stays else b""
        if not first:
            return None
        try:
            if first == _TLS:
                raise Malformed
            method, target, version = self._line().decode("latin-1").split()
            headers = self._headers()
            self._stays = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
            self._bodiless = method == "HEAD"
            body = self._body(headers)
        except (ValueError, Malformed):
            # Where the next request would begin is not known.
            self._stays = False
            raise Malformed from None
        return ReceivedRequest(sys.intern(method), target, headers, body, self._client)

    def pack(self, reply: Reply, date: str) -> Packed:
        """`reply` as the bytes that answer the request that was read last.

        :raises Exception: if something in it cannot be bytes.
        """
        content = reply.encode()
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            "Content-Length": str(len(content)),
            "Date": date,
            **reply.headers,
        }
        if not self._stays:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return Packed(head, b"" if self._bodiless else content, reply.ending)

    def send(self, packed: Packed) -> None:
        """Answer, and break the connection as that is to end."""
        head, content, ending = packed
        if ending in (Ending.RESET_WITHIN, Ending.TRUNCATED):
            head, content = (head, content[: len(content) // 2]) if content else (head[: len(head) // 2], b"")
        if ending is not Ending.RESET_BEFORE:
            # In one write: two, and Nagle's algorithm holds the second back until the first is acknowledged.
            self._sock.sendall(head + content)
        if ending is Ending.RESET_AFTER:
            # A reset sent at once can overtake the answer, and the client would lose it.
            self._reader.peek(1)
        if ending is not None:
            self._stays = False
            if ending is not Ending.TRUNCATED:
                # Lingering for zero seconds turns the close into a reset.
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """Say goodbye in good order."""
        self._reader.close()
        self._sock.close()

    def _line(self) -> bytes:
        line = self._reader.readline(_LONGEST_LINE)
        if len(line) == _LONGEST_LINE:
            raise Malformed
        if not line.endswith(b"\n"):
            raise ConnectionError(_LEFT)
        return line

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(_MOST_HEADERS):
            line = self._line()
            if line in (b"\r\n", b"\n"):
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                break
            # The names repeat from request to request: ten thousand of them are kept once.
            headers[sys.intern(name.strip().lower())] = value.strip()
        raise Malformed

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        return self._exactly(int(headers.get("content-length") or 0))

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self._line().partition(b";")[0], 16):
            body += self._exactly(size)
            if len(body) > _LARGEST_BODY:
                raise Malformed
            self._line()
        while self._line() not in (b"\r\n", b"\n"):
            pass
        return bytes(body)

    def _exactly(self, size: int) -> bytes:
        if not 0 <= size <= _LARGEST_BODY:
            raise Malformed
        content = self._reader.read(size)
        if len(content) < size:
            raise ConnectionError(_LEFT)
        return content
