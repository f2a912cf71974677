"""``ProcessLock``: reentrant, with a time limit, and never inherited locked."""

import copy
import os
import pickle
import signal
import threading

import pytest

from requests_kiwoom import TokenUnavailable
from requests_kiwoom.locks import ProcessLock
from tests.helpers.threads import in_threads


@pytest.fixture
def busy():
    """A lock that another thread holds until the test ends."""
    lock, held, done = ProcessLock(), threading.Event(), threading.Event()

    def work():
        with lock.hold(10):
            held.set()
            done.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    held.wait(60)
    yield lock
    done.set()
    thread.join(60)


def test_one_thread_at_a_time_holds_the_lock():
    """One thread at a time is in the block."""
    lock, inside, counts = ProcessLock(), [], []

    def work():
        for _ in range(50):
            with lock.hold(60):
                inside.append(1)
                counts.append(len(inside))
                inside.pop()

    in_threads(8, work)

    assert {1} == set(counts) and 400 == len(counts)


def test_the_lock_is_reentrant():
    """A thread that holds the lock can take it again, as a signal handler does; it is free after as many releases."""
    lock = ProcessLock()
    with lock.hold(0):
        with lock.hold(0):
            pass
        assert [True] == in_threads(1, lambda: is_locked(lock))
    assert [False] == in_threads(1, lambda: is_locked(lock))


def is_locked(lock):
    try:
        with lock.hold(0):
            return False
    except TimeoutError:
        return True


def test_a_wait_ends_at_the_time_limit(busy):
    """A wait that reaches the time limit raises ``TimeoutError``, or the error that the caller chose."""
    with pytest.raises(TimeoutError, match="^the lock was not free within 0.01 s$"), busy.hold(0.01):
        pass
    with pytest.raises(TokenUnavailable, match="^busy$"), busy.hold(0, TokenUnavailable("busy")):
        pass


def test_a_free_lock_is_taken_without_a_wait():
    """A free lock is taken even with a time limit of 0 s or less."""
    for seconds in (0, -1):
        with ProcessLock().hold(seconds):
            pass


def test_an_error_in_the_block_releases_the_lock():
    """The lock is free after an exception in the block."""
    lock = ProcessLock()
    with pytest.raises(ZeroDivisionError), lock.hold(0):
        1 / 0

    assert not is_locked(lock)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_a_signal_handler_s_exception_ends_the_wait(busy):
    """A signal handler's exception ends the wait; the other thread still holds the lock."""

    class Interrupted(Exception):
        pass

    def interrupt(signum, frame):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(Interrupted), busy.hold(60):
            pass
    finally:
        signal.signal(signal.SIGALRM, before)

    assert is_locked(busy)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
# From 3.12 on, Python warns of a fork in a process with threads. This test forks in one on purpose.
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_has_its_own_lock(busy):
    """A child that was forked while another thread held the lock can take a lock of its own."""
    child = os.fork()
    if child == 0:
        os._exit(1 if is_locked(busy) else 0)
    _, status = os.waitpid(child, 0)

    assert 0 == os.waitstatus_to_exitcode(status)
    assert is_locked(busy)


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_is_another_lock(busy, clone):
    """A copy of a lock that is held is free."""
    assert not is_locked(clone(busy))


def test_the_repr():
    """The repr names the class."""
    assert "<ProcessLock>" == repr(ProcessLock())
