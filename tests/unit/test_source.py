"""``TokenSource``: memory, the store, Kiwoom, in this order."""

import time

import pytest

from requests_kiwoom import Token, TokenUnavailable
from requests_kiwoom.hook import RejectionHook
from requests_kiwoom.oauth import OAuthClient
from requests_kiwoom.origins import origin_of
from requests_kiwoom.secret import Secret
from requests_kiwoom.source import TokenSource
from requests_kiwoom.testing import Reply
from requests_kiwoom.tokens import epoch_to_kst
from tests.helpers.stores import DictStore


class OneToken(DictStore):
    """A store that returns the token that the test sets, for every key."""

    token = None

    def __init__(self):
        super().__init__()
        self.waits = []

    def load(self, key):
        return self.token

    def update(self, key, issue, *, wait):
        self.waits.append(wait)
        return super().update(key, issue, wait=wait)


@pytest.fixture
def store():
    return OneToken()


@pytest.fixture
def source(server, store):
    """A source for the server, with a store; the server's clock stands still."""
    server.clock.stop()
    keys = Secret(server.appkey), Secret(server.secretkey)
    return TokenSource(OAuthClient(origin_of(server.url), *keys, None, (3.0, 10.0)), store, clock=server.clock)


def make_token(server, hours, value="fake-stored"):
    return Token(value, epoch_to_kst(server.clock() + hours * 3600))


def test_the_reprs_name_the_origin_alone(server, source):
    """The reprs of source and hook name the origin, and no key."""
    assert f"<TokenSource <OAuthClient {server.url}>>" == repr(source)
    assert f"<RejectionHook {source!r}>" == repr(RejectionHook(source, True))


def test_memory_comes_first(server, store, source):
    """A live token in memory is used, whatever the store holds."""
    first = source.current()
    store.token = make_token(server, 48)

    assert first is source.current()


def test_the_store_comes_second(server, store, source):
    """A stored token is used, and au10001 is not called."""
    store.token = make_token(server, 3)

    assert store.token is source.current().token
    assert 0 == server.issues


@pytest.mark.parametrize("hours", [-1, -0.001, -25, 24 * 367])
def test_a_stored_token_that_cannot_be_live_is_not_used(server, store, source, hours):
    """A stored token that has expired, or that au10001 cannot have issued, is not used."""
    store.token = make_token(server, hours)

    assert "fake-stored" != source.current().token.value
    assert 1 == server.issues


def test_a_bare_string_from_a_store_is_not_used(server, store, source):
    """What a store returns is checked: a bare string is not used."""
    store.token = "fake-stored"

    source.current()

    assert 1 == server.issues


def test_a_stored_token_that_expires_earlier_is_not_used(server, store, source):
    """A stored token that is older than the rejected one is not used: a store may hold one after an outage."""
    held = source.current()
    store.token = make_token(server, 23)
    server.revoke_all()

    assert source.replace(held.token.value, "ka10001").token.value == server.token
    assert 2 == server.issues


def test_a_rejected_token_is_not_taken_from_the_store(server, store, source):
    """The token that was just rejected is not taken from the store again."""
    held = source.current()
    store.token = held.token
    server.revoke_all()

    assert source.replace(held.token.value, "ka10001").token.value == server.token


def test_the_same_token_in_the_store_is_not_logged(server, store, source, caplog):
    """A stored token is logged only if it is another one than the token that is held."""
    caplog.set_level("INFO")
    store.token = source.current().token
    caplog.clear()
    source.renew(False)

    assert [] == caplog.messages


@pytest.mark.parametrize("is_replaced", [True, False])
def test_only_a_rejection_of_the_current_token_issues(server, source, is_replaced):
    """A rejection of an older token returns the current one; a rejection of the current one issues another."""
    old = source.current().token.value
    server.revoke_all()
    current = source.replace(old, "ka10001")
    server.revoke_all()

    assert is_replaced == (current is source.replace(old if is_replaced else current.token.value, "ka10002"))


@pytest.fixture
def overdue_source(server, source):
    """A source that holds an overdue token: by its clock, it expired an hour before au10001 returned it."""
    expired = f"{epoch_to_kst(server.clock() - 3600):%Y%m%d%H%M%S}"
    server.fail(Reply({"token": "fake-tardy", "token_type": "bearer", "expires_dt": expired}))
    assert source.current().is_overdue
    return source


def test_an_overdue_token_is_used_for_30_seconds(server, overdue_source):
    """A token that is past its expiry when it is issued is used; after 30 s au10001 is called again."""
    server.clock.advance(seconds=29.9)
    assert "fake-tardy" == overdue_source.current().token.value
    server.clock.advance(seconds=0.1)

    assert "fake-tardy" != overdue_source.current().token.value
    assert 2 == server.issues


def test_an_overdue_token_is_kept_if_no_other_can_be_obtained(server, overdue_source):
    """If au10001 fails then, the overdue token is used for another 30 s."""
    server.clock.advance(seconds=30)
    server.fail(Reply(b"down", 500))
    for _ in range(5):
        assert "fake-tardy" == overdue_source.current().token.value
    server.clock.advance(seconds=29)
    assert "fake-tardy" == overdue_source.current().token.value

    assert 2 == server.issues


def test_a_live_token_that_expired_is_not_kept(server, source):
    """A token that was live when it was issued is never used past its expiry."""
    source.current()
    server.clock.advance(hours=24)
    server.fail(Reply(b"down", 500))

    with pytest.raises(TokenUnavailable, match="HTTP 500"):
        source.current()


def test_a_source_knows_its_own_header_values(server, source):
    """A source knows every header value that it made, but a plain string of the same text only for the held token."""
    old = source.current().authorization
    plain = str.__str__(old)
    assert source.is_own(old) and source.is_own(plain)
    server.revoke_all()
    source.replace(source.current().token.value, "ka10001")

    assert source.is_own(old) and not source.is_own("".join(plain))
    assert not source.is_own("Bearer fake-other")


def test_nothing_is_held_before_the_first_token(server, source):
    """Before the first token nothing is held, and no header is the source's own."""
    assert source.held is None
    assert not source.is_own("Bearer fake-other")


def test_au10001_is_not_called_if_locks_took_the_time(server, store, source):
    """If waits for locks took the time of a call, au10001 is not called with the rest of it, and no pause begins."""
    for left in (1.2, -0.1):
        with pytest.raises(TokenUnavailable, match="^Another thread or process was busy"):
            source._obtain(time.monotonic() + left)

    assert min(store.waits) >= 0.0
    assert 0 == server.issues
    assert source.current().token.value == server.token


def test_a_pause_without_an_api_id_stops_no_first_token_call(server, source):
    """A pause for requests without an api-id, which a program removed, does not stop the first token call."""
    for _ in range(2):
        with pytest.raises(TokenUnavailable):
            source.replace(source.current().token.value, "")
    source.revoke()

    assert source.current().token.value == server.token
