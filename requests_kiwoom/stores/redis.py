"""``RedisStore``: shares tokens between machines."""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from ..deadline import call_with_timeout
from ..tokens import LIFETIME, Token
from .protocol import Issue, LockTimeout, StoreError
from .record import read_record

_T = TypeVar("_T")

#: Seconds that one command may take. A client's own timeouts do not limit its retries, and it may have no timeout.
_COMMAND_SECONDS = 2.0
#: Seconds that a second connection may take, which finds out why Redis did not respond.
_REASON_SECONDS = 0.5
#: Seconds between two attempts to get the lock.
_POLL_SECONDS = 0.05
#: Base classes of redis-py's errors (and of those of its fork valkey-py) whose text quotes no response. InvalidResponse
#: is not among them: "Protocol Error: b'…'" quotes what could not be parsed.
_ERRORS_WITHOUT_DATA = {"ConnectionError", "TimeoutError", "ResponseError"}


class _NoResponse(StoreError):
    """Redis did not respond in time; the next command would take as long again."""


class RedisStore:
    """Shares tokens between machines, through a Redis server.

    A token is bound to the IP address that it was issued to [vendor]: the machines must share one public IP address. A
    record expires with its token. A lock ends by itself when its holder is killed: 4 seconds after the longest that a
    token call may take.

    The server needs no scripting. A user with few rights needs GET, SET, DEL, TIME, WATCH, UNWATCH, MULTI and EXEC on
    the keys that begin with `prefix`.

    :param client: a ``redis.Redis``, or one like it. It is lent, so it is never closed or changed.
    :param prefix: what the names of the keys begin with.
    :raises TypeError: if `client` is something else, such as an asynchronous client.
    """

    def __init__(self, client: Any, prefix: str = "requests-kiwoom:") -> None:
        # The methods of an asynchronous client have the same names.
        if isinstance(client, type) or not hasattr(client, "transaction") or hasattr(client, "__aenter__"):
            raise TypeError("client must be a redis.Redis, such as redis.Redis.from_url(...)")
        self._client = client
        self._prefix = prefix

    def load(self, key: str) -> Token | None:
        """Return the token that is stored under `key`, or ``None``."""
        return _read_record(self._run(lambda: self._client.get(self._prefix + key)))

    def update(self, key: str, issue: Issue, *, wait: float) -> Token:
        """Store what `issue` makes of the stored token, and return it; other processes wait meanwhile."""
        lock = _Lock(self._client, f"{self._prefix}{key}:lock", 2 * wait + 2 * _COMMAND_SECONDS)
        try:
            # A lock that Redis grants after the time is over would block others: release it.
            self._run(lambda: lock.acquire(wait), wait, undo=lambda acquired: lock.release())
            stored = self.load(key)
            token = issue(stored)
            if token == stored:
                self._run(lock.release)
            else:
                self._run(lambda: lock.release_and_set(self._prefix + key, token))
        except _NoResponse:
            raise
        except BaseException:  # Ctrl-C as well.
            with suppress(Exception):
                self._run(lock.release)
            raise
        return token

    def discard(self, key: str, token: Token) -> None:
        """Remove `token` if it is the one that is stored under `key`."""
        self._run(lambda: _delete_if(self._client, self._prefix + key, _format_record(token)))

    def __repr__(self) -> str:
        # Without the client: its repr() is another library's, and tells how it connects.
        return f"<RedisStore prefix={self.__dict__.get('_prefix')!r}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a RedisStore cannot be pickled or copied: its connections belong here; build it in the worker")

    def _run(
        self,
        function: Callable[[], _T],
        wait: float = 0.0,
        undo: "Callable[[_T], object] | None" = None,
    ) -> _T:
        """Run `function`, which may wait so many seconds, with a time limit; raise what Redis reports as StoreError."""
        try:
            return call_with_timeout(function, wait + _COMMAND_SECONDS, "Redis did not respond", undo=undo)
        except StoreError:
            raise
        except TimeoutError as error:
            failure: StoreError = _NoResponse(self._find_reason() or str(error))
        except Exception as error:
            text = _describe(error)
            if text is None:
                raise
            failure = StoreError(text)
        # Out here, so that no __context__ quotes the record.
        raise failure

    def _find_reason(self) -> "str | None":
        """Connect once more, without retries, and return why Redis refused; ``None`` if it did not respond.

        Since 6.0, redis-py retries for several seconds by default, and a refused password, too: its AuthenticationError
        is a ConnectionError (https://github.com/redis/redis-py/blob/master/redis/retry.py).
        """

        def connect() -> None:
            pool = self._client.connection_pool
            connection = pool.connection_class(**{**pool.connection_kwargs, "retry": None, "retry_on_error": []})
            try:
                connection.connect()
            finally:
                connection.disconnect()

        reason = None
        try:
            call_with_timeout(connect, _REASON_SECONDS, "Redis did not respond")
        except TimeoutError:
            pass
        except Exception as error:
            reason = _describe(error)
        return reason


class _Lock:
    """A lock that ends by itself, as https://redis.io/docs/latest/commands/set/ describes it.

    Not redis-py's: that one is taken with SET but released by a script, so on a server without scripting it stays.

    :param seconds: how long it lasts if it is not released.
    """

    def __init__(self, client: Any, name: str, seconds: float) -> None:
        self._client = client
        self._name = name
        self._milliseconds = int(1000 * seconds)
        # Known from the start: a lock can be released even if the response that granted it was lost.
        self._holder = uuid.uuid4().hex

    def acquire(self, wait: float) -> None:
        """Wait for the lock, `wait` seconds at most."""
        deadline = time.monotonic() + wait
        while not self._client.set(self._name, self._holder, nx=True, px=self._milliseconds):
            if time.monotonic() + _POLL_SECONDS > deadline:
                raise LockTimeout(f"another process held the lock for more than {wait:g} s")
            time.sleep(_POLL_SECONDS)  # SET NX does not wait.

    def release(self) -> None:
        """Release the lock, if it is held."""
        _delete_if(self._client, self._name, self._holder)

    def release_and_set(self, name: str, token: Token) -> None:
        """Store `token` and release the lock, in one step."""

        def release_and_set(pipe: Any) -> None:
            if _as_text(pipe.get(self._name)) != self._holder:
                raise StoreError("the lock ended before the token was issued: a newer one may be stored")
            seconds, _ = pipe.time()
            pipe.multi()
            pipe.set(name, _format_record(token), px=_milliseconds_left(token, seconds))
            pipe.delete(self._name)

        # WATCH: if the lock changes meanwhile, EXEC does nothing, and redis-py runs the function again.
        self._client.transaction(release_and_set, self._name)

    def __repr__(self) -> str:
        return f"<_Lock {self._name}>"


def _delete_if(client: Any, name: str, content: str) -> None:
    """Delete the key `name` if it has that `content`."""

    def delete(pipe: Any) -> None:
        is_same = _as_text(pipe.get(name)) == content
        pipe.multi()
        if is_same:
            pipe.delete(name)

    client.transaction(delete, name)


def _describe(error: Exception) -> "str | None":
    """Return Redis' own words if they cannot quote a record; otherwise ``None``."""
    if _ERRORS_WITHOUT_DATA.isdisjoint(base.__name__ for base in type(error).__mro__):
        return None
    # redis-py: "Command # 1 (SET … TOKEN …) of pipeline caused error: …"; Redis: "unknown command 'SET', with args
    # beginning with: … TOKEN".
    text = str(error).rpartition("of pipeline caused error: ")[2].partition(", with args")[0]
    return f"{type(error).__name__}: {text}"


def _as_text(content: "bytes | str | None") -> str:
    # Text, if the client has decode_responses.
    return content.decode("latin-1") if isinstance(content, bytes) else content or ""


def _format_record(token: Token) -> str:
    return f"{int(token.expires_epoch)} {token.value}"


def _read_record(content: "bytes | str | None") -> Token | None:
    expires, _, value = _as_text(content).partition(" ")
    # int() would take signs and underscores, and fail for very many digits.
    is_number = expires.isdecimal() and len(expires) <= 12
    return read_record(value, int(expires)) if is_number else None


def _milliseconds_left(token: Token, now: int) -> int:
    """Return for how long the record is kept.

    :param now: seconds since the epoch by Redis' own clock, which ends the record. PXAT would need Redis 6.2, and a
        server whose clock is wrong would drop the record at once.
    """
    left = token.expires_epoch - now
    # A clock by which the token has more than a whole life, or none, is wrong.
    return int(1000 * (left if 1 <= left <= LIFETIME else LIFETIME))
