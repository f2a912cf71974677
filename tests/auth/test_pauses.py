"""An API that rejects every token has a pause of its own, which no other API shares."""

import random

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenUnavailable
from requests_kiwoom.testing import refusal
from tests.helpers.constants import PATH
from tests.helpers.raw_server import RawServer, http
from tests.helpers.sessions import redirect

BAD, GOOD, OTHER = "ka10002", "ka10001", "ka10003"


@pytest.fixture
def poll(server, auth, url, local_clock):
    """Send a request of one API, and return its ``return_code``; the clock moves only when a test moves it."""
    local_clock.stop()
    with requests.Session() as session:

        def send(api_id, *, resend=True, seconds=0.0):
            local_clock.advance(seconds=seconds)
            return session.post(url, json={}, auth=auth.for_api(api_id, resend=resend)).json()["return_code"]

        yield send


def reject(server, *api_ids, code=8103, status=200):
    """Make the server reject every token for these APIs."""
    for api_id in api_ids:
        server.reply(api_id, lambda request: refusal(code, status=status))


@pytest.mark.parametrize("reissue", ["same", "new"])
@pytest.mark.parametrize("code, status", [(8103, 200), (8005, 401)])
@pytest.mark.parametrize("resend", [True, False])
def test_an_api_that_always_rejects_causes_one_au10001_call(server, poll, reissue, code, status, resend):
    """An API that always rejects causes one au10001 call, and an API that is polled in turns never fails."""
    server.reissue = reissue
    reject(server, BAD, code=code, status=status)

    codes = {poll(GOOD) for _ in range(15) if poll(BAD, resend=resend)}

    assert ({0}, 2) == (codes, server.issues)


@pytest.mark.parametrize("reissue", ["same", "new"])
@pytest.mark.parametrize("resend", [True, False])
def test_two_apis_that_always_reject_cause_one_au10001_call_each(server, poll, reissue, resend):
    """Two APIs that always reject cause one au10001 call each, even if the token changes between their requests."""
    server.reissue = reissue
    reject(server, BAD, OTHER)

    for _ in range(10):
        poll(BAD, resend=resend)
        poll(OTHER, resend=resend)
        assert 0 == poll(GOOD)

    assert server.issues <= 3


def test_requests_without_an_api_id_have_a_pause_too(server, poll, auth, url):
    """If a program removes the api-id header, and every token is rejected, ten requests make two au10001 calls."""
    server.fail(*[refusal(8005)] * 20, path=PATH)
    request = requests.Request("POST", url, json={}, auth=auth.for_api(BAD)).prepare()
    del request.headers["api-id"]

    with requests.Session() as session:
        assert {3} == {session.send(request).json()["return_code"] for _ in range(10)}

    assert 2 == server.issues


def test_at_most_one_call_for_each_pause(server, poll, monkeypatch):
    """An API that always rejects, polled every second, causes a call after 1, 2, 4, 8, 16 and then each 20 s."""
    monkeypatch.setattr(random, "uniform", lambda low, high: low)
    server.reissue = "new"
    reject(server, BAD)

    seconds = []
    for second in range(100):
        before = server.issues
        poll(BAD, seconds=1)
        assert 0 == poll(GOOD)
        seconds += [second] * (server.issues - before)

    gaps = [later - earlier for earlier, later in zip(seconds[1:], seconds[2:])]  # The first call replaced no token.
    assert gaps == sorted(gaps)
    assert [1, 2, 4, 8, 16] == gaps[:5] and {20} == set(gaps[5:])


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_a_pause_does_not_delay_the_new_token_of_another_api(server, poll, reissue):
    """During the pause of one API, a token that was really revoked is replaced at once for another API."""
    server.reissue = reissue
    reject(server, BAD)
    poll(BAD)
    for _ in range(3):
        server.revoke_all()
        poll(BAD)

        assert 0 == poll(GOOD)

    assert 5 == server.issues


def test_an_accepted_response_ends_the_pause(server, poll):
    """After the API accepted a token, its next rejected request is resent with a new token at once."""
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
    """A success of another host, after a redirect, says nothing about the token: the API keeps its pause."""
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
    """A rate limit in HTTP 200 says nothing about the token: the API keeps its pause."""
    server.reissue = "new"
    reject(server, BAD)
    poll(BAD)
    issues = server.issues
    for _ in range(5):
        server.fail(refusal(1700, status=200), api_id=BAD)
        poll(BAD)
        poll(BAD)

    assert issues == server.issues


def test_an_api_that_always_rejects_does_not_use_up_the_rate_limit(server, poll):
    """An API that always rejects does not use up au10001's rate limit: another API never fails."""
    server.rate_limits, server.reissue = True, "new"
    reject(server, BAD)
    for _ in range(30):
        poll(BAD, seconds=1)
        server.clock.advance(seconds=1)
        if random.random() < 0.2:
            server.revoke_all()
        assert 0 == poll(GOOD)


def test_nine_apis_that_always_reject_fail_no_other_api(server, poll):
    """With nine APIs that always reject, one more than is kept, no request of another API fails, and none raises."""
    bad = [f"ka10{n:03}" for n in (2, 3, 13, 15, 16, 17, 18, 19, 24)]
    reject(server, *bad)
    for _ in range(3):
        for api_id in bad:
            poll(api_id)
        assert 0 == poll(GOOD)
    assert server.issues <= 1 + 3 * 9


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_a_login_token_is_replaced_at_once_after_hours_of_use(server, auth, reissue):
    """If a login's token was live longer than the pause, ``token(rejected=…)`` replaces it at once, every time."""
    server.reissue = reissue
    token = auth.token()
    for _ in range(10):
        server.revoke_all()
        server.clock.advance(hours=2)
        token, rejected = auth.token(rejected=token), token

        assert token == server.token != rejected

    assert 11 == server.issues


def test_login_tokens_are_replaced_at_once_every_5_seconds(server, auth):
    """Of eight revocations 5 s apart, each is followed by a new token: each one was live longer than the pause."""
    token = auth.token()
    for _ in range(8):
        server.revoke_all()
        server.clock.advance(seconds=5)
        token = auth.token(rejected=token)

    assert token == server.token


def test_a_login_that_never_succeeds_causes_one_call_for_each_pause(server, auth):
    """Login tokens that are rejected as soon as they are issued cause one au10001 call for each pause."""
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


def test_the_pause_of_a_login_does_not_delay_requests(server, auth, poll):
    """The pause of ``token(rejected=…)`` does not hold for requests."""
    token = auth.token()
    for _ in range(3):
        try:
            token = auth.token(rejected=token)
        except TokenUnavailable:
            pass
    server.revoke_all()

    assert 0 == poll(GOOD)


def test_renew_by_force_replaces_a_new_token(server, auth):
    """``renew(force=True)`` replaces a new token and returns ``True``; ``renew()`` keeps it and returns ``False``."""
    token = auth.token()

    assert auth.renew() is False and token == auth.token()
    assert auth.renew(force=True) is True and token != auth.token() == server.token
    assert (2, 1) == (server.issues, server.revokes)


def test_renew_replaces_an_older_token(server, auth):
    """``renew()`` returns ``True`` if it replaced a token that had less than 24 hours left."""
    auth.token()
    server.clock.advance(hours=1)

    assert auth.renew() is True


def test_renew_by_force_gives_an_api_in_its_pause_another_token(server, poll, auth):
    """If au10001 returns the rejected token again, ``renew(force=True)`` revokes it, and the API gets another one."""
    first = auth.token()
    server.reply(BAD, lambda request: refusal(8005) if request.token == first else {"name": "x"})
    assert 3 == poll(BAD)
    auth.renew(force=True)

    assert 0 == poll(BAD)
    assert 1 == server.revokes


def test_another_auth_does_not_share_the_pause(server, poll):
    """Another auth for the same key does not share the pause: it replaces the token that the API rejects."""
    reject(server, BAD)
    poll(BAD)
    calls = server.issues
    other = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).for_api(BAD)
    requests.post(server.url + PATH, json={}, auth=other)

    assert 2 == server.issues - calls  # Its first token, and another one after the rejection.
