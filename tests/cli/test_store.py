"""``--store`` and ``KIWOOM_STORE``: the token of the command line, shared with other programs."""

import os
import sqlite3
import sys

import pytest
import redis

from requests_kiwoom import KiwoomAuth, SQLiteStore
from tests.helpers.cli import PATH, run


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "tokens.db")


@pytest.mark.parametrize("by_option", [True, False])
def test_the_next_program_uses_the_stored_token(server, path, by_option):
    """Two commands that share a store, named by option or by environment, make one au10001 call."""
    arguments, variables = (["--store", path], {}) if by_option else ([], {"KIWOOM_STORE": path})

    first = run(server, "token", "--reveal", *arguments, **variables)
    second = run(server, "call", "ka10001", PATH, *arguments, **variables)

    assert (0, 0, "", "") == (first.status, second.status, first.err, second.err)
    assert 1 == server.issues
    assert first.out.strip() == server.requests[-1].token


def test_a_programs_stored_token_is_used(server, path):
    """The command line uses the token that a program's KiwoomAuth stored."""
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=SQLiteStore(path))

    assert auth.token() == run(server, "token", "--reveal", "--store", path).out.strip()
    assert 1 == server.issues


def test_the_option_wins_over_the_environment(server, path, tmp_path):
    """--store wins over KIWOOM_STORE, whose file is not touched."""
    other = tmp_path / "other.db"

    assert 0 == run(server, "token", "--store", path, KIWOOM_STORE=str(other)).status
    assert os.path.exists(path) and not other.exists()


def test_revoke_removes_the_stored_token(server, path):
    """revoke removes the token from the store, so that no other program uses it."""
    run(server, "token", "--store", path)

    assert 0 == run(server, "revoke", "--yes", "--store", path).status

    with sqlite3.connect(path) as database:
        assert [] == database.execute("SELECT * FROM tokens").fetchall()
    database.close()


def test_a_store_that_cannot_be_read_is_an_error(server, tmp_path):
    """If the store cannot be read, no token is issued, since other programs could not share it."""
    ran = run(server, "token", "--store", str(tmp_path))

    assert 1 == ran.status
    assert "is not a regular file: give the store a file of its own" in ran.complaint
    assert [] == server.requests


def test_another_programs_database_is_an_error(server, path):
    """A store file that is another program's database is an error, and nothing is sent."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    database.close()
    os.chmod(path, 0o600)

    ran = run(server, "token", "--store", path)

    assert 1 == ran.status
    assert ran.complaint.startswith("error: the store cannot be read: ")
    assert "another program's database" in ran.complaint
    assert [] == server.requests


def test_a_redis_address_as_an_argument_is_an_error(server):
    """A Redis address is no argument: its password would be visible in `ps`."""
    ran = run(server, "token", "--store", "redis://:fake-password@127.0.0.1:9/0")

    assert 1 == ran.status
    assert "set KIWOOM_STORE instead of passing it as an argument" in ran.complaint
    assert "fake-pass" not in ran.complaint


def test_a_redis_server_is_a_store(server, redis_port):
    """Two commands with one Redis server make one au10001 call; doctor reports it as ok and adds nothing to it."""
    address = f"redis://127.0.0.1:{redis_port}/0"

    assert 0 == run(server, "token", KIWOOM_STORE=address).status
    assert 0 == run(server, "call", "ka10001", PATH, KIWOOM_STORE=address).status
    assert 1 == server.issues

    ran = run(server, "doctor", KIWOOM_STORE=address)
    assert "ok    store         RedisStore, readable and writable" in ran.out
    with redis.Redis.from_url(address) as client:
        assert 1 == len(client.keys())


def test_an_unreachable_redis_server_is_an_error(server):
    """An unreachable Redis server is one error without its password, and nothing is sent."""
    ran = run(server, "token", KIWOOM_STORE="redis://:fake-password@127.0.0.1:9/0")

    assert 1 == ran.status
    assert ran.complaint.startswith("error: the store cannot be read: ")
    assert ran.complaint.endswith(". `requests-kiwoom doctor` says what to do\n")
    assert "fake-password" not in ran.complaint
    assert [] == server.requests


def test_without_redis_py_the_error_says_what_to_install(server, monkeypatch):
    """Without redis-py the error has the command that installs it, and nothing is sent."""
    monkeypatch.setitem(sys.modules, "redis", None)

    ran = run(server, "token", KIWOOM_STORE="redis://127.0.0.1:9/0")

    assert 1 == ran.status
    assert "KIWOOM_STORE names a Redis server: pip install redis" in ran.complaint
    assert [] == server.requests


def test_an_invalid_redis_address_is_not_repeated(server):
    """The error for an invalid Redis address does not repeat it."""
    ran = run(server, "token", KIWOOM_STORE="redis://:fake-pass/word@127.0.0.1:6379/0")

    assert 1 == ran.status
    assert "KIWOOM_STORE is not an address of a Redis server" in ran.complaint
    assert "fake-pass" not in ran.complaint


@pytest.mark.parametrize("command", ["token", "renew", "revoke"])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no folder that not even root can write to")
def test_a_store_that_cannot_be_created_is_a_warning(server, command):
    """A store whose folder cannot be created is a warning: the token is not shared, and the user learns of it."""
    more = ["--yes"] if command == "revoke" else []

    ran = run(server, command, "--store", "/proc/no-such-folder/tokens.db", *more)

    assert 0 == ran.status
    assert ran.complaint.startswith("warning: the token store failed")


@pytest.mark.parametrize("place", ["", ":memory:"])
def test_a_store_without_a_file_is_an_error(server, place):
    """An empty path and a database in memory are errors, since no other program can share them."""
    ran = run(server, "token", "--store", place)

    assert 1 == ran.status
    assert "path must name a file" in ran.complaint
    assert 0 == server.issues


@pytest.mark.parametrize("place", ['"{path}"', "'{path}'", "{path} ", '"{path}'])
def test_a_quoted_path_is_an_error(server, path, place):
    """Quotation marks or spaces, which cmd.exe keeps of set KIWOOM_STORE="...", are an error; no file is created."""
    ran = run(server, "token", KIWOOM_STORE=place.format(path=path))

    assert 1 == ran.status
    assert "has quotation marks or spaces around it" in ran.complaint
    assert ([], False) == (server.requests, os.path.exists(path))


def test_a_warning_of_another_module_is_not_printed(server, path):
    """Without --verbose, only log messages about the store are printed, none about a token."""
    assert 0 == run(server, "token", "--store", path).status
    server.revoke_all()

    ran = run(server, "call", "ka10001", PATH, "--store", path)

    assert (0, "") == (ran.status, ran.err)
    assert 2 == server.issues


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no folder that not even root can write to")
def test_the_warning_is_korean_with_lang_ko(server):
    """With --lang ko, the warning begins with the Korean word for it."""
    ran = run(server, "token", "--store", "/proc/no-such-folder/tokens.db", "--lang", "ko")

    assert 0 == ran.status
    assert ran.complaint.startswith("경고: ")
