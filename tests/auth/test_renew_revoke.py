"""``renew()``, ``revoke()`` and ``token()``."""

import threading

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenRefused, TokenRevokeError, TokenUnavailable
from requests_kiwoom.oauth import REVOKE_PATH
from requests_kiwoom.testing import faults
from requests_kiwoom.testing.server import Reply
from tests.helpers.threads import in_threads, over_and_over, until, wait_for


def full(server, auth):
    """Whether the token that is held has its full 24 hours, to the minute."""
    return abs(auth.expires_at.timestamp() - server.clock() - 24 * 3600) <= 60


def test_renew_revokes_and_issues(server, auth):
    """A token with less than 24 hours is revoked, and another is issued."""
    auth.token()
    server.clock.advance(hours=3)

    auth.renew()

    assert full(server, auth)
    assert (2, 1) == (server.issues, server.revokes)
    assert ["/oauth2/token", "/oauth2/revoke", "/oauth2/token"] == [request.path for request in server.requests]


def test_a_new_token_is_kept(server, auth):
    """A token that has its full 24 hours, to the minute, is not revoked."""
    server.clock.stop()
    auth.token()
    server.clock.advance(seconds=auth.expires_at.timestamp() - 24 * 3600 + 59.9 - server.clock())

    auth.renew()

    assert (1, 0) == (server.issues, server.revokes)
    server.clock.advance(seconds=0.2)
    auth.renew()
    assert (2, 1) == (server.issues, server.revokes)


@pytest.mark.parametrize("off, revokes", [(60, 0), (60.01, 1), (-60, 0), (-60.01, 1)])
def test_a_new_token_to_the_second(server, local_clock, auth, off, revokes):
    """A token that has a minute less, or by this clock more, than 24 hours is kept; beyond that it is revoked."""
    auth.token()
    local_clock.set(auth.expires_at.timestamp() - 24 * 3600 + off)

    auth.renew()

    assert revokes == server.revokes


def test_in_a_cold_process(server, auth):
    """In a process that holds no token, renew() still ends with a full 24 hours."""
    KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()
    server.clock.advance(hours=3)

    assert auth.renew()

    assert full(server, auth)
    assert (3, 1) == (server.issues, server.revokes)


def test_while_8_threads_send(server, session, url):
    """While 8 threads send, renew() fails no request: 1 revoke, 1 issue."""
    session.post(url, json={})
    server.clock.advance(hours=3)

    with over_and_over(8, lambda: session.post(url, json={}).json()["return_code"]) as codes:
        session.auth.renew()
        wait_for(codes, 100)

    assert {0} == set(codes)
    assert (2, 1) == (server.issues, server.revokes)
    assert full(server, session.auth)


def test_from_8_threads(server, auth):
    """8 threads that renew at once: 1 revoke, 1 issue."""
    auth.token()
    server.clock.advance(hours=3)

    assert [False] * 7 + [True] == sorted(in_threads(8, auth.renew))
    assert (2, 1) == (server.issues, server.revokes)


def test_a_refused_revoke_does_not_stop_the_issue(server, auth, caplog):
    """au10002 says no: au10001 is asked all the same, and the log says that the token is not new."""
    auth.token()
    server.clock.advance(hours=3)
    server.fail(Reply({"return_code": 3, "return_msg": "[8016:Token 폐기에 실패했습니다]"}), path=REVOKE_PATH)

    auth.renew()

    assert (2, 1) == (server.issues, server.revokes)
    assert "8016" in caplog.text and "renew(): Kiwoom returned an older token" in caplog.text


@pytest.mark.parametrize("reply", [Reply(b"", 500), Reply(b"<html>"), Reply([1]), Reply({})])
def test_an_unanswered_revoke_keeps_the_token(server, auth, reply):
    """au10002 gives no answer: ``TokenRevokeError``, and the token stays in use."""
    token = auth.token()
    server.clock.advance(hours=3)
    server.fail(reply, path=REVOKE_PATH)

    with pytest.raises(TokenRevokeError, match="^au10002 did not revoke the token "):
        auth.renew()

    assert token == auth.token()
    assert 1 == server.issues


def test_the_issue_after_the_revoke_fails(server, auth):
    """If no token can be issued after the revoke, renew() raises; the revoked token is not used again."""
    auth.token()
    server.clock.advance(hours=3)
    server.fail(Reply(b"", 500))

    with pytest.raises(TokenUnavailable):
        auth.renew()
    server.clock.advance(seconds=2)

    auth.token()
    assert (3, 1) == (server.issues, server.revokes)
    assert full(server, auth)


def test_renew_spares_a_failing_endpoint(server, auth):
    """While au10001 is left alone, renew() raises at once, and revokes nothing."""
    server.clock.stop()
    auth.token()
    server.clock.advance(hours=25)
    server.fail(Reply(b"", 500))
    with pytest.raises(TokenUnavailable):
        auth.token()

    with pytest.raises(TokenUnavailable):
        auth.renew()

    assert (2, 0) == (server.issues, server.revokes)


def test_renew_is_the_way_out_of_a_rejected_token(server, session, url):
    """au10001 hands out a token that is rejected: renew() ends that."""
    session.post(url, json={})
    rejected = Reply({"return_code": 3, "return_msg": "[8005:...]"})
    server.fail(*[rejected] * 2, path="/api/dostk/stkinfo")
    server.clock.advance(hours=1)
    session.post(url, json={})
    assert 3 == session.post(url, json={}).json()["return_code"]

    session.auth.renew()

    assert 0 == session.post(url, json={}).json()["return_code"]
    assert full(server, session.auth)


def test_renew_does_not_keep_a_rejected_token_because_it_is_new(server, session, url):
    """A token that is rejected in its first minute is revoked by renew(), although it has its full 24 hours."""
    session.post(url, json={})
    server.fail(*[Reply({"return_code": 3, "return_msg": "[8005:...]"})] * 2, path="/api/dostk/stkinfo")
    session.post(url, json={})
    rejected = session.auth.token()

    session.auth.renew()

    assert 1 == server.revokes
    assert rejected != session.auth.token()


def test_revoke(server, auth):
    """revoke() kills the token that is held; the next request issues another."""
    token = auth.token()

    auth.revoke()

    assert token == server.requests[-1].json()["token"]
    assert "au10002" == server.requests[-1].api_id
    assert auth.expires_at is None
    assert token != auth.token()


def test_revoke_without_a_token(server, auth):
    """Without a token revoke() sends nothing."""
    auth.revoke()

    assert [] == server.requests


@pytest.mark.parametrize("reply", [Reply(b"", 500), Reply({"return_code": 3, "return_msg": "[8015:...]"})])
def test_revoke_fails(server, auth, reply):
    """If au10002 does not revoke, the error carries what it said, and the token stays in use."""
    token = auth.token()
    server.fail(reply, path=REVOKE_PATH)

    with pytest.raises(TokenRevokeError) as caught:
        auth.revoke()

    assert (8015 if reply.status == 200 else None) == caught.value.code
    assert "asked again" not in str(caught.value)
    assert token == auth.token()


def test_nobody_answers_a_revoke(server, auth):
    """If the connection breaks off, the error says which call it was."""
    auth.token()
    server.fail(faults.RESET_BEFORE, path=REVOKE_PATH)

    with pytest.raises(TokenRevokeError, match="^au10002 at http://127.0.0.1:.*: no response"):
        auth.revoke()


def test_token_is_the_bare_string(server, auth):
    """token() is what a WebSocket login sends: the token without ``Bearer``."""
    token = auth.token()

    assert isinstance(token, str) and " " not in token
    assert 1 == server.issues


def test_a_rejected_login_from_8_threads(server, auth):
    """8 logins were refused the same token: token(rejected=...) issues once."""
    old = auth.token()
    server.revoke_all()

    tokens = in_threads(8, lambda: auth.token(rejected=old))

    assert 1 == len(set(tokens)) and old not in tokens
    assert 2 == server.issues


def test_a_rejected_login_without_a_cure(server, auth):
    """au10001 hands out the refused token again: that is an error, which names ``renew(force=True)``."""
    server.clock.stop()
    old = auth.token()

    for _ in range(3):
        with pytest.raises(TokenUnavailable, match=r"renew\(force=True\)") as caught:
            auth.token(rejected=old)
        assert caught.value.retry_after > 0

    assert 2 == server.issues


def test_a_rejected_login_that_is_refused(server, auth):
    """Kiwoom refuses another token: ``TokenRefused``."""
    old = auth.token()
    server.secretkey = "changed"

    with pytest.raises(TokenRefused):
        auth.token(rejected=old)


def test_requests_wait_for_renew(server, auth, url):
    """A request that comes while renew() is under way waits, and carries the new token."""
    old = auth.token()
    server.clock.advance(hours=3)
    server.latency = 0.2
    renewing = threading.Thread(target=auth.renew)
    renewing.start()
    until(lambda: server.revokes)  # Until au10002 is under way.

    answer = requests.post(url, json={}, auth=auth.for_api("ka10001"))

    renewing.join(60)
    assert 0 == answer.json()["return_code"]
    assert old != server.requests[-1].token
    assert 2 == server.issues


def test_a_cold_process_keeps_the_token_that_was_not_revoked(server, auth):
    """What au10001 handed out to ``renew()`` stays in use, and is not asked for again."""
    KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()
    server.clock.advance(hours=5)
    server.fail(Reply(b"", 502), path="/oauth2/revoke")

    with pytest.raises(TokenRevokeError):
        auth.renew()

    auth.token()
    assert 2 == server.issues
