"""``SQLiteStore`` and forks: a child does not continue an operation of its parent, and no fork waits."""

import ctypes
import gc
import os
import signal
import sqlite3
import sys
import threading

import pytest

from requests_kiwoom import SQLiteStore
from requests_kiwoom.stores import StoreError
from tests.helpers.interrupts import run_without_coverage
from tests.helpers.processes import build_auth
from tests.helpers.pythons import needs_c_fork, needs_cpythons_signals
from tests.helpers.stores import key_of, post, token
from tests.helpers.threads import over_and_over, wait_for

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning"),
]


#: os._exit without coverage, which would write an SQLite file of its own, and wait for a mutex of another thread.
exit_without_coverage = sys.modules[os.name]._exit


def fork_in_c():
    """Fork as uWSGI does: no Python fork hook runs."""
    return ctypes.PyDLL(None).fork()


FORKS = [os.fork if hasattr(os, "fork") else None, pytest.param(fork_in_c, marks=needs_c_fork)]


def in_child(fork, work):
    """Fork, and return the number that `work` returns in the child; a child that hangs is killed after a minute."""
    child = fork()
    if child == 0:
        code = 99
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(60)
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count_refusals(*paths):
    """Return how many of the three methods, for each path, refuse because of a fork."""
    refusals = 0
    gc.collect()  # PyPy frees what the parent's other threads held.
    for path in paths:
        store, new = SQLiteStore(path), token("y", hours=1)
        for use in (
            lambda: store.load("key"),
            lambda: store.update("key", lambda stored: new, wait=0),
            lambda: store.discard("key", new),
        ):
            try:
                use()
            except StoreError as error:
                refusals += "forked" in str(error)
    return refusals


def load_or_refuse(store):
    """Return 0 if the store returned its token, or refused because of a fork."""
    try:
        return 0 if store.load("key").value == "x" else 1
    except StoreError as error:
        return 0 if "forked" in str(error) else 2


class Issuing:
    """A context manager: a thread that is in the middle of an update."""

    def __init__(self, path):
        self._begun, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=SQLiteStore(path).update, args=("key", self._issue), kwargs={"wait": 1}, daemon=True
        )

    def _issue(self, stored):
        self._begun.set()
        self._done.wait(60)
        return token("x", hours=1)

    def __enter__(self):
        self._thread.start()
        assert self._begun.wait(60)
        return self

    def __exit__(self, *args):
        self._done.set()
        self._thread.join(60)


@pytest.mark.parametrize("fork", FORKS)
def test_a_child_that_is_forked_during_an_update_uses_no_file(path, fork):
    """A child that is forked during another thread's update uses no file, neither that one nor another."""
    another = path.with_name("another.db")
    for each in (path, another):
        SQLiteStore(each).update("key", lambda stored: token("x", hours=1), wait=1)

    with Issuing(path):
        refusals = in_child(fork, lambda: count_refusals(path, another))

    assert 6 == refusals
    assert "x" == SQLiteStore(path).load("key").value


@pytest.mark.parametrize("fork", FORKS)
def test_a_request_of_a_child_that_is_forked_during_an_update_succeeds(server, path, fork):
    """A request of a child that was forked during another thread's update succeeds, without the store."""
    auth = build_auth(server, path)
    with Issuing(path):
        assert 0 == in_child(fork, lambda: post(auth))

    assert 1 == server.issues


@pytest.mark.parametrize("fork", FORKS)
def test_a_child_that_the_issuing_thread_forks_commits_nothing(path, fork):
    """A child that was forked by the thread that issues does not commit its parent's update."""
    store, codes = SQLiteStore(path), []
    store.update("key", lambda stored: token("old", hours=1), wait=1)
    parent = os.getpid()

    def fork_within(stored):
        codes.append(in_child(fork, lambda: count_refusals(path)))
        return token("parent", hours=1)

    def fork_and_return(stored):
        child = fork()
        if child != 0:
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        return token("parent" if child else "child", hours=1)

    store.update("key", fork_within, wait=1)
    try:
        store.update("key", fork_and_return, wait=1)
    except StoreError as error:
        if os.getpid() != parent:
            os._exit(count_refusals(path) if "forked" in str(error) else 98)
        raise
    finally:
        if os.getpid() != parent:
            os._exit(97)

    assert [3, 3] == codes
    assert "parent" == store.load("key").value


@pytest.mark.parametrize("fork", FORKS)
def test_a_child_that_is_forked_between_operations_uses_the_store(server, path, fork):
    """A child that was forked between operations uses the store."""
    build_auth(server, path).token()

    assert 0 == in_child(fork, lambda: 0 if SQLiteStore(path).load(key_of(server)).value == server.token else 1)


@pytest.mark.parametrize("is_opened", [True, False])
def test_after_an_error_that_is_kept_later_children_use_the_store(path, monkeypatch, is_opened):
    """An error whose traceback a program keeps, as a notebook does, does not make the store refuse a later child."""
    store, connect = SQLiteStore(path), sqlite3.connect
    store.update("key", lambda stored: token("x", hours=1), wait=1)
    if not is_opened:
        monkeypatch.setattr(sqlite3, "connect", lambda name, **options: connect("file:/no/such/file?mode=rw", uri=True))

    with pytest.raises((ZeroDivisionError, StoreError)) as kept:
        store.update("key", lambda stored: 1 / 0, wait=1)
    monkeypatch.undo()

    assert 0 == in_child(os.fork, lambda: load_or_refuse(store) + count_refusals(path))
    assert kept.value.__traceback__ is not None


@pytest.mark.parametrize("fork", FORKS)
def test_a_child_that_is_forked_while_the_file_is_created_does_not_wait(path, fork, monkeypatch):
    """A child that was forked while another thread creates the file does not wait for that thread's lock."""
    begun, done, makedirs = threading.Event(), threading.Event(), os.makedirs
    monkeypatch.setattr(os, "makedirs", lambda *args, **kwargs: (begun.set(), done.wait(60)))
    update = SQLiteStore(path).update
    creating = threading.Thread(target=update, args=("key", lambda stored: token("x", hours=1)), kwargs={"wait": 1})
    creating.start()
    assert begun.wait(60)

    def use_another_file():
        os.makedirs = makedirs
        store = SQLiteStore(path.with_name("another.db"))
        store.update("key", lambda stored: token("y", hours=1), wait=1)
        return 0 if store.load("key").value == "y" else 1

    try:
        assert 0 == in_child(fork, use_another_file)
    finally:
        done.set()
        creating.join(60)


def test_forks_do_not_wait_for_threads_that_use_the_store(path):
    """Forks do not wait for threads that use the store; in each child the store works or refuses at once."""
    store = SQLiteStore(path)
    store.update("key", lambda stored: token("x", hours=1), wait=1)

    with over_and_over(4, lambda: store.load("key")) as loaded:
        codes = [in_child(os.fork, lambda: exit_without_coverage(load_or_refuse(store))) for _ in range(20)]
        wait_for(loaded, 8)

    assert {0} == set(codes)
    assert {"x"} == {stored.value for stored in loaded}


INTERRUPTED_LOADS = """
import os, sys, threading
from requests_kiwoom import SQLiteStore
from tests.helpers.interrupts import interrupt

store = SQLiteStore(sys.argv[1])
interrupt(lambda: store.load("key"), 3000)

other = threading.Thread(target=store.load, args=("key",), daemon=True)
other.start()
other.join(30)
child = os.fork()
if child == 0:
    store.load("key")
    os._exit(0)
print(other.is_alive(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@needs_cpythons_signals
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
@pytest.mark.parametrize("is_there", [True, False])
def test_ctrl_c_at_any_moment_leaves_the_store_usable(path, is_there):
    """Whenever an operation is interrupted, another thread and a child that is forked later can use the store."""
    if is_there:
        SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)

    assert "False 0\n" == run_without_coverage(INTERRUPTED_LOADS, str(path))
