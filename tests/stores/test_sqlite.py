"""``SQLiteStore``: its path, its record and its waits."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from requests_kiwoom import SQLiteStore, Token
from requests_kiwoom.stores import StoreError
from tests.helpers.interrupts import run_without_coverage
from tests.helpers.processes import build_auth, in_process
from tests.helpers.pythons import IS_CPYTHON
from tests.helpers.stores import key_of, post, sql, token
from tests.helpers.threads import in_threads

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


class TestPath:
    @pytest.mark.parametrize("name", ["with a space.db", "토큰 저장소.db", "100%.db", "a?b=c#d.db", "'\"`$(x).db"])
    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
    def test_a_file_name_may_have_any_characters(self, tmp_path, name):
        """A file name may contain spaces, Korean, and characters that mean something in a URL or a shell."""
        store, kept = SQLiteStore(tmp_path / "폴더 1" / name), token("x", hours=1)
        store.update("key", lambda stored: kept, wait=1)

        assert kept == SQLiteStore(tmp_path / "폴더 1" / name).load("key")
        assert [name] == os.listdir(tmp_path / "폴더 1")

    def test_a_relative_path_stays_the_same_file_after_chdir(self, tmp_path, monkeypatch):
        """A relative path stays the same file when the program changes its directory; ``~`` is the home directory."""
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        (tmp_path / "elsewhere").mkdir()
        store = SQLiteStore("tokens.db")
        monkeypatch.chdir("elsewhere")
        store.update("key", lambda stored: token("x", hours=1), wait=1)

        assert "x" == SQLiteStore("~/tokens.db").load("key").value

    @pytest.mark.parametrize("place", ["", ":memory:", "a\0b"])
    def test_a_path_that_names_no_file_is_a_value_error(self, place):
        """A path that SQLite takes for a database in memory, or that no file can have, is a ValueError."""
        with pytest.raises(ValueError, match="path must name a file"):
            SQLiteStore(place)

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no pwd database")
    def test_a_user_without_a_home_gets_a_value_error(self, tmp_path):
        """``~`` without HOME and without an entry for the user is a ValueError, not a folder named ~."""
        assert "set HOME" in in_process(build_without_home, str(tmp_path))
        assert [] == os.listdir(tmp_path)

    @pytest.mark.skipif(os.name == "nt", reason="Windows takes any name for a folder beside the own home")
    def test_the_home_of_an_unknown_user_is_a_value_error(self):
        """``~`` with the name of an unknown user is a ValueError that says how to name a file with a ``~``."""
        with pytest.raises(ValueError, match="./~ for a file of that name"):
            SQLiteStore("~no-such-user/tokens.db")

    @pytest.mark.skipif(os.name != "nt", reason="paths of Windows")
    @pytest.mark.parametrize("prefix", ["\\\\?\\", "\\\\localhost\\"])
    def test_extended_and_share_paths_of_windows_name_the_same_file(self, path, prefix):
        """The extended form of a path, and that of a share, name the same file as the plain one."""
        name = str(path) if "?" in prefix else str(path).replace(":", "$")
        if not os.path.exists(prefix + os.path.dirname(name)):
            pytest.skip("the drive is not shared here")
        SQLiteStore(prefix + name).update("key", lambda stored: token("x", hours=1), wait=1)

        assert "x" == SQLiteStore(path).load("key").value

    @pytest.mark.skipif(sys.platform != "linux", reason="SQLite's library is found as Linux finds it")
    @pytest.mark.skipif(not IS_CPYTHON, reason="PyPy has SQLite within a module that does not let others configure it")
    def test_a_sqlite_that_is_built_without_uris_opens_the_file(self, path):
        """A SQLite that was built without SQLITE_USE_URI opens the file as well."""
        SQLiteStore(path).update("key", lambda stored: token("fake-token", hours=1), wait=1)

        assert "unable to open database file\nfake-token\n" == run_without_coverage(WITHOUT_URIS, str(path))


class TestRecord:
    def test_the_file_has_an_application_id_and_a_version(self, server, path):
        """The file has this package's application_id, and the version of its tables: other versions read both."""
        build_auth(server, path).token()

        assert [(int.from_bytes(b"Kiwo", "big"),)] == sql(path, "PRAGMA application_id")
        assert [(1,)] == sql(path, "PRAGMA user_version")

    def test_the_record_is_the_token_and_its_expiry(self, server, path):
        """The file holds a hash, the token and its expiry, and neither key."""
        auth = build_auth(server, path)
        value = auth.token()

        assert [(key_of(server), value, int(auth.expires_at.timestamp()))] == sql(path, "SELECT * FROM tokens")
        for secret in (server.appkey, server.secretkey):
            assert secret.encode() not in path.read_bytes()

    def test_a_token_that_stays_is_not_written_again(self, path):
        """An update that keeps the stored token changes no byte of the file."""
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        content = path.read_bytes()

        store.update("key", lambda stored: stored, wait=1)

        assert content == path.read_bytes()

    @pytest.mark.parametrize("expires", [-1, 0, 33_000_000_000, 253_402_268_399])
    def test_an_expiry_of_any_year_is_read(self, server, path, expires):
        """An expiry before 1970 or after the year 3000 is read on every system: the auth decides whether to use it."""
        build_auth(server, path).token()
        sql(path, "UPDATE tokens SET expires = ?", expires)

        assert expires == SQLiteStore(path).load(key_of(server)).expires_epoch


class TestWaits:
    @pytest.mark.parametrize("use", ["load", "discard"])
    def test_load_and_discard_wait_a_limited_time_for_a_lock(self, path, use, monkeypatch):
        """load() and discard() wait a limited time for another program's lock, and say that the file is locked."""
        monkeypatch.setattr("requests_kiwoom.stores.sqlite._SHORT_WAIT", 0.3)
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(TimeoutError, match="^database is locked$"):
                store.load("key") if use == "load" else store.discard("key", token("x", hours=1))

    @pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN; SELECT * FROM tokens"])
    def test_every_method_waits_for_a_lock_that_is_released(self, path, lock):
        """load(), update() and discard() wait while another program has the file locked for a moment."""
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
                # Longer than SQLite itself waits in one call.
                ending = threading.Timer(0.4, other.rollback)
                ending.start()
                assert outcome == work()
                ending.join(60)

    def test_a_request_succeeds_while_the_file_is_locked(self, server, path, caplog):
        """While another program keeps the file locked, a request waits a limited time, and issues without the store."""
        auth = build_auth(server, path)
        auth.token()
        server.revoke_all()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert 0 == post(auth)
        assert 1 == caplog.text.count("database is locked")

    @pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
    def test_ctrl_c_ends_a_wait_for_the_lock(self, server, path):
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
                threading.Event().wait(0.3)  # Nothing shows that it has begun to wait.
                waiting.send_signal(signal.SIGINT)
                _, stderr = waiting.communicate(timeout=120)
            assert b"KeyboardInterrupt" in stderr
            return token("x", hours=1)

        SQLiteStore(path).update("key", within, wait=1)

        assert "x" == SQLiteStore(path).load("key").value


def test_an_error_of_sqlite_is_a_store_error(path):
    """An error of SQLite is a StoreError with SQLite's words, which quote no record and so may be logged."""
    path.write_bytes(b"x" * 4096)
    path.chmod(0o600)

    with pytest.raises(StoreError, match="^DatabaseError: file is not a database$"):
        SQLiteStore(path).load("key")


def test_repr_shows_the_path(path):
    """The repr shows the path, which is no secret."""
    assert f"SQLiteStore({str(path)!r})" == repr(SQLiteStore(path))


def test_building_a_store_imports_sqlite3():
    """Importing the package imports neither sqlite3 nor redis; building a store imports sqlite3."""
    program = (
        "import sys; from requests_kiwoom import RedisStore, SQLiteStore;"
        " loaded = lambda: [name for name in ('sqlite3', 'redis') if name in sys.modules];"
        " print(loaded(), SQLiteStore('x') and loaded())"
    )

    # Coverage itself imports sqlite3.
    assert "[] ['sqlite3']" == run_without_coverage(program).strip()


def test_8_threads_read_and_write_at_once(path):
    """8 threads that read and write at once get no error, and always find a token."""
    store = SQLiteStore(path)
    now = datetime.now(timezone.utc).replace(microsecond=0)

    def work():
        for number in range(10):
            store.update("key", lambda stored: Token(f"x{number}", now + timedelta(hours=1)), wait=30)
            assert store.load("key") is not None

    assert [None] * 8 == in_threads(8, work)


def build_without_home(folder):
    """Return the error that a user with neither HOME nor an entry in the password database gets."""
    os.chdir(folder)
    os.environ.pop("HOME", None)
    if os.geteuid() == 0:
        os.setuid(54321)
    else:
        pytest.importorskip("pwd").getpwuid = unknown_user
    try:
        SQLiteStore("~/.kiwoom/tokens.db")
    except ValueError as error:
        return str(error)
    return "no error"


def unknown_user(uid):
    raise KeyError(uid)
