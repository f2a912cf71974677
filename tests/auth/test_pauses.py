"""An API that rejects every token: its pause, and that no other API has part in it."""

import random

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenUnavailable
from requests_kiwoom.testing import Reply, refusal
from tests.helpers.constants import PATH
from tests.helpers.raw_server import RawServer, http
from tests.helpers.sessions import redirect

BAD, GOOD, OTHER = "ka10002", "ka10001", "ka10003"


@pytest.fixture
def poll(server, auth, url, local_clock):
    """Send a request of one API, and return its ``return_code``; the clock moves only when a test says so."""
    local_clock.stop()
    with requests.Session() as session:

        def send(api_id, *, resend=True, seconds=0.0):
            local_clock.advance(seconds=seconds)
            return session.post(url, json={}, auth=auth.for_api(api_id, resend=resend)).json()["return_code"]

        yield send


def reject(server, *api_ids, code=8103, status=200):
    """Let the server reject every token for these APIs."""
    for api_id in api_ids:
        server.reply(api_id, lambda request: refusal(code, status=status))


@pytest.mark.parametrize("reissue", ["same", "new"])
@pytest.mark.parametrize("code, status", [(8103, 200), (8005, 401)])
@pytest.mark.parametrize("resend", [True, False])
def test_one_api_that_always_rejects(server, poll, reissue, code, status, resend):
    """Polled in turns with an API that works, it causes one au10001 call, and the other API never fails."""
    server.reissue = reissue
    reject(server, BAD, code=code, status=status)

    codes = {poll(GOOD) for _ in range(15) if poll(BAD, resend=resend)}

    assert ({0}, 2) == (codes, server.issues)


@pytest.mark.parametrize("reissue", ["same", "new"])
@pytest.mark.parametrize("resend", [True, False])
def test_two_apis_that_always_reject(server, poll, reissue, resend):
    """Each of two such APIs causes one au10001 call, also where the tokens change between its requests."""
    server.reissue = reissue
    reject(server, BAD, OTHER)

    for _ in range(10):
        poll(BAD, resend=resend)
        poll(OTHER, resend=resend)
        assert 0 == poll(GOOD)

    assert server.issues <= 3


def test_at_most_one_call_for_each_pause(server, poll, monkeypatch):
    """Polled every second for 100 seconds, it causes a call after 1, 2, 4, 8, 16, 20 s, and none in between."""
    monkeypatch.setattr(random, "uniform", lambda low, high: low)
    server.reissue = "new"
    reject(server, BAD)

    called = []
    for second in range(100):
        before = server.issues
        poll(BAD, seconds=1)
        assert 0 == poll(GOOD)
        called += [second] * (server.issues - before)

    gaps = [later - earlier for earlier, later in zip(called[1:], called[2:])]  # The first call is no replacement.
    assert gaps == sorted(gaps)
    assert [1, 2, 4, 8, 16] == gaps[:5] and {20} == set(gaps[5:])


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_a_real_revocation_is_replaced_at_once_for_the_other(server, poll, reissue):
    """In the middle of the pause, a token that is really revoked is replaced at once for the API that works."""
    server.reissue = reissue
    reject(server, BAD)
    poll(BAD)
    for _ in range(3):
        server.revoke_all()
        poll(BAD)

        assert 0 == poll(GOOD)

    assert 5 == server.issues


def test_an_accepted_response_ends_the_pause(server, poll):
    """Once the API accepts a token, its next rejection is cured at once."""
    reject(server, BAD)
    poll(BAD)
    server.reply(BAD, {"name": "x"})
    assert 0 == poll(BAD)
    server.revoke_all()

    assert 0 == poll(BAD)


def test_another_api_s_success_does_not_end_the_pause(server, poll):
    """Only the API's own success ends its pause."""
    server.reissue = "new"
    reject(server, BAD)
    poll(BAD)
    issues = server.issues
    poll(GOOD)
    poll(BAD)

    assert issues == server.issues


def test_another_host_s_success_does_not_end_the_pause(server, poll):
    """A response of another host, after a redirect, says nothing of the token: the API keeps its pause."""
    server.reissue = "new"
    reject(server, BAD)
    poll(BAD)
    issues = server.issues
    with RawServer(http(b'{"return_code": 0}')) as other:
        server.fail(redirect(other.url + PATH), api_id=BAD)
        assert 0 == poll(BAD)
    poll(BAD)

    assert issues == server.issues


def test_another_error_does_not_end_the_pause(server, poll):
    """A rate limit in HTTP 200 says nothing of the token: an API that rejects every one keeps its pause."""
    server.reissue = "new"
    reject(server, BAD)
    poll(BAD)
    issues = server.issues
    for _ in range(5):
        server.fail(refusal(1700, status=200), api_id=BAD)
        poll(BAD)
        poll(BAD)

    assert issues == server.issues


def test_with_rate_limits(server, poll):
    """Where au10001 counts its calls, none is refused because of such an API."""
    server.rate_limits, server.reissue = True, "new"
    reject(server, BAD)
    for _ in range(30):
        poll(BAD, seconds=1)
        server.clock.advance(seconds=1)
        if random.random() < 0.2:
            server.revoke_all()
        assert 0 == poll(GOOD)


def test_more_apis_than_pauses_are_kept(server, poll):
    """With nine such APIs, no request of another one fails, and none raises."""
    bad = [f"ka10{n:03}" for n in (2, 3, 13, 15, 16, 17, 18, 19, 24)]
    reject(server, *bad)
    for _ in range(3):
        for api_id in bad:
            poll(api_id)
        assert 0 == poll(GOOD)
    assert server.issues <= 1 + 3 * 9


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_token_alone_after_hours_of_use(server, auth, reissue):
    """A login's token that lived longer than the pause is replaced at once when it is rejected, time after time."""
    server.reissue = reissue
    token = auth.token()
    for _ in range(10):
        server.revoke_all()
        server.clock.advance(hours=2)
        token, rejected = auth.token(rejected=token), token

        assert token == server.token != rejected

    assert 11 == server.issues


def test_token_alone_with_rejections_close_together(server, auth):
    """Eight revocations five seconds apart are cured one by one: each token lived longer than the pause."""
    token = auth.token()
    for _ in range(8):
        server.revoke_all()
        server.clock.advance(seconds=5)
        token = auth.token(rejected=token)

    assert token == server.token


def test_a_login_that_never_succeeds(server, auth):
    """Tokens that are rejected as soon as they are issued cost one au10001 call for each pause."""
    server.reissue = "new"
    token = auth.token()
    token = auth.token(rejected=token)
    for _ in range(5):
        with pytest.raises(TokenUnavailable, match="the login with token") as caught:
            token = auth.token(rejected=token)
        assert 0 < caught.value.retry_after <= 30

    assert 2 == server.issues
    server.clock.advance(seconds=2)
    assert auth.token(rejected=token) == server.token and 3 == server.issues


def test_a_login_that_never_succeeds_leaves_requests_alone(server, auth, poll):
    """The pause of ``token(rejected=…)`` is no pause of a request."""
    token = auth.token()
    for _ in range(3):
        try:
            token = auth.token(rejected=token)
        except TokenUnavailable:
            pass
    server.revoke_all()

    assert 0 == poll(GOOD)


def test_renew_by_force_replaces_a_new_token(server, auth):
    """``renew(force=True)`` replaces a token that is new, and says so; ``renew()`` says that it was new already."""
    token = auth.token()

    assert auth.renew() is False and token == auth.token()
    assert auth.renew(force=True) is True and token != auth.token() == server.token
    assert (2, 1) == (server.issues, server.revokes)


def test_renew_of_an_older_token(server, auth):
    """``renew()`` says that it replaced a token that had less than its full life."""
    auth.token()
    server.clock.advance(hours=1)

    assert auth.renew() is True


def test_renew_by_force_cures_an_api_in_its_pause(server, poll, auth):
    """au10001 returns the rejected token again: ``renew(force=True)`` revokes it, and the API gets another."""
    first = auth.token()
    server.reply(BAD, lambda request: refusal(8005) if request.token == first else {"name": "x"})
    assert 3 == poll(BAD)
    auth.renew(force=True)

    assert 0 == poll(BAD)
    assert 1 == server.revokes


def test_a_pause_costs_no_other_auth(server, poll):
    """Another auth for the same key has no part in the pause."""
    reject(server, BAD)
    poll(BAD)
    server.fail(Reply({"return_code": 0}), path=PATH)
    other = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).for_api(BAD)

    assert 0 == requests.post(server.url + PATH, json={}, auth=other).json()["return_code"]
