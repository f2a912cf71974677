"""Streamed responses (``stream=True``) without a Content-Length, as Kiwoom sends them."""

import gzip
import json
import threading

import pytest
import requests

from requests_kiwoom import KiwoomAuth
from tests.helpers.constants import API_ID, PATH, REJECTED
from tests.helpers.raw_server import RawServer, http_chunked, issued, read_request
from tests.helpers.wine import crashes_wine

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
REJECTION = json.dumps(REJECTED, ensure_ascii=False).encode()
SUCCESS = b'{"return_code": 0, "return_msg": "fine"}'
END = b"0\r\n\r\n"


def chunk(content):
    """One chunk on the wire."""
    return b"%x\r\n%b\r\n" % (len(content), content)


def stream(server, **options):
    """Send a streamed request with an auth of its own."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url)
    return requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID), stream=True, timeout=30, **options)


def in_pieces(*pieces):
    """Send these pieces, each when the test says so."""
    ready = threading.Semaphore(0)

    def answer(connection):
        for piece in pieces:
            ready.acquire(timeout=60)
            connection.sendall(piece)

    return ready, answer


@pytest.mark.parametrize("count", [1, 3])
def test_a_chunked_rejection_is_resent(count):
    """A chunked rejection is recognised with ``stream=True``: the caller gets the response to the second send."""
    answers = [issued("first")]
    for number in range(count):
        answers += [http_chunked(REJECTION), issued(f"token-{number}"), http_chunked(SUCCESS)]
    with RawServer(*answers) as server, requests.Session() as session:
        session.auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url).for_api(API_ID)
        for _ in range(count):
            assert 0 == session.post(server.url + PATH, json={}, stream=True, timeout=30).json()["return_code"]


@pytest.mark.parametrize(
    "wire",
    [
        HEAD + b"\r\n" + b"".join(chunk(bytes([byte])) for byte in REJECTION) + END,
        HEAD + b"\r\n" + chunk(b" \r\n {") + chunk(REJECTION[1:]) + END,
        HEAD + b"\r\n%x;name=value\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (len(REJECTION), REJECTION),
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + chunk(gzip.compress(REJECTION)) + END,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + REJECTION,
        b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"<html>") + END,
        b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"x" * 5000),
    ],
    ids=["a chunk for each byte", "space", "extension", "gzip", "until the end", "401", "401 without an end"],
)
def test_every_kind_of_rejection(wire):
    """However a rejection is divided or packed, it is recognised."""
    with RawServer(issued("first"), wire, issued("second"), http_chunked(SUCCESS)) as server:
        assert 0 == stream(server).json()["return_code"]
        assert b"Bearer second" in server.requests[3]


def test_a_rejection_in_two_segments():
    """A rejection whose second half arrives later is recognised."""
    ready, answer = in_pieces(HEAD + b"\r\n" + chunk(REJECTION[:20]), chunk(REJECTION[20:]), END)
    for _ in range(3):
        ready.release()
    with RawServer(issued("first"), answer, issued("second"), http_chunked(SUCCESS)) as server:
        assert 0 == stream(server).json()["return_code"]


@pytest.mark.parametrize(
    "pieces",
    [
        [b'{"row": 1}\n', b'{"row": 2}\n'],
        [b'{"return_code": 0, "row": 1}\n', b'{"return_code": 0, "row": 2}\n'],
        [b'{"return_code": 0, "row": 1}\n{"return_code": 0, "row": 2}\n', b'{"row": 3}\n'],
        [b"\n", b"\n", b'{"row": 1}\n'],
        [b": ping\n\n", b"data: 1\n\n"],
        [b"<html>", b"</html>"],
        [b"[1,", b"2]"],
        [b"\x00\xff" * 100, b"\xff"],
    ],
    ids=["NDJSON", "with return_code", "two rows at once", "blank", "events", "HTML", "array", "binary"],
)
def test_each_piece_reaches_the_caller_as_soon_as_it_came(pieces):
    """The server sends a piece only after the caller has the one before it."""
    ready, answer = in_pieces(HEAD + b"\r\n" + chunk(pieces[0]), *map(chunk, pieces[1:]), END)
    with RawServer(issued("first"), answer) as server:
        ready.release()
        got = []
        for piece in stream(server).iter_content(None):
            got.append(piece)
            ready.release()
        ready.release()

    assert pieces == got


@pytest.mark.parametrize("size", [1023, 1024, 1025, 5_000_000])
@pytest.mark.parametrize("start", [b"", b'{"return_code": 0, "rows": "', b" " * 2000])
def test_a_long_body_is_complete(size, start):
    """A body of any length reaches the caller byte by byte as it was sent."""
    body = start + bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    wire = b"".join(chunk(body[at : at + 65536]) for at in range(0, len(body), 65536))
    with RawServer(issued("first"), HEAD + b"\r\n" + wire + END) as server:
        assert body == b"".join(stream(server).iter_content(4096))


def test_a_body_that_is_read_line_by_line():
    """``iter_lines()`` and ``response.raw`` see what was looked at, too."""
    body = b'{"return_code": 3}\n' * 10
    for read in (lambda r: b"\n".join(r.iter_lines()) + b"\n", lambda r: r.raw.read(), lambda r: r.content):
        with RawServer(issued("first"), HEAD + b"\r\n" + chunk(body[:25]) + chunk(body[25:]) + END) as server:
            assert body == read(stream(server))


@pytest.mark.parametrize("start", [b"", b'{"return_'])
def test_an_endless_body(start):
    """An endless body is not swallowed: the caller has its beginning, and may close it."""

    def endless(connection):
        connection.sendall(HEAD + b"\r\n" + chunk(start + b"\x00" * 100))
        while True:
            connection.sendall(chunk(b"\x00" * 100))

    with RawServer(issued("first"), endless) as server, stream(server) as response:
        assert (start + b"\x00" * 100)[:100] == response.raw.read(100)


@pytest.mark.parametrize("line", [b"1" * 70000, b"1;" + b"x" * 70000], ids=["digits", "extension"])
def test_a_chunk_s_line_without_an_end(line):
    """A line between chunks that does not end is left to the caller, who gets requests' own error."""
    with RawServer(issued("first"), HEAD + b"\r\n" + line) as server, stream(server) as response:
        with pytest.raises(requests.RequestException):
            response.content


@crashes_wine
@pytest.mark.parametrize("sent", [b"", chunk(b'{"return_')], ids=["nothing", "a part"])
def test_a_read_timeout_is_a_read_timeout(sent):
    """A body that does not come in time raises what it raises without this package, at the same place."""
    let_go = threading.Event()

    def stall(connection):
        connection.sendall(HEAD + b"\r\n" + sent)
        let_go.wait(60)

    with RawServer(issued("first"), stall) as server:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url)
        auth.token()
        response = requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID), stream=True, timeout=0.2)
        with pytest.raises(requests.ConnectionError, match="Read timed out"):
            response.content
        let_go.set()


def test_a_cut_body():
    """A body that is cut off raises what it raises without this package."""
    with RawServer(issued("first"), HEAD + b"\r\n" + chunk(b'{"return_')) as server:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            stream(server).content


def test_the_connection_is_used_again():
    """A streamed body that was looked at and read gives its connection back to the pool."""
    connections = []

    def answer(connection):
        connections.append(connection)
        wire = HEAD + b"\r\n" + chunk(b'{"return_code":') + chunk(b" 0}") + END
        connection.sendall(wire)
        while read_request(connection):
            connection.sendall(wire)

    with RawServer(issued("first"), answer) as server, requests.Session() as session:
        session.auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url).for_api(API_ID)
        for _ in range(3):
            with session.post(server.url + PATH, json={}, stream=True, timeout=30) as response:
                assert b'{"return_code": 0}' == response.content

    assert 1 == len(connections)
