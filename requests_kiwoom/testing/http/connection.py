"""``Connection``: reads HTTP/1.1 requests off a wire, and writes the responses."""

import http
import io
import sys
from typing import NamedTuple

from ..received import ReceivedRequest
from ..replies import Reply
from .wire import Ending, Wire

_MAX_LINE = 64 * 1024
_MAX_HEADERS = 200
_MAX_BODY = 64 * 1024 * 1024
_CHUNK = 8 * 1024
#: The first byte of TLS: a client that speaks it to plain http waits for a response, and sends no line.
_TLS = b"\x16"
_LEFT = "the client left in the middle of a request"
_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}
_BODILESS = (204, 304)


class Malformed(Exception):
    """The client does not speak HTTP."""


class Packed(NamedTuple):
    """A response, ready to be sent."""

    data: bytes
    #: Where the body begins.
    body: int
    ending: Ending | None


class Connection:
    """One client's connection, kept alive until either side ends it."""

    def __init__(self, wire: Wire, client: str) -> None:
        self._wire = wire
        self._client = client
        self._reader = io.BufferedReader(wire)
        self._is_kept_alive = True
        self._takes_chunks = False
        self._takes_body = True

    def read(self) -> ReceivedRequest | None:
        """Return the next request, or ``None`` at the end.

        :raises Malformed: if it is not HTTP.
        """
        first = self._reader.peek(1)[:1] if self._is_kept_alive else b""
        if not first:
            return None
        try:
            if first == _TLS:
                raise Malformed
            method, target, version = self._read_line().decode("latin-1").split()
            self._takes_chunks = version == "HTTP/1.1"
            self._takes_body = method != "HEAD"
            headers = self._read_headers()
            self._is_kept_alive = self._takes_chunks and headers.get("connection", "").lower() != "close"
            body = self._read_body(headers)
        except (ValueError, Malformed):
            # Where the next request begins is unknown.
            self._is_kept_alive = False
            raise Malformed from None
        return ReceivedRequest(sys.intern(method), target, headers, body, self._client)

    def pack(self, reply: Reply, date: str, *, content_length: bool = False) -> Packed:
        """Return the bytes of `reply`, as a response to the request that was read last.

        :param date: the ``Date`` header.
        :param content_length: send ``Content-Length`` instead of chunks.
        :raises Exception: if something in `reply` cannot be sent.
        """
        content = reply.encode()
        own = {name.lower() for name in reply.headers}
        headers = {"Content-Type": "application/json;charset=UTF-8", "Date": date, **reply.headers}
        if reply.status in _BODILESS:
            content = b""
        elif "content-length" not in own:
            if self._takes_chunks and not content_length:
                headers["Transfer-Encoding"] = "chunked"
                content = _in_chunks(content)
            else:
                headers["Content-Length"] = str(len(content))
        headers["Connection"] = "keep-alive" if self._is_kept_alive else "close"
        lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return Packed(head + content if self._takes_body else head, len(head), reply.ending)

    def send(self, packed: Packed) -> None:
        """Send a response, and break the connection if it has an ending."""
        # In one write: of two, Nagle's algorithm holds the second back until the client acknowledges the first.
        self._wire.send(*packed)
        if packed.ending is not None:
            self._is_kept_alive = False

    def _read_line(self) -> bytes:
        line = self._reader.readline(_MAX_LINE)
        if len(line) == _MAX_LINE:
            raise Malformed
        if not line.endswith(b"\n"):
            raise ConnectionError(_LEFT)
        return line

    def _read_headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(_MAX_HEADERS):
            line = self._read_line()
            if line in (b"\r\n", b"\n"):
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                break
            # Names repeat from request to request: ten thousand requests share one string.
            headers[sys.intern(name.strip().lower())] = value.strip()
        raise Malformed

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self._wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._read_chunks()
        return self._read_exactly(int(headers.get("content-length") or 0))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int(self._read_line().partition(b";")[0], 16):
            body += self._read_exactly(size)
            if len(body) > _MAX_BODY:
                raise Malformed
            self._read_line()
        while self._read_line() not in (b"\r\n", b"\n"):
            pass
        return bytes(body)

    def _read_exactly(self, size: int) -> bytes:
        if not 0 <= size <= _MAX_BODY:
            raise Malformed
        content = self._reader.read(size)
        if len(content) < size:
            raise ConnectionError(_LEFT)
        return content


def _in_chunks(content: bytes) -> bytes:
    pieces = [content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK)]
    return b"".join([*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"])
