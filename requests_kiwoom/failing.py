"""``Failing``: the error that au10001 answered with last, which stands while it is left alone."""

import copy

from .backoff import Backoff
from .exceptions import TokenIssueError, TokenUnavailable


class Failing:
    """A failing au10001: its error, and the pause until it is called again.

    All times are in seconds since the epoch.
    """

    __slots__ = ("_backoff", "_error")

    def __init__(self) -> None:
        self._backoff = Backoff()
        self._error: TokenIssueError | None = None

    def note(self, error: TokenIssueError, now: float) -> None:
        """Begin a pause at `now`, at least as long as `error` asks for, and tell `error` how long it is."""
        self._backoff.extend(now, at_least=getattr(error, "retry_after", None) or 0.0)
        self._error = copy.copy(error)
        self._tell_pause(error, now)

    def raise_in_pause(self, now: float) -> None:
        """Raise the error again if the pause is not over at `now`.

        :raises TokenIssueError: one of its own for each caller: a traceback grows on an exception that is raised twice.
        """
        last = self._error  # A signal handler may end the pause in the middle of this.
        if last is not None and self._backoff.remaining(now):
            error = copy.copy(last)
            self._tell_pause(error, now)
            raise error

    def clear(self) -> None:
        """It works again."""
        self._backoff.clear()
        self._error = None

    def _tell_pause(self, error: TokenIssueError, now: float) -> None:
        if isinstance(error, TokenUnavailable):
            error.retry_after = self._backoff.remaining(now)
