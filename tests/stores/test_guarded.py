"""A store that fails costs a warning, and the token is issued without it. A signal handler never waits for a store."""

import itertools
import os
import signal

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenIssueError
from requests_kiwoom.stores import StoreError
from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.interrupts import run_without_coverage
from tests.helpers.processes import build_store
from tests.helpers.pythons import needs_cpythons_signals
from tests.helpers.stores import DictStore, post, token
from tests.helpers.threads import in_threads, until

needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no SIGUSR1")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

SECRET = "1795000000 fake-token-that-a-store-quotes"


@pytest.fixture
def build(server):
    """Builds an auth with a store."""
    return lambda store, **options: KiwoomAuth(
        server.appkey, server.secretkey, base_url=server.url, store=store, **options
    )


def failures(caplog):
    """Return the warnings about the store, without their common beginning."""
    texts = [record.getMessage() for record in caplog.records]
    return [text.split("continuing without it: ")[1] for text in texts if text.startswith("the token store failed")]


class Broken(DictStore):
    """Fails as `how` says: in load(), before or after it calls `issue`, without that call, or after a second one."""

    def __init__(self, how, error=None):
        super().__init__()
        self.how = how
        self.error = error or StoreError("no such thing")

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


class TestIssueWithoutTheStore:
    @pytest.mark.parametrize("how", ["load", "before", "after", "never", "twice"])
    def test_a_store_that_fails_costs_one_warning_and_one_issue(self, server, build, caplog, how):
        """However a store fails, the request succeeds, with one au10001 call and one warning."""
        auth = build(Broken(how))

        assert [0, 0] == [post(auth), post(auth)]
        assert 1 == server.issues
        expected = "its update() returned without calling issue" if how == "never" else "no such thing"
        assert [expected] == failures(caplog)

    def test_a_failed_store_is_skipped_for_a_second(self, server, build):
        """A request does not wait twice for a store that hangs, in load() and in update()."""
        calls = []

        class Slow(DictStore):
            def load(self, key):
                calls.append("load")
                raise StoreError

            def update(self, key, issue, *, wait):
                calls.append("update")
                raise StoreError

        server.clock.stop()
        auth = build(Slow())
        post(auth)
        server.revoke_all()
        post(auth)
        assert ["load"] == calls

        server.clock.advance(seconds=1)
        server.revoke_all()
        post(auth)
        assert ["load", "load"] == calls

    def test_after_a_lock_timeout_the_store_is_read_again(self, server, build, caplog):
        """A token that another process stored while this one waited for the lock is used."""
        another = token("another", hours=1)

        class Busy(DictStore):
            def update(self, key, issue, *, wait):
                super().update(key, lambda stored: another, wait=wait)
                raise TimeoutError("the lock was not free")

        assert another.value == build(Busy()).token()
        assert 0 == server.issues
        assert 1 == len(failures(caplog))

    def test_after_any_other_failure_the_store_is_not_read_again(self, server, build):
        """After any other failure the store is not read again, since that could take as long again."""
        loads = []

        class Away(Broken):
            def load(self, key):
                loads.append(key)

        build(Away("before")).token()

        assert 1 == len(loads)
        assert 1 == server.issues

    def test_the_error_of_the_issue_is_raised(self, server, build, caplog):
        """The caller gets au10001's error, even if the store wraps it in another error."""

        class Wrapping(DictStore):
            def update(self, key, issue, *, wait):
                try:
                    return issue(None)
                except Exception as error:
                    raise RuntimeError("it failed") from error

        server.fail(Reply({}, status=500))
        with pytest.raises(TokenIssueError):
            build(Wrapping()).token()
        assert [] == failures(caplog)

    def test_the_error_of_the_issue_does_not_lead_to_the_store_s_error(self, server, build):
        """The error's __cause__ and __context__ do not lead to the store's error, which may quote the token."""
        server.fail(Reply({}, status=500))

        with pytest.raises(TokenIssueError) as raised:
            build(Broken("before", ValueError(SECRET))).token()

        error, seen = raised.value, []
        while error is not None:
            seen.append(repr(error))
            error = error.__cause__ or error.__context__
        assert SECRET not in "".join(seen)

    def test_renew_and_revoke_work_without_the_store(self, server, build):
        """renew() and revoke() work while the store fails."""

        class Away(DictStore):
            def load(self, key):
                raise StoreError

            update = discard = load

        auth = build(Away())
        auth.token()
        server.clock.advance(hours=1)

        auth.renew()
        auth.revoke()

        assert (2, 2) == (server.issues, server.revokes)


class TestWarnings:
    def test_the_same_cause_is_logged_once_a_minute(self, server, build, caplog):
        """A cause that stays is logged again after a minute, another cause at once."""
        server.clock.stop()
        store = Broken("before")
        auth = build(store)
        for text, seconds in (("one", 0), ("one", 50), ("one", 8), ("one", 2), ("two", 2)):
            store.error = StoreError(text)
            server.clock.advance(seconds=seconds)
            server.revoke_all()
            post(auth)

        assert ["one", "one", "two"] == failures(caplog)

    def test_at_most_100_causes_are_remembered(self, server, build, caplog):
        """At most 100 causes are remembered: after that, the first one is logged again."""
        store = DictStore()
        numbers = itertools.chain(range(101), [100, 0])

        def discard(key, token):
            raise StoreError(f"cause {next(numbers)}")

        store.discard = discard
        server.clock.stop()
        auth = build(store)
        for _ in range(103):
            auth.token()
            auth.revoke()

        assert [f"cause {number}" for number in [*range(101), 0]] == failures(caplog)

    def test_a_text_is_cut_to_500_characters(self, build, caplog):
        """The log has at most 500 characters of an error, in one line."""
        build(Broken("before", StoreError("x\n" + "y" * 600))).token()

        assert ["x " + "y" * 498] == failures(caplog)

    @pytest.mark.parametrize("how", ["load", "before", "after"])
    def test_only_the_text_of_a_store_error_is_logged(self, build, caplog, how):
        """An error other than a StoreError is logged by type and place, without its text, which may quote the token."""
        build(Broken(how, ValueError(f"invalid literal for int() with base 10: {SECRET!r}"))).token()

        (text,) = failures(caplog)
        assert text.startswith("ValueError at test_guarded.py:")
        assert "fake-token" not in caplog.text

    def test_the_text_of_a_store_error_that_quotes_the_token_is_not_logged(self, server, build, caplog):
        """A StoreError that quotes the token, or only its beginning, is logged by type and place."""

        class Quoting(DictStore):
            def update(self, key, issue, *, wait):
                raise StoreError(f"unknown command SET, with args beginning with: {issue(None).value[:20]}")

            def discard(self, key, token):
                raise StoreError(f"no such token: {token.value[:8]}")

        auth = build(Quoting())

        beginning = str(auth.token()[:8])
        auth.revoke()
        assert beginning not in caplog.text
        assert [True, True] == [text.startswith("StoreError at test_guarded.py:") for text in failures(caplog)]

    def test_an_error_whose_str_fails_is_logged(self, build, caplog):
        """An error whose __str__() fails is logged like any other."""

        class Unprintable(Exception):
            def __str__(self):
                raise RuntimeError

        build(Broken("load", Unprintable())).token()

        (text,) = failures(caplog)
        assert text.startswith("Unprintable at test_guarded.py:")

    def test_the_logger_is_named_after_the_module(self, build, caplog):
        """The logger's name is that of the module."""
        build(Broken("before")).token()

        assert {"requests_kiwoom.stores.guarded"} == {
            record.name for record in caplog.records if "store failed" in record.getMessage()
        }


class InterruptedSession(requests.Session):
    """Raises a signal before the first request that it sends, and sends the request when the handler is done."""

    def __init__(self):
        super().__init__()
        self.is_handled = None

    def send(self, request, **options):
        if self.is_handled is None:
            self.is_handled = False
            os.kill(os.getpid(), signal.SIGUSR1)
            until(lambda: self.is_handled)
        return super().send(request, **options)


class Recording(DictStore):
    """Records its calls."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def load(self, key):
        self.calls.append("load")
        return super().load(key)

    def update(self, key, issue, *, wait):
        self.calls.append("update")
        return super().update(key, issue, wait=wait)


@needs_signals
class TestSignalHandlers:
    """A handler that sends a request ("cancel all orders") while its thread is inside a store."""

    @pytest.fixture
    def on_signal(self):
        """Sets the handler of SIGUSR1 for one test."""
        before = signal.getsignal(signal.SIGUSR1)
        yield lambda work: signal.signal(signal.SIGUSR1, lambda signum, frame: work())
        signal.signal(signal.SIGUSR1, before)

    def test_a_handler_during_update_does_not_use_the_store(self, server, build, on_signal, caplog):
        """A handler that interrupts update() does not use the store, and gets a token."""
        store, session, codes = Recording(), InterruptedSession(), []
        auth = build(store, session=session)

        def handle():
            codes.append(post(auth))
            session.is_handled = True

        on_signal(handle)
        assert 0 == post(auth)

        assert [0] == codes
        assert ["load", "update"] == store.calls
        assert [] == failures(caplog)

    def test_a_handler_during_discard_does_not_use_the_store(self, server, build, on_signal, caplog):
        """A handler that interrupts revoke()'s discard() does not use the store, and gets a token."""
        codes = []

        class Interrupted(Recording):
            def discard(self, key, token):
                with self._lock:
                    self.calls.clear()
                    signal.raise_signal(signal.SIGUSR1)

        store = Interrupted()
        auth = build(store)
        auth.token()
        on_signal(lambda: codes.append(post(auth)))

        auth.revoke()

        assert [0] == codes
        assert [] == store.calls
        assert [] == failures(caplog)

    def test_a_handler_during_load_does_not_use_the_store(self, server, build, on_signal, caplog):
        """A handler that interrupts load() does not use the store, and gets a token."""
        codes = []

        class Interrupted(Recording):
            def load(self, key):
                super().load(key)
                if not codes:
                    signal.raise_signal(signal.SIGUSR1)

        store = Interrupted()
        auth = build(store)
        on_signal(lambda: codes.append(post(auth)))

        assert 0 == post(auth)
        assert [0] == codes
        assert "load" == store.calls[0]
        assert store.calls.count("load") == 1
        assert [] == failures(caplog)

    @pytest.mark.parametrize("kind", ["sqlite", "dict"])
    def test_a_handler_does_not_wait_for_another_account_s_call(self, server, build, on_signal, path, caplog, kind):
        """A handler's request for one account does not wait for the token call of another in the same store."""
        session, codes, shared = InterruptedSession(), [], DictStore()
        first, second = (build_store(path), build_store(path)) if kind == "sqlite" else (shared, shared)
        with KiwoomServer(strict=False) as other:
            auth = KiwoomAuth(other.appkey, other.secretkey, base_url=other.url, store=second)

            def handle():
                codes.append(post(auth))
                session.is_handled = True

            on_signal(handle)
            assert 0 == post(build(first, session=session))

        assert [0] == codes
        assert [] == failures(caplog)

    def test_after_a_handler_the_store_is_used_again(self, server, build, on_signal):
        """After a handler ran without the store, its thread uses the store again."""
        store, session = Recording(), InterruptedSession()
        auth = build(store, session=session)

        def handle():
            post(auth)
            session.is_handled = True

        on_signal(handle)
        post(auth)
        server.revoke_all()
        store.calls.clear()
        post(auth)

        assert ["load", "update"] == store.calls


def test_other_threads_use_their_stores(server, build):
    """While one thread is inside a store, the others use their stores."""
    server.latency = 0.1
    stores = [Recording() for _ in range(4)]
    auths = iter([build(store) for store in stores])

    in_threads(4, lambda: post(next(auths)))

    assert [["load", "update"]] * 4 == [store.calls for store in stores]


@needs_fork
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_a_child_that_is_forked_inside_a_store_uses_stores(server, build):
    """A child that was forked inside a store uses stores."""
    children = []

    class Forking(DictStore):
        def update(self, key, issue, *, wait):
            children.append(os.fork())
            if children[0] == 0:
                store = Recording()
                try:
                    build(store).token()
                finally:
                    os._exit(0 if store.calls == ["load", "update"] else 1)
            return super().update(key, issue, wait=wait)

    build(Forking()).token()

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1])


INTERRUPTED_UPDATES = """
import time
from requests_kiwoom.stores.guarded import GuardedStore
from tests.helpers.interrupts import interrupt

class Store:
    updates = 0

    def update(self, key, issue, *, wait):
        self.updates += 1
        return issue(None)

store = Store()
guarded = GuardedStore(store, "key", time.time)
interrupt(lambda: guarded.update(lambda stored: "token", 1), 3000)
before = store.updates
guarded.update(lambda stored: "token", 1)
print(store.updates - before)
"""


@needs_cpythons_signals
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
def test_ctrl_c_at_any_moment_leaves_the_store_in_use():
    """Whenever an update is interrupted, the next one uses the store."""
    assert "1\n" == run_without_coverage(INTERRUPTED_UPDATES)
