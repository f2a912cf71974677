"""Small parts of the stores: their reprs, reentrant calls, and how long Redis keeps a token."""

from datetime import datetime, timedelta, timezone

import pytest

from requests_kiwoom import Token
from requests_kiwoom.stores.guarded import GuardedStore, NoStore, _SingleCall
from requests_kiwoom.stores.redis import _Lock, _milliseconds_left
from requests_kiwoom.stores.sqlite_connection import Connection
from tests.helpers.stores import DictStore

TOKEN = Token("fake-token-of-a-store", datetime.now(timezone.utc) + timedelta(hours=1))


def test_reprs(tmp_path):
    """Each repr names its object and shows no token."""
    call = _SingleCall(lambda stored: TOKEN)
    call(None)
    path = tmp_path / "tokens.db"
    path.touch(mode=0o600)
    with Connection(str(path), 1.0) as connection:
        shown = [
            repr(GuardedStore(DictStore(), "0123456789", lambda: 0.0)),
            repr(NoStore()),
            repr(call),
            repr(_Lock(None, "name", 1.0)),
            repr(connection),
        ]

    assert "<GuardedStore DictStore key=01234567>" == shown[0]
    assert ["<NoStore>", "<_Lock name>"] == [shown[1], shown[3]]
    assert shown[2].startswith("<_SingleCall <Token ") and shown[4].startswith("<Connection ")
    assert "fake-token" not in "".join(shown)


def test_a_discard_within_a_discard_does_not_enter_the_store():
    """A signal handler that discards while its thread is in the store does not enter the store again."""

    class Reentered(DictStore):
        discards = 0

        def discard(self, key, token):
            self.discards += 1
            guarded.discard(token)

    store = Reentered()
    guarded = GuardedStore(store, "key", lambda: 0.0)

    guarded.discard(TOKEN)

    assert 1 == store.discards


def test_process_1_can_use_its_store_again(monkeypatch):
    """A program that is process 1, as in a container, can use its store after the first call, too."""
    monkeypatch.setattr("os.getpid", lambda: 1)
    store = GuardedStore(DictStore(), "key", lambda: 0.0)
    store.update(lambda stored: TOKEN, 1.0)

    assert TOKEN == store.load() == store.load()
    store.discard(TOKEN)
    assert store.load() is None


@pytest.mark.parametrize("left, seconds", [(1.0, 1.0), (1.5, 1.5), (0.99, 86400), (86400, 86400), (86401, 86400)])
def test_how_long_redis_keeps_a_token(left, seconds):
    """Redis keeps a token until it expires by the Redis server's clock, or 24 hours if that clock seems to be wrong."""
    assert 1000 * seconds == pytest.approx(_milliseconds_left(TOKEN, TOKEN.expires_epoch - left), abs=1)
