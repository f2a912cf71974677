"""``RateLimits``: how many calls a second Kiwoom takes."""

from collections import deque

from .clock import Clock

_AU10001 = 2
_PRODUCTION, _MOCK = 5, 1


class RateLimits:
    """Counts the calls of one key, by API, over the last second: 5 on production, 1 on mock, 2 of au10001 [captured].

    A call that is turned down does not count.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}

    def exceeded(self, api_id: str, mock: bool) -> int | None:
        """The limit, if one more call goes beyond it; otherwise that call is counted."""
        limit = _AU10001 if api_id == "au10001" else _MOCK if mock else _PRODUCTION
        now, taken = self._clock(), self._taken.setdefault(api_id, deque())
        while taken and now - taken[0] >= 1.0:
            taken.popleft()
        if len(taken) >= limit:
            return limit
        taken.append(now)
        return None
