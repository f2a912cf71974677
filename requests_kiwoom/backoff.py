"""``Backoff`` and ``LastFailure``: how long au10001 is not called again, and the error it last failed with."""

import copy
import random
from typing import NamedTuple

from .exceptions import TokenIssueError, TokenUnavailable

#: The longest pause after failures in a row, in seconds; ``Retry-After`` may ask for a longer one.
LONGEST = 30.0
#: By what a pause is multiplied at most, so that processes do not retry in step.
_MOST_JITTER = 1.5
#: A failure that comes later than so many seconds after the last one is the first of a new row.
_FORGOTTEN_AFTER = 300.0


class Backoff(NamedTuple):
    """A pause of 1 s, then 2 s, 4 s … up to 30 s, with jitter, so that processes do not retry in step.

    It is immutable: a failure returns the next one. Times are in seconds since the epoch. A clock that is set back
    ends the pause: it must not last for hours.
    """

    #: Failures in a row.
    failures: int = 0
    #: When the pause began.
    began: float = 0.0
    #: How long it lasts, in seconds.
    length: float = 0.0

    def after_failure(self, now: float, at_least: float = 0.0) -> "Backoff":
        """Return the pause that begins at `now` and lasts at least `at_least` seconds."""
        failures = self.failures if 0 <= now - self.began < _FORGOTTEN_AFTER else 0
        grown = self._base(failures) * random.uniform(1.0, _MOST_JITTER)
        return Backoff(failures + 1, now, max(grown, at_least))

    def remaining(self, now: float) -> float:
        """Return the seconds until the pause ends; 0.0 if it has ended."""
        elapsed = now - self.began
        return self.length - elapsed if 0 <= elapsed < self.length else 0.0

    @property
    def next_length(self) -> float:
        """The next pause, in seconds, without its jitter."""
        return self._base(self.failures)

    @staticmethod
    def _base(failures: int) -> float:
        return min(2.0 ** min(failures, 5), LONGEST / _MOST_JITTER)


class LastFailure(NamedTuple):
    """The error that au10001 last failed with, and the pause that follows; immutable, too."""

    backoff: Backoff = Backoff()
    error: TokenIssueError | None = None

    def followed_by(self, error: TokenIssueError, now: float) -> "LastFailure":
        """Return the failure that `error` makes at `now`; its pause lasts at least as long as `error` asks for.

        The ``retry_after`` of `error` is set to the pause.
        """
        if not isinstance(error, TokenUnavailable):
            return LastFailure(self.backoff.after_failure(now), copy.copy(error))
        backoff = self.backoff.after_failure(now, error.retry_after or 0.0)
        error.retry_after = backoff.remaining(now)
        return LastFailure(backoff, copy.copy(error))

    def check(self, now: float) -> None:
        """Raise the error if the pause is running: an exception of its own for each caller, as its traceback grows.

        :raises TokenIssueError: with the time that is left.
        """
        remaining = self.backoff.remaining(now)
        if self.error is not None and remaining:
            error = copy.copy(self.error)
            if isinstance(error, TokenUnavailable):
                error.retry_after = remaining
            raise error
