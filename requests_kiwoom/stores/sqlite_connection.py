"""``Connection``: one connection of ``SQLiteStore`` to its file, which a forked child does not use."""

import os
import time
import weakref
from types import TracebackType
from typing import Any
from urllib.parse import quote

from .protocol import LockTimeout, StoreError

#: Seconds that SQLite waits for a lock in one C call: meanwhile no signal handler runs.
_SLICE = 0.25

_FORKED = "this process was forked while its parent used a SQLiteStore: fork earlier, or start processes with spawn"

# SQLite keeps in memory which locks its process has on a file, and it has mutexes. A child that is forked in the middle
# of another thread's operation inherits both, and they are never released there: SQLite would read without a lock, say
# "database is locked" for ever, or hang in its next open(). A connection from before a fork must not be used, nor even
# closed, in the child (https://sqlite.org/howtocorrupt.html, section 2.6).
#
# So each connection is noted here, before it is opened, until it is closed. A child that inherits one uses no
# SQLiteStore. It notices by its process id: C code that forks (uWSGI) runs no Python fork hook. No fork waits, and the
# notes are weak, so that an interrupted operation leaves none behind.
_connections: "weakref.WeakKeyDictionary[Connection, None]" = weakref.WeakKeyDictionary()
#: Connections that a child inherited: kept, because the end of one would close it.
_inherited: "list[Connection]" = []


class Connection:
    """A context manager: a connection for one operation; what it did not commit is undone at its end.

    :param path: the file, which must exist.
    :param wait: seconds to wait while other processes have the file locked.
    :raises StoreError: if this process cannot use SQLite, or SQLite cannot open the file.
    """

    def __init__(self, path: str, wait: float) -> None:
        self._path = path
        self._pid = os.getpid()
        self._deadline = time.monotonic() + wait
        if any(connection._pid != self._pid for connection in _list_connections()):
            raise StoreError(_FORKED)
        try:
            _connections[self] = None
            self._database = _open(path)
        except BaseException:
            _connections.pop(self, None)
            raise

    def execute(self, statement: str, *parameters: object) -> "list[tuple[Any, ...]]":
        """Execute `statement` and return its rows; while other processes have the file locked, try again.

        :raises LockTimeout: if it was locked until the end of `wait`.
        :raises StoreError: for any other failure; SQLite's messages quote no parameters.
        """
        import sqlite3

        if os.getpid() != self._pid:
            raise StoreError(_FORKED)
        while True:
            try:
                rows: list[tuple[Any, ...]] = self._database.execute(statement, parameters).fetchall()
                return rows
            except sqlite3.Error as error:
                # Python 3.10 has no sqlite_errorcode.
                is_locked = str(error) == "database is locked"
                if not is_locked:
                    raise StoreError(f"{type(error).__name__}: {error}") from error
                if time.monotonic() > self._deadline:
                    raise LockTimeout("database is locked") from error

    def commit(self, wait: float) -> None:
        """Commit.

        :param wait: seconds to wait for processes that read.
        """
        self._deadline = time.monotonic() + wait
        self.execute("COMMIT")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", traceback: "TracebackType | None"
    ) -> None:
        if os.getpid() != self._pid:
            _inherited.append(self)
            return
        try:
            self._database.close()
        finally:
            _connections.pop(self, None)

    def __repr__(self) -> str:
        return f"<Connection {self._path!r} pid={self._pid}>"


def _list_connections() -> "list[Connection]":
    # keyrefs() copies in one step: other threads add and remove connections meanwhile.
    return [connection for reference in _connections.keyrefs() if (connection := reference()) is not None]


def _open(path: str) -> Any:
    import sqlite3

    # mode=rw: a file that was deleted in this moment is not created with a mode that depends on the umask. The URI is
    # made here: Path.as_uri() gives SQLite another file for \\server\share, and none for \\?\C:\path.
    uri = f"file:{quote(os.fsencode(path), safe='')}?mode=rw"
    try:
        database = sqlite3.connect(uri, uri=True, timeout=_SLICE, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError(f"{type(error).__name__}: {error}") from error
    # Corrupt text is a miss, not an error that quotes it.
    database.text_factory = lambda raw: raw.decode("latin-1")
    return database


def _keep_inherited() -> None:
    _inherited.extend(_list_connections())


if hasattr(os, "register_at_fork"):  # Not on Windows.
    # After os.fork(), PyPy frees what the parent's other threads held; after a fork in C, nothing is freed.
    os.register_at_fork(after_in_child=_keep_inherited)
