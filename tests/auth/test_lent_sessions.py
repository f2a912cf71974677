"""``session=``: the session that the caller lends for token calls, also one with an own ``send()`` or adapter."""

import json
import threading
from datetime import datetime, timedelta, timezone
from unittest.mock import Mock

import pytest
import requests
import requests_mock

from requests_kiwoom import KiwoomAuth, KiwoomAuthError, TokenUnavailable
from requests_kiwoom.oauth import TOKEN_PATH
from requests_kiwoom.testing import Reply, faults
from tests.helpers.constants import API_ID, PATH
from tests.helpers.raw_server import RawServer, http, issued
from tests.helpers.threads import in_threads, until


def auth_at(server, session, **options):
    """Build an auth that makes its token calls by `session`."""
    return KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session, **options)


def auth_at_raw(server, session):
    """Build the same for a `RawServer`, which has no keys."""
    return KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url, session=session)


# What of the session is used, and what is not


def test_the_session_is_not_changed(server):
    """The token call takes the session's headers, but not its auth and hooks. The session is not changed or closed."""
    with requests.Session() as session:
        session.headers.update({"Authorization": "Bearer of-another", "X-Gateway": "1"})
        session.auth = ("user", "fake-password")
        seen = []
        session.hooks["response"].append(lambda response, **kwargs: seen.append(response))
        before = {name: repr(getattr(session, name)) for name in session.__attrs__}

        auth_at(server, session).token()

        (call,) = server.requests
        assert "1" == call.headers["x-gateway"]
        assert "authorization" not in call.headers
        assert before == {name: repr(getattr(session, name)) for name in session.__attrs__}
        assert [] == seen
        session.get(server.url)


def test_a_cookie_of_au10001_is_not_kept():
    """A cookie of au10001's response does not get into the session."""
    response = issued("fake-token").replace(b"200 OK\r\n", b"200 OK\r\nSet-Cookie: node=a; Path=/\r\n")
    with RawServer(response) as raw, requests.Session() as session:
        auth_at_raw(raw, session).token()

        assert [] == list(session.cookies)


def test_the_session_may_carry_the_auth(server, url):
    """A session may be lent to the auth that it carries: the token call does not ask the auth for a token."""
    with requests.Session() as session:
        session.auth = auth_at(server, session).for_api(API_ID)

        assert 0 == session.post(url, json={}).json()["return_code"]

    assert 1 == server.issues


def test_the_session_s_proxy_is_used(server):
    """The token call goes through the session's proxy."""
    with RawServer(issued("through-the-proxy")) as proxy, requests.Session() as session:
        session.proxies = {"http": proxy.url}

        token = KiwoomAuth(server.appkey, server.secretkey, base_url="http://localhost:9", session=session).token()

    assert "through-the-proxy" == token
    assert proxy.requests[0].startswith(b"POST http://localhost:9/oauth2/token ")


class RecordingAdapter(requests.adapters.HTTPAdapter):
    """An adapter that records the timeout of each request."""

    def __init__(self):
        super().__init__()
        self.timeouts, self.is_closed = [], False

    def send(self, request, **kwargs):
        self.timeouts.append(kwargs["timeout"])
        return super().send(request, **kwargs)

    def close(self):
        self.is_closed = True
        super().close()


@pytest.mark.parametrize(
    "options, timeout", [({}, (3.05, 10.0)), ({"timeout": 0.9}, (0.9, 0.9)), ({"timeout": (3600, 1)}, (3600.0, 1.0))]
)
def test_each_call_has_the_timeout(server, options, timeout):
    """The session's adapter gets the auth's timeout for each token call, and is not closed."""
    with requests.Session() as session:
        adapter = RecordingAdapter()
        session.mount("http://", adapter)
        auth = auth_at(server, session, **options)
        auth.token()
        auth.revoke()

        assert [timeout, timeout] == adapter.timeouts
        assert not adapter.is_closed


# Retries


@pytest.mark.parametrize("fault", [faults.RESET_BEFORE, faults.RESET_AFTER])
def test_a_connection_that_breaks_is_replaced_at_once(server, fault):
    """A token call whose pooled connection breaks is sent once more, with no error and no pause."""
    with requests.Session() as session:
        auth = auth_at(server, session)
        server.fail(fault)
        auth.token()
        server.clock.advance(hours=25)

        assert auth.token() == server.token


def test_a_connection_that_the_server_closed_is_replaced():
    """A pooled connection that the server closed while it was idle is replaced with no error and no pause."""
    keep_alive = issued("first").replace(b"Connection: close\r\n", b"")
    with RawServer(keep_alive, issued("second")) as server, requests.Session() as session:
        auth = auth_at_raw(server, session)

        assert "first" == auth.token()
        assert "second" == auth.token(rejected="first")


def test_a_call_is_sent_twice_at_most(server):
    """A token call that breaks twice raises ``TokenUnavailable``."""
    server.fail(*[faults.RESET_BEFORE] * 5)
    with requests.Session() as session, pytest.raises(TokenUnavailable):
        auth_at(server, session).token()

    assert 2 == server.issues


def test_a_timeout_is_not_retried(server):
    """A call without a response in time is not sent again: that would take twice the time."""
    server.fail(faults.latency(3))
    with requests.Session() as session, pytest.raises(TokenUnavailable):
        auth_at(server, session, timeout=(2, 0.3)).token()

    assert 1 == server.issues


def test_without_a_lent_session_nothing_is_retried(server):
    """Without ``session=``, each token call has a new connection, so one that breaks is not retried."""
    server.fail(faults.RESET_BEFORE)
    with pytest.raises(TokenUnavailable):
        KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()

    assert 1 == server.issues


def test_a_request_of_the_caller_is_not_retried(server, url):
    """The caller's own request is not sent again when its connection breaks."""
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).for_api(API_ID)
    auth.token()
    server.fail(faults.RESET_BEFORE, Reply({}), path=PATH)
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json={}, auth=auth)

    assert 1 == sum(request.path == PATH for request in server.requests)


# Sessions with a lock


class LocksRequest(requests.Session):
    """A common rate limit of bots: a lock around ``request()``, so that one request is sent at a time."""

    def __init__(self):
        super().__init__()
        self.lock = threading.RLock()

    def request(self, *args, **kwargs):
        with self.lock:
            return super().request(*args, **kwargs)


class LocksSend(LocksRequest):
    """The same lock around ``send()``."""

    def request(self, *args, **kwargs):
        return requests.Session.request(self, *args, **kwargs)

    def send(self, *args, **kwargs):
        with self.lock:
            return super().send(*args, **kwargs)


@pytest.mark.parametrize("kind", [LocksRequest, LocksSend])
def test_a_session_with_a_lock_does_not_deadlock(server, url, kind):
    """If the session has a lock, is lent to the auth and carries it, every thread ends, and later requests succeed."""
    with kind() as session:
        auth = auth_at(server, session, timeout=(0.2, 0.3))
        session.auth = auth.for_api(API_ID)
        work = [lambda: session.post(url, json={}).json()["return_code"]] * 2
        work += [lambda: auth.renew(force=True), lambda: auth.token(rejected=auth.token())]
        auth.token()
        server.revoke_all()
        for outcome in in_threads(len(work), lambda: work.pop()()):
            assert isinstance(outcome, (KiwoomAuthError, str, int))

        server.clock.advance(seconds=40)
        assert 0 == session.post(url, json={}).json()["return_code"]


def test_token_calls_do_not_use_request_and_post(server):
    """The token call does not go through ``request()``: while another thread holds a lock there, a token is renewed."""
    with LocksRequest() as session:
        auth = auth_at(server, session)
        auth.token()
        is_held, may_end = threading.Event(), threading.Event()

        def hold():
            with session.lock:
                is_held.set()
                may_end.wait(60)

        holder = threading.Thread(target=hold)
        holder.start()
        until(is_held.is_set)
        assert auth.renew(force=True)
        may_end.set()
        holder.join(60)


def test_eight_threads_under_requests_mock():
    """Under requests-mock, which sends one request at a time, eight threads that meet a revocation all get a token."""
    expires = f"{datetime.now(timezone.utc) + timedelta(hours=20):%Y%m%d%H%M%S}"
    tokens = []

    def issue(request, context):
        tokens.append(f"fake-token-{len(tokens)}")
        return {"token": tokens[-1], "token_type": "bearer", "expires_dt": expires, "return_code": 0}

    def respond(request, context):
        is_live = request.headers["Authorization"] == f"Bearer {tokens[-1]}"
        return {"return_code": 0} if is_live else {"return_code": 3, "return_msg": "[8005:x]"}

    auth = KiwoomAuth("fake-appkey", "fake-secretkey", timeout=(1, 3))
    with requests_mock.Mocker() as mocker:
        mocker.post(f"https://api.kiwoom.com{TOKEN_PATH}", json=issue)
        mocker.post(f"https://api.kiwoom.com{PATH}", json=respond)

        def send():
            response = requests.post(f"https://api.kiwoom.com{PATH}", json={}, auth=auth.for_api(API_ID))
            return response.json()["return_code"]

        assert [0] * 8 == in_threads(8, send)
        tokens.append("fake-token-of-another-program")
        assert [0] * 8 == in_threads(8, send)


# Sessions whose send() or adapter is not that of requests


class WithoutHooks(requests.Session):
    """A session that removes the hooks of each request."""

    def send(self, request, **kwargs):
        request.hooks = {"response": []}
        return super().send(request, **kwargs)


def test_without_hooks_a_redirect_is_not_followed(server):
    """A redirect in a session that removes hooks is not followed: the keys are not sent to another host."""
    redirect = http(b"", "307 Temporary Redirect", f"Location: {server.url}/oauth2/token")
    with RawServer(redirect) as raw, WithoutHooks() as session:
        with pytest.raises(TokenUnavailable, match="redirects"):
            auth_at_raw(raw, session).token()

    assert [] == server.requests


class Unprintable(Exception):
    """An error whose text cannot be read."""

    def __str__(self):
        raise ValueError("no text")


@pytest.mark.parametrize(
    "error, text",
    [(KeyError("an error of the adapter"), "KeyError: .an error of the adapter"), (Unprintable(), "Unprintable")],
)
def test_every_error_of_the_session_is_unavailable(error, text):
    """Any exception of the session reaches the caller as ``TokenUnavailable``, which names it."""

    class BrokenAdapter(requests.adapters.HTTPAdapter):
        def send(self, request, **kwargs):
            raise error

    with requests.Session() as session:
        session.mount("https://", BrokenAdapter())
        with pytest.raises(TokenUnavailable, match=text):
            KiwoomAuth("fake-appkey", "fake-secretkey", session=session).token()


def content_of(token):
    """Return the body of au10001's response."""
    return issued(token).partition(b"\r\n\r\n")[2]


def by_hand(content):
    """Return a response that has a status and a content alone."""
    response = requests.Response()
    response.status_code, response._content = 200, content
    return response


def by_mock(content):
    """Return a mock of a response, as tests of programs use."""
    return Mock(spec=requests.Response, status_code=200, content=content, headers={}, reason="OK", text="")


def by_bare_mock(content):
    """Return a mock whose other attributes are mocks as well."""
    return Mock(
        spec=requests.Response, status_code=200, headers={}, content=content, json=lambda: json.loads(content)
    )


@pytest.mark.parametrize("make", [by_hand, by_mock, by_bare_mock])
def test_a_response_made_by_hand_is_read(make):
    """A session may return a response that it did not get from ``requests``."""

    class Canned(requests.Session):
        def send(self, request, **kwargs):
            return make(content_of("fake-token"))

    with Canned() as session:
        assert "fake-token" == KiwoomAuth("fake-appkey", "fake-secretkey", session=session).token()
