"""au10001: which responses are a token, which are a refusal, and how long a call may take."""

import gzip
import socket
import threading
import time

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenRefused, TokenUnavailable
from requests_kiwoom.testing.server import Reply
from tests.helpers.raw_server import RawServer, http, http_chunked, issued
from tests.helpers.threads import until
from tests.helpers.wine import crashes_wine


def drip(*pieces, pause=0.05):
    """Send the pieces one by one, and the last one again and again until the client closes the connection."""

    def respond(connection):
        for piece in pieces:
            connection.sendall(piece)
        while True:
            connection.sendall(pieces[-1])
            time.sleep(pause)  # The server's slowness is what the test is about.

    return respond


def auth_at(raw, **options):
    """Build an auth whose token calls go to that server."""
    return KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url, **options)


MALFORMED = {
    "not JSON": http(b"not JSON"),
    "HTML": http(b"<html>maintenance</html>", "200 OK", "Content-Type: text/html"),
    "firewall": http(b"<html>blocked</html>", "400 Bad Request"),
    "empty": http(b""),
    "list": http(b'[{"token": "fake-token"}]'),
    "deep list": http(b"[" * 20_000),
    "number too long": http(b'{"return_code": ' + b"9" * 5000 + b"}"),
    "not UTF-8": http(b'{"token": "\xff\xfe"}'),
    "no token": issued(None),
    "token with CR/LF": issued("fake\r\ntoken"),
    "token with a space": issued("fake token"),
    "token not ASCII": issued("토큰"),
    "empty token": issued(""),
    "token of 1001 characters": issued("x" * 1001),
    "token is a number": issued(12345),
    "token is a list": issued(["fake-token"]),
    "expires_dt absent": issued("fake-token", expires_dt=None),
    "expires_dt of 13 digits": issued("fake-token", expires_dt="2024110708371"),
    "expires_dt of 15 digits": issued("fake-token", expires_dt="202411070837130"),
    "30 February": issued("fake-token", expires_dt="20260230000000"),
    "Arabic digits": issued("fake-token", expires_dt="٢٠٢٦١١٢٢٠٨٠٠٠٠"),
    "the tenth": issued("fake-token", expires_dt="10"),
    "expires_dt is a number": issued("fake-token", expires_dt=20261122080000),
    "expired last year": issued("fake-token", expires_dt="20241107083713"),
    "expires in 9999": issued("fake-token", expires_dt="99991231235959"),
    "expires in year 0": issued("fake-token", expires_dt="00000101000000"),
    "token_type mac": issued("fake-token", token_type="mac"),
    "token_type absent": issued("fake-token", token_type=None),
    "token_type is a number": issued("fake-token", token_type=1),
    "return_code is no number": issued("fake-token", return_code="zero"),
    "return_code is a list": issued("fake-token", return_code=[0]),
    "return_code is true": issued("fake-token", return_code=True),
    "return_code is false": issued("fake-token", return_code=False),
    "return_code is a fraction": issued("fake-token", return_code=0.0),
    "return_code 1": issued("fake-token", return_code=1),
    "truncated": http(b'{"token": "fake-tok', length=300),
    "cut in the header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "no response": b"",
    "not HTTP": b"220 smtp.example ESMTP\r\n",
    "not gzip": http(b"not gzip", "200 OK", "Content-Encoding: gzip"),
    "gzip bomb": http(gzip.compress(b" " * 10_000_000), "200 OK", "Content-Encoding: gzip"),
    "redirect": http(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:9/"),
    "created": issued("fake-token").replace(b"200 OK", b"201 Created"),
    "500 with a token": issued("fake-token").replace(b"200 OK", b"500 Oops"),
}


@pytest.mark.parametrize("response", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_response_is_unavailable(response):
    """A malformed response of au10001 raises ``TokenUnavailable`` after one call, and the request is not sent."""
    with RawServer(response) as raw:
        auth = auth_at(raw)

        with pytest.raises(TokenUnavailable) as caught:
            requests.post(f"{raw.url}/api/x", json={}, auth=auth.for_api("ka10001"))

    assert 1 == len(raw.requests)
    assert isinstance(caught.value, requests.exceptions.ConnectionError)
    assert auth.expires_at is None
    assert "fake-tok" not in str(caught.value)


TOKENS = {
    "as specified": issued("fake-token"),
    "token_type Bearer": issued("fake-token", token_type="Bearer"),
    "token_type BEARER": issued("fake-token", token_type="BEARER"),
    "return_code absent": issued("fake-token", return_code=None),
    "return_code is a string": issued("fake-token", return_code="0"),
    "a code in return_msg": issued("fake-token", return_msg="[1999:...]"),
    "token of 1000 characters": issued("x" * 1000),
    "HTTP/1.0": issued("fake-token").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "chunked": http_chunked(issued("fake-token").partition(b"\r\n\r\n")[2]),
    "gzip": http(gzip.compress(issued("fake-token").partition(b"\r\n\r\n")[2]), "200 OK", "Content-Encoding: gzip"),
}


# With ids, since a response holds the time: otherwise each worker of pytest-xdist would give the tests other names.
@pytest.mark.parametrize("response", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_is_read_in_every_known_spelling(response):
    """The specification's response is read as a token, in each spelling that was captured."""
    with RawServer(response) as raw:
        assert auth_at(raw).token() in ("fake-token", "x" * 1000)


@crashes_wine
@pytest.mark.parametrize(
    "response",
    [
        drip(b"H"),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        lambda connection: connection.recv(1),
    ],
    ids=["status line", "header", "chunks", "silence"],
)
def test_a_call_ends_though_its_response_drips_in(response):
    """A response that arrives byte by byte is abandoned after connect plus read seconds."""
    with RawServer(response) as raw:
        with pytest.raises(TokenUnavailable):
            auth_at(raw, timeout=(0.1, 0.1)).token()

        # The call's thread may still run: on a busy machine, the server reads the request after the error.
        until(lambda: raw.requests)
        assert 1 == len(raw.requests)


@pytest.mark.parametrize(
    "response, text",
    [
        (b"HTTP/1.1 100 OK\r\n\r\nfake-token\r\n\r\n", r"BadStatusLine\(\.\.\.\)"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfake-token\r\n", r"InvalidChunkLength\(\.\.\.\)"),
    ],
    ids=["status line", "chunk"],
)
def test_errors_do_not_quote_the_response(response, text):
    """Quotes of a response in the errors of http.client and urllib3 are removed: a quote may hold a token."""
    with RawServer(response) as raw:
        with pytest.raises(TokenUnavailable, match=rf": no response\..*[ (]{text}\. ") as caught:
            auth_at(raw).token()

    assert "fake-token" not in str(caught.value)


def test_a_code_in_return_msg_makes_a_refusal():
    """A response without return_code is a refusal if its return_msg has a code of a refusal."""
    with RawServer(issued(None, return_code=None, return_msg="[8001:...]")) as raw:
        with pytest.raises(TokenRefused, match="^au10001 issued no token "):
            auth_at(raw).token()


def test_the_error_names_what_is_malformed():
    """The error about a malformed token says which field is wrong, and how."""
    with RawServer(issued(None)) as raw:
        with pytest.raises(TokenUnavailable, match="^au10001 returned a malformed token: a token is "):
            auth_at(raw).token()


def test_a_refused_connection_is_unavailable():
    """A refused connection raises ``TokenUnavailable``, whose text has the reason."""
    with socket.socket() as silent:
        # It is bound, so no other program has the port; it does not listen.
        silent.bind(("127.0.0.1", 0))
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=f"http://127.0.0.1:{silent.getsockname()[1]}")

        with pytest.raises(TokenUnavailable, match="refused|10061"):
            auth.token()


@pytest.mark.parametrize(
    "code, advice",
    [
        (8001, "appkey and secretkey"),
        (8002, "appkey and secretkey"),
        (8010, "IP address"),
        (8011, "grant_type"),
        (8012, "grant_type"),
        (8020, "did not arrive"),
        (8030, "mock=True"),
        (8031, "mock=True"),
        (8040, "Register"),
        (8050, "Register"),
        (8104, "Use another API"),
        (8200, "corporate"),
        (1501, "base_url"),
        (1517, "base_url"),
    ],
)
def test_a_refusal_says_what_to_do(server, auth, code, advice):
    """``TokenRefused`` has Kiwoom's code and message, and its text says what to do."""
    server.fail(Reply({"return_code": 3, "return_msg": f"인증에 실패했습니다[{code}:그 이유]"}))

    with pytest.raises(TokenRefused, match=advice) as caught:
        auth.token()

    error = caught.value
    assert (code, 3, f"인증에 실패했습니다[{code}:그 이유]") == (error.code, error.return_code, error.return_msg)
    assert "그 이유" in str(error)
    assert 200 == error.response.status_code
    assert code == int(error.response.json()["return_msg"][-11:].split("[")[-1][:4])


@pytest.mark.parametrize("code", [1000, 1500, 1518, 1700, 1999, 8005, 8006, 8009, 8015, 8103])
def test_other_codes_are_unavailable(server, auth, code):
    """Every other code raises ``TokenUnavailable``: a later call may succeed."""
    server.fail(Reply({"return_code": 5, "return_msg": f"[{code}:...]"}, 429 if code == 1700 else 200))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    assert code == caught.value.code
    assert 1.0 <= caught.value.retry_after <= 1.5


def test_headers_of_token_calls(server, auth):
    """au10001 and au10002 send their own api-id, a content type, and ``Cache-Control: no-store``."""
    auth.token()
    auth.revoke()

    assert ["au10001", "au10002"] == [request.headers["api-id"] for request in server.requests]
    assert {"no-store"} == {request.headers["cache-control"] for request in server.requests}
    assert {"application/json;charset=UTF-8"} == {request.headers["content-type"] for request in server.requests}


@pytest.mark.parametrize(
    "timeout", [0, -1, 3600.1, (1,), (1, 2, 3), (1, 0), ("1", 2), None, True, float("inf"), float("nan"), 1e9]
)
def test_an_invalid_timeout_raises(timeout):
    """The constructor raises ``ValueError`` for a timeout that is not a number of seconds between 0 and 3600."""
    with pytest.raises(ValueError, match="timeout"):
        KiwoomAuth("fake-appkey", "fake-secretkey", timeout=timeout)


def test_at_most_64_kib_of_a_redirect_are_read():
    """The endless body of a redirect is read for 64 KiB. Then the call and its thread end."""
    sent = []

    def endless(connection):
        connection.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\n\r\n")
        while len(sent) < 1000:
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    with RawServer(endless) as raw:
        with pytest.raises(TokenUnavailable, match="longer than 65536 bytes"):
            KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url, timeout=(5, 60)).token()

    assert len(sent) < 1000
    assert "requests_kiwoom token call" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("location", ["http://[bad/", "http://\xff\xfe/"])
def test_a_redirect_to_an_invalid_url(location):
    """A redirect whose ``Location`` is no URL raises the error for redirects."""
    away = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    with RawServer(away) as raw:
        with pytest.raises(TokenUnavailable, match="redirects"):
            KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).token()


def test_an_expiry_at_the_end_of_the_calendar(server, auth):
    """``expires_dt`` at 24:00 on the last day of the year 9999 is malformed, and starts a pause of au10001."""
    server.fail(Reply({"expires_dt": "99991231240000", "token_type": "bearer", "token": "fake-token"}))

    for _ in range(2):
        with pytest.raises(TokenUnavailable, match="expires_dt"):
            auth.token()

    assert 1 == server.issues
