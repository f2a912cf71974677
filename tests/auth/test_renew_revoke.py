"""``renew()``, ``revoke()`` and ``token()``."""

import threading

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenRefused, TokenRevokeError, TokenUnavailable
from requests_kiwoom.oauth import REVOKE_PATH
from requests_kiwoom.testing import faults
from requests_kiwoom.testing.server import Reply
from tests.helpers.threads import in_threads, over_and_over, until, wait_for


def has_full_life(server, auth):
    """Return whether the current token has its full 24 hours, to the minute."""
    return abs(auth.expires_at.timestamp() - server.clock() - 24 * 3600) <= 60


def test_renew_revokes_and_issues(server, auth):
    """``renew()`` revokes a token with less than 24 hours left, and issues another."""
    auth.token()
    server.clock.advance(hours=3)

    auth.renew()

    assert has_full_life(server, auth)
    assert (2, 1) == (server.issues, server.revokes)
    assert ["/oauth2/token", "/oauth2/revoke", "/oauth2/token"] == [request.path for request in server.requests]


def test_renew_keeps_a_new_token(server, auth):
    """``renew()`` does not revoke a token that has its full 24 hours, to the minute."""
    server.clock.stop()
    auth.token()
    server.clock.advance(seconds=auth.expires_at.timestamp() - 24 * 3600 + 59.9 - server.clock())

    auth.renew()

    assert (1, 0) == (server.issues, server.revokes)
    server.clock.advance(seconds=0.2)
    auth.renew()
    assert (2, 1) == (server.issues, server.revokes)


@pytest.mark.parametrize("off, revokes", [(60, 0), (60.01, 1), (-60, 0), (-60.01, 1)])
def test_renew_keeps_a_token_within_a_minute_of_24_hours(server, local_clock, auth, off, revokes):
    """``renew()`` keeps a token that has 24 hours left, give or take a minute, and revokes any other one."""
    auth.token()
    local_clock.set(auth.expires_at.timestamp() - 24 * 3600 + off)

    auth.renew()

    assert revokes == server.revokes


def test_renew_without_a_token_ends_with_a_full_24_hours(server, auth):
    """An auth without a token has one with its full 24 hours after ``renew()``."""
    KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()
    server.clock.advance(hours=3)

    assert auth.renew()

    assert has_full_life(server, auth)
    assert (3, 1) == (server.issues, server.revokes)


def test_renew_fails_no_request_of_8_threads(server, session, url):
    """``renew()`` fails no request while 8 threads send: it makes one revoke and one issue."""
    session.post(url, json={})
    server.clock.advance(hours=3)

    with over_and_over(8, lambda: session.post(url, json={}).json()["return_code"]) as codes:
        session.auth.renew()
        wait_for(codes, 100)

    assert {0} == set(codes)
    assert (2, 1) == (server.issues, server.revokes)
    assert has_full_life(server, session.auth)


def test_renew_from_8_threads_revokes_and_issues_once(server, auth):
    """8 threads that call ``renew()`` at once make one revoke and one issue."""
    auth.token()
    server.clock.advance(hours=3)

    assert [False] * 7 + [True] == sorted(in_threads(8, auth.renew))
    assert (2, 1) == (server.issues, server.revokes)


def test_a_refused_revoke_does_not_stop_the_issue(server, auth, caplog):
    """If au10002 refuses, ``renew()`` still calls au10001, and the log says that the token is not new."""
    auth.token()
    server.clock.advance(hours=3)
    server.fail(Reply({"return_code": 3, "return_msg": "[8016:Token 폐기에 실패했습니다]"}), path=REVOKE_PATH)

    auth.renew()

    assert (2, 1) == (server.issues, server.revokes)
    assert "8016" in caplog.text and "renew(): Kiwoom returned an older token" in caplog.text


@pytest.mark.parametrize("reply", [Reply(b"", 500), Reply(b"<html>"), Reply([1]), Reply({})])
def test_renew_keeps_the_token_if_au10002_gives_no_response(server, auth, reply):
    """If au10002 gives no usable response, ``renew()`` raises ``TokenRevokeError``, and the token stays in use."""
    token = auth.token()
    server.clock.advance(hours=3)
    server.fail(reply, path=REVOKE_PATH)

    with pytest.raises(TokenRevokeError, match="^au10002 did not revoke the token "):
        auth.renew()

    assert token == auth.token()
    assert 1 == server.issues


def test_renew_raises_if_no_token_is_issued_after_the_revoke(server, auth):
    """If no token can be issued after the revoke, ``renew()`` raises, and the revoked token is not used again."""
    auth.token()
    server.clock.advance(hours=3)
    server.fail(Reply(b"", 500))

    with pytest.raises(TokenUnavailable):
        auth.renew()
    server.clock.advance(seconds=2)

    auth.token()
    assert (3, 1) == (server.issues, server.revokes)
    assert has_full_life(server, auth)


def test_renew_raises_at_once_while_au10001_is_in_a_pause(server, auth):
    """While au10001 is in a pause, ``renew()`` raises at once, and revokes nothing."""
    server.clock.stop()
    auth.token()
    server.clock.advance(hours=25)
    server.fail(Reply(b"", 500))
    with pytest.raises(TokenUnavailable):
        auth.token()

    with pytest.raises(TokenUnavailable):
        auth.renew()

    assert (2, 0) == (server.issues, server.revokes)


def test_renew_replaces_a_rejected_token_that_au10001_returns_again(server, session, url):
    """If au10001 returns a rejected token again, ``renew()`` replaces it with one that is accepted."""
    session.post(url, json={})
    rejected = Reply({"return_code": 3, "return_msg": "[8005:...]"})
    server.fail(*[rejected] * 2, path="/api/dostk/stkinfo")
    server.clock.advance(hours=1)
    session.post(url, json={})
    assert 3 == session.post(url, json={}).json()["return_code"]

    session.auth.renew()

    assert 0 == session.post(url, json={}).json()["return_code"]
    assert has_full_life(server, session.auth)


def test_renew_revokes_a_rejected_token_even_if_it_is_new(server, session, url):
    """``renew()`` revokes a token that was rejected in its first minute, although it has its full 24 hours."""
    session.post(url, json={})
    server.fail(*[Reply({"return_code": 3, "return_msg": "[8005:...]"})] * 2, path="/api/dostk/stkinfo")
    session.post(url, json={})
    rejected = session.auth.token()

    session.auth.renew()

    assert 1 == server.revokes
    assert rejected != session.auth.token()


def test_revoke_calls_au10002_and_the_next_request_issues(server, auth):
    """``revoke()`` revokes the current token with au10002; the next request issues another."""
    token = auth.token()

    auth.revoke()

    assert token == server.requests[-1].json()["token"]
    assert "au10002" == server.requests[-1].api_id
    assert auth.expires_at is None
    assert token != auth.token()


def test_revoke_without_a_token_sends_nothing(server, auth):
    """Without a token ``revoke()`` sends nothing."""
    auth.revoke()

    assert [] == server.requests


@pytest.mark.parametrize("reply", [Reply(b"", 500), Reply({"return_code": 3, "return_msg": "[8015:...]"})])
def test_a_failed_revoke_keeps_the_token(server, auth, reply):
    """If au10002 does not revoke, the error carries its code, and the token stays in use."""
    token = auth.token()
    server.fail(reply, path=REVOKE_PATH)

    with pytest.raises(TokenRevokeError) as caught:
        auth.revoke()

    assert (8015 if reply.status == 200 else None) == caught.value.code
    assert "asked again" not in str(caught.value)
    assert token == auth.token()


def test_the_error_of_a_broken_revoke_names_the_call(server, auth):
    """If the connection of a revoke breaks off, the error names the call."""
    auth.token()
    server.fail(faults.RESET_BEFORE, path=REVOKE_PATH)

    with pytest.raises(TokenRevokeError, match="^au10002 at http://127.0.0.1:.*: no response"):
        auth.revoke()


def test_token_is_the_bare_string(server, auth):
    """``token()`` returns what a WebSocket login sends: the token without ``Bearer``."""
    token = auth.token()

    assert isinstance(token, str) and " " not in token
    assert 1 == server.issues


def test_8_threads_with_a_rejected_login_issue_one_token(server, auth):
    """If 8 threads report the same rejected token, ``token(rejected=...)`` issues one token."""
    old = auth.token()
    server.revoke_all()

    tokens = in_threads(8, lambda: auth.token(rejected=old))

    assert 1 == len(set(tokens)) and old not in tokens
    assert 2 == server.issues


def test_token_raises_if_au10001_returns_the_rejected_token_again(server, auth):
    """If au10001 returns the rejected token again, ``token(rejected=...)`` raises, and names ``renew(force=True)``."""
    server.clock.stop()
    old = auth.token()

    for _ in range(3):
        with pytest.raises(TokenUnavailable, match=r"renew\(force=True\)") as caught:
            auth.token(rejected=old)
        assert caught.value.retry_after > 0

    assert 2 == server.issues


def test_token_raises_token_refused_if_kiwoom_refuses_another(server, auth):
    """If Kiwoom refuses to issue another token, ``token(rejected=...)`` raises ``TokenRefused``."""
    old = auth.token()
    server.secretkey = "changed"

    with pytest.raises(TokenRefused):
        auth.token(rejected=old)


def test_requests_wait_for_renew(server, auth, url):
    """A request that starts during ``renew()`` waits, and carries the new token."""
    old = auth.token()
    server.clock.advance(hours=3)
    server.latency = 0.1
    renewing = threading.Thread(target=auth.renew)
    renewing.start()
    until(lambda: server.revokes)  # Until au10002 is under way.

    response = requests.post(url, json={}, auth=auth.for_api("ka10001"))

    renewing.join(60)
    assert 0 == response.json()["return_code"]
    assert old != server.requests[-1].token
    assert 2 == server.issues


def test_renew_keeps_an_obtained_token_that_it_cannot_revoke(server, auth):
    """If ``renew()`` cannot revoke the token that it obtained, that token stays in use: au10001 is not called again."""
    KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()
    server.clock.advance(hours=5)
    server.fail(Reply(b"", 502), path="/oauth2/revoke")

    with pytest.raises(TokenRevokeError):
        auth.renew()

    auth.token()
    assert 2 == server.issues
