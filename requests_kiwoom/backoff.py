"""``Backoff``: how long to leave au10001 alone."""

import random

#: The longest pause, in seconds, that a row of failures leads to.
LONGEST = 30.0
#: A row of failures is over when the last one is this many seconds past.
_FORGOTTEN_AFTER = 300.0


class Backoff:
    """A pause of 1 s, then 2 s, 4 s … up to 30 s, with jitter, so that processes do not come back in step.

    All times are in seconds since the epoch. A clock that was set back ends the pause: it may not last for hours.
    """

    #: How many there were in a row.
    failures: int

    __slots__ = ("failures", "_since", "_pause")

    def __init__(self) -> None:
        self.failures = 0
        self._since = 0.0
        self._pause = 0.0

    def extend(self, now: float, at_least: float = 0.0) -> float:
        """Begin the next pause at `now`, `at_least` so many seconds long; return its end."""
        if not 0 <= now - self._since < _FORGOTTEN_AFTER:
            self.failures = 0
        grown = 2 ** min(self.failures, 5) * random.uniform(1.0, 1.5)
        self._since = now
        self._pause = max(min(grown, LONGEST), at_least)
        self.failures += 1
        return now + self._pause

    def remaining(self, now: float) -> float:
        """Seconds until the pause is over; 0.0 if it is."""
        elapsed = now - self._since
        return self._pause - elapsed if 0 <= elapsed < self._pause else 0.0

    def clear(self) -> None:
        """It worked: no pause, and the next one starts at 1 s."""
        self.failures = 0
        self._pause = 0.0
