"""``SQLiteStore``: shares tokens between the processes of one machine."""

import os

from ..tokens import Token
from .protocol import Issue, StoreError
from .record import read_record
from .sqlite_connection import Connection
from .sqlite_file import find, find_or_create

#: Marks a database as ours ("Kiwo" in ASCII): the database of another program is not changed.
_APPLICATION_ID = 0x4B69776F
_VERSION = 1
_SCHEMA = (
    "CREATE TABLE tokens (key TEXT PRIMARY KEY, token TEXT NOT NULL, expires INTEGER NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
)

#: Seconds that a read or a commit waits for other processes: each holds it up for milliseconds, unless a disk is slow.
_SHORT_WAIT = 2.0


class SQLiteStore:
    """Shares tokens between the processes of one machine, through an SQLite file.

    The file is created when a token is first stored, for its owner alone: mode 0600, and 0700 for its folder if that is
    created too. Windows has no such modes: there the user's own folder protects it. While one process issues a token,
    the others wait for the whole file, so give each key a file of its own.

    The file is examined at each use, not by the constructor. It is not used if it belongs to another user, is open to
    others, is a symbolic link, is damaged, or is another program's: then the methods raise a :class:`StoreError` that
    says what to do, which an auth logs as a warning, and it issues the token without the store. So a pod whose volume
    changes the file's mode at each start still starts.

    A process that was forked while another thread used a store does not use any ``SQLiteStore``.

    :param path: the file, on a local disk: file locks do not work over networks. ``~`` is the home directory.
    :raises ValueError: if `path` names no file, or begins with a ``~`` that stands for no known directory.
    """

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        # Not in a request: a fork or a Ctrl-C in the middle of an import can leave the import's lock held for ever.
        import sqlite3  # noqa: F401

        name = os.fsdecode(path)
        if name in ("", ":memory:") or "\0" in name:
            raise ValueError("path must name a file; a database in memory would not be shared")
        expanded = os.path.expanduser(name)
        # Without HOME and an entry for the user (as in a container), "~" is left as it is: a folder of that name.
        if expanded.startswith("~"):
            raise ValueError(
                f"the ~ in {name!r} stands for no known home directory: set HOME, or give the whole path (./~ for a "
                "file of that name)"
            )
        self._path = os.path.abspath(expanded)

    def load(self, key: str) -> Token | None:
        """Return the token that is stored under `key`, or ``None``."""
        if not find(self._path):
            return None
        with Connection(self._path, _SHORT_WAIT) as database:
            database.execute("BEGIN")
            return _read_token(database, key) if _has_our_schema(database) else None

    def update(self, key: str, issue: Issue, *, wait: float) -> Token:
        """Store what `issue` makes of the stored token, and return it; other processes wait meanwhile."""
        find_or_create(self._path)
        with Connection(self._path, wait) as database:
            database.execute("BEGIN IMMEDIATE")
            has_schema = _has_our_schema(database)
            stored = _read_token(database, key) if has_schema else None
            token = issue(stored)
            if token != stored:
                for statement in () if has_schema else _SCHEMA:
                    database.execute(statement)
                record = (key, token.value, int(token.expires_epoch))
                database.execute("INSERT OR REPLACE INTO tokens (key, token, expires) VALUES (?, ?, ?)", *record)
                database.commit(_SHORT_WAIT)
            return token

    def discard(self, key: str, token: Token) -> None:
        """Remove `token` if it is the one that is stored under `key`."""
        if not find(self._path):
            return
        with Connection(self._path, _SHORT_WAIT) as database:
            database.execute("BEGIN IMMEDIATE")
            if _has_our_schema(database):
                database.execute("DELETE FROM tokens WHERE key = ? AND token = ?", key, token.value)
                database.commit(_SHORT_WAIT)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__.get('_path')!r})"


def _has_our_schema(database: Connection) -> bool:
    """Return ``True`` if the database is ours, ``False`` if it is blank.

    :raises StoreError: if it is neither.
    """
    ((application_id,),) = database.execute("PRAGMA application_id")
    ((version,),) = database.execute("PRAGMA user_version")
    if (application_id, version) == (_APPLICATION_ID, _VERSION):
        return True
    if application_id == _APPLICATION_ID:
        raise StoreError("the file was written by another version of requests_kiwoom: give the store a file of its own")
    if application_id or version or database.execute("SELECT 1 FROM sqlite_master"):
        raise StoreError("the file is another program's database: give the store a file of its own")
    return False


def _read_token(database: Connection, key: str) -> Token | None:
    rows = database.execute("SELECT token, expires FROM tokens WHERE key = ?", key)
    return read_record(*rows[0]) if rows else None
