"""The life of a token: issued, handed out again, expired, revoked."""

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest

DEAD = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}
KST = timezone(timedelta(hours=9))


def expiry(answer):
    return datetime.strptime(answer.json()["expires_dt"], "%Y%m%d%H%M%S").replace(tzinfo=KST)


def test_what_au10001_answers(server, client):
    """A success has the specification's fields and words, and a token of 86 characters."""
    answer = client.issue().json()

    assert ["expires_dt", "token_type", "token", "return_code", "return_msg"] == list(answer)
    assert ("bearer", 0, "정상적으로 처리되었습니다") == (
        answer["token_type"],
        answer["return_code"],
        answer["return_msg"],
    )
    assert 86 == len(answer["token"])


def test_keys_without_api_id(client):
    """au10001 needs neither the api-id nor the authorization header: the vendor's samples send none."""
    client.issue()

    sent = client.server.requests.last
    assert (None, None, "au10001") == (sent.api_id, sent.token, sent.called)


def test_same_token_while_one_lives(server, client):
    """Asking again hands out the same token with the same expiry, however late [vendor, captured]."""
    first = client.issue().json()
    server.clock.advance(hours=23)

    assert first == client.issue().json()
    assert 3 == server.issues


def test_new_token_kills_the_old(kiwoom, client_of):
    """With reissue="new", each call gives a new token and the old one is dead [disputed]."""
    client = client_of(kiwoom(reissue="new"))
    old = client.log_in()

    assert old != client.issue().json()["token"]
    assert DEAD == client.call().json()


def test_24_hours(server, client):
    """A token is dead 24 hours after its first issue, and the next one starts a life of its own."""
    server.clock.advance(hours=23, minutes=59)
    assert 0 == client.call().json()["return_code"]

    server.clock.advance(minutes=1)
    assert DEAD == client.call().json()
    assert client.token != client.issue().json()["token"]


@pytest.mark.parametrize("hours", [0, 1000])
def test_one_clock(kiwoom, client_of, hours):
    """expires_dt is KST wall-clock time, and 24 hours after the Date header, wherever the clock is."""
    server = kiwoom()
    server.clock.stop()
    server.clock.advance(hours=hours)

    answer = client_of(server).issue()

    assert timedelta(hours=24) == expiry(answer) - parsedate_to_datetime(answer.headers["Date"])
    assert datetime.fromtimestamp(int(server.clock()), KST) + timedelta(hours=24) == expiry(answer)


def test_revoke(server, client):
    """au10002 kills the token, and the next au10001 starts a new life of 24 hours."""
    server.clock.advance(hours=5)
    before = expiry(client.issue())

    assert {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"} == client.revoke(client.token).json()
    assert DEAD == client.call().json()
    assert expiry(client.issue()) - before >= timedelta(hours=5)
    assert 1 == server.revokes


def test_revoke_of_a_dead_token(client):
    """au10002 refuses a token that does not live with 8015, and a call without one with 8016."""
    assert "[8015:" in client.revoke("of-another-life").json()["return_msg"]
    assert "[8016:" in client.revoke("").json()["return_msg"]
    assert "[8001:" in client.revoke(client.token, secretkey="fake").json()["return_msg"]
    assert 0 == client.call().json()["return_code"]


def test_revoke_from_outside(server, client):
    """revoke_all() kills the token without a call, as another program with the same key would."""
    server.revoke_all()

    assert DEAD == client.call().json()
    assert (None, 0) == (server.token, server.revokes)


def test_garbage_token(client):
    """A token that never was gets the text of one that expired [captured]."""
    client.token = "garbage"

    assert DEAD == client.call().json()


def test_a_stopped_clock(server):
    """A stopped clock moves only by ``advance``."""
    server.clock.stop()
    now = server.clock()
    server.clock.advance(seconds=1.5)

    assert now + 1.5 == server.clock() == server.clock()
