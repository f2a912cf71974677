"""``post``: one token call, limited in time and size, and a response that holds no secret of it."""

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


def test_the_response_leads_nowhere():
    """Status, headers, body and time of the response are kept; neither the call's body nor its connection is."""
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
    """A response of 64 KiB is read; a longer one counts as none."""
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
            time.sleep(0.05)  # The server's slowness is what the test is about.

    return serve


def test_the_time_limit():
    """A response that drips in is given up; the text says after how many seconds."""
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
    """Where the caller's thread makes the call, the body is given up in time as well."""

    class Own(requests.Session):
        def send(self, request, **kwargs):
            return super().send(request, **kwargs)

    with RawServer(drip(head, piece)) as raw, Own() as session:
        assert "OSError: the response came too slowly" == send(raw.url, session, (2.0, 2.0), 0.3).reason


@pytest.mark.parametrize("moment, is_late", [(13.0, False), (13.001, True)])
def test_the_last_moment(monkeypatch, moment, is_late):
    """A response that is complete when the time is over, and not later, is in time."""
    moments = iter([0.0])
    monkeypatch.setattr(transport, "time", types.SimpleNamespace(monotonic=lambda: next(moments, moment)))
    with RawServer(http(b"{}")) as raw:
        assert is_late == isinstance(send(raw.url), NoResponse)


def test_no_redirect_is_followed():
    """A 307 is the response: the keys do not go to another address."""
    with RawServer(http(b"{}")) as other, RawServer(http(b"", "307 Away", f"Location: {other.url}/")) as raw:
        assert 307 == send(raw.url).status_code

    assert [] == other.requests


def test_a_session_of_its_own_is_closed():
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


def test_a_lent_session(lent):
    """Its headers and adapters count; its auth, its hooks and its authorization header do not; it keeps no cookie."""
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


def test_the_environment_s_proxy(monkeypatch):
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
def test_a_dropped_connection(lent, is_lent, calls):
    """A lent session's connection that was closed while it was idle is replaced, once; a new one is not."""
    with RawServer(reset, http(b"{}")) as raw:
        response = send(raw.url, lent if is_lent else None)

    assert calls == len(raw.requests)
    assert is_lent == (not isinstance(response, NoResponse))


def test_a_connection_that_is_dropped_twice(lent):
    """There is no third try."""
    with RawServer(reset, reset, http(b"{}")) as raw:
        response = send(raw.url, lent)

    assert response.reason.startswith("ConnectionError: ") and "Connection aborted" in response.reason
    assert 2 == len(raw.requests)


def raising(error):
    """An adapter that raises `error`, and counts."""

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
def test_why_there_is_no_response(lent, error, reason):
    """What a session raises is returned as one line, without a proxy's password or a piece of the response."""
    adapter = raising(error)
    lent.mount("http://", adapter)

    assert reason == send("http://127.0.0.1:9", lent).reason
    assert 1 == adapter.calls


def test_no_response_is_masked():
    """Its repr shows no reason: that may quote the call."""
    assert "<NoResponse>" == repr(NoResponse("fake-secretkey"))


def test_ctrl_c_is_not_a_reason(lent):
    """What is no ``Exception`` passes through."""
    lent.mount("http://", raising(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        send("http://127.0.0.1:9", lent)


def test_a_session_that_runs_no_hooks():
    """Its response is read with the same limits, and leads nowhere either."""

    class WithoutHooks(requests.Session):
        def send(self, request, **kwargs):
            request.hooks = {"response": []}
            return super().send(request, **kwargs)

    with RawServer(http(b"{}"), http(b"x" * 65537)) as raw, WithoutHooks() as session:
        response = send(raw.url, session)
        assert response.request.body is None and b"{}" == response.content
        assert isinstance(send(raw.url, session), NoResponse)


@pytest.mark.parametrize("make", [requests.Response, lambda: types.SimpleNamespace(content=b"{}")])
def test_a_response_made_by_hand(make):
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
def test_a_foreign_send_is_called_by_the_caller_s_thread(where, monkeypatch):
    """A ``send`` that is not requests' own may hold a lock of the caller's thread."""
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


def test_another_thread_makes_the_call_otherwise(lent):
    """requests' own ``send`` runs in a thread that can be given up."""
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
    """Seconds, or a date by the server's own clock, up to a minute; anything else counts for none."""
    response = requests.Response()
    response.headers.update(headers)

    assert seconds == read_retry_after(response)
