"""A token store in memory, and what tests of stores need: tokens, keys and requests."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests

from requests_kiwoom import KiwoomAuth, Token
from requests_kiwoom.origins import origin_of
from requests_kiwoom.stores.guarded import store_key
from requests_kiwoom.testing import KiwoomServer
from tests.helpers.constants import PATH


class DictStore:
    """Shares tokens between the auths of one process."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def load(self, key: str) -> Token | None:
        """Return the stored token."""
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


def post(auth: KiwoomAuth) -> int:
    """Send one request; return its `return_code`."""
    response = requests.post(f"{auth.base_url}{PATH}", auth=auth.for_api("ka10001"), json={})
    code: int = response.json()["return_code"]
    return code


def key_of(server: KiwoomServer) -> str:
    """Return the key under which the server's token is stored."""
    return store_key(origin_of(server.url), server.appkey)


def token(value: str, **life: float) -> Token:
    """Return a token that expires that long from now; keywords as for :class:`~datetime.timedelta`."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return Token(value, now + timedelta(**life))


def sql(path: Path, statement: str, *values: object) -> list[Any]:
    """Run a statement over a connection of its own, as another program would; return the rows."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
        return database.execute(statement, values).fetchall()
