"""A token store in memory."""

import threading
from collections.abc import Callable

from requests_kiwoom import Token


class DictStore:
    """Shares tokens between the auths of one process."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def load(self, key: str) -> Token | None:
        """The stored token."""
        return self._tokens.get(key)

    def update(self, key: str, issue: Callable[[Token | None], Token], *, wait: float) -> Token:
        """Replace the stored token by what `issue` returns for it."""
        if not self._lock.acquire(timeout=wait):
            raise TimeoutError("the store is locked")
        try:
            self._tokens[key] = token = issue(self._tokens.get(key))
            return token
        finally:
            self._lock.release()

    def discard(self, key: str, token: Token) -> None:
        """Forget `token`, if it is the stored one."""
        if self._tokens.get(key) == token:
            del self._tokens[key]
