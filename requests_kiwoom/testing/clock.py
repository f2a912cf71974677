"""``Clock``: a clock that a test can move."""

import time
from datetime import timedelta


class Clock:
    """The real time, plus whatever :meth:`advance` added: nobody sleeps for an expiry.

    Calling it gives seconds since the epoch.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        return (time.time() if self._stopped_at is None else self._stopped_at) + self._ahead

    def stop(self) -> None:
        """Let time stand still, but for :meth:`advance`: a slow machine changes no outcome then."""
        self._stopped_at = time.time()

    def advance(self, **duration: float) -> None:
        """Move the clock: keywords as for :class:`~datetime.timedelta`, such as ``hours=24``; below 0 sets it back."""
        self._ahead += timedelta(**duration).total_seconds()
