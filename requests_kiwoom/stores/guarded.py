"""``GuardedStore``: a key's token in its store, what happens when the store fails, and when there is none."""

import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..origins import Origin
from ..tokens import Token

if TYPE_CHECKING:
    from . import TokenStore

logger = logging.getLogger("requests_kiwoom")

#: Seconds between two warnings for one cause.
_QUIET = 60.0
#: Seconds that a store which has just failed is left alone: several threads need not wait for it one by one.
_LEFT_ALONE = 1.0
#: More causes than this are forgotten: a store of the user's may put a new one into every error.
_MOST_CAUSES = 100


def store_key(origin: Origin, appkey: str) -> str:
    """What the token of `appkey` is stored under: production and mock, and two accounts, never share one."""
    # Neither half can hold the line break between them.
    return hashlib.sha256(f"{origin}\n{appkey}".encode()).hexdigest()


class GuardedStore:
    """The token of one key in a store, for one thread at a time.

    A store that fails is never an error of the request: it is a warning, at most once a minute for one cause.

    :param store: where it is.
    :param key: what the token is stored under.
    :param now: the clock, in seconds since the epoch.
    """

    __slots__ = ("_store", "_key", "_now", "_failed_at", "_warned_at", "_updating")

    def __init__(self, store: "TokenStore", key: str, now: Callable[[], float]) -> None:
        self._store = store
        self._key = key
        self._now = now
        self._failed_at = -_LEFT_ALONE
        self._warned_at: dict[str, float] = {}
        self._updating = False

    def load(self) -> Token | None:
        """The stored token, if there is one, and the store gives it."""
        store = self._working_store()
        return self._loaded(store) if store is not None else None

    def update(self, issue: Callable[[Token | None], Token], wait: float) -> Token:
        """What `issue` makes of the stored token, kept in the store under its lock; or made without the store.

        :param issue: called once, whatever the store does, and what it returns or raises stands.
        :param wait: seconds to wait for the store's lock.
        """
        store = self._working_store()
        # A signal handler may have interrupted the thread that issues: it would wait for the lock that it holds.
        if store is None or self._updating:
            return issue(None)
        try:
            self._updating = True
            return self._updated(store, issue, wait)
        finally:
            self._updating = False

    def discard(self, token: Token) -> None:
        """Remove `token` from the store if it is still the one that is stored."""
        try:
            self._store.discard(self._key, token)
        except Exception as error:
            self._note_failure(error, token)

    def _working_store(self) -> "TokenStore | None":
        left_alone = 0 <= self._now() - self._failed_at < _LEFT_ALONE
        return None if left_alone else self._store

    def _loaded(self, store: "TokenStore") -> Token | None:
        try:
            return store.load(self._key)
        except Exception as error:
            self._note_failure(error)
            return None

    def _updated(self, store: "TokenStore", issue: Callable[[Token | None], Token], wait: float) -> Token:
        tokens: list[Token] = []
        errors: list[Exception] = []

        def once(stored: Token | None) -> Token:
            if not tokens and not errors:
                try:
                    tokens.append(issue(stored))
                except Exception as error:
                    errors.append(error)
            for failure in errors:
                raise failure
            return tokens[0]

        try:
            store.update(self._key, once, wait=wait)
            if not tokens and not errors:
                raise TypeError("its update() returned without a call of issue")
        except Exception as error:
            if not errors:
                self._note_failure(error, *tokens)
        for failure in errors:
            raise failure
        # While its lock was waited for in vain, another process may have stored a token all the same.
        return tokens[0] if tokens else issue(self._loaded(store))

    def _note_failure(self, error: Exception, *tokens: Token) -> None:
        now = self._now()
        self._failed_at = now
        cause = _describe(error, *tokens)
        if 0 <= now - self._warned_at.get(cause, -_QUIET) < _QUIET:
            return
        if len(self._warned_at) >= _MOST_CAUSES:
            self._warned_at.clear()
        self._warned_at[cause] = now
        logger.warning("the token store failed, so this process goes on without it for now: %s", cause)


class NoStore:
    """What stands in place of a :class:`GuardedStore` where there is no store: nothing is stored."""

    __slots__ = ()

    def load(self) -> None:
        return None

    def update(self, issue: Callable[[Token | None], Token], wait: float) -> Token:
        return issue(None)

    def discard(self, token: Token) -> None:
        pass


def _describe(error: Exception, *tokens: Token) -> str:
    """One line on why a store failed, without the token: Redis quotes the command that it refuses, cut short."""
    name = type(error).__name__
    try:
        text = " ".join(str(error).split())[:300]
    except Exception:  # It is anybody's class.
        return name
    secret = any(token.value[:8] in text for token in tokens)
    return f"{name}: {text}" if text and not secret else name
