"""``TokenStore``: where the processes that use a key share its token."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from ..tokens import Token, epoch_to_kst


@runtime_checkable
class TokenStore(Protocol):
    """Where the processes that use a key share its token: three methods, which several threads may call at once.

    A store may raise what it likes: it is logged, and the token is issued without the store. Nor need it judge what it
    holds: a token that has expired, or was rejected, is not adopted.
    """

    def load(self, key: str) -> Token | None:
        """The token that is stored under `key`, or ``None``; without waiting for whoever holds the lock.

        :param key: a hash of the appkey and the host.
        """

    def update(self, key: str, issue: Callable[[Token | None], Token], *, wait: float) -> Token:
        """Under the key's exclusive lock, store what `issue` returns, and return it.

        :param key: as for :meth:`load`.
        :param issue: is given the stored token, or ``None``. What it raises passes through, and nothing is stored.
        :param wait: seconds to wait for the lock, and the longest that `issue` takes; raise if it is not to be had.
        """

    def discard(self, key: str, token: Token) -> None:
        """Remove `token` if it is the one that is stored under `key`, and leave any other alone."""


def read_record(value: object, expires: object) -> Token | None:
    """The token of a stored record, or ``None`` if it is none that au10001 can have issued.

    :param value: the bare token.
    :param expires: when it expires, in whole seconds since the epoch.
    """
    if not isinstance(value, str) or type(expires) is not int:
        return None
    try:
        return Token(value, epoch_to_kst(expires))
    except (ValueError, OverflowError, OSError):  # Three ways to say that no datetime goes that far.
        return None
