"""A local clock that is ahead: the token that au10001 hands out seems to have expired, and is live."""

import pytest
import requests

from requests_kiwoom import KiwoomAuth, SQLiteStore, TokenUnavailable
from requests_kiwoom.testing.server import Reply
from tests.helpers.stores import DictStore


def test_a_clock_that_is_ahead_costs_no_request_while_au10001_is_down(server, local_clock, session, url):
    """The clock is 9 hours ahead in the token's last hours, and au10001 answers 500: the token handed out goes on."""
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
def test_clocks_that_are_ahead_and_share_a_store(server, local_clock, url, tmp_path, hours):
    """Where a new token kills the old, two processes whose clock is a day ahead still go on with one token."""
    server.reissue = "new"
    local_clock.advance(hours=hours)
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


def test_an_overdue_token_is_used_without_a_look_into_the_store(server, local_clock, url):
    """Until au10001 is called again, requests use the overdue token: none waits for the store."""
    loads = []

    class Noting(DictStore):
        def load(self, key):
            loads.append(key)
            return super().load(key)

    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=Noting()).for_api("ka10001")
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
def test_a_clock_that_begins_in_1970(server, url, caplog, seconds):
    """A board without a battery starts there: nothing is taken for a failure or a rejection of a moment ago."""

    class Away(DictStore):
        def load(self, key):
            raise OSError("it is away")

    server.clock.stop()
    server.clock.advance(seconds=seconds - server.clock())
    options = {"base_url": server.url, "store": Away()}
    auth, another = (KiwoomAuth(server.appkey, server.secretkey, **options).for_api("ka10001") for _ in range(2))
    assert 0 == requests.post(url, auth=auth, json={}).json()["return_code"]
    assert 1 == caplog.text.count("the token store failed")
    server.revoke_all()
    assert 0 == requests.post(url, auth=auth, json={}).json()["return_code"]

    server.fail(Reply(b"down", 500))
    with pytest.raises(TokenUnavailable, match="HTTP 500") as caught:
        another.token()

    assert 1.0 <= caught.value.retry_after <= 1.5
