"""A local clock that is ahead: the token that au10001 hands out seems to have expired, and is live."""

import pytest
import requests

from requests_kiwoom import KiwoomAuth, SQLiteStore, TokenUnavailable
from requests_kiwoom.source import TokenSource
from requests_kiwoom.testing.server import Reply


def test_a_clock_that_is_ahead_costs_no_request_while_au10001_is_down(server, session, url, monkeypatch):
    """The clock is 9 hours ahead in the token's last hours, and au10001 answers 500: the token handed out goes on."""
    session.post(url, json={})
    server.clock.advance(hours=20)
    monkeypatch.setattr(TokenSource, "_now", lambda self: server.clock() + 9 * 3600)
    session.post(url, json={})
    server.fail(*[Reply(b"down", 500)] * 50)

    for _ in range(60):
        server.clock.advance(seconds=2)
        assert 0 == session.post(url, json={}).json()["return_code"]

    assert server.issues < 15


@pytest.mark.parametrize("hours", [9, 25])
def test_clocks_that_are_ahead_and_share_a_store(server, url, tmp_path, monkeypatch, hours):
    """Where a new token kills the old, two processes whose clock is a day ahead still go on with one token."""
    server.reissue = "new"
    monkeypatch.setattr(TokenSource, "_now", lambda self: server.clock() + hours * 3600)
    options = {"base_url": server.url, "store": SQLiteStore(tmp_path / "tokens.db")}
    auths = [KiwoomAuth(server.appkey, server.secretkey, **options).for_api("ka10001") for _ in range(2)]

    for auth in auths * 10:
        assert 0 == requests.post(url, auth=auth, json={}).json()["return_code"]

    assert server.issues <= 2


def test_a_token_that_has_expired_is_not_used_while_au10001_is_down(server, session, url):
    """The clock is right: once the expiry has passed, a request fails with what au10001 said."""
    session.post(url, json={})
    server.clock.advance(hours=25)
    server.fail(Reply(b"down", 500))

    with pytest.raises(TokenUnavailable, match="HTTP 500"):
        session.post(url, json={})

    assert 3 == len(server.requests)
