"""``RateLimits``: how many calls a second Kiwoom accepts."""

from collections import deque

from .clock import Clock

_AU10001 = 2
_PRODUCTION, _MOCK = 5, 1
_BURST = 2


class RateLimits:
    """Counts the calls of one key, by API. A refused call does not count.

    The usual limits are counted over the last second: 5 calls, 1 on mock, 2 of au10001 [captured]. With ``bursts``,
    each API has room for 2 calls, and gets room for another every second [disputed: one client measured it]; au10001
    keeps its limit.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._accepted: dict[str, deque[float]] = {}
        self._rooms: dict[str, tuple[float, float]] = {}

    def exceeded(self, api_id: str, mock: bool, bursts: bool) -> int | None:
        """Count one call; return the limit instead if the call exceeds it."""
        if bursts and api_id != "au10001":
            return self._exceeded_burst(api_id)
        limit = _AU10001 if api_id == "au10001" else _MOCK if mock else _PRODUCTION
        now, accepted = self._clock(), self._accepted.setdefault(api_id, deque())
        while accepted and now - accepted[0] >= 1.0:
            accepted.popleft()
        if len(accepted) >= limit:
            return limit
        accepted.append(now)
        return None

    def _exceeded_burst(self, api_id: str) -> int | None:
        now = self._clock()
        room, since = self._rooms.get(api_id, (float(_BURST), now))
        room = min(float(_BURST), room + now - since)
        if room < 1.0:
            return 1
        self._rooms[api_id] = room - 1.0, now
        return None
