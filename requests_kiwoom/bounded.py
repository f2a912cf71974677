"""``within``: work that is waited for so long and no longer."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

_T = TypeVar("_T")


def within(seconds: float, work: Callable[[], _T], failure: str, undo: "Callable[[_T], object] | None" = None) -> _T:
    """What `work` returns or raises, in so many seconds.

    No timeout of `requests` or redis-py ends a name look-up, the retries of a client, or bytes that drip in. So the
    work has a thread of its own, and is left to it when the time is over.

    :param failure: what the error says, up to the number of seconds.
    :param undo: called with what `work` returns when nobody waits for that any more.
    :raises TimeoutError: if it takes longer.
    """
    import contextvars  # Here, since importing this package is to cost next to nothing.

    # One entry: what came of the work, or None once nobody waits for that. setdefault leaves it to whoever is first.
    first: dict[str, tuple[Any, Exception | None] | None] = {}

    def run() -> None:
        value, error = outcome = _outcome(work)
        if first.setdefault("came", outcome) is None and error is None and undo is not None:
            with suppress(Exception):
                undo(value)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name="requests_kiwoom", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # No thread is to be had while the interpreter ends (3.12), or at the process's limit: then without that bound.
        return work()
    try:
        thread.join(seconds)
    finally:
        # After Ctrl-C, too.
        came = first.setdefault("came", None)
    if came is None:
        raise TimeoutError(f"{failure} within {seconds:g} s")
    value, error = came
    if error is not None:
        raise error
    return value  # type: ignore[no-any-return]  # It is what `work` returned.


def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:
        return None, error
