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
    """Return one chunk as it is on the wire."""
    return b"%x\r\n%b\r\n" % (len(content), content)


def stream(server, **options):
    """Send a streamed request with an auth of its own."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url)
    return requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID), stream=True, timeout=30, **options)


def respond_in_pieces(*pieces):
    """Return a semaphore, and a response that sends one piece for each release of it."""
    ready = threading.Semaphore(0)

    def respond(connection):
        for piece in pieces:
            ready.acquire(timeout=60)
            connection.sendall(piece)

    return ready, respond


@pytest.mark.parametrize("count", [1, 3])
def test_a_chunked_rejection_is_resent(count):
    """A chunked rejection is recognized with ``stream=True``: the caller gets the response to the second send."""
    responses = [issued("first")]
    for number in range(count):
        responses += [http_chunked(REJECTION), issued(f"token-{number}"), http_chunked(SUCCESS)]
    with RawServer(*responses) as server, requests.Session() as session:
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
def test_a_rejection_is_recognized_in_every_encoding(wire):
    """A rejection is recognized however it is divided into chunks or compressed."""
    with RawServer(issued("first"), wire, issued("second"), http_chunked(SUCCESS)) as server:
        assert 0 == stream(server).json()["return_code"]
        assert b"Bearer second" in server.requests[3]


def test_a_rejection_in_two_segments_is_recognized():
    """A rejection whose second half arrives later is recognized."""
    ready, respond = respond_in_pieces(HEAD + b"\r\n" + chunk(REJECTION[:20]), chunk(REJECTION[20:]), END)
    for _ in range(3):
        ready.release()
    with RawServer(issued("first"), respond, issued("second"), http_chunked(SUCCESS)) as server:
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
def test_each_piece_reaches_the_caller_as_soon_as_it_arrives(pieces):
    """The caller gets each piece before the server sends the next one."""
    ready, respond = respond_in_pieces(HEAD + b"\r\n" + chunk(pieces[0]), *map(chunk, pieces[1:]), END)
    with RawServer(issued("first"), respond) as server:
        ready.release()
        received = []
        for piece in stream(server).iter_content(None):
            received.append(piece)
            ready.release()
        ready.release()

    assert pieces == received


@pytest.mark.parametrize("size", [1023, 1024, 1025, 5_000_000])
@pytest.mark.parametrize("start", [b"", b'{"return_code": 0, "rows": "', b" " * 2000])
def test_a_long_body_is_complete(size, start):
    """A body of any length reaches the caller unchanged."""
    body = start + bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    wire = b"".join(chunk(body[at : at + 65536]) for at in range(0, len(body), 65536))
    with RawServer(issued("first"), HEAD + b"\r\n" + wire + END) as server:
        assert body == b"".join(stream(server).iter_content(4096))


def test_bytes_that_the_hook_looked_at_can_be_read_in_every_way():
    """``iter_lines()``, ``raw`` and ``content`` return the bytes that the hook has looked at, too."""
    body = b'{"return_code": 3}\n' * 10
    for read in (lambda r: b"\n".join(r.iter_lines()) + b"\n", lambda r: r.raw.read(), lambda r: r.content):
        with RawServer(issued("first"), HEAD + b"\r\n" + chunk(body[:25]) + chunk(body[25:]) + END) as server:
            assert body == read(stream(server))


@pytest.mark.parametrize("start", [b"", b'{"return_'])
def test_an_endless_body_is_not_read_to_its_end(start):
    """The hook does not read an endless body to its end: the caller can read its beginning and close it."""

    def send_endlessly(connection):
        connection.sendall(HEAD + b"\r\n" + chunk(start + b"\x00" * 100))
        while True:
            connection.sendall(chunk(b"\x00" * 100))

    with RawServer(issued("first"), send_endlessly) as server, stream(server) as response:
        assert (start + b"\x00" * 100)[:100] == response.raw.read(100)


@pytest.mark.parametrize("line", [b"1" * 70000, b"1;" + b"x" * 70000], ids=["digits", "extension"])
def test_an_endless_chunk_line_raises_requests_own_error(line):
    """If the line before a chunk does not end, the caller gets requests' own error when reading the body."""
    with RawServer(issued("first"), HEAD + b"\r\n" + line) as server, stream(server) as response:
        with pytest.raises(requests.RequestException):
            response.content


@crashes_wine
@pytest.mark.parametrize("sent", [b"", chunk(b'{"return_')], ids=["nothing", "a part"])
def test_a_read_timeout_of_the_body_raises_requests_own_error(sent):
    """A body that does not arrive in time raises the same error, at the same place, as without this package."""
    let_go = threading.Event()

    def stall(connection):
        connection.sendall(HEAD + b"\r\n" + sent)
        let_go.wait(60)

    with RawServer(issued("first"), stall) as server:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url)
        auth.token()
        response = requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID), stream=True, timeout=0.1)
        with pytest.raises(requests.ConnectionError, match="Read timed out"):
            response.content
        let_go.set()


def test_a_cut_off_body_raises_requests_own_error():
    """A body that is cut off raises the same error as without this package."""
    with RawServer(issued("first"), HEAD + b"\r\n" + chunk(b'{"return_')) as server:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            stream(server).content


def test_the_connection_of_a_streamed_body_is_used_again():
    """After a streamed body was looked at and read, its connection returns to the pool."""
    connections = []

    def respond(connection):
        connections.append(connection)
        wire = HEAD + b"\r\n" + chunk(b'{"return_code":') + chunk(b" 0}") + END
        connection.sendall(wire)
        while read_request(connection):
            connection.sendall(wire)

    with RawServer(issued("first"), respond) as server, requests.Session() as session:
        session.auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url).for_api(API_ID)
        for _ in range(3):
            with session.post(server.url + PATH, json={}, stream=True, timeout=30) as response:
                assert b'{"return_code": 0}' == response.content

    assert 1 == len(connections)
