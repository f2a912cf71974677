"""``call_with_timeout``: run a function with a wall-clock limit. Token calls and Redis commands use it."""

import contextvars
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")

#: Seconds of one wait. On Windows, Ctrl-C cannot interrupt a wait for a lock; between two waits it can.
_SLICE = 0.25


def call_with_timeout(
    function: Callable[[], _T], seconds: float, failure: str, *, undo: "Callable[[_T], object] | None" = None
) -> _T:
    """Run `function` in a thread of its own, and return what it returns or raise what it raises.

    A thread is needed: no timeout of `requests` or redis-py covers a name look-up, the retries of a client, or a
    response whose header arrives byte by byte. When the time is over, the thread is left to finish alone. Where no
    thread can start, `function` runs in the caller's thread, without the limit.

    :param seconds: the limit.
    :param failure: the beginning of the error's text, up to the number of seconds.
    :param undo: called with the result of a function that finished after its caller left.
    :raises TimeoutError: if it takes longer.
    """
    future: Future[_T] = Future()

    def run() -> None:
        try:
            result = function()
        except BaseException as error:  # The waiting thread raises it.
            with suppress(InvalidStateError):
                future.set_exception(error)
            return
        try:
            future.set_result(result)
        except InvalidStateError:  # The caller left.
            if undo is not None:
                with suppress(Exception):
                    undo(result)

    try:
        thread = _start_thread(run)
        if thread is None:
            return function()
        _join(thread, seconds)
    except BaseException:  # Ctrl-C, say.
        if not future.cancel() and undo is not None and future.exception() is None:
            with suppress(Exception):  # The interrupt is raised, whatever happens.
                undo(future.result())
        raise
    if future.cancel():
        raise TimeoutError(f"{failure} within {round(seconds, 2):g} s")
    return future.result()


def _start_thread(function: Callable[[], None]) -> threading.Thread | None:
    """Start a thread that runs `function`; return ``None`` if no thread can start."""
    # While the interpreter ends, 3.10 and 3.11 would wait forever for a thread that cannot run any more.
    if sys.is_finalizing():
        return None
    run = contextvars.copy_context().run
    try:
        thread = threading.Thread(target=run, args=(function,), name="requests_kiwoom", daemon=True)
        thread.start()
    except RuntimeError as error:
        # "can't start new thread" at the process's limit; "daemon threads are disabled in this (sub)interpreter" from
        # 3.12 on, by the constructor. Any other one comes from an interrupt inside start(), and the thread runs.
        if not str(error).startswith(("can't ", "daemon threads ")):
            raise
        return None
    return thread


def _join(thread: threading.Thread, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while thread.is_alive() and (left := deadline - time.monotonic()) > 0:
        thread.join(min(left, _SLICE))
