"""``RedisStore``: shares tokens between machines."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from ..deadline import call_with_timeout
from ..tokens import LIFETIME, Token
from . import read_record

#: Seconds that one command may take: no timeout of a client ends its retries, and it may have no timeout at all.
_MOMENT = 2.0
#: Seconds between two tries to get the lock.
_POLL = 0.05
_FAILURE = "Redis did not answer"
#: Compare and delete, in one step.
_DISCARD = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class RedisStore:
    """Shares tokens between machines, through a Redis server.

    A token is bound to the IP address that it was issued to [vendor]: the machines must leave by one address. A record
    expires with its token. Locks are those of redis-py, and end by themselves when their holder dies.

    :param client: a ``redis.Redis``, or one like it. It is lent, so never closed.
    :param prefix: what the names of the keys begin with.
    """

    def __init__(self, client: Any, prefix: str = "requests-kiwoom:") -> None:
        # The methods of an asynchronous client have the same names.
        if isinstance(client, type) or not hasattr(client, "lock") or hasattr(client, "__aenter__"):
            raise TypeError("client must be a redis.Redis, such as redis.Redis.from_url(...)")
        self._client = client
        self._prefix = prefix

    def load(self, key: str) -> Token | None:
        """The token that is stored under `key`, or ``None``."""
        return call_with_timeout(lambda: self._read(key), _MOMENT, _FAILURE)

    def update(self, key: str, issue: Callable[[Token | None], Token], *, wait: float) -> Token:
        """Store what `issue` makes of the stored token, and return it; other processes wait meanwhile."""
        # It outlives what may run under it, and a holder that was killed is not waited for much longer than that.
        lock = self._client.lock(
            f"{self._prefix}{key}:lock", timeout=wait + 2 * _MOMENT, sleep=_POLL, thread_local=False
        )
        try:
            # Got when nobody waits any more, it would be in everybody's way until it ends.
            acquired = call_with_timeout(
                lambda: lock.acquire(blocking_timeout=wait),
                wait + _MOMENT,
                _FAILURE,
                undo=lambda acquired: lock.release(),
            )
            if not acquired:
                raise TimeoutError(f"another process held the lock for more than {wait:g} s")
            stored = self.load(key)
            token = issue(stored)
        except BaseException:
            _let_go(lock)
            raise
        try:
            call_with_timeout(lambda: self._finish(key, token, token != stored, lock), _MOMENT, _FAILURE)
        except Exception:
            raise
        except BaseException:  # Ctrl-C, say, before it began.
            _let_go(lock)
            raise
        return token

    def discard(self, key: str, token: Token) -> None:
        """Remove `token` if it is the one that is stored under `key`."""
        call_with_timeout(lambda: self._client.eval(_DISCARD, 1, self._prefix + key, _record(token)), _MOMENT, _FAILURE)

    def _read(self, key: str) -> Token | None:
        record = self._client.get(self._prefix + key)
        # Text, if the client has decode_responses.
        text = record.decode("latin-1") if isinstance(record, bytes) else record or ""
        expires, _, value = text.partition(" ")
        # int() would take signs and underscores, and fail for very many digits.
        is_number = expires.isdecimal() and len(expires) <= 12
        return read_record(value, int(expires)) if is_number else None

    def _finish(self, key: str, token: Token, is_new: bool, lock: Any) -> None:
        try:
            if is_new:
                # Raises if the lock was lost: somebody else may have stored a newer token by now.
                lock.reacquire()
                self._client.set(self._prefix + key, _record(token), px=_milliseconds_left(token))
        finally:
            lock.release()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a RedisStore cannot be pickled or copied: its connections belong here; build it in the worker")


def _let_go(lock: Any) -> None:
    # If Redis is away, or the lock is not held, there is nothing to let go of.
    with suppress(Exception):
        call_with_timeout(lock.release, _MOMENT, _FAILURE)


def _record(token: Token) -> str:
    return f"{int(token.expires_epoch)} {token.value}"


def _milliseconds_left(token: Token) -> int:
    left = token.expires_epoch - time.time()
    # A clock that gives it more than a whole life, or none, is wrong.
    return int(1000 * (left if 1 <= left <= LIFETIME else LIFETIME))
