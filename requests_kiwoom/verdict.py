"""``judge``: what a response means for the token that its request carried. The hook uses it."""

import zlib
from contextlib import suppress
from enum import Enum
from io import BufferedReader, RawIOBase
from typing import Any

from requests import Response

from .envelope import SIZE_LIMIT, read_envelope

#: A rejected streamed response is read if it declares at most this many bytes, and closed otherwise.
_DRAIN_LIMIT = 64 * 1024
#: Of a streamed response, at most about this many bytes are looked at, the lines between its chunks included.
_PEEK_LIMIT = 8 * SIZE_LIMIT


class Verdict(Enum):
    """What a response means for the token."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    #: An error of another kind, or a body that is left for the caller to read.
    UNKNOWN = "unknown"


def judge(status: int, content: bytes | None) -> Verdict:
    """Return the verdict on a response.

    :param status: the HTTP status.
    :param content: the whole body; of a body longer than 1 KiB any part above that is enough. ``None`` if it is unread.
    """
    if status == 401:
        return Verdict.REJECTED
    if content and len(content) <= SIZE_LIMIT:
        envelope = read_envelope(content)
        if envelope is not None and envelope.rejects_token:
            return Verdict.REJECTED
    return Verdict.ACCEPTED if status == 200 and content is not None else Verdict.UNKNOWN


def judge_response(response: Response, streamed: bool) -> Verdict:
    """Return the verdict on `response`, and leave every byte of a streamed body to the caller.

    :param streamed: whether the request was sent with ``stream=True``.
    """
    status = response.status_code
    if status == 401:
        return Verdict.REJECTED
    length = _declared_length(response)
    if length is None:
        return judge(status, peek(response) if streamed else response.content)
    if length > SIZE_LIMIT:  # No rejection is that long. What is unread says nothing yet.
        return Verdict.UNKNOWN if streamed or status != 200 else Verdict.ACCEPTED
    return judge(status, response.content)


def is_short(response: Response) -> bool:
    """Return whether a streamed body can be read at once: it declares 64 KiB at most, or is complete already."""
    length = _declared_length(response)
    return peek(response) is not None if length is None else length <= _DRAIN_LIMIT


def _declared_length(response: Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


# A streamed body of unknown length. Kiwoom sends every body in chunks, without a Content-Length [captured]. requests
# and urllib3 offer no way to look at a body without taking it, so the bytes are read below them, from the buffered
# reader of http.client, and are put back.


def peek(response: Response) -> bytes | None:
    """Return the body of a streamed response if it is short and complete; ``None`` once it is not.

    The caller can still read all of it.
    """
    connection = getattr(response.raw, "_fp", None)  # An http.client.HTTPResponse, in urllib3 1.26 and 2.
    reader = getattr(connection, "fp", None)
    if not isinstance(reader, BufferedReader):  # A mock's response, or one without a body.
        return None
    is_chunked = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
    encoding = response.headers.get("Content-Encoding", "").lower()
    taken, failure = b"", None
    try:
        data = reader.peek(1)  # One read from the socket at most: the caller waits no longer for a first piece.
        while True:
            content, is_complete = _dechunk(data) if is_chunked else (data, not data)
            if encoding:
                content = _decompress(content)
            if is_complete or read_envelope(content) is not None:  # Its last chunk may come later.
                return content
            if len(data) > _PEEK_LIMIT or not _may_be_rejection(content):
                return None
            taken += reader.read(len(data) - len(taken))
            data = taken + reader.peek(1)
            if data == taken:  # The connection was closed.
                return content if not is_chunked else None
    except OSError as error:  # A socket raises a timeout once, and then another error.
        failure = error
        return None
    except (ValueError, zlib.error):
        return None
    finally:
        if taken or failure is not None:
            connection.fp = BufferedReader(_PutBack(taken, failure, reader))  # type: ignore[union-attr]


def _may_be_rejection(content: bytes) -> bool:
    """Return whether `content` may be the beginning of a rejection's JSON object."""
    if not content or len(content) > SIZE_LIMIT:
        return not content  # The line before the first chunk, or the header of gzip.
    compact = b"".join(content.split())
    # White space alone keeps a connection alive, and "}{" is in rows of JSON, one on each line.
    is_beginning = compact != b"" and b'{"return_'.startswith(compact)
    return is_beginning or (b'"return_' in compact and b"}{" not in compact)


def _dechunk(data: bytes) -> tuple[bytes, bool]:
    """Return the content of the chunks in `data` (RFC 9112, section 7.1), and whether the last chunk is among them.

    :raises ValueError: if `data` is not in chunks.
    """
    content = b""
    while len(content) <= SIZE_LIMIT:
        line, end, data = data.partition(b"\r\n")
        if not end:
            break
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            return content, True
        content += data[:size]
        data = data[size + 2 :]
    return content, False


def _decompress(content: bytes) -> bytes:
    # 47: gzip or zlib, told apart by their first bytes (zlib.decompressobj's wbits).
    return zlib.decompressobj(47).decompress(content, SIZE_LIMIT + 1) if content else content


class _PutBack(RawIOBase):
    """Bytes that were taken from a reader, then the error that it raised, and then the rest of the reader."""

    def __init__(self, taken: bytes, failure: "OSError | None", reader: BufferedReader) -> None:
        self._taken = taken
        self._failure = failure
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._taken and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        piece = self._taken[: len(buffer)] or self._reader.read1(len(buffer))
        self._taken = self._taken[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        with suppress(OSError):
            self._reader.close()
        super().close()
