"""``TokenStore``: the three methods of a store, and ``StoreError``: a failure whose text may be logged."""

from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

from ..tokens import Token

#: Called with the stored token, or ``None``; returns the token to store, or raises.
Issue: TypeAlias = "Callable[[Token | None], Token]"


@runtime_checkable
class TokenStore(Protocol):
    """Shares the token of a key between processes, by three methods that several threads may call at once.

    A store may raise anything: the failure is logged, and the token is issued without the store. A store need not
    check what it holds: the auth does not use a token that has expired or was rejected.
    """

    def load(self, key: str) -> Token | None:
        """Return the token that is stored under `key`, or ``None``; do not wait for the key's lock.

        :param key: a hash of the appkey and the origin.
        """

    def update(self, key: str, issue: Issue, *, wait: float) -> Token:
        """Under the key's exclusive lock, store the token that `issue` returns, and return it.

        :param key: as for :meth:`load`.
        :param issue: call it with the stored token, or ``None``. If it raises, store nothing, and let the error pass.
        :param wait: seconds to wait for the lock. `issue` returns within twice that time: a lock that expires by itself
            must last longer.
        :raises TimeoutError: if the lock was not free in time. The token may be stored by then: it is loaded again.
        """

    def discard(self, key: str, token: Token) -> None:
        """Remove `token` if it is the one that is stored under `key`; leave any other token there."""


class StoreError(OSError):
    """A store failed. Raise it only with a text that quotes no record: the text is logged.

    Of any other exception, only the type and the place are logged, because its text may quote a token, as in
    ``invalid literal for int() with base 10: '1795… TOKEN'``.
    """


class LockTimeout(StoreError, TimeoutError):
    """The lock was not free in time."""
