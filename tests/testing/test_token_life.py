"""The life of a token: issued, returned again, expired, revoked."""

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest

REJECTED = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}
KST = timezone(timedelta(hours=9))


def read_expiry(response):
    return datetime.strptime(response.json()["expires_dt"], "%Y%m%d%H%M%S").replace(tzinfo=KST)


def test_a_response_of_au10001_has_the_specified_fields(server, client):
    """A success of au10001 has the specification's fields and words, and a token of 86 characters."""
    response = client.issue().json()

    assert ["expires_dt", "token_type", "token", "return_code", "return_msg"] == list(response)
    assert ("bearer", 0, "정상적으로 처리되었습니다") == (
        response["token_type"],
        response["return_code"],
        response["return_msg"],
    )
    assert 86 == len(response["token"])


def test_au10001_needs_no_api_id(client):
    """au10001 needs neither the api-id nor the authorization header: the vendor's samples send none."""
    client.issue()

    sent = client.server.requests.last
    assert (None, None, "au10001") == (sent.api_id, sent.token, sent.called)


def test_au10001_returns_the_live_token_again(server, client):
    """While a token is live, au10001 returns the same token with the same expiry [vendor, captured]."""
    first = client.issue().json()
    server.clock.advance(hours=23)

    assert first == client.issue().json()
    assert 3 == server.issues


def test_reissue_new_revokes_the_old_token(kiwoom, client_of):
    """With reissue="new", each call issues a new token and revokes the old one [disputed]."""
    client = client_of(kiwoom(reissue="new"))
    old = client.log_in()

    assert old != client.issue().json()["token"]
    assert REJECTED == client.call().json()


def test_a_token_expires_after_24_hours(server, client):
    """A token expires 24 hours after its first issue, and au10001 returns another one then."""
    server.clock.advance(hours=23, minutes=59)
    assert 0 == client.call().json()["return_code"]

    server.clock.advance(minutes=1)
    assert REJECTED == client.call().json()
    assert client.token != client.issue().json()["token"]


@pytest.mark.parametrize("hours", [0, 1000])
def test_expires_dt_agrees_with_the_date_header(kiwoom, client_of, hours):
    """expires_dt is KST wall-clock time, 24 hours after the Date header, at any time of the server's clock."""
    server = kiwoom()
    server.clock.stop()
    server.clock.advance(hours=hours)

    response = client_of(server).issue()

    assert timedelta(hours=24) == read_expiry(response) - parsedate_to_datetime(response.headers["Date"])
    assert datetime.fromtimestamp(int(server.clock()), KST) + timedelta(hours=24) == read_expiry(response)


def test_au10002_revokes_the_token(server, client):
    """au10002 revokes the token, and the next au10001 issues one with a new 24 hours."""
    server.clock.advance(hours=5)
    before = read_expiry(client.issue())

    assert {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"} == client.revoke(client.token).json()
    assert REJECTED == client.call().json()
    assert read_expiry(client.issue()) - before >= timedelta(hours=5)
    assert 1 == server.revokes


def test_au10002_refuses_a_wrong_token_or_key(client):
    """au10002 refuses an unknown token with 8015, no token with 8016, a wrong key with 8001."""
    assert "[8015:" in client.revoke("of-another-life").json()["return_msg"]
    assert "[8016:" in client.revoke("").json()["return_msg"]
    assert "[8001:" in client.revoke(client.token, secretkey="fake").json()["return_msg"]
    assert 0 == client.call().json()["return_code"]


def test_revoke_all_revokes_the_token(server, client):
    """revoke_all() revokes the token without an au10002 call, as another program with the same key would."""
    server.revoke_all()

    assert REJECTED == client.call().json()
    assert (None, 0) == (server.token, server.revokes)


def test_an_unknown_token_is_rejected_like_an_expired_one(client):
    """A token that was never issued is rejected with the text of an expired one [captured]."""
    client.token = "garbage"

    assert REJECTED == client.call().json()


def test_a_stopped_clock_moves_only_by_advance(server):
    """A stopped clock moves only by ``advance``."""
    server.clock.stop()
    now = server.clock()
    server.clock.advance(seconds=1.5)

    assert now + 1.5 == server.clock() == server.clock()
