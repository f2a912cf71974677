"""``Clock``: a clock that a test can move."""

import time
from datetime import timedelta


class Clock:
    """The real time plus everything that :meth:`advance` added. Calling it returns seconds since the epoch.

    >>> clock = Clock()
    >>> clock.stop()
    >>> now = clock()
    >>> clock.advance(hours=24)
    >>> clock() - now
    86400.0
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        return (time.time() if self._stopped_at is None else self._stopped_at) + self._ahead

    def stop(self) -> None:
        """Stop the time, except for :meth:`advance`: then a slow machine changes no result."""
        self._stopped_at = time.time()

    def advance(self, **duration: float) -> None:
        """Move the clock.

        :param duration: keywords of :class:`~datetime.timedelta`, such as ``hours=24``; below 0 sets the clock back.
        """
        self._ahead += timedelta(**duration).total_seconds()
