"""Sessions that send the token calls, and do something of their own."""

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
from tests.helpers.raw_server import RawServer, issued
from tests.helpers.threads import in_threads, until


class LocksRequest(requests.Session):
    """A common home-made rate limit: one request at a time."""

    def __init__(self):
        super().__init__()
        self.lock = threading.RLock()

    def request(self, *args, **kwargs):
        """Send while the lock is held."""
        with self.lock:
            return super().request(*args, **kwargs)


class LocksSend(LocksRequest):
    """The same around ``send()``."""

    def request(self, *args, **kwargs):
        """Send."""
        return requests.Session.request(self, *args, **kwargs)

    def send(self, *args, **kwargs):
        """Send while the lock is held."""
        with self.lock:
            return super().send(*args, **kwargs)


@pytest.mark.parametrize("kind", [LocksRequest, LocksSend])
def test_one_request_at_a_time(server, url, kind):
    """A session that lets one request through at a time may both carry the auth and be lent to it: all threads end."""
    with kind() as session:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session, timeout=(0.2, 0.3))
        session.auth = auth.for_api(API_ID)
        work = [lambda: session.post(url, json={}).json()["return_code"]] * 4
        work += [lambda: auth.renew(force=True), lambda: auth.token(rejected=auth.token())]
        auth.token()
        server.revoke_all()
        for outcome in in_threads(len(work), lambda: work.pop()()):
            assert isinstance(outcome, (KiwoomAuthError, str, int))

        server.clock.advance(seconds=40)
        assert 0 == session.post(url, json={}).json()["return_code"]


def test_a_lock_in_request_is_no_obstacle(server, url):
    """The token call does not go through ``request()``: while a thread holds a lock there, another one renews."""
    with LocksRequest() as session:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)
        auth.token()
        held, let_go = threading.Event(), threading.Event()

        def hold():
            with session.lock:
                held.set()
                let_go.wait(60)

        holder = threading.Thread(target=hold)
        holder.start()
        until(held.is_set)
        assert auth.renew(force=True)
        let_go.set()
        holder.join(60)


def test_requests_mock_in_threads():
    """Under requests-mock, which sends one request at a time, eight threads that meet a revocation all get a token."""
    expires = f"{datetime.now(timezone.utc) + timedelta(hours=20):%Y%m%d%H%M%S}"
    issues = []

    def issue(request, context):
        issues.append(f"fake-token-{len(issues)}")
        return {"token": issues[-1], "token_type": "bearer", "expires_dt": expires, "return_code": 0}

    def api(request, context):
        is_live = request.headers["Authorization"] == f"Bearer {issues[-1]}"
        return {"return_code": 0} if is_live else {"return_code": 3, "return_msg": "[8005:x]"}

    auth = KiwoomAuth("fake-appkey", "fake-secretkey", timeout=(1, 3))
    with requests_mock.Mocker() as mocker:
        mocker.post(f"https://api.kiwoom.com{TOKEN_PATH}", json=issue)
        mocker.post(f"https://api.kiwoom.com{PATH}", json=api)

        def work():
            response = requests.post(f"https://api.kiwoom.com{PATH}", json={}, auth=auth.for_api(API_ID))
            return response.json()["return_code"]

        assert [0] * 8 == in_threads(8, work)
        issues.append("fake-token-of-another-program")
        assert [0] * 8 == in_threads(8, work)


@pytest.mark.parametrize("ending", [faults.RESET_AFTER, "closed"])
def test_a_dead_pooled_connection_is_tried_again_at_once(server, ending):
    """A pooled connection that died while idle costs no failure and no pause."""
    with requests.Session() as session:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)
        if ending != "closed":
            server.fail(ending)
            auth.token()
            server.clock.advance(hours=25)
            assert auth.token() == server.token
        else:
            server.fail(faults.RESET_BEFORE)
            assert auth.token() == server.token

    assert not [m for m in server.complaints if "au10001" in m]


def test_a_call_that_fails_twice_is_not_tried_a_third_time(server):
    """One retry, and then the error."""
    server.fail(*[faults.RESET_BEFORE] * 5)
    with requests.Session() as session:
        with pytest.raises(TokenUnavailable):
            KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session).token()

    assert 2 == server.issues


def test_a_timeout_is_not_tried_again(server):
    """A call that had no response in time is not repeated: it would take twice the time."""
    server.fail(faults.latency(3))
    with requests.Session() as session:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session, timeout=(2, 0.3))
        with pytest.raises(TokenUnavailable):
            auth.token()

    assert 1 == server.issues


def test_a_session_of_the_package_s_own_is_not_tried_again(server):
    """A new connection needs no second try."""
    server.fail(faults.RESET_BEFORE)
    with pytest.raises(TokenUnavailable):
        KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()

    assert 1 == server.issues


def content_of(token):
    """The body of au10001's response."""
    return issued(token).partition(b"\r\n\r\n")[2]


def by_hand(content):
    """A response with its content alone."""
    response = requests.Response()
    response.status_code, response._content = 200, content
    return response


def by_mock(content):
    """A mock of a response, as programs' own tests have it."""
    return Mock(spec=requests.Response, status_code=200, content=content, headers={}, reason="OK", text="")


def by_bare_mock(content):
    """The same with all that `Mock` makes up by itself."""
    return Mock(
        spec=requests.Response, status_code=200, headers={}, content=content, json=lambda: json.loads(content)
    )


@pytest.mark.parametrize("make", [by_hand, by_mock, by_bare_mock])
def test_a_response_made_by_hand(make):
    """A lent session may return a response that it made by hand."""

    class Made(requests.Session):
        def send(self, request, **kwargs):
            """Return it."""
            return make(content_of("fake-token"))

    with Made() as session:
        assert "fake-token" == KiwoomAuth("fake-appkey", "fake-secretkey", session=session).token()


class Unprintable(Exception):
    """An error whose text cannot be had."""

    def __str__(self):
        raise ValueError("no text")


def test_an_error_that_has_no_text():
    """Whatever a lent session raises, the caller gets ``TokenUnavailable``."""

    class Raising(requests.Session):
        def send(self, request, **kwargs):
            """Raise."""
            raise Unprintable

    with Raising() as session, pytest.raises(TokenUnavailable, match="Unprintable"):
        KiwoomAuth("fake-appkey", "fake-secretkey", session=session).token()


def test_an_idle_connection_that_the_server_closed():
    """A connection that the server closed in good order while it was idle is replaced without a failure."""
    keep_alive = issued("first").replace(b"Connection: close\r\n", b"")
    with RawServer(keep_alive, issued("second")) as server, requests.Session() as session:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url, session=session)

        assert "first" == auth.token()
        assert "second" == auth.token(rejected="first")


def test_the_caller_s_own_limits_stay(server, url):
    """A request of the caller's own that fails is not sent again by this package."""
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).for_api(API_ID)
    auth.token()
    server.fail(faults.RESET_BEFORE, Reply({}), path=PATH)
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json={}, auth=auth)

    assert 1 == sum(request.path == PATH for request in server.requests)
