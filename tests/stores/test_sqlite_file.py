"""The file of a ``SQLiteStore``: who may read it, and what happens if it is foreign or damaged."""

import logging
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from requests_kiwoom import KiwoomAuth, SQLiteStore
from requests_kiwoom.stores import StoreError
from tests.helpers.processes import build_auth, in_process
from tests.helpers.stores import key_of, post, sql, token
from tests.helpers.threads import in_threads, until

try:
    import resource
except ImportError:  # Windows.
    pass

needs_modes = pytest.mark.skipif(os.name == "nt", reason="files have no POSIX owner and mode here")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def auth(server, path):
    """An auth with a store at that path."""
    return build_auth(server, path)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class TestCreation:
    @needs_modes
    def test_only_the_owner_may_read_the_file_and_its_folder(self, tmp_path):
        """The file is created with mode 0600 and its folder with 0700, whatever the umask."""
        path = tmp_path / "made" / "tokens.db"
        before = os.umask(0)
        try:
            SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)
        finally:
            os.umask(before)

        assert 0o600 == mode(path)
        assert 0o700 == mode(path.parent)

    @needs_modes
    def test_only_the_owner_may_read_the_journal(self, path):
        """The journal of a write, which may hold the old token, is 0600 as well, whatever the umask."""
        store, journal = SQLiteStore(path), path.with_name("tokens.db-journal")
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        write = threading.Thread(
            target=store.update, args=("key", lambda stored: token("y", hours=1)), kwargs={"wait": 1}
        )
        before = os.umask(0)
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM tokens").fetchall()
                write.start()  # Its commit waits for the reader.
                until(journal.exists)
                assert 0o600 == mode(journal)
                reader.rollback()
                write.join(60)
        finally:
            os.umask(before)

    @needs_modes
    def test_no_token_is_written_to_a_file_system_without_modes(self, path, monkeypatch):
        """If every new file is open to others, as on WSL's /mnt/c, no token is written, not even the first one."""
        create = os.open
        monkeypatch.setattr(os, "open", lambda *args: (create(*args), os.chmod(path, 0o777))[0])

        with pytest.raises(StoreError, match="open to others"):
            SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)
        assert b"" == path.read_bytes()

    def test_the_file_is_created_when_a_token_is_stored(self, tmp_path):
        """The file and its folder are created when a token is stored, not by the constructor, load() or discard()."""
        store = SQLiteStore(tmp_path / "folder" / "tokens.db")

        assert store.load("key") is None
        store.discard("key", token("x", hours=1))
        assert [] == list(tmp_path.iterdir())

    def test_a_file_that_is_deleted_before_it_is_opened_is_not_created(self, path, monkeypatch):
        """SQLite does not create a file that was deleted after it was examined: it would get another mode."""
        path.touch(mode=0o600)
        connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: (path.unlink(), connect(*args, **kwargs))[1])

        with pytest.raises(StoreError, match="unable to open"):
            SQLiteStore(path).load("key")
        assert not path.exists()

    def test_no_file_descriptor_stays_open(self, path):
        """Each operation closes its connection: a fork inherits none."""
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        store.load("key")
        os.rename(path, path.with_suffix(".moved"))  # Windows does not rename an open file.
        if sys.platform == "linux":
            links = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
            assert not [link for link in links if "tokens" in link]


METHODS = {
    "load": lambda store: store.load("key"),
    "update": lambda store: store.update("key", lambda stored: token("x", hours=1), wait=1),
    "discard": lambda store: store.discard("key", token("x", hours=1)),
}


class TestOwnerAndMode:
    @needs_modes
    @pytest.mark.parametrize("sibling", ["", "-journal", "-wal", "-shm"])
    @pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602])
    def test_a_file_that_is_open_to_others_is_not_used(self, path, bits, sibling):
        """A file that others may read or write is not used, and the error says what to run."""
        name = Path(f"{path}{sibling}")
        name.touch()
        name.chmod(bits)

        with pytest.raises(StoreError, match=f"chmod 600 {name}"):
            SQLiteStore(path).load("key")

    @needs_modes
    @pytest.mark.parametrize("method", METHODS)
    def test_no_method_uses_a_file_that_is_open_to_others(self, path, method):
        """No method uses a file that is open to others."""
        path.touch()
        path.chmod(0o660)
        store = SQLiteStore(path)

        with pytest.raises(StoreError, match="mode 0660.*WSL.*home directory.*Kubernetes.*emptyDir"):
            METHODS[method](store)

    @needs_modes
    @pytest.mark.parametrize("bits", [0o660, 0o777])
    def test_a_program_starts_although_its_file_is_open_to_others(self, server, path, bits, caplog):
        """If the file was opened to others since the last start, a program starts and issues without the store."""
        build_auth(server, path).token()
        path.chmod(bits)
        content = path.read_bytes()
        server.revoke_all()

        assert 0 == post(build_auth(server, path))
        assert f"chmod 600 {path}" in caplog.text
        assert content == path.read_bytes()

    @needs_modes
    @pytest.mark.parametrize("target", ["there", "nowhere"])
    def test_a_symbolic_link_is_not_used(self, path, target):
        """A symbolic link is not used, whether its target exists or not."""
        (path.parent / "there").touch(mode=0o600)
        path.symlink_to(path.parent / target)

        with pytest.raises(StoreError, match="symbolic link"):
            SQLiteStore(path).load("key")

    @needs_modes
    def test_a_link_that_appears_while_the_file_is_created_is_not_followed(self, path, monkeypatch):
        """A symbolic link that another program makes while the file is created is not followed."""
        target, makedirs = path.parent / "target", os.makedirs

        def make_folder_and_link(*args, **options):
            makedirs(*args, **options)
            path.symlink_to(target)

        monkeypatch.setattr(os, "makedirs", make_folder_and_link)
        with pytest.raises(StoreError, match="symbolic link"):
            METHODS["update"](SQLiteStore(path))
        assert not target.exists()

    def test_a_folder_is_not_used(self, tmp_path):
        """A folder is not used."""
        with pytest.raises(StoreError, match="not a regular file"):
            SQLiteStore(tmp_path).load("key")

    @needs_modes
    @pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root can give a file away")
    def test_another_user_s_file_is_not_used(self, path):
        """A file that belongs to another user is not used."""
        path.touch(mode=0o600)
        os.chown(path, 65534, 65534)

        with pytest.raises(StoreError, match="belongs to another user"):
            SQLiteStore(path).load("key")

    @needs_modes
    def test_a_file_that_is_opened_to_others_later_is_no_longer_used(self, server, auth, path, caplog):
        """A file that is opened to others while the program runs is no longer used: a warning and an issue."""
        auth.token()
        path.chmod(0o644)
        content = path.read_bytes()
        server.revoke_all()

        assert 0 == post(auth)
        assert f"chmod 600 {path}" in caplog.text
        assert content == path.read_bytes()

    @needs_modes
    def test_a_file_that_another_process_creates_is_examined(self, path, monkeypatch):
        """A file that another process creates at the same moment is examined like any other."""
        monkeypatch.setattr(os, "makedirs", lambda *args, **kwargs: path.touch(mode=0o644))

        with pytest.raises(StoreError, match="chmod 600"):
            SQLiteStore(path).update("key", lambda stored: token("x", hours=1), wait=1)

    def test_on_windows_mode_and_journal_are_not_examined(self, path, monkeypatch):
        """On Windows the mode is ignored. The journal is not examined, since SQLite could not delete it meanwhile."""
        path.touch()
        path.chmod(0o644)
        examine, names = os.lstat, []
        monkeypatch.setattr(os, "lstat", lambda name: (names.append(name), examine(name))[1])
        monkeypatch.setattr(os, "name", "nt")

        assert SQLiteStore(str(path)).load("key") is None

        monkeypatch.undo()
        assert [str(path)] == names

    @needs_fork
    def test_other_threads_do_not_release_the_lock(self, path):
        """Other threads that use the file do not release the lock of the thread that issues.

        Closing any descriptor of the file, anywhere in the process, would release it.
        """
        store = SQLiteStore(path)
        store.update("key", lambda stored: token("x", hours=1), wait=1)

        def use_in_threads(stored):
            in_threads(4, lambda: (SQLiteStore(path).load("key"), fail_to_update(path)))
            assert "database is locked" == in_process(try_to_lock, str(path))
            return stored

        store.update("key", use_in_threads, wait=1)
        assert "got it" == in_process(try_to_lock, str(path))


def fail_to_update(path):
    with pytest.raises(TimeoutError):
        SQLiteStore(path).update("key", lambda stored: stored, wait=0)


def try_to_lock(path):
    """Lock the file, as another process; return "got it", or SQLite's error."""
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


class TestForeignAndDamagedFiles:
    @pytest.mark.parametrize("what", FOREIGN)
    def test_a_foreign_file_is_not_changed(self, server, path, caplog, what):
        """A file that this package did not make costs one warning and one issue, and none of its bytes changes."""
        path.touch(mode=0o600)
        FOREIGN[what](path)
        content = path.read_bytes()
        auth = build_auth(server, path)

        assert 0 == post(auth) == post(auth)
        assert 1 == server.issues
        assert 1 == caplog.text.count("the token store failed")
        assert what.startswith("another") == ("the file is another program's database" in caplog.text)
        assert content == path.read_bytes()

    @pytest.mark.parametrize("size", [1, 100, 4095, 4096, 8192, 12287])
    def test_a_truncated_file_fails_no_request(self, server, auth, path, size):
        """A truncated file costs an issue, but no request fails."""
        auth.token()
        os.truncate(path, size)
        server.revoke_all()

        assert 0 == post(auth)
        assert 0 == post(build_auth(server, path))

    def test_an_emptied_file_is_used_again(self, server, auth, path):
        """A file that was emptied is used again."""
        auth.token()
        os.truncate(path, 0)
        server.revoke_all()

        assert 0 == post(auth)
        assert auth.token() == build_auth(server, path).token()

    def test_discard_does_not_change_an_empty_file(self, path):
        """discard() does not change an empty file."""
        path.touch(0o600)

        SQLiteStore(path).discard("key", token("x", hours=1))

        assert b"" == path.read_bytes()

    def test_a_deleted_file_is_created_again(self, server, auth, path):
        """A file that was deleted with its folder is created again."""
        auth.token()
        shutil.rmtree(path.parent)
        server.revoke_all()

        assert 0 == post(auth)
        assert auth.token() == build_auth(server, path).token()
        assert 2 == server.issues

    def test_random_bytes_anywhere_fail_no_request(self, server, auth, path):
        """No request fails after 200 random bytes were written anywhere into the file."""
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
        """A record that au10001 cannot have issued is replaced by a new one."""
        build_auth(server, path).token()
        expires = int(expires) if expires == 2e9 else expires
        sql(path, "UPDATE tokens SET token = ?, expires = ?", value, expires)
        auth = build_auth(server, path)

        assert 0 == post(auth)
        assert [(auth.token(),)] == sql(path, "SELECT token FROM tokens")

    def test_a_token_that_is_not_utf_8_is_a_miss(self, server, path):
        """A token that is not UTF-8 text is replaced by a new one."""
        build_auth(server, path).token()
        sql(path, "UPDATE tokens SET token = CAST(x'ff00fe' AS TEXT)")
        auth = build_auth(server, path)

        assert [(auth.token(),)] == sql(path, "SELECT token FROM tokens")

    def test_a_newer_version_s_file_is_not_used(self, server, auth, path, caplog):
        """A file of a later version of this package is not used."""
        auth.token()
        sql(path, "PRAGMA user_version = 2")
        server.revoke_all()

        assert 0 == post(auth)
        assert "another version of requests_kiwoom" in caplog.text


def send_with_no_space(url, appkey, secretkey, path):
    """Send two requests in a process whose files may not grow; return their codes and the warnings."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        return send_logged(url, appkey, secretkey, path)
    finally:
        # Coverage writes a file, too, when this process ends.
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def send_as_another_user(url, appkey, secretkey, path):
    """Do the same as another user if this process is root's: root may write anywhere."""
    # One request before: another user may not even read Python's library.
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
        """A folder that another user may enter. It is outside pytest's folder, which only its owner may enter."""
        with tempfile.TemporaryDirectory() as name:
            os.chmod(name, 0o711)
            yield Path(name)

    def test_a_full_disk_costs_one_warning_and_one_issue(self, server, path):
        """A full disk costs one warning and one issue, and the file does not change."""
        build_auth(server, path).token()
        content = path.read_bytes()
        server.revoke_all()

        codes, warnings = in_process(send_with_no_space, server.url, server.appkey, server.secretkey, str(path))

        assert [0, 0] == codes
        assert 2 == server.issues
        assert 1 == len([line for line in warnings if "the token store failed" in line])
        assert content == path.read_bytes()
        assert SQLiteStore(path).load(key_of(server)) is not None

    def test_a_read_only_folder_costs_one_warning_and_one_issue(self, server, folder):
        """A folder where no file can be created costs one warning and one issue."""
        folder.chmod(0o555)

        codes, warnings = in_process(
            send_as_another_user, server.url, server.appkey, server.secretkey, str(folder / "tokens.db")
        )

        assert [0, 0] == codes
        assert 2 == server.issues
        (warning,) = warnings
        assert "PermissionError: [Errno 13]" in warning
        assert str(folder) in warning

    def test_an_unreadable_file_costs_one_warning_and_one_issue(self, server, folder):
        """A file that its owner may not read costs one warning and one issue."""
        path = folder / "tokens.db"
        build_auth(server, path).token()
        path.chmod(0o000)
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
            os.chown(folder, 65534, 65534)

        codes, warnings = in_process(send_as_another_user, server.url, server.appkey, server.secretkey, str(path))

        assert [0, 0] == codes
        assert 3 == server.issues
        assert 1 == len(warnings)
