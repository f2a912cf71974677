"""What every store does for an auth: SQLite, Redis, and the one that the README shows how to write."""

import copy
import itertools
import logging
import pickle
import re
import signal
import textwrap
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests

from requests_kiwoom import KiwoomAuth, Token, TokenIssueError, TokenRefused, TokenRevokeError, TokenStore
from requests_kiwoom.origins import MOCK, PRODUCTION, origin_of
from requests_kiwoom.stores.guarded import store_key
from requests_kiwoom.testing.server import Reply
from tests.helpers.processes import PATH, build_store
from tests.helpers.tools import in_threads, run_without_coverage


def store_of_the_readme():
    """The class that the README shows."""
    readme = Path(__file__).parents[2].joinpath("README.rst").read_text("utf-8")
    block = re.search(r"^    import threading\n(?:    .*\n|\n)+", readme, re.M)
    names = {}
    exec(textwrap.dedent(block[0]), names)
    return names["DictStore"]


DictStore = store_of_the_readme()


@pytest.fixture(params=["dict", "sqlite", "redis"])
def make_store(request, tmp_path):
    """Makes a store, as each process would, that shares its tokens with the others."""
    if request.param == "dict":
        shared = DictStore()
        return lambda: shared
    where = tmp_path / "tokens.db" if request.param == "sqlite" else request.getfixturevalue("redis_port")
    return lambda: build_store(where)


@pytest.fixture
def make_auth(server, make_store):
    """Makes an auth, as each process would, that shares the key and the store with the others."""
    return lambda **options: KiwoomAuth(
        server.appkey, server.secretkey, base_url=server.url, **{"store": make_store(), **options}
    )


def post(auth):
    """The `return_code` of one request."""
    return requests.post(f"{auth.base_url}{PATH}", auth=auth.for_api("ka10001"), json={}).json()["return_code"]


def key_of(server):
    """What the server's token is stored under."""
    return store_key(origin_of(server.url), server.appkey)


def token(value, **life):
    """A token that expires so long from now."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return Token(value, now + timedelta(**life))


class TestSharing:
    def test_the_second_auth_takes_the_first_one_s_token(self, server, make_auth):
        """Two auths with one store make one au10001 call."""
        assert make_auth().token() == make_auth().token()
        assert 1 == server.issues

    def test_the_expiry_is_shared_to_the_second(self, server, make_auth):
        """What is adopted expires when Kiwoom said, in KST."""
        first, second = make_auth(), make_auth()
        first.token(), second.token()

        assert first.expires_at == second.expires_at
        assert timedelta(hours=9) == second.expires_at.utcoffset()

    def test_an_adopted_token_was_not_issued(self, server, make_auth, caplog):
        """The log of a process that adopts a token says so, and claims no au10001 call."""
        make_auth().token()
        with caplog.at_level(logging.INFO, "requests_kiwoom"):
            make_auth().token()

        assert ["is the store's"] == [record.getMessage()[-14:] for record in caplog.records]

    @pytest.mark.parametrize("reissue", ["same", "new"])
    def test_one_re_issues_after_a_revocation(self, server, make_auth, reissue):
        """When two auths meet a revoked token, one calls au10001 and the other takes what came of it."""
        server.reissue = reissue
        first, second = make_auth(), make_auth()
        assert [0, 0] == [post(first), post(second)]

        server.revoke_all()

        assert [0, 0] == [post(first), post(second)]
        assert 2 == server.issues

    def test_the_rejection_of_an_adopted_token_starts_no_pause(self, server, make_auth):
        """However often others' tokens are revoked, the one who adopts them is never told to wait."""
        first, second = make_auth(), make_auth()
        post(first), post(second)
        for _ in range(5):
            server.revoke_all()
            assert [0, 0] == [post(first), post(second)]

    def test_an_expired_token_is_not_adopted(self, server, make_auth):
        """The day after, one new token serves both."""
        first, second = make_auth(), make_auth()
        first.token(), second.token()

        server.clock.advance(hours=24)

        assert first.token() == second.token()
        assert 2 == server.issues

    def test_a_token_that_another_issued_ends_a_pause(self, server, make_auth):
        """While au10001 fails for this process, it still takes what another one got."""
        failing = make_auth()
        server.fail(Reply({}, status=500))
        with pytest.raises(TokenIssueError):
            failing.token()

        assert make_auth().token() == failing.token()

    def test_8_threads_of_4_auths_at_once(self, server, make_auth):
        """However many threads and auths begin together, au10001 is called once."""
        server.latency = 0.2
        auths = [make_auth() for _ in range(4)]

        codes = in_threads(8, lambda: [post(auth) for auth in auths])

        assert [[0, 0, 0, 0]] * 8 == codes
        assert 1 == server.issues

    def test_how_long_the_lock_is_waited_for(self, server):
        """As long as whoever has it may need: one token call for an issue, three for renew()."""
        waits = []

        class Noting(DictStore):
            def update(self, key, issue, *, wait):
                waits.append(wait)
                return super().update(key, issue, wait=wait)

        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=Noting(), timeout=(1, 4))
        auth.token()
        auth.renew()

        assert [5.0, 15.0] == waits

    def test_a_failed_issue_is_raised_as_it_is(self, server, make_auth, caplog):
        """An error of au10001's passes through the store, and is no failure of the store."""
        server.fail(
            Reply({"return_code": 3, "return_msg": "인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]"})
        )

        with pytest.raises(TokenRefused) as refused:
            make_auth().token()

        assert 8001 == refused.value.code
        assert "store" not in caplog.text


class TestWhatIsAdopted:
    def store(self, server, make_store, stored):
        make_store().update(key_of(server), lambda _: stored, wait=1)

    def test_a_live_token(self, server, make_auth, make_store):
        """A stored token that lives is used without a call."""
        self.store(server, make_store, token("live", hours=1))

        assert "live" == make_auth().token()
        assert 0 == server.issues

    @pytest.mark.parametrize(
        "life", [{"seconds": -1}, {"days": -400}, {"days": 400}, {"days": 365 * 7000}], ids=lambda life: str(life)
    )
    def test_an_impossible_expiry_is_a_miss(self, server, make_auth, make_store, life):
        """A stored token that has expired, or that au10001 would not have been believed, is replaced."""
        self.store(server, make_store, token("forged", **life))

        assert "forged" != make_auth().token()
        assert 1 == server.issues

    def test_the_moment_of_its_expiry(self, server, make_auth, make_store):
        """A stored token is not adopted at the very moment of its expiry."""
        old = token("old", hours=1)
        self.store(server, make_store, old)
        auth = make_auth()
        auth._source._now = lambda: old.expires_epoch

        assert "old" != auth.token()
        assert 1 == server.issues

    def test_a_store_that_comes_back_with_an_old_token(self, server, make_auth, make_store):
        """A stored token that expires earlier than the one held is not adopted in its place."""
        auth = make_auth()
        post(auth)
        self.store(server, make_store, token("old", hours=23))

        server.revoke_all()

        assert 0 == post(auth)
        assert 2 == server.issues

    def test_what_is_no_token_is_a_miss(self, server):
        """A store that returns something else than a token costs an au10001 call, nothing more."""

        class Odd(DictStore):
            def load(self, key):
                return "a str"

        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=Odd())

        assert 0 == post(auth)
        assert 1 == server.issues


class TestRenewAndRevoke:
    def test_renew_replaces_it_for_all(self, server, make_auth, make_store):
        """After one auth's renew(), the other's next request carries the new token, by adoption."""
        first, second = make_auth(), make_auth()
        post(first), post(second)
        server.clock.advance(hours=1)

        first.renew()

        assert 0 == post(second)
        assert first.token() == second.token() == make_store().load(key_of(server)).value
        assert (2, 1) == (server.issues, server.revokes)

    def test_the_second_renew_finds_a_full_token(self, server, make_auth):
        """Of two that renew, the second adopts what the first one got, and revokes nothing."""
        first, second = make_auth(), make_auth()
        post(first), post(second)
        server.clock.advance(hours=1)

        first.renew()
        second.renew()

        assert first.token() == second.token()
        assert (2, 1) == (server.issues, server.revokes)

    def test_revoke_removes_it_for_all(self, server, make_auth, make_store):
        """A revoked token is gone from the store."""
        auth = make_auth()
        auth.token()

        auth.revoke()

        assert make_store().load(key_of(server)) is None

    def test_revoke_takes_the_stored_token(self, server, make_auth, make_store):
        """An auth that has asked for no token yet revokes the one that is stored."""
        make_auth().token()

        make_auth().revoke()

        assert 1 == server.revokes
        assert make_store().load(key_of(server)) is None

    def test_revoke_with_an_empty_store_calls_nobody(self, server, make_auth):
        """With neither a held nor a stored token there is nothing to revoke."""
        make_auth().revoke()

        assert [] == server.requests

    def test_revoke_kills_the_token_that_others_use(self, server, make_auth, make_store):
        """A process that has not seen yet that the token was renewed revokes the new one: that is the key's."""
        late, other = make_auth(), make_auth()
        late.token(), other.token()
        server.clock.advance(hours=1)
        other.renew()

        late.revoke()

        assert server.token is None
        assert make_store().load(key_of(server)) is None

    def test_a_refused_revoke_removes_nothing(self, server, make_auth, make_store):
        """While au10002 does not do it, the token stays for all."""
        auth = make_auth()
        auth.token()
        server.fail(Reply({}, status=500), path="/oauth2/revoke")

        with pytest.raises(TokenRevokeError):
            auth.revoke()

        assert auth.token() == make_store().load(key_of(server)).value

    def test_a_renewal_that_fails_half_way(self, server, make_auth):
        """A token that renew() revoked is not taken back out of the store when the issue then fails."""
        auth = make_auth()
        old = auth.token()
        server.clock.advance(hours=1)
        server.fail(Reply({}, status=500))
        with pytest.raises(TokenIssueError):
            auth.renew()
        server.clock.advance(minutes=1)

        assert old != auth.token()

    def test_discard_compares(self, make_store):
        """discard() removes that very token, and leaves another; an unknown key is nobody's loss."""
        store, kept = make_store(), token("kept", hours=1)
        store.discard("key", kept)
        store.update("key", lambda stored: kept, wait=1)

        store.discard("key", token("other", hours=1))
        assert kept == store.load("key")

        store.discard("key", kept)
        assert store.load("key") is None


class TestKeys:
    def test_no_key_is_another_one_s(self):
        """Production, mock, and whatever account: each has a key of its own, and none tells the appkey."""
        appkeys = ["fake-appkey-1", "fake-appkey-2", "fake-appkey-", "api.kiwoom.com", "fake-appkey-1:443"]
        keys = [store_key(origin, appkey) for origin in (PRODUCTION, MOCK) for appkey in appkeys]

        assert len(keys) == len(set(keys))
        assert not [key for key in keys if "fake" in key]

    def test_keys_do_not_share(self, make_store):
        """What is stored under one key is not found under another."""
        store = make_store()
        store.update("one", lambda stored: token("of-one", hours=1), wait=1)

        assert store.load("another") is None


class TestWhatAStoreOwes:
    def test_it_is_a_token_store(self, make_store):
        """Each of them has the protocol's three methods."""
        assert isinstance(make_store(), TokenStore)

    @pytest.mark.parametrize("store", ["tokens.db", {}, DictStore, object()], ids=["path", "dict", "class", "object"])
    def test_anything_else_is_a_type_error(self, store):
        """What is no store is refused when the auth is built."""
        with pytest.raises(TypeError, match="SQLiteStore"):
            KiwoomAuth("fake-appkey", "fake-secretkey", store=store)

    def test_what_issue_raises_passes_through(self, make_store):
        """update() raises what `issue` raised, and keeps what it had."""
        store, kept = make_store(), token("kept", hours=1)
        store.update("key", lambda stored: kept, wait=1)

        with pytest.raises(ZeroDivisionError):
            store.update("key", lambda stored: 1 / 0, wait=1)

        assert kept == store.load("key")
        assert kept == store.update("key", lambda stored: stored, wait=1)

    def test_the_lock_is_waited_for_a_bounded_time(self, make_store):
        """Whoever does not get the lock in time gets an error, not a deadlock; with its own thread's lock too."""
        outer, inner = make_store(), make_store()

        def within(stored):
            with pytest.raises(Exception):
                inner.update("key", lambda stored: token("inner", hours=1), wait=0.2)
            return token("outer", hours=1)

        outer.update("key", within, wait=1)

        assert "outer" == outer.load("key").value

    def test_load_does_not_wait_for_the_lock(self, make_store):
        """While one issues, another still reads what is stored."""
        store, kept = make_store(), token("kept", hours=1)
        store.update("key", lambda stored: kept, wait=1)
        seen = []

        store.update("key", lambda stored: seen.append(make_store().load("key")) or kept, wait=1)

        assert [kept] == seen


class Broken(DictStore):
    """Fails as told: before it calls `issue`, after it, without a call, or with a second one."""

    def __init__(self, how, error=None):
        super().__init__()
        self.how = how
        self.error = error or OSError("no such thing")

    def load(self, key):
        if self.how == "load":
            raise self.error
        return super().load(key)

    def update(self, key, issue, *, wait):
        if self.how in ("before", "load"):
            raise self.error
        if self.how == "never":
            return token("unasked", hours=1)
        issue(None)
        if self.how == "twice":
            issue(None)
        raise self.error


class TestFailingStores:
    def build(self, server, store):
        return KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=store)

    @pytest.mark.parametrize("how", ["load", "before", "after", "never", "twice"])
    def test_the_token_is_issued_without_it(self, server, caplog, how):
        """However a store fails: one au10001 call, one warning, and the request goes on."""
        auth = self.build(server, Broken(how))

        assert 0 == post(auth)
        assert 1 == server.issues
        assert 1 == caplog.text.count("the token store failed")
        assert (how == "never") == ("TypeError: its update() returned without a call of issue" in caplog.text)

    def test_one_warning_a_minute_for_one_cause(self, server, caplog):
        """A store that stays broken is reported again after a minute; another cause at once."""
        server.clock.stop()
        store = Broken("before")
        auth = self.build(server, store)
        for error, seconds in ((None, 0), (None, 50), (None, 8), (None, 2), (OSError("another"), 2)):
            store.error = error or store.error
            server.clock.advance(seconds=seconds)
            server.revoke_all()
            post(auth)

        warnings = [record.getMessage() for record in caplog.records if "store failed" in record.getMessage()]
        assert ["no such thing", "no such thing", "another"] == [text.rpartition(": ")[2] for text in warnings]

    def test_causes_that_never_repeat_are_not_all_kept(self, server, caplog):
        """A store that puts something new into every error fills no memory: after 100 others, a cause is news again."""
        store = DictStore()
        numbers = itertools.chain(range(101), [100, 0])

        def discard(key, token):
            raise OSError(f"cause {next(numbers)}")

        store.discard = discard
        server.clock.stop()
        auth = self.build(server, store)
        for _ in range(103):
            auth.token()
            auth.revoke()

        told = [record.getMessage().rpartition(" ")[2] for record in caplog.records if "store" in record.getMessage()]
        assert [*map(str, range(101)), "0"] == told

    def test_a_store_that_fails_is_left_alone_for_a_second(self, server):
        """A request does not wait twice for a store that hangs: for load() and for update()."""
        calls = []

        class Slow(DictStore):
            def load(self, key):
                calls.append("load")
                raise TimeoutError

            def update(self, key, issue, *, wait):
                calls.append("update")
                raise TimeoutError

        server.clock.stop()
        auth = self.build(server, Slow())
        post(auth)
        server.revoke_all()
        post(auth)
        assert ["load"] == calls

        server.clock.advance(seconds=1)
        server.revoke_all()
        post(auth)
        assert ["load", "load"] == calls

    def test_a_lock_that_was_waited_for_in_vain(self, server, caplog):
        """What another process has stored by then is used: many that wait for one do not all ask au10001."""
        another = token("another", hours=1)

        class Busy(DictStore):
            def update(self, key, issue, *, wait):
                super().update(key, lambda stored: another, wait=wait)
                raise TimeoutError("another process held the lock for too long")

        assert another.value == self.build(server, Busy()).token()
        assert 0 == server.issues
        assert 1 == caplog.text.count("the token store failed")

    def test_the_warning_is_not_endless(self, server, caplog):
        """Of an endless error, the warning tells 300 characters."""
        store = Broken("before")
        store.error = OSError("x" * 301)
        post(self.build(server, store))

        assert 1 == caplog.text.count("x" * 300)
        assert "x" * 301 not in caplog.text

    def test_no_token_is_in_the_warning(self, server, caplog):
        """An error that quotes the token, if only its beginning, is told by its name alone."""

        class Quoting(DictStore):
            def update(self, key, issue, *, wait):
                raise ValueError(f"unknown command SET, with args beginning with: {issue(None).value[:20]}")

            def discard(self, key, token):
                raise KeyError(f"no such token: {token.value[:8]}")

        auth = self.build(server, Quoting())

        beginning = auth.token()[:8]
        auth.revoke()
        assert beginning not in caplog.text
        assert ["ValueError", "KeyError"] == [record.getMessage().rpartition(": ")[2] for record in caplog.records]

    def test_a_store_that_fails_after_the_issue(self, server):
        """What au10001 gave stands, though the store did not keep it."""
        auth = self.build(server, Broken("after"))

        assert 0 == post(auth) == post(auth)
        assert 1 == server.issues

    def test_a_store_that_wraps_the_error_of_issue(self, server, caplog):
        """The caller gets au10001's error, whatever a store makes of it."""

        class Wrapping(DictStore):
            def update(self, key, issue, *, wait):
                try:
                    return issue(None)
                except Exception as error:
                    raise RuntimeError("it failed") from error

        server.fail(Reply({}, status=500))
        with pytest.raises(TokenIssueError):
            self.build(server, Wrapping()).token()
        assert "store failed" not in caplog.text

    def test_renew_and_revoke_without_the_store(self, server):
        """renew() and revoke() do their work at Kiwoom though the store is away."""

        class Away(DictStore):
            def load(self, key):
                raise OSError

            update = discard = load

        auth = self.build(server, Away())
        auth.token()
        server.clock.advance(hours=1)

        auth.renew()
        auth.revoke()

        assert (2, 2) == (server.issues, server.revokes)


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
    def test_redis_is_for_the_worker_to_build(self, server, redis_port, copied):
        """An auth with a RedisStore cannot be pickled or deep-copied, and says what to do instead."""
        with pytest.raises(TypeError, match="build it in the worker"):
            copied(build_store(redis_port))
        with pytest.raises(TypeError, match="build it in the worker"):
            pickle.dumps(
                KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=build_store(redis_port))
            )


INTERRUPTED_UPDATES = """
import time
from requests_kiwoom.stores.guarded import SharedToken
from tests.helpers.tools import interrupt

class Store:
    updates = 0

    def update(self, key, issue, *, wait):
        self.updates += 1
        return issue(None)

store = Store()
shared = SharedToken(store, "key", time.time)
interrupt(lambda: shared.update(lambda stored: "token", 1), 3000)
before = store.updates
shared.update(lambda stored: "token", 1)
print(store.updates - before)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
def test_ctrl_c_at_any_moment_leaves_the_store_in_use():
    """However an update was interrupted, the next one is the store's again."""
    assert "1\n" == run_without_coverage(INTERRUPTED_UPDATES)


def test_an_error_that_cannot_be_printed(server, caplog):
    """A store may raise anything: where its text cannot be had, the warning names its class."""

    class Unprintable(Exception):
        def __str__(self):
            raise RuntimeError

    class Store:
        def load(self, key):
            raise Unprintable

        update = discard = load

    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=Store())

    token_of_auth = auth.token()
    assert server.token == token_of_auth
    assert "goes on without it for now: Unprintable" in caplog.text
