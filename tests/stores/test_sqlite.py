"""``SQLiteStore``: whose file it is, and what becomes of a file that is not as it should be."""

import logging
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from requests_kiwoom import KiwoomAuth, SQLiteStore, Token
from requests_kiwoom.stores import sqlite as sqlite_store
from tests.helpers.processes import build_auth, in_process
from tests.helpers.tools import in_threads, run_without_coverage
from tests.stores.test_stores import key_of, post, token

try:
    import resource
except ImportError:  # Windows.
    pass

needs_modes = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no POSIX owner and mode here")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def path(tmp_path):
    """Where the store's file is to be."""
    return tmp_path / "tokens.db"


@pytest.fixture
def auth(server, path):
    """An auth with a store at that path."""
    return build_auth(server, path)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def sql(path, statement, *values):
    """The rows that a program with its own connection sees."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
        return database.execute(statement, values).fetchall()


WITHOUT_URIS = """
import ctypes, sqlite3, sys, _sqlite3
from pathlib import Path
from requests_kiwoom import SQLiteStore

SQLITE_CONFIG_URI = 17
library = ctypes.CDLL(_sqlite3.__file__)
assert 0 == library.sqlite3_shutdown()
assert 0 == library.sqlite3_config(SQLITE_CONFIG_URI, 0)
assert 0 == library.sqlite3_initialize()
try:
    sqlite3.connect(Path(sys.argv[1]).as_uri())
except sqlite3.OperationalError as error:
    print(error)
print(SQLiteStore(sys.argv[1]).load("key").value)
"""


class TestTheFile:
    @needs_modes
    def test_it_is_the_owner_s_alone(self, tmp_path):
        """The file is made 0600 and its folder 0700, whatever the umask."""
        path = tmp_path / "made" / "tokens.db"
        before = os.umask(0)
        try:
            SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)
        finally:
            os.umask(before)

        assert 0o600 == mode(path)
        assert 0o700 == mode(path.parent)

    @needs_modes
    def test_what_sqlite_puts_beside_it_too(self, path, monkeypatch):
        """The journal of a write, which may hold the old token, is 0600 as well."""
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        seen = []

        def kept_open(statement):
            if statement == "COMMIT":
                seen.extend((name.name, mode(name)) for name in path.parent.iterdir())

        patiently = sqlite_store._patiently
        monkeypatch.setattr(sqlite_store, "_patiently", lambda *args: (kept_open(args[1]), patiently(*args))[1])
        before = os.umask(0)
        try:
            store.update("key", lambda stored: token("y", hours=1), wait=1)
        finally:
            os.umask(before)

        assert {("tokens.db", 0o600), ("tokens.db-journal", 0o600)} == set(seen)

    def test_building_a_store_makes_no_file(self, tmp_path):
        """The file and its folder are made when a token is kept, not before; reading makes none either."""
        store = SQLiteStore(tmp_path / "folder" / "tokens.db")

        assert store.load("key") is None
        store.discard("key", token("x", hours=1))
        assert [] == list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["with a space.db", "토큰 저장소.db", "100%.db", "a?b=c#d.db", "'\"`$(x).db"])
    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
    def test_any_name_will_do(self, tmp_path, name):
        """Spaces, Korean, and what means something in a URL or a shell: the file has that very name."""
        store, kept = SQLiteStore(tmp_path / "폴더 1" / name), token("x", hours=1)
        store.update("key", lambda stored: kept, wait=1)

        assert kept == SQLiteStore(tmp_path / "폴더 1" / name).load("key")
        assert [name] == os.listdir(tmp_path / "폴더 1")

    def test_a_relative_path_is_meant_now(self, tmp_path, monkeypatch):
        """A program that changes its directory keeps its store; ``~`` is the home directory."""
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        (tmp_path / "elsewhere").mkdir()
        store = SQLiteStore("tokens.db")
        monkeypatch.chdir("elsewhere")
        store.update("key", lambda stored: token("x", hours=1), wait=1)

        assert "x" == SQLiteStore("~/tokens.db").load("key").value

    @pytest.mark.parametrize("place", ["", ":memory:"])
    def test_a_place_that_is_no_file(self, place):
        """What SQLite takes for a database in memory would be shared with nobody."""
        with pytest.raises(ValueError, match="path must name a file"):
            SQLiteStore(place)

    def test_whose_it_is(self, server, auth, path):
        """It is marked in SQLite's own way as a file of this package, and of which layout: other versions read it."""
        auth.token()

        assert [(int.from_bytes(b"Kiwo", "big"),)] == sql(path, "PRAGMA application_id")
        assert [(1,)] == sql(path, "PRAGMA user_version")

    def test_the_record_is_the_token_and_its_expiry(self, server, auth, path):
        """Neither key is in the file, and no more than a hash, the token and its expiry."""
        value = auth.token()

        assert [(key_of(server), value, int(auth.expires_at.timestamp()))] == sql(path, "SELECT * FROM tokens")
        for secret in (server.appkey, server.secretkey):
            assert secret.encode() not in path.read_bytes()

    def test_a_token_that_is_adopted_is_not_written(self, path):
        """As long as the token stays the same, so does every byte of the file."""
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        content = path.read_bytes()

        store.update("key", lambda stored: stored, wait=1)

        assert content == path.read_bytes()

    @pytest.mark.skipif(sys.platform != "linux", reason="SQLite's library is found as Linux finds it")
    def test_where_sqlite_takes_no_uris_by_itself(self, path):
        """A SQLite that was built without SQLITE_USE_URI opens the file as well."""
        SQLiteStore(path).update("key", lambda stored: token("fake-token", hours=1), wait=1)

        assert "unable to open database file\nfake-token\n" == run_without_coverage(WITHOUT_URIS, str(path))

    def test_a_file_that_goes_while_it_is_opened(self, path, monkeypatch):
        """A file that is deleted between the look at it and its opening is not made anew by SQLite, with its mode."""
        monkeypatch.setattr(sqlite_store, "_find", lambda path: True)

        with pytest.raises(sqlite3.OperationalError):
            SQLiteStore(path).load("key")
        assert not path.exists()

    def test_no_file_descriptor_stays_open(self, path):
        """Each operation closes its connection: none is there to be inherited by a fork."""
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        store.load("key")
        os.rename(path, path.with_suffix(".moved"))  # Windows does not rename an open file.
        if Path("/proc/self/fd").exists():
            links = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
            assert not [link for link in links if "tokens" in link]


class TestWhoseFile:
    @needs_modes
    @pytest.mark.parametrize("sibling", ["", "-journal", "-wal", "-shm"])
    @pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602])
    def test_a_file_that_is_open_to_others(self, path, bits, sibling):
        """A file that others may read or write is refused, and the error says what to run."""
        name = Path(f"{path}{sibling}")
        name.touch()
        name.chmod(bits)

        with pytest.raises(PermissionError, match=f"chmod 600 {name}"):
            SQLiteStore(path)

    @needs_modes
    @pytest.mark.parametrize("target", ["there", "nowhere"])
    def test_a_symbolic_link(self, path, target):
        """A symbolic link is refused, whether it leads anywhere or not."""
        (path.parent / "there").touch(mode=0o600)
        path.symlink_to(path.parent / target)

        with pytest.raises(PermissionError, match="symbolic link"):
            SQLiteStore(path)

    def test_a_folder(self, tmp_path):
        """What is no regular file is refused."""
        with pytest.raises(PermissionError, match="no regular file"):
            SQLiteStore(tmp_path)

    @needs_modes
    @pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root can give a file away")
    def test_another_user_s_file(self, path):
        """A file that belongs to somebody else is refused."""
        path.touch(mode=0o600)
        os.chown(path, 65534, 65534)

        with pytest.raises(PermissionError, match="belongs to another user"):
            SQLiteStore(path)

    @needs_modes
    def test_found_later_it_is_a_warning(self, server, auth, path, caplog):
        """A file that is opened to others while the program runs is not used: a warning, and an issue without it."""
        auth.token()
        path.chmod(0o644)
        content = path.read_bytes()
        server.revoke_all()

        assert 0 == post(auth)
        assert f"chmod 600 {path}" in caplog.text
        assert content == path.read_bytes()

    @needs_modes
    def test_another_process_makes_it_first(self, path, monkeypatch):
        """A file that appears while this process is about to make it is examined like any other."""
        monkeypatch.setattr(os, "makedirs", lambda *args, **kwargs: path.touch(mode=0o644))

        with pytest.raises(PermissionError, match="chmod 600"):
            SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)

    def test_where_modes_say_nothing(self, path, monkeypatch):
        """On Windows, which knows no such owner and mode, the file is used."""
        monkeypatch.delattr(os, "geteuid", raising=False)
        monkeypatch.delattr(os, "register_at_fork", raising=False)
        path.touch(mode=0o644)
        SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)

        assert "x" == SQLiteStore(path).load("key").value

    @needs_fork
    def test_the_lock_survives_other_threads(self, path):
        """While a thread holds the lock, nothing that other threads do with the store lets go of it.

        Closing any descriptor of the file, from anywhere in the process, would.
        """
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)

        def within(stored):
            in_threads(4, lambda: (SQLiteStore(path).load("key"), build_store_again(path)))
            assert "database is locked" == in_process(try_to_lock, str(path))
            return stored

        store.update("key", within, wait=1)
        assert "got it" == in_process(try_to_lock, str(path))


def build_store_again(path):
    with pytest.raises(sqlite3.OperationalError):
        SQLiteStore(path).update("key", lambda stored: stored, wait=0)


def try_to_lock(path):
    """Whether another process could lock the file."""
    try:
        sql(path, "BEGIN IMMEDIATE")
        return "got it"
    except sqlite3.OperationalError as error:
        return str(error)


FOREIGN = {
    "a text": lambda path: path.write_text("my notes\n" * 1000),
    "one line": lambda path: path.write_text("my notes"),
    "noise": lambda path: path.write_bytes(os.urandom(12288)),
    "another program's database": lambda path: sql(path, "CREATE TABLE notes (id, note)"),
    "another program's tokens": lambda path: sql(path, "CREATE TABLE tokens (id, note)"),
    "another program's mark": lambda path: sql(path, "PRAGMA application_id = 7"),
    "another program's version": lambda path: sql(path, "PRAGMA user_version = 7"),
}


class TestFilesThatAreNotAsTheyShouldBe:
    @pytest.mark.parametrize("what", FOREIGN)
    def test_a_foreign_file(self, server, path, caplog, what):
        """What is not ours: one warning, a token issued without it, and not a byte of it changed."""
        path.touch(mode=0o600)
        FOREIGN[what](path)
        content = path.read_bytes()
        auth = build_auth(server, path)

        assert 0 == post(auth) == post(auth)
        assert 1 == server.issues
        assert 1 == caplog.text.count("the token store failed")
        assert what.startswith("another") == ("OSError: the file is another program's database" in caplog.text)
        assert content == path.read_bytes()

    @pytest.mark.parametrize("size", [1, 100, 4095, 4096, 8192, 12287])
    def test_a_file_that_was_cut(self, server, auth, path, size):
        """A file that was truncated costs an issue, not a request, and is left as it is unless SQLite can read it."""
        auth.token()
        os.truncate(path, size)
        server.revoke_all()

        assert 0 == post(auth)
        assert 0 == post(build_auth(server, path))

    def test_an_empty_file(self, server, auth, path):
        """A file that was emptied is begun anew."""
        auth.token()
        os.truncate(path, 0)
        server.revoke_all()

        assert 0 == post(auth)
        assert auth.token() == build_auth(server, path).token()

    def test_nothing_to_discard(self, path):
        """A file in which there is nothing yet is left as it is by discard()."""
        path.touch(0o600)

        SQLiteStore(path).discard("key", token("x", hours=1))

        assert b"" == path.read_bytes()

    def test_a_deleted_file(self, server, auth, path):
        """A file that was deleted, folder and all, is made again."""
        auth.token()
        shutil.rmtree(path.parent)
        server.revoke_all()

        assert 0 == post(auth)
        assert auth.token() == build_auth(server, path).token()
        assert 2 == server.issues

    def test_noise_in_any_place(self, server, auth, path):
        """Whatever 200 random bytes are, and wherever they are written: the request goes on."""
        auth.token()
        good = path.read_bytes()
        for place in range(0, len(good) - 200, 512):
            path.write_bytes(good[:place] + os.urandom(200) + good[place + 200 :])
            server.clock.advance(seconds=2)
            server.revoke_all()
            assert 0 == post(auth)
            path.write_bytes(good)

    @pytest.mark.parametrize(
        "value, expires",
        [
            ("a\r\nb", 2e9),
            ("", 2e9),
            ("x" * 1001, 2e9),
            ("토큰", 2e9),
            (b"bytes", 2e9),
            (7, 2e9),
            ("x", "soon"),
            ("x", 1e300),
            ("x", -(2**63)),
            ("x", 2**63 - 1),
            ("x", 253402300799),
        ],
    )
    def test_a_forged_record_is_a_miss(self, server, path, value, expires):
        """A record that au10001 cannot have issued is replaced by one that it did."""
        build_auth(server, path).token()
        expires = int(expires) if expires == 2e9 else expires
        sql(path, "UPDATE tokens SET token = ?, expires = ?", value, expires)
        auth = build_auth(server, path)

        assert 0 == post(auth)
        assert [(auth.token(),)] == sql(path, "SELECT token FROM tokens")

    def test_a_text_that_is_no_text_is_a_miss(self, server, path):
        """Bytes that are no UTF-8 in place of the token are replaced."""
        build_auth(server, path).token()
        sql(path, "UPDATE tokens SET token = CAST(x'ff00fe' AS TEXT)")
        auth = build_auth(server, path)

        assert [(auth.token(),)] == sql(path, "SELECT token FROM tokens")

    def test_a_newer_version_s_file(self, server, auth, path, caplog):
        """A file of a later version of this package is left alone."""
        auth.token()
        sql(path, "PRAGMA user_version = 2")
        server.revoke_all()

        assert 0 == post(auth)
        assert "another version of requests_kiwoom" in caplog.text

    @pytest.mark.parametrize("use", [lambda store: store.load("key"), lambda store: store.discard("key", token("x"))])
    def test_how_long_a_lock_is_waited_for(self, path, use, monkeypatch):
        """Two seconds, for what takes other programs milliseconds; in the last moment of them it is tried once more."""
        SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)
        moments = iter([0.0, 2.0, 2.001])
        monkeypatch.setattr(sqlite_store, "time", SimpleNamespace(monotonic=moments.__next__))
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            with pytest.raises(sqlite3.OperationalError, match="^database is locked$"):
                use(SQLiteStore(path))

        assert [] == list(moments)

    def test_how_long_sqlite_waits_in_one_go(self, path):
        """A quarter of a second: no signal handler runs meanwhile."""
        SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)
        with sqlite_store._connected(str(path)) as database:
            assert [(250,)] == database.execute("PRAGMA busy_timeout").fetchall()

    @pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN; SELECT * FROM tokens"])
    def test_a_lock_that_is_let_go_of(self, path, lock, monkeypatch):
        """What other programs do with the file for a while is waited for: load(), update() and discard() succeed."""
        monkeypatch.setattr(sqlite_store, "_MOMENT", 30.0)  # On a busy machine, the timer may come late.
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        for work, outcome in (
            (lambda: store.load("key").value, "x"),
            (lambda: store.update("key", lambda stored: token("y", hours=1), wait=30).value, "y"),
            (lambda: store.discard("key", token("y", hours=1)), None),
        ):
            with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
                for statement in lock.split("; "):
                    other.execute(statement).fetchall()
                # Longer than SQLite itself waits in one go.
                ending = threading.Timer(0.6, other.rollback)
                ending.start()
                assert outcome == work()
                ending.join()
        assert store.load("key") is None

    def test_a_locked_database(self, server, auth, path, caplog):
        """While another program keeps the file locked, a request waits a bounded time, and issues without it."""
        auth.token()
        server.revoke_all()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert 0 == post(auth)
        assert 1 == caplog.text.count("database is locked")


def send_with_no_space(url, appkey, secretkey, path):
    """Two requests of a process whose files may not grow; what it logged, and how the file looks afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        return send_logged(url, appkey, secretkey, path)
    finally:
        # What coverage measured in this process is a file that grows, too.
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def send_as_nobody(url, appkey, secretkey, path):
    """The same of a process of another user, if this one is root: root may write anywhere."""
    # Once before, since another user may not even read Python's library.
    post(KiwoomAuth(appkey, secretkey, base_url=url))
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    return send_logged(url, appkey, secretkey, path)


def send_logged(url, appkey, secretkey, path):
    lines = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(record.getMessage())
    logging.getLogger("requests_kiwoom").addHandler(handler)
    auth = KiwoomAuth(appkey, secretkey, base_url=url, store=SQLiteStore(path))
    return [post(auth), post(auth)], lines


@needs_modes
class TestFilesThatCannotBeWritten:
    @pytest.fixture
    def folder(self):
        """A folder that another user may enter: not below pytest's, which each run of pytest locks up again."""
        with tempfile.TemporaryDirectory() as name:
            os.chmod(name, 0o711)
            yield Path(name)

    def test_a_full_disk(self, server, path):
        """With no space left: one warning, one issue, no half a file."""
        build_auth(server, path).token()
        content = path.read_bytes()
        server.revoke_all()

        codes, warnings = in_process(send_with_no_space, server.url, server.appkey, server.secretkey, str(path))

        assert [0, 0] == codes
        assert 2 == server.issues
        assert 1 == len([line for line in warnings if "the token store failed" in line])
        assert content == path.read_bytes()
        assert SQLiteStore(path).load(key_of(server)) is not None

    def test_a_read_only_folder(self, server, folder):
        """Where no file can be made: one warning, and one issue without it."""
        folder.chmod(0o555)

        codes, warnings = in_process(
            send_as_nobody, server.url, server.appkey, server.secretkey, str(folder / "tokens.db")
        )

        assert [0, 0] == codes
        assert 2 == server.issues
        assert ["PermissionError"] == [line.split(": ")[1] for line in warnings]

    def test_chmod_000(self, server, folder):
        """A file that its owner may not even read: one warning, and one issue without it."""
        path = folder / "tokens.db"
        build_auth(server, path).token()
        path.chmod(0o000)
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
            os.chown(folder, 65534, 65534)

        codes, warnings = in_process(send_as_nobody, server.url, server.appkey, server.secretkey, str(path))

        assert [0, 0] == codes
        assert 3 == server.issues
        assert 1 == len(warnings)


class TestForksAndSignals:
    @needs_fork
    @pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
    def test_a_fork_while_a_thread_has_the_file_locked(self, server, auth, path):
        """A child that is forked in the middle of another thread's issue can use the store.

        SQLite would tell it for ever that the file is locked.
        """
        server.latency = 0.5
        thread = threading.Thread(target=auth.token)
        thread.start()
        while server.issues == 0:
            pass  # Until the thread is in the middle of its call.

        child = os.fork()
        if child == 0:
            try:
                SQLiteStore(path).update("child", lambda stored: token("child-s", hours=1), wait=2)
                os._exit(0)
            finally:
                os._exit(99)
        _, status = os.waitpid(child, 0)
        thread.join()

        assert 0 == os.waitstatus_to_exitcode(status)
        assert "child-s" == SQLiteStore(path).load("child").value

    @needs_fork
    @pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
    def test_a_fork_that_could_not_wait(self, path):
        """A child that was forked within an operation does without the store, whatever it wants, and says why."""
        pids = []

        def fork_within(stored):
            pids.append(os.fork())
            if pids[0] == 0:
                try:
                    store, new = SQLiteStore(path), token("y", hours=1)
                    for use in (
                        lambda: store.load("key"),
                        lambda: store.update("key", lambda stored: new, wait=0),
                        lambda: store.discard("key", new),
                    ):
                        with pytest.raises(OSError, match="forked"):
                            use()
                    os._exit(0)
                finally:
                    os._exit(99)
            return token("x", hours=1)

        SQLiteStore(path).update("key", fork_within, wait=1)

        assert 0 == os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1])
        assert "x" == SQLiteStore(path).load("key").value

    @needs_fork
    @pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
    def test_a_fork_that_gave_up_waiting(self, path, monkeypatch):
        """A child that was forked while another thread hangs does without that file, and can use another one."""
        begun, done, waits = threading.Event(), threading.Event(), []

        class Hurried(threading.Condition):
            def wait_for(self, predicate, timeout=None):
                waits.append(timeout)
                return super().wait_for(predicate, timeout / 300)

        makedirs = os.makedirs
        monkeypatch.setattr(os, "makedirs", lambda *args, **kwargs: (begun.set(), done.wait()))
        monkeypatch.setattr(sqlite_store, "_forking", Hurried(sqlite_store._lock))
        update = SQLiteStore(path).update
        hanging = threading.Thread(target=update, args=("key", lambda stored: token("x", hours=1)), kwargs={"wait": 1})
        hanging.start()
        begun.wait()

        child = os.fork()
        if child == 0:
            try:
                signal.alarm(60)
                os.makedirs = makedirs
                SQLiteStore(path.with_name("another.db")).update("key", lambda stored: token("x", hours=1), wait=1)
                SQLiteStore(path).load("key")
            except OSError as error:
                os._exit(0 if "forked" in str(error) else 98)
            finally:
                os._exit(99)
        _, status = os.waitpid(child, 0)
        done.set()
        hanging.join()

        assert 0 == os.waitstatus_to_exitcode(status)
        assert [30.0] == waits

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
    def test_a_signal_handler_that_sends_a_request(self, server, auth):
        """A handler that interrupts the thread that issues, and sends an order, does not wait for its own lock."""
        server.latency = 0.3
        codes, took = [], []

        def handler(signum, frame):
            start = time.monotonic()
            codes.append(post(auth))
            took.append(time.monotonic() - start)

        before = signal.signal(signal.SIGALRM, handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            codes.append(post(auth))
        finally:
            signal.signal(signal.SIGALRM, before)

        assert [0, 0] == codes
        assert took[0] < 5  # No timing: the wait for its own lock would be 13 s.

    @pytest.mark.parametrize("use", ["update", "discard"])
    def test_a_signal_handler_that_uses_the_store(self, path, use, monkeypatch):
        """In the middle of an operation it is told that the file is locked; the operation goes on, whoever is told."""
        store, kept, new = SQLiteStore(path), token("x", hours=1), token("y", hours=1)
        store.update("key", lambda stored: kept, wait=1)
        connect, interrupted = sqlite3.connect, []

        class Interrupted(sqlite3.Connection):
            def execute(self, statement, *values):
                if "application_id" in statement and not interrupted:
                    interrupted.append(statement)
                    store.update("key", lambda stored: kept, wait=0)
                return super().execute(statement, *values)

        monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, **kwargs, factory=Interrupted))
        if use == "update":
            assert new == store.update("key", lambda stored: new, wait=1)
        else:
            store.discard("key", kept)

        assert 1 == len(interrupted)
        assert (new if use == "update" else None) == store.load("key")

    def test_ctrl_c_while_waiting(self, server, path):
        """Ctrl-C ends a process that waits for another one's lock, and leaves the file as it was."""
        program = "import sys; from requests_kiwoom import SQLiteStore; print(1, flush=True); " + (
            "SQLiteStore(sys.argv[1]).update('key', lambda stored: stored, wait=60)"
        )

        def within(stored):
            waiting = subprocess.Popen(
                [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            with waiting:
                waiting.stdout.readline()
                time.sleep(0.3)  # Nothing tells that it has begun to wait.
                waiting.send_signal(signal.SIGINT)
                _, stderr = waiting.communicate(timeout=120)
            assert b"KeyboardInterrupt" in stderr
            return token("x", hours=1)

        SQLiteStore(path).update("key", within, wait=1)

        assert "x" == SQLiteStore(path).load("key").value


def test_repr_names_the_path(path):
    """A store shows where it is, which is no secret."""
    assert f"SQLiteStore({str(path)!r})" == repr(SQLiteStore(path))


def test_the_package_does_without_sqlite_and_redis():
    """Importing the package imports neither sqlite3 nor redis; building a store does not either."""
    program = (
        "import sys; before = {*sys.modules}; from requests_kiwoom import RedisStore, SQLiteStore; SQLiteStore('x');"
        " print([name for name in {*sys.modules} - before if name in ('sqlite3', '_sqlite3', 'redis')])"
    )

    assert b"[]" == subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.strip()


def test_stores_are_thread_safe(path, monkeypatch):
    """8 threads that read and write at once lose nothing and break nothing."""
    monkeypatch.setattr(sqlite_store, "_MOMENT", 30.0)  # On a busy disk, eight commits in a row take long.
    store = SQLiteStore(path)
    now = datetime.now(timezone.utc).replace(microsecond=0)

    def work():
        for number in range(10):
            store.update("key", lambda stored: Token(f"x{number}", now + timedelta(hours=1)), wait=30)
            assert store.load("key") is not None

    assert [None] * 8 == in_threads(8, work)


def test_ctrl_c_before_an_operation_is_noted(path, monkeypatch):
    """It is Ctrl-C that comes out, and not an error about what is noted."""

    class Interrupted(list):
        def append(self, operation):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_store, "_operations", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            SQLiteStore(path).load("key")

    assert SQLiteStore(path).load("key") is None


INTERRUPTED_LOADS = """
import sys, threading
from requests_kiwoom import SQLiteStore
from tests.helpers.tools import interrupt

store = SQLiteStore(sys.argv[1])
interrupt(lambda: store.load("key"), 3000)

other = threading.Thread(target=store.load, args=("key",), daemon=True)
other.start()
other.join(30)
print("it waits" if other.is_alive() else "it is done")
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
def test_ctrl_c_at_any_moment_leaves_no_lock_behind(path):
    """However an operation was interrupted, those of other threads do not wait for it."""
    assert "it is done\n" == run_without_coverage(INTERRUPTED_LOADS, str(path))
