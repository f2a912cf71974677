"""Wrong local clocks: one that is ahead of Kiwoom's, so that a live token looks expired, and one in 1970."""

import pytest
import requests

from requests_kiwoom import KiwoomAuth, SQLiteStore, TokenUnavailable
from requests_kiwoom.testing.server import Reply
from tests.helpers.stores import DictStore


def test_no_request_fails_while_the_clock_is_ahead_and_au10001_is_down(server, local_clock, session, url):
    """With the clock 9 hours ahead and au10001 down (HTTP 500), requests continue with the overdue token."""
    session.post(url, json={})
    server.clock.advance(hours=20)
    local_clock.advance(hours=9)
    session.post(url, json={})
    server.fail(*[Reply(b"down", 500)] * 50)

    for _ in range(60):
        server.clock.advance(seconds=2)
        assert 0 == session.post(url, json={}).json()["return_code"]

    assert server.issues < 15


@pytest.mark.parametrize("hours", [9, 25])
def test_two_auths_with_a_clock_ahead_share_one_token_in_a_store(server, local_clock, url, tmp_path, hours):
    """Two auths with a store and a clock a day ahead share one token, although an issue revokes the token before."""
    server.reissue = "new"
    local_clock.advance(hours=hours)
    options = {"base_url": server.url, "store": SQLiteStore(tmp_path / "tokens.db")}
    auths = [KiwoomAuth(server.appkey, server.secretkey, **options).for_api("ka10001") for _ in range(2)]

    for auth in auths * 10:
        assert 0 == requests.post(url, auth=auth, json={}).json()["return_code"]

    assert server.issues <= 2


def test_an_expired_token_is_not_used_while_au10001_is_down(server, session, url):
    """With a correct clock, a request after the expiry fails with au10001's error."""
    session.post(url, json={})
    server.clock.advance(hours=25)
    server.fail(Reply(b"down", 500))

    with pytest.raises(TokenUnavailable, match="HTTP 500"):
        session.post(url, json={})

    assert 3 == len(server.requests)


def test_an_overdue_token_is_used_without_reading_the_store(server, local_clock, url):
    """Until au10001 is called again, requests use the overdue token without waiting for the store."""
    loads = []

    class RecordingStore(DictStore):
        def load(self, key):
            loads.append(key)
            return super().load(key)

    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=RecordingStore()).for_api("ka10001")
    server.clock.stop()
    requests.post(url, auth=auth, json={})
    server.clock.advance(hours=20)
    local_clock.advance(hours=9)
    requests.post(url, auth=auth, json={})
    server.fail(Reply(b"down", 500))
    server.clock.advance(seconds=31)  # Then au10001 is called again for the overdue token.
    requests.post(url, auth=auth, json={})
    assert 3 == server.issues
    before = len(loads)

    for _ in range(5):
        assert 0 == requests.post(url, auth=auth, json={}).json()["return_code"]

    assert before == len(loads)


@pytest.mark.parametrize("seconds", [0.5, 1.5, 90])
def test_a_clock_that_starts_in_1970_begins_without_pauses(server, url, caplog, seconds):
    """With a clock that starts in 1970 (a board without a battery), no earlier failure or rejection is assumed."""

    class FailingStore(DictStore):
        def load(self, key):
            raise OSError("it is away")

    server.clock.stop()
    server.clock.advance(seconds=seconds - server.clock())
    options = {"base_url": server.url, "store": FailingStore()}
    auth, another = (KiwoomAuth(server.appkey, server.secretkey, **options).for_api("ka10001") for _ in range(2))
    assert 0 == requests.post(url, auth=auth, json={}).json()["return_code"]
    assert 1 == caplog.text.count("the token store failed")
    server.revoke_all()
    assert 0 == requests.post(url, auth=auth, json={}).json()["return_code"]

    server.fail(Reply(b"down", 500))
    with pytest.raises(TokenUnavailable, match="HTTP 500") as caught:
        another.token()

    assert 1.0 <= caught.value.retry_after <= 1.5
