"""The small parts of the stores: what a debugger shows of them, and a store that is entered from within."""

from datetime import datetime, timedelta, timezone

from requests_kiwoom import Token
from requests_kiwoom.stores.guarded import GuardedStore, NoStore, _SingleCall
from requests_kiwoom.stores.redis import _Lock
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


def test_a_discard_within_a_discard():
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
