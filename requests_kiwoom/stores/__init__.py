"""Stores share one token per key between programs. Without one, each process issues a token of its own.

================  ===========================================================
the programs run  the store
================  ===========================================================
in one process    none: give them one ``KiwoomAuth``
on one machine    :class:`SQLiteStore`, which needs nothing but a path
on many machines  :class:`RedisStore`, which needs a Redis server and redis-py
elsewhere         your own: three methods, as in :class:`TokenStore`
================  ===========================================================

Two programs that name the same file make one au10001 call:

>>> first = KiwoomAuth("my-appkey", "my-secretkey", store=SQLiteStore("tokens.db"))
>>> second = KiwoomAuth("my-appkey", "my-secretkey", store=SQLiteStore("tokens.db"))
>>> first.token() == second.token()
True

A store never breaks a request. If it fails, the logger ``requests_kiwoom.stores.guarded`` has a warning, at most once a
minute for one cause, and the token is issued without the store. The store is then skipped for one second.

A store of your own needs an exclusive lock per key that all its programs share, and a place that no other user can
read: a token trades. This one is for several auths of one process:

>>> import threading
>>> class DictStore:
...     def __init__(self):
...         self._tokens = {}
...         self._lock = threading.Lock()
...
...     def load(self, key):
...         return self._tokens.get(key)
...
...     def update(self, key, issue, *, wait):
...         if not self._lock.acquire(timeout=wait):
...             raise TimeoutError("another thread issues")
...         try:
...             self._tokens[key] = issue(self._tokens.get(key))
...             return self._tokens[key]
...         finally:
...             self._lock.release()
...
...     def discard(self, key, token):
...         if self._tokens.get(key) == token:
...             del self._tokens[key]
>>> store = DictStore()
>>> auths = [KiwoomAuth("my-appkey", "my-secretkey", store=store) for _ in range(2)]
>>> auths[0].token() == auths[1].token()
True

Store a token's ``value`` and ``expires_at``, and make ``Token(value, expires_at)`` of them again. The text of an
exception is logged only if it is a :class:`StoreError`: raise one, with a text that quotes no record.
"""

from .protocol import StoreError, TokenStore
from .redis import RedisStore
from .sqlite import SQLiteStore

__all__ = ["RedisStore", "SQLiteStore", "StoreError", "TokenStore"]
