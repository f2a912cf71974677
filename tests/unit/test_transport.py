"""``post``: one token call, limited in time and size, and its response, which holds no secret of the call."""

import socket
import threading
import time
import types

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from requests_kiwoom import transport
from requests_kiwoom.transport import NoResponse, post, read_retry_after
from tests.helpers.leaks import everything_in
from tests.helpers.pythons import collect
from tests.helpers.raw_server import RawServer, http, http_chunked

BODY = {"appkey": "fake-appkey", "secretkey": "fake-secretkey"}


def send(url, session=None, timeout=(3.0, 10.0), seconds=13.0):
    return post(url + "/oauth2/token", "au10001", BODY, session, timeout, seconds)


def test_the_call_on_the_wire():
    """The body is JSON; the headers are the specification's, and tell caches to store nothing."""
    with RawServer(http(b"{}")) as raw:
        assert b"{}" == send(raw.url).content

    head, _, body = raw.requests[0].partition(b"\r\n\r\n")
    assert b'{"appkey": "fake-appkey", "secretkey": "fake-secretkey"}' == body
    assert head.startswith(b"POST /oauth2/token HTTP/1.1\r\n")
    for header in (b"Content-Type: application/json;charset=UTF-8", b"api-id: au10001", b"Cache-Control: no-store"):
        assert header in head.split(b"\r\n")
    assert b"authorization" not in head.lower()


def test_the_response_keeps_no_secret_of_the_call():
    """The response keeps its status, headers, body and time, but neither the call's body nor its connection."""
    with RawServer(http(b'{"a": 1}', "404 Not Here", "X-Node: a", "Location: http://127.0.0.1:9/")) as raw:
        response = send(raw.url)

    assert (404, "Not Here", {"a": 1}) == (response.status_code, response.reason, response.json())
    assert ("a", None) == (response.headers["x-node"], response.headers.get("Location"))
    assert (f"{raw.url}/oauth2/token", None) == (response.request.url, response.request.body)
    assert 0 < response.elapsed.total_seconds() < 60
    assert not hasattr(response, "connection")
    assert not any("fake-" in text for text in everything_in(response))


@pytest.mark.parametrize("size, is_read", [(65536, True), (65537, False)])
@pytest.mark.parametrize("make", [http, http_chunked])
def test_the_size_limit(make, size, is_read):
    """A response of 64 KiB is read; a longer one counts as no response."""
    with RawServer(make(b"x" * size)) as raw:
        response = send(raw.url)

    if is_read:
        assert b"x" * size == response.content
    else:
        assert "OSError: the response is longer than 65536 bytes" == response.reason


def drip(head, piece):
    def serve(connection):
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(0.05)  # The test needs a slow server.

    return serve


def test_the_time_limit():
    """A call without a complete response is given up; the reason says after how many seconds."""
    with RawServer(lambda connection: connection.recv(1)) as raw:
        assert "no complete response within 0.3 s" == send(raw.url, timeout=(10.0, 10.0), seconds=0.3).reason


@pytest.mark.parametrize(
    "head, piece",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["length", "no length", "chunks"],
)
def test_the_time_limit_in_the_caller_s_own_thread(head, piece):
    """A call in the caller's own thread gives up a body that drips in, too."""

    class Own(requests.Session):
        def send(self, request, **kwargs):
            return super().send(request, **kwargs)

    with RawServer(drip(head, piece)) as raw, Own() as session:
        assert "OSError: the response came too slowly" == send(raw.url, session, (2.0, 2.0), 0.3).reason


@pytest.mark.parametrize("moment, is_late", [(13.0, False), (13.001, True)])
def test_a_response_at_the_time_limit_is_in_time(monkeypatch, moment, is_late):
    """A response that is complete exactly at the time limit is in time; a later one is not."""
    moments = iter([0.0])
    monkeypatch.setattr(transport, "time", types.SimpleNamespace(monotonic=lambda: next(moments, moment)))
    with RawServer(http(b"{}")) as raw:
        assert is_late == isinstance(send(raw.url), NoResponse)


def test_no_redirect_is_followed():
    """A 307 is returned, not followed: the keys are not sent to another address."""
    with RawServer(http(b"{}")) as other, RawServer(http(b"", "307 Away", f"Location: {other.url}/")) as raw:
        assert 307 == send(raw.url).status_code

    assert [] == other.requests


def test_a_call_without_a_lent_session_closes_its_connection():
    """Without a lent session, no connection is left open."""
    closed = threading.Event()

    def serve(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        assert b"" == connection.recv(1)
        closed.set()

    with RawServer(serve) as raw:
        response = send(raw.url)
        collect()  # urllib3 2 closes a pool when it is collected.

        assert closed.wait(60)
    assert 200 == response.status_code


@pytest.fixture
def lent():
    with requests.Session() as session:
        yield session


def test_what_a_lent_session_adds_to_a_call(lent):
    """A lent session's headers and adapters are used, but not its auth, hooks or authorization; it gets no cookie."""
    lent.headers.update({"X-Gateway": "1", "Authorization": "Bearer fake-other"})
    lent.auth = ("user", "fake-password")
    seen = []
    lent.hooks["response"].append(lambda response, **kwargs: seen.append(response))
    with RawServer(http(b"{}", "200 OK", "Set-Cookie: node=a; Path=/")) as raw:
        send(raw.url, lent)

    assert b"\r\nX-Gateway: 1\r\n" in raw.requests[0]
    assert b"\r\nauthorization:" not in raw.requests[0].lower()
    assert [] == seen == list(lent.cookies)


def test_netrc_adds_nothing(tmp_path, monkeypatch):
    """A netrc entry for the host is not sent."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login fake password fake")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with RawServer(http(b"{}")) as raw:
        send(raw.url)

    assert b"authorization" not in raw.requests[0].lower()


def test_the_environment_s_proxy_is_used(monkeypatch):
    """``HTTP_PROXY`` is used, as for any request."""
    with RawServer(http(b"{}")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        send("http://kiwoom.example")

    assert proxy.requests[0].startswith(b"POST http://kiwoom.example/oauth2/token ")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize("is_lent, calls", [(True, 2), (False, 1)])
def test_a_lent_session_s_dropped_connection_is_replaced_once(lent, is_lent, calls):
    """A dropped connection of a lent session, which may have been idle, is replaced once; a new one is not."""
    with RawServer(reset, http(b"{}")) as raw:
        response = send(raw.url, lent if is_lent else None)

    assert calls == len(raw.requests)
    assert is_lent == (not isinstance(response, NoResponse))


def test_there_is_no_third_try_after_two_dropped_connections(lent):
    """If the second connection is dropped as well, there is no third try."""
    with RawServer(reset, reset, http(b"{}")) as raw:
        response = send(raw.url, lent)

    assert response.reason.startswith("ConnectionError: ") and "Connection aborted" in response.reason
    assert 2 == len(raw.requests)


def make_raising_adapter(error):
    """Make an adapter that raises `error`, and counts its calls."""

    class Raising(BaseAdapter):
        calls = 0

        def send(self, request, **kwargs):
            self.calls += 1
            raise error

        def close(self):
            pass

    return Raising()


@pytest.mark.parametrize(
    "error, reason",
    [
        (KeyError("x"), "KeyError: 'x'"),
        (OSError(), "OSError"),
        (requests.exceptions.ReadTimeout("Connection aborted"), "ReadTimeout: Connection aborted"),
        (requests.exceptions.ConnectTimeout("Connection aborted"), "ConnectTimeout: Connection aborted"),
        (requests.exceptions.ConnectionError("refused"), "ConnectionError: refused"),
        (OSError("two\nlines"), "OSError: two lines"),
        (OSError("http://user:fake-password@proxy:8080/"), "OSError: http://***@proxy:8080/"),
        (OSError("BadStatusLine('fake-token')"), "OSError: BadStatusLine(...)"),
        (OSError("InvalidChunkLength(got 'fake-token')"), "OSError: InvalidChunkLength(...)"),
        (
            requests.exceptions.InvalidProxyURL("http://user:fake-pass/word@x"),
            "InvalidProxyURL: the address of a proxy, or base_url, cannot be read",
        ),
    ],
)
def test_the_reason_for_no_response_is_one_line_without_secrets(lent, error, reason):
    """An error that a session raises becomes one line, without a proxy's password or a piece of the response."""
    adapter = make_raising_adapter(error)
    lent.mount("http://", adapter)

    assert reason == send("http://127.0.0.1:9", lent).reason
    assert 1 == adapter.calls


def test_the_repr_of_no_response_shows_no_reason():
    """The repr of ``NoResponse`` shows no reason, since that may quote the call."""
    assert "<NoResponse>" == repr(NoResponse("fake-secretkey"))


def test_ctrl_c_is_raised_to_the_caller(lent):
    """``KeyboardInterrupt``, which is no ``Exception``, is raised and does not become a reason."""
    lent.mount("http://", make_raising_adapter(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        send("http://127.0.0.1:9", lent)


def test_a_session_that_runs_no_hooks_has_the_same_limits():
    """The response of a session that runs no hooks has the same limits, and keeps no secret of the call either."""

    class WithoutHooks(requests.Session):
        def send(self, request, **kwargs):
            request.hooks = {"response": []}
            return super().send(request, **kwargs)

    with RawServer(http(b"{}"), http(b"x" * 65537)) as raw, WithoutHooks() as session:
        response = send(raw.url, session)
        assert response.request.body is None and b"{}" == response.content
        assert isinstance(send(raw.url, session), NoResponse)


@pytest.mark.parametrize("make", [requests.Response, lambda: types.SimpleNamespace(content=b"{}")])
def test_a_response_made_by_hand_is_read(make):
    """A session may return a response that came over no connection, such as a mock's."""

    class Canned(requests.Session):
        def send(self, request, **kwargs):
            response = make()
            response.status_code, response.headers = 200, {"X-Node": "a"}
            response._content = b"{}"
            return response

    with Canned() as session:
        response = send("http://127.0.0.1:9", session)

    assert (200, b"{}", "a", None) == (response.status_code, response.content, response.headers["x-node"], response.url)


@pytest.mark.parametrize("where", ["the session", "its class", "requests"])
def test_a_foreign_send_runs_in_the_caller_s_thread(where, monkeypatch):
    """A ``send`` that is not requests' own runs in the caller's thread: it may need a lock that this thread holds."""
    threads, own = [], requests.Session.send

    def foreign(session, request, **kwargs):
        threads.append(threading.current_thread())
        return own(session, request, **kwargs)

    class Sub(requests.Session):
        pass

    with RawServer(http(b"{}")) as raw, Sub() as session:
        if where == "the session":
            session.send = types.MethodType(foreign, session)
        else:
            monkeypatch.setattr(Sub if where == "its class" else requests.Session, "send", foreign)
        send(raw.url, None if where == "requests" else session)

    assert [threading.current_thread()] == threads


def test_requests_own_send_runs_in_another_thread(lent):
    """requests' own ``send`` runs in another thread, which can be left when the time is over."""
    threads = []

    class Noting(HTTPAdapter):
        def send(self, request, **kwargs):
            threads.append((threading.current_thread(), kwargs["timeout"]))
            return super().send(request, **kwargs)

    lent.mount("http://", Noting())
    with RawServer(http(b"{}")) as raw:
        send(raw.url, lent)

    ((thread, timeout),) = threads
    assert threading.current_thread() is not thread
    assert (3.0, 10.0) == timeout


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "60"}, 60.0),
        ({"Retry-After": "61"}, 60.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "9" * 10}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Sun, 22 Nov 2026 08:00:20 GMT"}, None),
        ({"Retry-After": "Sun, 22 Nov 2026 08:00:20 GMT", "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}, 20.0),
        ({"Retry-After": "Sun, 22 Nov 2026 07:00:00 GMT", "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}, 0.0),
        ({"Retry-After": "Sun, 22 Nov 2026 09:00:00 GMT", "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}, 60.0),
        ({"Retry-After": "Sun, 22 Nov 2026 08:00:20 -0000", "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}, None),
    ],
)
def test_retry_after(headers, seconds):
    """``Retry-After`` is seconds, or a date by the server's own clock, at most a minute; anything else is ignored."""
    response = requests.Response()
    response.headers.update(headers)

    assert seconds == read_retry_after(response)
