"""``ProcessLock``: the lock of a token source and of a store."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds of one wait. On Windows, Ctrl-C cannot interrupt a wait for a lock; between two waits it can.
_SLICE = 0.25


class ProcessLock:
    """A reentrant lock that is waited for with a time limit, and that a forked child never inherits locked.

    It is reentrant because a signal handler that sends a request (cancel all orders!) may interrupt the thread that
    holds it. There is one lock for each process id: a worker that C code forked (uWSGI) ran no Python fork hook.
    """

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._locks: dict[int, threading.RLock] = {}

    @contextmanager
    def hold(self, seconds: float, error: "Exception | None" = None) -> Iterator[None]:
        """Hold the lock for the ``with`` block.

        :param seconds: how long to wait for it.
        :param error: what to raise when it is not free in time; without one, a :class:`TimeoutError`.
        """
        pid = os.getpid()
        lock = self._locks.get(pid) or self._locks.setdefault(pid, threading.RLock())
        deadline = time.monotonic() + seconds
        taken: list[bool] = []
        try:
            while True not in taken:
                left = deadline - time.monotonic()
                if left <= 0 and taken:
                    raise error or TimeoutError(f"the lock was not free within {seconds:g} s")
                # One C call takes the lock and notes it: no signal handler's exception can come in between. A plain
                # `with lock:` has no time limit, and in 3.14 it can lose its __exit__ to a signal (gh-148874).
                taken.extend(map(lock.acquire, (True,), (max(0.0, min(left, _SLICE)),)))
            yield
        finally:
            if True in taken:
                lock.release()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> tuple[type["ProcessLock"], tuple[()]]:
        # A copy is another lock: pickle and deepcopy of an auth need no special case for it.
        return type(self), ()
