"""``find`` and ``find_or_create``: the database file of ``SQLiteStore``, which must belong to this user alone."""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from ..locks import ProcessLock
from .protocol import StoreError

#: What SQLite puts beside a database: a journal may hold the token, or put another one into the database.
_SIBLINGS = ("-journal", "-wal", "-shm")
#: Seconds to wait for another thread that looks at the file or creates it, which takes it milliseconds.
_THREAD_WAIT = 2.0

# Closing any descriptor of a file drops all POSIX locks that the process has on it, SQLite's as well
# (https://sqlite.org/howtocorrupt.html, section 2.2). So the file is examined by its name, and only its creation opens
# and closes a descriptor: before another thread can find the file, and open it.
_creating = ProcessLock()


def find(path: str) -> bool:
    """Return whether the file exists.

    :raises StoreError: if it, or what SQLite put beside it, is not this user's alone.
    """
    with _file_errors(), _creating.hold(_THREAD_WAIT):
        return _examine(path)


def find_or_create(path: str) -> None:
    """Create the file, and its folder, for this user alone, unless it exists.

    :raises StoreError: as for :func:`find`, or if it cannot be created.
    """
    with _file_errors(), _creating.hold(_THREAD_WAIT):
        if _examine(path):
            return
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            # SQLite would create it with a mode that depends on the umask, and would follow a symbolic link.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:  # Another process was faster.
            pass
        _examine(path)  # Some file systems (WSL's /mnt/c, vfat) give each file the same mode.


@contextmanager
def _file_errors() -> Iterator[None]:
    # The text of an OSError is the system's message and a path.
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"{type(error).__name__}: {error}") from error


def _examine(path: str) -> bool:
    """Return whether the file exists; raise StoreError if it, or a sibling, is not this user's alone."""
    # On Windows neither owner nor mode says anything, and even lstat() opens a handle: another process's SQLite could
    # not delete its journal meanwhile, and takes it for one that a crash left behind.
    if os.name != "nt":
        for sibling in _SIBLINGS:
            _is_private_file(path + sibling)
    return _is_private_file(path)


def _is_private_file(path: str) -> bool:
    """Return whether there is such a file; raise StoreError if it is not this user's alone."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(status.st_mode):
        raise StoreError(f"{path} is a symbolic link: give the store the path that it leads to")
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"{path} is not a regular file: give the store a file of its own")
    if os.name != "nt":
        if status.st_uid != os.geteuid():
            raise StoreError(f"{path} belongs to another user: give the store a file of your own")
        if status.st_mode & 0o077:
            raise StoreError(
                f"{path} is open to others (mode {stat.S_IMODE(status.st_mode):04o}), so it is not used: run chmod 600 "
                f"{shlex.quote(path)}. If the mode comes back, move it: on WSL from /mnt to your home directory, in "
                "Kubernetes from a volume with fsGroup to an emptyDir"
            )
    return True
