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


def test_one_thread_at_a_time():
    """Of several threads one is in the block."""
    lock, inside, most = ProcessLock(), [], []

    def work():
        for _ in range(50):
            with lock.hold(60):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    in_threads(8, work)

    assert {1} == set(most) and 400 == len(most)


def test_it_is_reentrant():
    """A thread that holds it may take it again, as a signal handler does, and releases it as often."""
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


def test_a_lock_that_is_not_free_in_time(busy):
    """After the given seconds there is a ``TimeoutError``, or the error that the caller chose."""
    with pytest.raises(TimeoutError, match="^the lock was not free within 0.01 s$"), busy.hold(0.01):
        pass
    with pytest.raises(TokenUnavailable, match="^busy$"), busy.hold(0, TokenUnavailable("busy")):
        pass


def test_a_free_lock_needs_no_time():
    """With 0 seconds, or fewer, a free lock is taken."""
    for seconds in (0, -1):
        with ProcessLock().hold(seconds):
            pass


def test_an_error_in_the_block_releases_it():
    """The lock is free after an exception in the block."""
    lock = ProcessLock()
    with pytest.raises(ZeroDivisionError), lock.hold(0):
        1 / 0

    assert not is_locked(lock)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_an_interrupt_while_it_waits(busy):
    """A signal handler's exception ends the wait; the lock stays the other thread's."""

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
# From 3.12 on, Python warns of a fork in a process with threads: that is what this test is about.
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_has_its_own_lock(busy):
    """A child that was forked while another thread held the lock takes its own."""
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


def test_its_repr():
    """The repr names the class."""
    assert "<ProcessLock>" == repr(ProcessLock())
