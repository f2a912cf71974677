"""``within``: work that is waited for so long and no longer."""

import contextvars
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

_T = TypeVar("_T")

#: What work returned, or what it raised.
_Outcome = tuple[Any, "BaseException | None"]


def within(seconds: float, work: Callable[[], _T], failure: str, undo: "Callable[[_T], object] | None" = None) -> _T:
    """What `work` returns or raises, in so many seconds.

    No timeout of `requests` or redis-py ends a name look-up, the retries of a client, or bytes that drip in. So the
    work has a thread of its own, and is left to it when the time is over.

    :param failure: what the error says, up to the number of seconds.
    :param undo: called with what `work` returns when nobody waits for that any more.
    :raises TimeoutError: if it takes longer.
    """
    # One entry: what came of the work, or None once nobody waits for that. setdefault leaves it to whoever is first.
    first: dict[str, _Outcome | None] = {}

    def run() -> None:
        outcome = _outcome(work)
        if first.setdefault("came", outcome) is None:
            _dismiss(outcome, undo)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name="requests_kiwoom", daemon=True)
    try:
        if not _has_started(thread):
            return work()
        thread.join(seconds)
    except BaseException:  # Ctrl-C, say.
        _dismiss(first.setdefault("came", None), undo)
        raise
    came = first.setdefault("came", None)
    if came is None:
        raise TimeoutError(f"{failure} within {seconds:g} s")
    value, error = came
    if error is not None:
        raise error
    return value  # type: ignore[no-any-return]  # It is what `work` returned.


def _has_started(thread: threading.Thread) -> bool:
    """Start `thread`; ``False`` if no thread is to be had."""
    # While the interpreter ends, 3.10 and 3.11 would wait for ever for a thread that cannot run any more.
    if sys.is_finalizing():
        return False
    try:
        thread.start()
    except RuntimeError as error:
        # "can't start new thread", at the process's limit, or from 3.12 on while the interpreter ends. Another one is
        # what an interrupt in the middle of start() makes of itself, and the thread runs.
        if not str(error).startswith("can't "):
            raise
        return False
    return True


def _outcome(work: Callable[[], Any]) -> _Outcome:
    try:
        return work(), None
    except BaseException as error:  # It is raised in the thread that waits; here it would get to threading.excepthook.
        return None, error


def _dismiss(outcome: "_Outcome | None", undo: "Callable[[Any], object] | None") -> None:
    if outcome is not None and outcome[1] is None and undo is not None:
        with suppress(Exception):
            undo(outcome[0])
