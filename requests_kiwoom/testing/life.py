"""``TokenLife``: the one token that a key pair has at a time."""

import secrets
from typing import NamedTuple

from ..tokens import LIFETIME
from .clock import Clock


class Issued(NamedTuple):
    """A token, when it expires (whole seconds since the epoch), and to which IP address it was issued."""

    value: str
    expires: int
    client: str


class TokenLife:
    """A token lives 24 hours from its *first* issue [captured], unless it is revoked; then a new life begins."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._current: Issued | None = None
        #: Every token of this key pair, the dead ones included.
        self.ever: set[str] = set()

    def issue(self, client: str, *, anew: bool) -> Issued:
        """The token that lives, or a new one; if `anew`, a new one in any case, which kills the old."""
        current = None if anew else self.living()
        if current is None:
            current = Issued(secrets.token_urlsafe(64), int(self._clock() + LIFETIME), client)
            self._current = current
            self.ever.add(current.value)
        return current

    def living(self) -> Issued | None:
        """The token that lives, if any."""
        current = self._current
        return current if current is not None and self._clock() < current.expires else None

    def end(self) -> None:
        """Kill it."""
        self._current = None
