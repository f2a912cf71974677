"""``SQLiteStore``: shares tokens between the processes of one machine."""

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..tokens import Token
from . import read_record

if TYPE_CHECKING:
    import sqlite3  # At run time it loads where it is used: programs without a store do not pay for it.

#: Marks a database as ours ("Kiwo"): another program's is left alone.
_APPLICATION_ID = 0x4B69776F
_VERSION = 1
_SCHEMA = (
    "CREATE TABLE tokens (key TEXT PRIMARY KEY, token TEXT NOT NULL, expires INTEGER NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
)
#: What SQLite puts beside a database.
_SIBLINGS = ("-journal", "-wal", "-shm")

#: Seconds that a read or a commit waits for other processes: they hold it up for milliseconds, unless a disk is slow.
_MOMENT = 2.0
#: Seconds that SQLite waits in one go: no signal handler runs meanwhile.
_TURN = 0.25
#: Seconds that a fork waits for the operations of other threads: longer than any takes with the usual timeouts.
_LONGEST_OPERATION = 30.0


class SQLiteStore:
    """Shares tokens between the processes of one machine, through an SQLite file.

    The file is made when it is first needed, for its owner alone: mode 0600, and 0700 for its folder if that is made
    too. Windows has no such modes: there the user's own folder protects it. While one process issues a token, the
    others wait for the whole file, so give each key a file of its own. A file that is damaged, or another program's, is
    left as it is.

    :param path: the file, on a local disk: file locks do not work over networks. ``~`` is the home directory.
    :raises ValueError: if `path` names no file.
    :raises PermissionError: if the file belongs to another user, is open to others, or is a symbolic link.
    """

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        if os.fspath(path) in ("", ":memory:"):
            raise ValueError("path must name a file: a database in memory is shared with nobody")
        self._path = os.path.abspath(os.path.expanduser(os.fspath(path)))
        _examine(self._path)

    def load(self, key: str) -> Token | None:
        """The token that is stored under `key`, or ``None``."""
        deadline = time.monotonic() + _MOMENT
        with _operation(self._path):
            if not _find(self._path):
                return None
            with _connected(self._path) as database:
                database.execute("BEGIN")
                return _stored(database, key) if _is_ours(database, deadline) else None

    def update(self, key: str, issue: Callable[[Token | None], Token], *, wait: float) -> Token:
        """Store what `issue` makes of the stored token, and return it; other processes wait meanwhile."""
        deadline = time.monotonic() + wait
        with _operation(self._path):
            _find_or_create(self._path)
            with _connected(self._path) as database:
                _patiently(database, "BEGIN IMMEDIATE", deadline)
                ours = _is_ours(database, deadline)
                stored = _stored(database, key) if ours else None
                token = issue(stored)
                if token != stored:
                    for statement in () if ours else _SCHEMA:
                        database.execute(statement)
                    record = (key, token.value, int(token.expires_epoch))
                    database.execute("INSERT OR REPLACE INTO tokens (key, token, expires) VALUES (?, ?, ?)", record)
                    _patiently(database, "COMMIT", time.monotonic() + _MOMENT)
                return token

    def discard(self, key: str, token: Token) -> None:
        """Remove `token` if it is the one that is stored under `key`."""
        deadline = time.monotonic() + _MOMENT
        with _operation(self._path):
            if not _find(self._path):
                return
            with _connected(self._path) as database:
                _patiently(database, "BEGIN IMMEDIATE", deadline)
                if _is_ours(database, deadline):
                    database.execute("DELETE FROM tokens WHERE key = ? AND token = ?", (key, token.value))
                    _patiently(database, "COMMIT", deadline)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._path!r})"


# The file. It is looked at by its name alone: closing any descriptor of a file drops the POSIX locks that the process
# has on it, SQLite's included (https://sqlite.org/howtocorrupt.html, section 2.2).


def _find(path: str) -> bool:
    """Whether the file is there; examined, and not in the middle of being made by another thread."""
    with _making:
        return _examine(path)


def _find_or_create(path: str) -> None:
    with _making:
        if _examine(path):
            return
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            # SQLite would make it with a mode of the umask's. With O_EXCL, nobody can have a lock on it yet.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:  # Another process was faster.
            _examine(path)


def _examine(path: str) -> bool:
    """Whether the file is there.

    :raises PermissionError: if it, or what SQLite puts beside it, is not this user's alone.
    """
    found = [name for name in (path, *(path + sibling for sibling in _SIBLINGS)) if _is_private(name)]
    return path in found


def _is_private(path: str) -> bool:
    """Whether there is such a file; whoever may read it, may read the token.

    :raises PermissionError: if there is, but not for this user alone.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(status.st_mode):
        raise PermissionError(f"{path} is a symbolic link, and may lead anywhere: give the path that it leads to")
    if not stat.S_ISREG(status.st_mode):
        raise PermissionError(f"{path} is no regular file: give the store a file of its own")
    # On Windows, neither the owner nor the mode says anything.
    if hasattr(os, "geteuid"):
        if status.st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another user: give the store a file of your own")
        if status.st_mode & 0o077:
            import shlex

            raise PermissionError(f"{path} holds a token, and is open to others: run chmod 600 {shlex.quote(path)}")
    return True


# The database.


@contextmanager
def _connected(path: str) -> "Iterator[sqlite3.Connection]":
    """A connection for one operation; what that does not commit is undone."""
    import sqlite3

    # mode=rw: a file that has just been deleted is not made anew, with a mode of the umask's.
    database = sqlite3.connect(f"{Path(path).as_uri()}?mode=rw", uri=True, timeout=_TURN, isolation_level=None)
    try:
        # Noise where a text should be is a miss, not an error.
        database.text_factory = lambda raw: raw.decode("latin-1")
        yield database
    finally:
        database.close()


def _patiently(database: "sqlite3.Connection", statement: str, deadline: float) -> "sqlite3.Cursor":
    """Execute `statement`; while other processes have the file locked, wait until `deadline`."""
    while True:
        try:
            return database.execute(statement)
        except Exception as error:
            if str(error) != "database is locked" or time.monotonic() > deadline:
                raise


def _is_ours(database: "sqlite3.Connection", deadline: float) -> bool:
    """Whether the database is ours; ``False`` if it is blank.

    :raises OSError: if it is neither.
    """
    application_id = _patiently(database, "PRAGMA application_id", deadline).fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if (application_id, version) == (_APPLICATION_ID, _VERSION):
        return True
    if application_id == _APPLICATION_ID:
        raise OSError("the file was written by another version of requests_kiwoom: give the store a file of its own")
    if application_id or version or database.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise OSError("the file is another program's database: give the store a file of its own")
    return False


def _stored(database: "sqlite3.Connection", key: str) -> Token | None:
    row = database.execute("SELECT token, expires FROM tokens WHERE key = ?", (key,)).fetchone()
    return read_record(*row) if row else None


# Forks. SQLite remembers which locks its process has. A child that is forked in the middle of an operation would think
# for ever that it has them: so forks wait for the operations of other threads, and operations for forks.

_making = threading.RLock()
# Entered by itself: Condition.__enter__ is Python code, in which a signal handler's exception leaves the lock behind.
_lock = threading.RLock()
_forking = threading.Condition(_lock)
#: Thread and path of each operation that goes on.
_operations: list[tuple[int, str]] = []
#: The paths of operations that went on in the parent when this process was forked.
_cut_off: set[str] = set()


@contextmanager
def _operation(path: str) -> Iterator[None]:
    """An operation on the file at `path`.

    :raises OSError: if this process cannot use it.
    """
    if path in _cut_off:
        raise OSError("this process was forked while another thread used the store: start it before, or with spawn")
    operation = (threading.get_ident(), path)
    try:
        with _lock:
            _operations.append(operation)
        yield
    finally:
        with _lock:
            with suppress(ValueError):  # A signal's exception came before it was there.
                _operations.remove(operation)
            _forking.notify_all()


def _before_fork() -> None:
    _forking.acquire()
    own = threading.get_ident()
    _forking.wait_for(lambda: all(thread == own for thread, _ in _operations), _LONGEST_OPERATION)


def _after_fork_in_parent() -> None:
    _forking.release()


def _after_fork_in_child() -> None:
    global _making, _lock, _forking
    # The threads that held them are not in the child.
    _making, _lock = threading.RLock(), threading.RLock()
    _forking = threading.Condition(_lock)
    _cut_off.update(path for _, path in _operations)
    _operations.clear()


if hasattr(os, "register_at_fork"):  # Not on Windows.
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
