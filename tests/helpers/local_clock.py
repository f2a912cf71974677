"""The clock of this machine, which a test may set wrong."""

from collections.abc import Callable
from datetime import timedelta


class LocalClock:
    """A `clock` that can be ahead of, or behind, the one that it follows: seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead = 0.0

    def __call__(self) -> float:
        return self._clock() + self._ahead

    def advance(self, **duration: float) -> None:
        """Move this clock, but not the one that it follows; keywords as for :class:`~datetime.timedelta`."""
        self._ahead += timedelta(**duration).total_seconds()

    def follow(self, clock: Callable[[], float]) -> None:
        """Follow another clock from now on."""
        self._clock = clock

    def stop(self) -> None:
        """Stop at the present time."""
        self.set(self())

    def set(self, moment: float) -> None:
        """Stop at `moment`."""
        self._clock, self._ahead = (lambda: moment), 0.0
