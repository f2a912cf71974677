"""au10001: what is a token and what is not, lent sessions, redirects, and the pause after a failure."""

import gzip
import itertools
import logging
import socket
import threading
import time
import types
from types import SimpleNamespace

import pytest
import requests
import urllib3

from requests_kiwoom import KiwoomAuth, TokenRefused, TokenUnavailable, transport
from requests_kiwoom.testing.server import Reply
from tests.helpers.raw_server import RawServer, http, http_chunked, issued
from tests.helpers.threads import in_threads, until
from tests.helpers.wine import crashes_wine


def drip(*pieces, pause=0.05):
    """Send the pieces one by one, and the last one again and again until the client has had enough."""

    def answer(connection):
        for piece in pieces:
            connection.sendall(piece)
        while True:
            connection.sendall(pieces[-1])
            time.sleep(pause)  # The server's slowness is what the test is about.

    return answer


def auth_at(raw, **options):
    return KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url, **options)


MALFORMED = {
    "not JSON": http(b"not JSON"),
    "HTML": http(b"<html>maintenance</html>", "200 OK", "Content-Type: text/html"),
    "firewall": http(b"<html>blocked</html>", "400 Bad Request"),
    "empty": http(b""),
    "list": http(b'[{"token": "fake-token"}]'),
    "deep list": http(b"[" * 50_000),
    "number too long": http(b'{"return_code": ' + b"9" * 5000 + b"}"),
    "not UTF-8": http(b'{"token": "\xff\xfe"}'),
    "no token": issued(None),
    "token with CR/LF": issued("fake\r\ntoken"),
    "token with a space": issued("fake token"),
    "token not ASCII": issued("토큰"),
    "empty token": issued(""),
    "token of 100 kB": issued("x" * 100_000),
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
    "no answer": b"",
    "not HTTP": b"220 smtp.example ESMTP\r\n",
    "gzip that is none": http(b"not gzip", "200 OK", "Content-Encoding: gzip"),
    "gzip bomb": http(gzip.compress(b" " * 10_000_000), "200 OK", "Content-Encoding: gzip"),
    "never ending": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 10**6),
    "redirect": http(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:9/"),
    "created": issued("fake-token").replace(b"200 OK", b"201 Created"),
    "500 with a token": issued("fake-token").replace(b"200 OK", b"500 Oops"),
}


@pytest.mark.parametrize("answer", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_token_is_unavailable(answer):
    """Whatever else au10001 says: ``TokenUnavailable``, once, and never a request with half a token."""
    with RawServer(answer) as raw:
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


# The names, too, since an answer holds the time: each worker of pytest-xdist would call the tests something else.
@pytest.mark.parametrize("answer", TOKENS.values(), ids=TOKENS.keys())
def test_what_is_a_token(answer):
    """The specification's answer is taken, in the spellings that were seen."""
    with RawServer(answer) as raw:
        assert auth_at(raw).token() in ("fake-token", "x" * 1000)


@crashes_wine
@pytest.mark.parametrize(
    "answer",
    [
        drip(b"H"),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        lambda connection: connection.recv(1),
    ],
    ids=["status line", "header", "body", "endless body", "chunks", "silence"],
)
def test_a_dripping_answer_ends(answer):
    """An answer that drips in, from its first byte or later, is given up within connect plus read seconds."""
    with RawServer(answer) as raw:
        with pytest.raises(TokenUnavailable):
            auth_at(raw, timeout=(0.1, 0.3)).token()

        # Its thread was left alone: where much else runs, the request may come in after that.
        until(lambda: raw.requests)
        assert 1 == len(raw.requests)


def test_the_time_is_looked_at_after_each_byte(monkeypatch):
    """Of an answer that stops after one byte, the next is not waited for once the time is over."""
    moments = itertools.chain([0.0], itertools.repeat(30.1))
    monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=moments.__next__))
    one_byte = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n "
    with RawServer(lambda connection: (connection.sendall(one_byte), connection.recv(1))) as raw:
        with pytest.raises(TokenUnavailable, match="the response came too slowly"):
            auth_at(raw, timeout=(10.0, 20.0)).token()


def test_the_last_moment_of_a_call(monkeypatch):
    """A response that is complete just before connect plus read seconds have passed is in time."""
    moments = itertools.chain([0.0], itertools.repeat(29.9))
    monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=moments.__next__))
    with RawServer(issued("fake-token")) as raw:
        assert "fake-token" == auth_at(raw, timeout=(10.0, 20.0)).token()


@pytest.mark.parametrize(
    "answer, told",
    [
        (b"HTTP/1.1 100 OK\r\n\r\nfake-token\r\n\r\n", r"BadStatusLine\(\.\.\.\)"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfake-token\r\n", r"InvalidChunkLength\(\.\.\.\)"),
    ],
    ids=["status line", "chunk"],
)
def test_an_answer_that_is_quoted(answer, told):
    """What http.client and urllib3 quote of an answer is left out: it may hold a token."""
    with RawServer(answer) as raw:
        with pytest.raises(TokenUnavailable, match=rf": no response\..*[ (]{told}\. ") as caught:
            auth_at(raw).token()

    assert "fake-token" not in str(caught.value)


def test_a_refusal_without_return_code():
    """A code in the vendor's words is enough to know a refusal."""
    with RawServer(issued(None, return_code=None, return_msg="[8001:...]")) as raw:
        with pytest.raises(TokenRefused, match="^au10001 issued no token "):
            auth_at(raw).token()


def test_an_answer_without_a_code():
    """What is neither a refusal nor a token is told by what is wrong with it."""
    with RawServer(issued(None)) as raw:
        with pytest.raises(TokenUnavailable, match="^au10001 returned a malformed token: a token is "):
            auth_at(raw).token()


def test_nobody_there():
    """A refused connection is ``TokenUnavailable``, and says why."""
    with socket.socket() as silent:
        # Bound, it belongs to no other program; it does not listen.
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
def test_refusals_say_what_to_do(server, auth, code, advice):
    """``TokenRefused`` carries the vendor's code and words, and what to do about them."""
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
    """Every other code may be cured by asking again later."""
    server.fail(Reply({"return_code": 5, "return_msg": f"[{code}:...]"}, 429 if code == 1700 else 200))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    assert code == caught.value.code
    assert 1.0 <= caught.value.retry_after <= 1.5


def test_a_lent_session_is_used_and_left_alone(server):
    """The lent session sends the token call; afterwards it is as it was, and not closed."""
    with requests.Session() as session:
        session.headers.update({"Authorization": "Bearer of-another", "X-Gateway": "1"})
        session.auth = ("user", "fake-password")
        seen = []
        session.hooks["response"].append(lambda response, **kwargs: seen.append(response))
        before = {name: repr(getattr(session, name)) for name in session.__attrs__}
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)

        auth.token()

        (call,) = server.requests
        assert "1" == call.headers["x-gateway"]
        assert "authorization" not in call.headers
        assert before == {name: repr(getattr(session, name)) for name in session.__attrs__}
        assert [] == seen
        session.get(server.url)


def test_a_lent_session_keeps_no_cookie_of_the_token_call():
    """A cookie that au10001's answer sets does not get into the lent session."""
    answer = issued("fake-token").replace(b"200 OK\r\n", b"200 OK\r\nSet-Cookie: node=a; Path=/\r\n")
    with RawServer(answer) as raw, requests.Session() as session:
        auth_at(raw, session=session).token()

        assert [] == list(session.cookies)


def test_one_session_lent_and_carrying_the_auth(server, url):
    """One session may be lent to the auth and carry it: the token call does not ask the auth for a token."""
    with requests.Session() as session:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)
        session.auth = auth.for_api("ka10001")

        assert 0 == session.post(url, json={}).json()["return_code"]

    assert 1 == server.issues


def test_a_lent_session_s_proxies_and_ca_bundle_count(server):
    """The token call goes through the lent session's proxy."""
    with RawServer(issued("through-the-proxy")) as proxy, requests.Session() as session:
        session.proxies = {"http": proxy.url}

        token = KiwoomAuth(server.appkey, server.secretkey, base_url="http://localhost:9", session=session).token()

    assert "through-the-proxy" == token
    assert proxy.requests[0].startswith(b"POST http://localhost:9/oauth2/token ")


class Noting(requests.adapters.HTTPAdapter):
    """An adapter that notes how it is used."""

    def __init__(self):
        super().__init__()
        self.timeouts, self.threads, self.closed = [], [], False

    def send(self, request, **kwargs):
        self.timeouts.append(kwargs["timeout"])
        self.threads.append(threading.current_thread())
        return super().send(request, **kwargs)

    def close(self):
        self.closed = True
        super().close()


@pytest.mark.parametrize(
    "options, timeout", [({}, (3.05, 10.0)), ({"timeout": 0.9}, (0.9, 0.9)), ({"timeout": (3600, 1)}, (3600.0, 1.0))]
)
def test_each_call_has_the_timeout(server, options, timeout):
    """Connect and read, or one number for both; a lent session's adapter gets them, and is not closed."""
    with requests.Session() as session:
        adapter = Noting()
        session.mount("http://", adapter)
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session, **options)
        auth.token()
        auth.revoke()

        assert [timeout, timeout] == adapter.timeouts
        assert not adapter.closed


def test_a_lent_session_whose_send_was_replaced(server):
    """With a ``send`` that is not requests' own, as requests-mock puts one, the caller's own thread makes the call."""
    with requests.Session() as session:
        adapter = Noting()
        session.mount("http://", adapter)
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)
        auth.token()
        session.send = types.MethodType(lambda self, *args, **more: requests.Session.send(self, *args, **more), session)
        auth.revoke()

        assert [False, True] == [thread is threading.current_thread() for thread in adapter.threads]


def test_both_calls_name_their_api(server, auth):
    """au10001 and au10002 say which API they are, and that their responses must not be stored."""
    auth.token()
    auth.revoke()

    assert ["au10001", "au10002"] == [request.headers["api-id"] for request in server.requests]
    assert {"no-store"} == {request.headers["cache-control"] for request in server.requests}
    assert {"application/json;charset=UTF-8"} == {request.headers["content-type"] for request in server.requests}


@pytest.mark.parametrize("spaces, is_read", [(0, True), (1, False)])
def test_an_answer_of_64_kib(spaces, is_read):
    """An answer of 64 KiB is read, and a longer one is given up."""
    content = issued("fake-token").partition(b"\r\n\r\n")[2]
    with RawServer(http(content + b" " * (65536 + spaces - len(content)))) as raw:
        if is_read:
            assert "fake-token" == auth_at(raw).token()
        else:
            with pytest.raises(TokenUnavailable, match="the response is longer than 65536 bytes"):
                auth_at(raw).token()


class WithoutHooks(requests.Session):
    """A session of the user's that runs no hooks."""

    def send(self, request, **kwargs):
        request.hooks = {"response": []}
        return super().send(request, **kwargs)


def test_a_lent_session_that_runs_no_hooks():
    """Its answers are read as all others are: up to 64 KiB."""

    def endless(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 10_000)

    with RawServer(issued("fake-token"), endless) as raw, WithoutHooks() as session:
        assert "fake-token" == auth_at(raw, session=session).token()

        with pytest.raises(TokenUnavailable, match="the response is longer than 65536 bytes"):
            auth_at(raw, session=session).token()


def test_a_redirect_in_a_lent_session_that_runs_no_hooks(server):
    """It is not followed either: the keys do not go to another host."""
    away = http(b"", "307 Temporary Redirect", f"Location: {server.url}/oauth2/token")
    with RawServer(away) as raw, WithoutHooks() as session:
        with pytest.raises(TokenUnavailable, match="redirects"):
            auth_at(raw, session=session).token()

    assert [] == server.requests


def test_a_lent_session_s_own_request_and_post_are_not_called(server):
    """The token call goes past them: a session that holds a lock there would wait for itself."""

    class OneAtATime(requests.Session):
        def request(self, *args, **kwargs):
            raise AssertionError("request() was called")

        post = request

    with OneAtATime() as session:
        assert server.token is None
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)

        assert auth.token() == server.token


def test_a_dropped_connection_of_a_lent_session_is_replaced(server):
    """A pooled connection that the server closed while it was idle costs no request: the call is made once more."""
    seen = []

    class Dropped(requests.adapters.HTTPAdapter):
        def send(self, request, **kwargs):
            seen.append(request.url)
            if len(seen) == 1:
                error = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
                raise requests.exceptions.ConnectionError(error, request=request)
            return super().send(request, **kwargs)

    with requests.Session() as session:
        session.mount("http://", Dropped())

        KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session).token()

    assert 2 == len(seen)
    assert 1 == server.issues


class Broken(requests.adapters.BaseAdapter):
    """An adapter that raises what no adapter should."""

    def send(self, request, **kwargs):
        raise KeyError("what no adapter should raise")

    def close(self):
        pass


def test_a_lent_session_that_breaks_is_unavailable(server):
    """Whatever a lent session raises reaches the caller as ``TokenUnavailable``."""
    with requests.Session() as session:
        session.mount("http://", Broken())
        with pytest.raises(TokenUnavailable, match="KeyError: .what no adapter should raise"):
            KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session).token()


@pytest.mark.parametrize(
    "timeout", [0, -1, 3600.1, (1,), (1, 2, 3), (1, 0), ("1", 2), None, True, float("inf"), float("nan"), 1e9]
)
def test_timeout_must_be_seconds(timeout):
    """A timeout that is none is refused by the constructor."""
    with pytest.raises(ValueError, match="timeout"):
        KiwoomAuth("fake-appkey", "fake-secretkey", timeout=timeout)


def test_the_body_of_a_redirect_is_bounded_as_well():
    """A redirect whose body has no end is given up after 64 KiB: no thread goes on to fill the memory."""
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
def test_a_redirect_to_nowhere(location):
    """A ``Location`` that no URL can be made of: the error says that au10001 redirects."""
    away = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    with RawServer(away) as raw:
        with pytest.raises(TokenUnavailable, match="redirects"):
            KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).token()


def test_an_expiry_at_the_last_midnight_of_the_calendar(server, auth):
    """``expires_dt`` at 24:00 on the last day of the year 9999 is malformed, and au10001 is left alone for a while."""
    server.fail(Reply({"expires_dt": "99991231240000", "token_type": "bearer", "token": "fake-token"}))

    for _ in range(2):
        with pytest.raises(TokenUnavailable, match="expires_dt"):
            auth.token()

    assert 1 == server.issues


@pytest.mark.parametrize(
    "retry_after", ["Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"]
)
def test_a_retry_after_beyond_any_calendar(server, auth, retry_after):
    """A ``Retry-After`` with a number that no date can hold counts for none."""
    server.fail(Reply(b"", 503, {"Retry-After": retry_after, "Date": "Mon, 01 Jan 2024 00:00:00 GMT"}))

    with pytest.raises(TokenUnavailable, match="HTTP 503") as caught:
        auth.token()

    assert 1.0 <= caught.value.retry_after <= 1.5


DOWN = Reply(b"down", 500)


@pytest.fixture
def stopped_clock(server):
    """Pauses pass only when a test says so."""
    server.clock.stop()


def ask(auth):
    """The seconds to wait that the error names, or ``None`` for a token."""
    try:
        auth.token()
    except TokenUnavailable as error:
        return error.retry_after
    return None


@pytest.mark.usefixtures("stopped_clock")
def test_20_requests_make_at_most_2_calls(server, session, url):
    """The endpoint answers 500: 20 requests in a row make at most 2 calls, and each gets an error."""
    server.fail(*[DOWN] * 20)

    for _ in range(20):
        with pytest.raises(TokenUnavailable, match="HTTP 500"):
            session.post(url, json={})

    assert server.issues <= 2


@pytest.mark.usefixtures("stopped_clock")
def test_wrong_keys_are_not_tried_20_times(server, url):
    """Wrong keys: 20 requests make at most 2 calls, and the text says what to do."""
    auth = KiwoomAuth("fake-wrong-key", server.secretkey, base_url=server.url).for_api("ka10001")

    for _ in range(20):
        with pytest.raises(TokenRefused, match="Check that appkey and secretkey"):
            requests.post(url, json={}, auth=auth)

    assert server.issues <= 2


@pytest.mark.usefixtures("stopped_clock")
def test_the_pause_grows_to_30_seconds(server, auth):
    """1 s, 2 s, 4 s ... up to 30 s, each up to half as long again."""
    server.fail(*[DOWN] * 10)
    pauses = []
    for _ in range(8):
        pauses.append(ask(auth))
        server.clock.advance(seconds=pauses[-1] + 0.001)

    for least, pause in zip([1, 2, 4, 8, 16, 20, 20, 20], pauses, strict=True):
        assert least <= round(pause, 2) <= 1.5 * least
    assert 8 == server.issues


@pytest.mark.usefixtures("stopped_clock")
def test_in_the_pause_the_error_comes_at_once(server, auth):
    """During the pause callers get the error, with the seconds that are left; after it au10001 is asked again."""
    server.fail(DOWN)
    pause = ask(auth)
    server.clock.advance(seconds=pause - 0.5)
    assert 0 < ask(auth) <= 0.501
    server.clock.advance(seconds=0.501)

    assert ask(auth) is None
    assert 2 == server.issues


@pytest.mark.usefixtures("stopped_clock")
def test_a_success_clears_the_pause(server, auth):
    """After a success the next pause starts at 1 s."""
    server.fail(*[DOWN] * 3)
    for _ in range(3):
        server.clock.advance(seconds=ask(auth) + 0.001)
    assert ask(auth) is None
    server.clock.advance(hours=25)
    server.fail(DOWN)

    assert ask(auth) <= 1.5


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize(
    "retry_after, least, most",
    [
        ("7", 7, 7),
        ("600", 60, 60),
        ("0", 1, 1.5),
        ("soon", 1, 1.5),
        ("-5", 1, 1.5),
        ("9" * 400, 1, 1.5),
        ("Sun, 22 Nov 2026 08:00:20 GMT", 20, 20),
        ("Sun, 22 Nov 2026 07:00:00 GMT", 1, 1.5),
    ],
)
def test_retry_after_is_obeyed_up_to_a_minute(server, auth, retry_after, least, most):
    """``Retry-After`` lengthens the pause, in seconds or as a date of the server's clock, up to 60 s."""
    server.fail(Reply(b"", 429, {"Retry-After": retry_after, "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}))

    assert least <= round(ask(auth), 2) <= most


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize("hours", [-9, 9])
def test_a_clock_that_jumps_ends_the_pause(server, auth, hours):
    """A clock set back or forward does not make a pause of hours."""
    server.fail(DOWN)
    ask(auth)
    server.clock.advance(hours=hours)

    assert ask(auth) is None


@pytest.mark.usefixtures("stopped_clock")
def test_waiting_threads_get_errors_of_their_own(server, auth):
    """16 threads wait for one failing call: each raises an exception of its own."""
    server.latency = 0.1
    server.fail(*[DOWN] * 16)

    outcomes = in_threads(16, auth.token)

    assert 1 == server.issues
    assert {TokenUnavailable} == {type(outcome) for outcome in outcomes}
    assert 16 == len({id(outcome) for outcome in outcomes})
    assert all(outcome.retry_after > 0 for outcome in outcomes)


@pytest.mark.usefixtures("stopped_clock")
def test_a_failed_call_is_logged_once(server, auth, caplog):
    """A failed call is one WARNING, in the error's words; the errors of the pause after it are not logged again.

    A filter of the user's can look for words in the record's ``msg``.
    """
    server.fail(DOWN)
    for _ in range(5):
        with pytest.raises(TokenUnavailable) as caught:
            auth.token()

    assert [("requests_kiwoom.source", logging.WARNING, str(caught.value))] == caplog.record_tuples
    assert isinstance(caplog.records[0].msg, str)
