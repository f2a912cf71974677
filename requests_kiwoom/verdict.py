"""``judge_response``: what a response means for the token that its request carried. The hook uses it."""

import zlib
from enum import Enum
from io import BufferedReader, RawIOBase
from typing import Any

from requests import Response

from .envelope import SIZE_LIMIT, read_envelope

#: A rejected streamed response is read if it declares at most this many bytes, and closed otherwise.
_DRAIN_LIMIT = 64 * 1024
#: Bytes of a body, with what its chunks and its compression add, after which it is no short body.
_PEEK_LIMIT = 16 * 1024


class Verdict(Enum):
    """What a response means for the token."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    #: An error of another kind, or a body that does not show it.
    UNKNOWN = "unknown"


def judge(status: int, content: bytes | None, is_complete: bool = True) -> Verdict:
    """Return the verdict on a response.

    :param status: the HTTP status.
    :param content: the body, or its beginning; ``None`` if nothing is known of it.
    :param is_complete: whether it is the whole body. If not, and it is no envelope, it is longer than one.
    """
    if status == 401:
        return Verdict.REJECTED
    if content is None:
        return Verdict.UNKNOWN
    if len(content) > SIZE_LIMIT:  # No error is that long.
        return Verdict.ACCEPTED if status == 200 else Verdict.UNKNOWN
    envelope = read_envelope(content)
    if envelope is not None and envelope.rejects_token:
        return Verdict.REJECTED
    # Kiwoom may report another error, such as a rate limit (1700), without a look at the token.
    is_accepted = envelope.is_success if envelope is not None else not is_complete
    return Verdict.ACCEPTED if status == 200 and is_accepted else Verdict.UNKNOWN


def judge_response(response: Response, streamed: bool) -> Verdict:
    """Return the verdict on `response`, and leave every byte of a streamed body to the caller.

    A streamed body that declares 1 KiB at most is read into ``response.content``.

    :param streamed: whether the request was sent with ``stream=True``.
    """
    status = response.status_code
    if status == 401:  # Its body may be cut off.
        return Verdict.REJECTED
    if not streamed:  # requests reads the body right after the hooks anyway.
        return judge(status, response.content)
    length = _declared_length(response)
    if length is None:
        return judge(status, *peek(response))
    if length > SIZE_LIMIT:  # No rejection is that long.
        return Verdict.ACCEPTED if status == 200 else Verdict.UNKNOWN
    return judge(status, response.content)


def is_short(response: Response) -> bool:
    """Return whether a streamed body can be read at once: it declares 64 KiB at most, or is complete already."""
    length = _declared_length(response)
    return peek(response)[1] if length is None else length <= _DRAIN_LIMIT


def _declared_length(response: Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


# A streamed body of unknown length. Kiwoom sends every body in chunks, without a Content-Length [captured]. requests
# and urllib3 offer no way to look at a body without taking it, so the bytes are read below them, from the buffered
# reader of http.client, and are put back.


def peek(response: Response) -> tuple[bytes | None, bool]:
    """Return the beginning of a streamed body, and whether it is all of it. The caller can still read every byte.

    More than the first piece is read only as long as the body may be a rejection. ``None`` if it cannot be looked at.
    """
    connection = getattr(response.raw, "_fp", None)  # An http.client.HTTPResponse, in urllib3 1.26 and 2.
    reader = getattr(connection, "fp", None)
    if not isinstance(reader, BufferedReader):  # A mock's response, or one without a body.
        return None, False
    is_chunked = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
    decode = _decompress if response.headers.get("Content-Encoding") else bytes
    taken = b""
    failure: OSError | None = None
    try:
        data = reader.peek(1)  # At most one read from the socket: the caller waits no longer for a first piece.
        while True:
            content, is_complete = _dechunk(data) if is_chunked else (data, not data)
            content = decode(content)
            if is_complete or len(data) > _PEEK_LIMIT or not _needs_more(content):
                return content, is_complete
            taken += reader.read(len(data) - len(taken))
            data = taken + reader.peek(1)
            if data == taken:  # The connection was closed, which ends a body without chunks.
                return (None, False) if is_chunked else (content, True)
    except OSError as error:
        failure = error.with_traceback(None)
        return None, False
    except (ValueError, zlib.error):
        return None, False
    finally:
        if taken or failure is not None:
            # mypy does not know that there is a connection where its reader was found.
            connection.fp = BufferedReader(_PutBack(taken, failure, reader))  # type: ignore[union-attr]


def _needs_more(content: bytes) -> bool:
    """Return whether only more of the body shows if it is a rejection."""
    if not content:  # The line before the first chunk, or the header of gzip.
        return True
    if len(content) > SIZE_LIMIT or read_envelope(content) is not None:
        return False
    compact = b"".join(content.split())
    # The network may split the body anywhere, in the first member's name as well. White space alone keeps a connection
    # alive, and "}{" is in rows of JSON, one on each line.
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
        # A socket reports a reset or a timeout once; the next read would see the end of the body, or another error.
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
        self._reader.close()
        super().close()
