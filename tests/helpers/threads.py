"""Threads that start together, and waits with a time limit."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: How long a wait lasts at most, in seconds; pytest's own limit for a test is longer.
_LONGEST = 60


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in `count` threads at once; return what each returned or raised."""
    outcomes: list[Any] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait(_LONGEST)
        try:
            outcomes.append(work())
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    _join(threads)
    return outcomes


def _join(threads: list[threading.Thread]) -> None:
    """Wait for all threads. One that hangs is an error; it is a daemon thread, so the test run still ends."""
    end = time.monotonic() + _LONGEST
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    hanging = sum(thread.is_alive() for thread in threads)
    assert not hanging, f"{hanging} of {len(threads)} threads still run after {_LONGEST} s"


class Returned(list[Any]):
    """What `count` threads returned, and how often each one did."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.turns = [0] * count
        self.threads: list[threading.Thread] = []


@contextmanager
def over_and_over(count: int, work: Callable[[], Any]) -> Iterator[Returned]:
    """Run `work` in `count` threads again and again until the block ends; the list collects what it returns."""
    returned = Returned(count)
    done = threading.Event()

    def run(number: int) -> None:
        while not done.is_set():
            returned.append(work())
            returned.turns[number] += 1

    returned.threads += [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in returned.threads:
        thread.start()
    try:
        yield returned
    finally:
        done.set()
        _join(returned.threads)


def wait_for(returned: Returned, more: int) -> None:
    """Wait until `more` calls have returned, and at least two calls of each thread.

    A busy machine may suspend a thread for a while. Its first call may have begun before the test's last action. Its
    second call may carry a token from before that action, and the test's next action could then disturb its resend.
    """
    enough, before = len(returned) + more, returned.turns[:]
    deadline = time.monotonic() + _LONGEST
    while len(returned) < enough or any(now < then + 2 for now, then in zip(returned.turns, before)):
        assert all(thread.is_alive() for thread in returned.threads), "a thread has ended by an exception"
        assert time.monotonic() < deadline, f"threads hang, after {returned.turns} turns"
        time.sleep(0.01)  # Let other threads run.


def until(condition: Callable[[], Any]) -> None:
    """Wait until `condition` returns a true value; after a minute, fail."""
    end = time.monotonic() + _LONGEST
    while not condition():
        assert time.monotonic() < end, f"still not true after {_LONGEST} s"
        time.sleep(0.002)  # Let other threads run.
