"""``TokenLife``: the one token that a key pair has at a time."""

import secrets
from typing import NamedTuple

from ..tokens import LIFETIME
from .clock import Clock


class IssuedToken(NamedTuple):
    """A token, when it expires (whole seconds since the epoch), and the IP address that it was issued to."""

    value: str
    expires_epoch: int
    client: str


class TokenLife:
    """Issues tokens. A token lives 24 hours from its *first* issue [captured], unless it is revoked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._current: IssuedToken | None = None
        #: Every token of this key pair, expired and revoked ones included.
        self.ever: set[str] = set()

    def issue(self, client: str, *, replace: bool) -> IssuedToken:
        """Return the live token, or a new one if there is none.

        :param client: the IP address of the caller.
        :param replace: issue a new token in any case, and revoke the old one.
        """
        current = None if replace else self.live()
        if current is None:
            current = IssuedToken(secrets.token_urlsafe(64), int(self._clock() + LIFETIME), client)
            self._current = current
            self.ever.add(current.value)
        return current

    def live(self) -> IssuedToken | None:
        """Return the live token, if there is one."""
        current = self._current
        return current if current is not None and self._clock() < current.expires_epoch else None

    def revoke(self) -> None:
        """Revoke the live token."""
        self._current = None
