"""``judge`` and ``peek``: what a response means for the token, without losing a byte of a streamed body."""

import gzip
import json
import socket
import struct
import threading
import zlib
from contextlib import closing

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse

from requests_kiwoom.verdict import Verdict, is_short, judge, judge_response, peek
from tests.helpers.raw_server import RawServer
from tests.helpers.wine import crashes_wine, hides_resets

REJECTION = json.dumps({"return_code": 3, "return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"}).encode()
SUCCESS = json.dumps({"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}).encode()
NO_DATA = b'{"return_code": 20, "return_msg": ""}'
RATE_LIMIT = b'{"return_code": 5, "return_msg": "[1700:...]"}'


def chunked(*pieces, headers=b"", end=b"0\r\n\r\n"):
    """Return the bytes of a chunked response whose chunks are `pieces`."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n%b\r\n" % headers + chunks + end


def until_closed(body, headers=b""):
    """Return the bytes of a response without a length: it ends with the connection."""
    return b"HTTP/1.1 200 OK\r\n%b\r\n" % headers + body


class Streamed:
    """A context manager: a streamed response, whose bytes a `RawServer` sends."""

    def __init__(self, raw_response):
        self._raw = RawServer(raw_response)
        self._session = requests.Session()

    def __enter__(self):
        url = self._raw.__enter__().url
        self._response = self._session.post(url, data=b"", stream=True, timeout=10)
        return self._response

    def __exit__(self, *args):
        self._response.close()
        self._session.close()
        self._raw.__exit__(*args)


@pytest.mark.parametrize(
    "status, content, verdict",
    [
        (200, SUCCESS, Verdict.ACCEPTED),
        (200, NO_DATA, Verdict.ACCEPTED),
        (200, b"", Verdict.UNKNOWN),
        (200, b"{}", Verdict.UNKNOWN),
        (200, b"<html>", Verdict.UNKNOWN),
        (200, RATE_LIMIT, Verdict.UNKNOWN),
        (200, REJECTION, Verdict.REJECTED),
        (200, REJECTION.ljust(1024), Verdict.REJECTED),
        (200, REJECTION.ljust(1025), Verdict.ACCEPTED),
        (200, None, Verdict.UNKNOWN),
        (401, None, Verdict.REJECTED),
        (401, SUCCESS, Verdict.REJECTED),
        (400, REJECTION, Verdict.REJECTED),
        (500, REJECTION, Verdict.REJECTED),
        (500, b"", Verdict.UNKNOWN),
        (503, b"<html>", Verdict.UNKNOWN),
        (429, RATE_LIMIT, Verdict.UNKNOWN),
        (201, SUCCESS, Verdict.UNKNOWN),
        (200, SUCCESS[:30], Verdict.UNKNOWN),
        (200, b"x" * 1025, Verdict.ACCEPTED),
        (500, b"x" * 1025, Verdict.UNKNOWN),
    ],
)
def test_judge(status, content, verdict):
    """HTTP 401 or a rejection code rejects the token; a success in HTTP 200 accepts it; another error does neither."""
    assert verdict is judge(status, content)


@pytest.mark.parametrize(
    "status, content, verdict",
    [
        (200, b"tick", Verdict.ACCEPTED),
        (200, REJECTION, Verdict.REJECTED),
        (200, RATE_LIMIT, Verdict.UNKNOWN),
        (200, None, Verdict.UNKNOWN),
        (500, b"tick", Verdict.UNKNOWN),
    ],
)
def test_judge_the_beginning_of_a_body(status, content, verdict):
    """In HTTP 200, a beginning that is not an envelope accepts the token: the body is longer than any error."""
    assert verdict is judge(status, content, is_complete=False)


BODIES = [REJECTION, SUCCESS, b"{}", b"", b" " * 10, b"x" * 3000, b'{"return_code": 0, "rows": "' + b"x" * 5000 + b'"}']


@pytest.mark.parametrize("body", BODIES, ids="rejection success short empty blank long long-success".split())
@pytest.mark.parametrize(
    "make",
    [
        lambda body: chunked(body) if body else chunked(),
        lambda body: chunked(*(body[at : at + 7] for at in range(0, len(body), 7))),
        lambda body: chunked(gzip.compress(body), headers=b"Content-Encoding: gzip\r\n"),
        lambda body: chunked(zlib.compress(body), headers=b"Content-Encoding: deflate\r\n"),
        lambda body: chunked(body or b" ", end=b"0;last=1\r\nTrailer: x\r\n\r\n"),
        lambda body: until_closed(body),
        lambda body: until_closed(gzip.compress(body), b"Content-Encoding: gzip\r\n"),
    ],
    ids=["chunked", "many chunks", "gzip", "deflate", "trailers", "until closed", "gzip until closed"],
)
def test_a_look_does_not_change_what_the_caller_reads(make, body):
    """After ``peek``, ``raw``, ``iter_content`` and ``content`` return the same bytes as without it."""
    raw_response = make(body)
    for read in (
        lambda response: response.content,
        lambda response: b"".join(response.iter_content(7)),
        lambda response: b"".join(response.iter_content(None)),
        lambda response: response.raw.read(),
        lambda response: b"".join(response.raw.stream(5, decode_content=False)),
    ):
        with Streamed(raw_response) as response:
            expected = read(response)
        with Streamed(raw_response) as response:
            content, is_complete = peek(response)

            assert expected == read(response)
        assert (body or b" ").startswith(content)
        assert not is_complete or content == (body or content)[:1025]


@pytest.mark.parametrize("is_rejected", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        chunked,
        until_closed,
        lambda body: chunked(body[:1], body[1:40], body[40:]),
        lambda body: chunked(gzip.compress(body), headers=b"Content-Encoding: gzip\r\n"),
    ],
    ids=["chunked", "until closed", "three chunks", "gzip"],
)
def test_a_short_body_in_two_pieces_is_seen_whole(make, is_rejected):
    """A short response is seen whole wherever the network splits it, and no byte is lost."""
    body = REJECTION if is_rejected else SUCCESS
    raw_response = make(body)
    head = raw_response.index(b"\r\n\r\n") + 4
    for split in range(head, len(raw_response) + 1, 3):

        def send(connection, split=split):
            connection.sendall(raw_response[:split])
            received.wait(10)
            connection.sendall(raw_response[split:])

        received = threading.Event()
        threading.Timer(0.01, received.set).start()
        with Streamed(send) as response:
            assert (Verdict.REJECTED if is_rejected else Verdict.ACCEPTED) is judge_response(response, True)
            assert body == response.content


def test_only_the_first_piece_of_an_endless_stream_is_looked_at():
    """Only the first piece of an endless stream is looked at, and the caller reads it from its first byte."""
    released = threading.Event()

    def send(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntick\n\r\n")
        released.wait(30)
        connection.sendall(b"5\r\ntock\n\r\n0\r\n\r\n")

    with Streamed(send) as response:
        assert Verdict.ACCEPTED is judge_response(response, True)
        lines = response.iter_lines(1)
        assert b"tick" == next(lines)
        released.set()
        assert [b"tock"] == list(lines)


def test_ndjson_arrives_line_by_line():
    """The caller gets the first line of a stream of JSON lines before the second one is sent."""
    read_first = threading.Event()

    def send(connection):
        line = b'{"price": "70000"}\n'
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(line), line))
        assert read_first.wait(30)
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(line), line))

    with Streamed(send) as response:
        assert (b'{"price": "70000"}\n', False) == peek(response)
        lines = response.iter_lines(1)
        assert {"price": "70000"} == json.loads(next(lines))
        read_first.set()
        assert [{"price": "70000"}] == [json.loads(line) for line in lines]


def test_a_long_body_that_begins_like_a_rejection_is_accepted():
    """A body that begins like a rejection, but is longer than 1 KiB, is accepted; the caller can read all of it."""
    body = REJECTION[:-1] + b', "rows": "' + b"x" * 4000 + b'"}'
    with Streamed(chunked(body[:600], body[600:1200], body[1200:])) as response:
        assert Verdict.ACCEPTED is judge_response(response, True)
        assert body == response.content


@pytest.mark.parametrize(
    "raw_response",
    [
        chunked(REJECTION)[:-30],
        chunked(end=b"zz\r\nabc"),
        chunked(b"not gzip", headers=b"Content-Encoding: gzip\r\n"),
        until_closed(b"not gzip", b"Content-Encoding: gzip\r\n"),
    ],
    ids=["cut in a chunk", "no chunk", "no gzip in chunks", "no gzip"],
)
def test_a_broken_body_raises_the_same_error_after_a_look(raw_response):
    """The verdict on a truncated or malformed body is unknown; reading it raises the same error as without a look."""
    with Streamed(raw_response) as response, pytest.raises(requests.exceptions.RequestException) as without:
        response.content
    with Streamed(raw_response) as response:
        assert Verdict.UNKNOWN is judge_response(response, True)
        with pytest.raises(requests.exceptions.RequestException) as caught:
            response.content

    assert type(without.value) is type(caught.value)


@pytest.mark.parametrize("raw_response", [chunked(REJECTION, end=b""), until_closed(REJECTION)])
def test_a_rejection_without_the_end_of_its_body_is_recognized(raw_response):
    """A complete JSON object is enough for the verdict, which does not wait for the end of the body."""
    with Streamed(raw_response) as response:
        assert Verdict.REJECTED is judge_response(response, True)
        assert REJECTION == peek(response)[0]


@crashes_wine
def test_a_read_timeout_during_a_look_is_raised_to_the_caller():
    """If nothing arrives within the read timeout, ``peek`` returns no content, and the caller's read raises."""
    done = threading.Event()

    def send(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        done.wait(30)

    with RawServer(send) as raw, requests.Session() as session:
        response = session.post(raw.url, data=b"", stream=True, timeout=0.5)
        assert (None, False) == peek(response)
        with pytest.raises(requests.exceptions.ConnectionError, match="Read timed out"):
            response.content
        done.set()


@hides_resets
@pytest.mark.parametrize("chunked", [True, False])
def test_a_reset_during_a_look_is_raised_to_the_caller(chunked):
    """A connection that is reset in the middle of the body is an error for the caller, not the end of the body."""

    def send(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Transfer-Encoding: chunked\r\n" if chunked else b"") + b"\r\n")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        received.wait(30)

    received = threading.Event()
    with RawServer(send) as raw, requests.Session() as session:
        response = session.post(raw.url, data=b"", stream=True, timeout=10)
        received.set()
        assert Verdict.UNKNOWN is judge_response(response, True)
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="reset"):
            response.content


def test_a_compressed_bomb_is_not_unpacked():
    """Of a compressed body only the first KiB is unpacked for the verdict."""
    with Streamed(chunked(gzip.compress(b" " * 10_000_000), headers=b"Content-Encoding: gzip\r\n")) as response:
        content, _ = peek(response)
        assert content is not None and len(content) <= 1025
        assert 10_000_000 == len(response.content)


def test_a_response_without_a_socket_is_not_looked_at():
    """A response without a socket, such as a mock's, is not looked at."""
    response = requests.Response()
    response.raw = HTTPResponse(iter([b"{}"]), preload_content=False)

    assert (None, False) == peek(response)
    assert (None, False) == peek(requests.Response())


def test_the_connection_is_reused_after_a_look():
    """A chunked response that was looked at and read returns its connection to the pool."""

    def two_responses(connection):
        connection.sendall(chunked(SUCCESS))
        connection.recv(65536)
        connection.sendall(chunked(REJECTION))

    with RawServer(two_responses) as raw, requests.Session() as session, closing(HTTPAdapter()) as adapter:
        session.mount("http://", adapter)
        for body in (SUCCESS, REJECTION):
            response = session.get(raw.url, stream=True, timeout=10)
            assert (body, True) == peek(response)
            assert body == response.content

    assert 1 == len(raw.requests)


@crashes_wine
def test_a_closed_response_closes_its_connection():
    """A response that was looked at, and is closed unread, closes its socket."""
    closed = threading.Event()

    def send(connection):
        connection.sendall(chunked(b" " * 10, end=b""))
        while connection.recv(65536):
            pass
        closed.set()

    with RawServer(send) as raw, requests.Session() as session:
        response = session.post(raw.url, data=b"", stream=True, timeout=0.5)
        peek(response)
        response.close()

        assert closed.wait(30)


@pytest.mark.parametrize(
    "status, length, streamed, verdict",
    [
        (200, 1025, True, Verdict.ACCEPTED),
        (200, 1025, False, Verdict.ACCEPTED),
        (500, 1025, False, Verdict.UNKNOWN),
        (200, 1024, True, Verdict.REJECTED),
        (200, 1024, False, Verdict.REJECTED),
        (401, 1025, True, Verdict.REJECTED),
    ],
)
def test_a_body_that_declares_over_1_kib_is_no_rejection(status, length, streamed, verdict):
    """A body that declares more than 1 KiB is no rejection, and is not read for the verdict."""
    body = REJECTION.ljust(length)
    raw_response = b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%b" % (status, length, body)
    with Streamed(raw_response) as response:
        assert verdict is judge_response(response, streamed)
        assert body == response.content


@pytest.mark.parametrize("length", [b"9" * 16, b"-5", b"x"])
def test_an_impossible_content_length_is_ignored(length):
    """A Content-Length that no body can have is ignored."""
    with Streamed(b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\n%b" % (length, b"x" * 2000)) as response:
        assert (b"x" * 2000, False) == peek(response)


@pytest.mark.parametrize(
    "raw_response, expected",
    [
        (b"HTTP/1.1 401 No\r\nContent-Length: 65536\r\n\r\n", True),
        (b"HTTP/1.1 401 No\r\nContent-Length: 65537\r\n\r\n", False),
        (chunked(REJECTION), True),
        (chunked(b"x" * 2000), False),
    ],
    ids=["64 KiB", "more than 64 KiB", "chunked", "long"],
)
def test_is_short(raw_response, expected):
    """A rejected body is read at once if it declares at most 64 KiB, or is complete already."""
    with Streamed(raw_response) as response:
        assert expected == is_short(response)
