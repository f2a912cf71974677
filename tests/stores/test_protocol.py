"""What every store must do, also one that a user writes: keys, locks, errors, copies."""

import copy
import pickle

import pytest

from requests_kiwoom import KiwoomAuth, TokenStore
from requests_kiwoom.origins import MOCK, PRODUCTION
from requests_kiwoom.stores.guarded import store_key
from tests.helpers.processes import build_store
from tests.helpers.stores import DictStore, token


class TestKeys:
    def test_each_origin_and_account_has_its_own_key(self):
        """Each origin and account has a key of its own, and no key shows the appkey."""
        appkeys = ["fake-appkey-1", "fake-appkey-2", "fake-appkey-", "api.kiwoom.com", "fake-appkey-1:443"]
        keys = [store_key(origin, appkey) for origin in (PRODUCTION, MOCK) for appkey in appkeys]

        assert len(keys) == len(set(keys))
        assert not [key for key in keys if "fake" in key]

    def test_a_token_is_not_found_under_another_key(self, make_store):
        """A token is not found under another key."""
        store = make_store()
        store.update("one", lambda stored: token("of-one", hours=1), wait=1)

        assert store.load("another") is None


class TestMethods:
    def test_every_store_has_the_methods_of_token_store(self, make_store):
        """Every store has the three methods of TokenStore."""
        assert isinstance(make_store(), TokenStore)

    @pytest.mark.parametrize("store", ["tokens.db", {}, DictStore, object()], ids=["path", "dict", "class", "object"])
    def test_an_object_without_the_methods_is_a_type_error(self, store):
        """KiwoomAuth raises a TypeError for an object without the three methods."""
        with pytest.raises(TypeError, match="SQLiteStore"):
            KiwoomAuth("fake-appkey", "fake-secretkey", store=store)

    def test_update_raises_the_error_of_issue(self, make_store):
        """update() raises the error of `issue`, and keeps the stored token."""
        store, kept = make_store(), token("kept", hours=1)
        store.update("key", lambda stored: kept, wait=1)

        with pytest.raises(ZeroDivisionError):
            store.update("key", lambda stored: 1 / 0, wait=1)

        assert kept == store.load("key")
        assert kept == store.update("key", lambda stored: stored, wait=1)

    def test_update_waits_a_limited_time_for_the_lock(self, make_store):
        """update() raises a TimeoutError if the lock is not free in time, even if its own thread holds it."""
        outer, inner = make_store(), make_store()

        def update_again(stored):
            with pytest.raises(TimeoutError):
                inner.update("key", lambda stored: token("inner", hours=1), wait=0.2)
            return token("outer", hours=1)

        outer.update("key", update_again, wait=1)

        assert "outer" == outer.load("key").value

    def test_load_does_not_wait_for_the_lock(self, make_store):
        """While one process issues, another one reads the stored token."""
        store, kept = make_store(), token("kept", hours=1)
        store.update("key", lambda stored: kept, wait=1)
        seen = []

        store.update("key", lambda stored: seen.append(make_store().load("key")) or kept, wait=1)

        assert [kept] == seen


class TestCopies:
    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda auth: pickle.loads(pickle.dumps(auth))])
    def test_a_copy_shares_the_file(self, server, tmp_path, copied):
        """A copied or pickled auth shares the file of the original, and so its token."""
        auth = KiwoomAuth(
            server.appkey, server.secretkey, base_url=server.url, store=build_store(tmp_path / "tokens.db")
        )
        twin = copied(auth)

        assert auth.token() == twin.token()
        assert 1 == server.issues

    @pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, pickle.dumps])
    def test_a_redis_store_cannot_be_copied(self, server, redis_port, copied):
        """A RedisStore, or an auth with one, cannot be copied or pickled; the error says what to do instead."""
        with pytest.raises(TypeError, match="build it in the worker"):
            copied(build_store(redis_port))
        with pytest.raises(TypeError, match="build it in the worker"):
            pickle.dumps(
                KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=build_store(redis_port))
            )
