"""``GuardedStore``: one key's token in a store that may fail; a token source uses it, or ``NoStore``."""

import hashlib
import logging
import math
import os
import threading
import traceback
from collections.abc import Callable

from ..origins import Origin
from ..tokens import Token
from .protocol import Issue, StoreError, TokenStore

logger = logging.getLogger(__name__)

#: Seconds between two warnings with the same cause.
_WARNING_INTERVAL = 60.0
#: Seconds for which a store that failed is skipped: otherwise each waiting thread would wait for it again.
_SKIP_AFTER_FAILURE = 1.0
#: How many causes are remembered: a store may put something new into each error.
_MAX_CAUSES = 100
#: Characters of an error's text in the log.
_MAX_TEXT = 500


def store_key(origin: Origin, appkey: str) -> str:
    """Return the key for the token of `appkey`: production and mock, and two accounts, never share one."""
    # Neither half can contain the line break between them.
    return hashlib.sha256(f"{origin}\n{appkey}".encode()).hexdigest()


class _Inside(threading.local):
    """Marks a thread that is inside a store."""

    #: The process in which it entered the store; 0 outside. A child that was forked meanwhile is not inside.
    pid = 0


_inside = _Inside()


class GuardedStore:
    """One key's token in `store`. A failure of the store is a logged warning, never an error of the request.

    A signal handler that sends a request may interrupt a thread inside a store, which then holds its lock: the handler
    goes on without any store.

    :param store: where the token is shared.
    :param key: the key of the token, from :func:`store_key`.
    :param clock: returns seconds since the epoch.
    """

    __slots__ = ("_store", "_key", "_clock", "_failed_at", "_warned_at")

    def __init__(self, store: TokenStore, key: str, clock: Callable[[], float]) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        #: When the store failed last.
        self._failed_at = -math.inf
        #: When each cause was logged last.
        self._warned_at: dict[str, float] = {}

    def load(self) -> Token | None:
        """Return the stored token; ``None`` if there is none, or the store fails."""
        return self._load() if self._is_usable() else None

    def update(self, issue: Issue, wait: float) -> Token:
        """Return what `issue` makes of the stored token, and store it; if the store fails, only return it.

        :param issue: called once, whatever the store does: what it returns or raises stands.
        :param wait: seconds to wait for the store's lock. `issue` must return within twice that time.
        """
        if not self._is_usable():
            return issue(None)
        call = _SingleCall(issue)
        is_lock_timeout = self._update(call, wait)
        if not call.is_done:
            # While this process waited for the lock, another one may have stored a token.
            call(self._load() if is_lock_timeout else None)
        return call.result()

    def discard(self, token: Token) -> None:
        """Remove `token` from the store if it is the one that is stored."""
        if _inside.pid == os.getpid():
            return
        try:
            _inside.pid = os.getpid()
            self._store.discard(self._key, token)
        except Exception as error:
            self._log_failure(error, token)
        finally:
            _inside.pid = 0

    def __repr__(self) -> str:
        return f"<GuardedStore {type(self._store).__name__} key={self._key[:8]}>"

    def _is_usable(self) -> bool:
        return _inside.pid != os.getpid() and not 0 <= self._clock() - self._failed_at < _SKIP_AFTER_FAILURE

    def _load(self) -> Token | None:
        try:
            _inside.pid = os.getpid()
            return self._store.load(self._key)
        except Exception as error:
            self._log_failure(error)
            return None
        finally:
            _inside.pid = 0

    def _update(self, call: "_SingleCall", wait: float) -> bool:
        """Have the store make the call; return whether its lock was not free in time."""
        # The fallback is not in here: a reporter would show a store's error, token and all, as the issue's __context__.
        try:
            _inside.pid = os.getpid()
            self._store.update(self._key, call, wait=wait)
            if not call.is_done:
                raise StoreError("its update() returned without calling issue")
        except Exception as error:
            if call.error is None:
                self._log_failure(error, call.token)
            return isinstance(error, TimeoutError)
        finally:
            _inside.pid = 0
        return False

    def _log_failure(self, error: Exception, token: Token | None = None) -> None:
        now = self._clock()
        self._failed_at = now
        cause = _describe(error, token)
        if 0 <= now - self._warned_at.get(cause, -math.inf) < _WARNING_INTERVAL:
            return
        if len(self._warned_at) >= _MAX_CAUSES:
            self._warned_at.clear()
        self._warned_at[cause] = now
        logger.warning("the token store failed, continuing without it: %s", cause)


class NoStore:
    """Stands in for a :class:`GuardedStore` where there is no store."""

    __slots__ = ()

    def load(self) -> None:
        """Return ``None``: nothing is stored."""

    def update(self, issue: Issue, wait: float) -> Token:
        """Return what `issue` returns."""
        return issue(None)

    def discard(self, token: Token) -> None:
        """Do nothing."""

    def __repr__(self) -> str:
        return "<NoStore>"


class _SingleCall:
    """Calls `issue` the first time that it is called, and returns or raises the same outcome each time."""

    __slots__ = ("_issue", "token", "error")

    def __init__(self, issue: Issue) -> None:
        self._issue = issue
        self.token: Token | None = None
        self.error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.token is not None or self.error is not None

    def __call__(self, stored: Token | None) -> Token:
        if not self.is_done:
            try:
                self.token = self._issue(stored)
            except Exception as error:
                self.error = error
        return self.result()

    def result(self) -> Token:
        if self.error is not None:
            raise self.error
        assert self.token is not None  # issue() returns a token.
        return self.token

    def __repr__(self) -> str:
        return f"<_SingleCall {self.token or type(self.error).__name__}>"


def _describe(error: Exception, token: Token | None) -> str:
    """Return one line for the log that cannot contain a token."""
    if isinstance(error, StoreError):
        text = " ".join(str(error).split())[:_MAX_TEXT]
        if token is None or token.value[:8] not in text:
            return text
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    return f"{type(error).__name__} at {place} (its text is not logged: it may quote the token)"
