"""``RedisStore``: its record, its lock, and which servers and clients it works with."""

import re
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
import redis

from requests_kiwoom import RedisStore, Token
from requests_kiwoom.stores import StoreError
from tests.helpers.processes import build_auth
from tests.helpers.stores import key_of, post, token


def other_client(client, **options):
    """Return another client of the same server."""
    return redis.Redis(port=client.connection_pool.connection_kwargs["port"], **options)


class TestRecord:
    def test_the_record_is_the_token_and_its_expiry(self, server, client, redis_port):
        """Redis holds one key, with the token and its expiry; no lock, no appkey and no secretkey."""
        auth = build_auth(server, redis_port)
        value = auth.token()

        name = f"requests-kiwoom:{key_of(server)}".encode()
        assert [name] == client.keys()
        assert f"{auth.expires_at.timestamp():.0f} {value}".encode() == client.get(name)

    def test_the_record_expires_with_the_token(self, server, client, redis_port):
        """The key in Redis expires when the token expires."""
        build_auth(server, redis_port).token()

        assert 24 * 3600 - 60 < client.ttl(client.keys()[0]) <= 24 * 3600

    @pytest.mark.parametrize(
        "life, seconds",
        [
            ({"seconds": 30}, 30),
            ({"hours": 3}, 3 * 3600),
            ({"seconds": 0}, 86400),
            ({"hours": -9}, 86400),
            ({"days": 30}, 86400),
        ],
    )
    def test_the_record_is_kept_until_the_expiry_or_for_a_day(self, client, life, seconds):
        """The record is kept until the expiry by Redis' clock; for a day if that is past, or over a day away."""
        RedisStore(client).update("key", lambda stored: token("x", **life), wait=1)

        assert seconds - 25 < client.ttl("requests-kiwoom:key") <= seconds

    def test_a_wrong_local_clock_does_not_change_how_long_it_is_kept(self, client, monkeypatch):
        """Redis' own clock says how long the record is kept: a wrong local clock changes nothing."""
        kept, now = token("x", hours=3), time.time
        monkeypatch.setattr(time, "time", lambda: now() + 2.5 * 3600)
        RedisStore(client).update("key", lambda stored: kept, wait=1)
        monkeypatch.undo()

        assert 3 * 3600 - 60 < client.ttl("requests-kiwoom:key") <= 3 * 3600

    def test_the_expiry_is_stored_in_whole_seconds(self, client):
        """An expiry with a fraction of a second, which only a user's own Token can have, is stored without it."""
        expires_at = datetime.now(timezone.utc) + timedelta(hours=1)
        RedisStore(client).update("key", lambda stored: Token("x", expires_at), wait=1)

        assert expires_at.replace(microsecond=0) == RedisStore(client).load("key").expires_at

    def test_two_prefixes_share_nothing(self, client):
        """Two prefixes share nothing."""
        RedisStore(client, "one:").update("key", lambda stored: token("x", hours=1), wait=1)

        assert [b"one:key"] == client.keys()
        assert RedisStore(client, prefix="two:").load("key") is None

    @pytest.mark.parametrize(
        "record",
        [
            b"",
            b"x",
            b"2000000000",
            b"2000000000 a\r\nb",
            b"99999999999999 x",
            b"0002000000000 x",
            b"9" * 5000 + b" x",
            b"1e9 x",
            b"2000000000 \xff",
            b"-1 x",
        ],
    )
    def test_a_forged_record_is_a_miss(self, client, record):
        """A record that au10001 cannot have issued is a miss."""
        client.set("requests-kiwoom:key", record)

        assert RedisStore(client).load("key") is None

    @pytest.mark.parametrize("expires", [0, 9, 1_900_000_000, 33_000_000_000, 99_999_999_999, 253_402_268_399])
    def test_an_expiry_of_any_year_is_read(self, client, expires):
        """An expiry up to the end of the year 9999 is read on every system: the auth decides whether to use it."""
        client.set("requests-kiwoom:key", f"{expires} fake-token")

        assert expires == RedisStore(client).load("key").expires_epoch

    def test_a_key_of_another_type_is_a_warning(self, server, client, redis_port, caplog):
        """A key that holds something other than a text costs a warning in Redis' words, and is not changed."""
        client.lpush(f"requests-kiwoom:{key_of(server)}", "a list")

        assert 0 == post(build_auth(server, redis_port))
        assert "WRONGTYPE" in caplog.text
        assert 1 == client.llen(f"requests-kiwoom:{key_of(server)}")


class TestLock:
    def test_the_lock_of_a_killed_holder_expires(self, client):
        """A killed holder's lock expires after two waits, which the issue may take, and the time of two commands."""
        seen = []

        def issue(stored):
            seen.append(client.pttl("requests-kiwoom:key:lock"))
            return token("x", hours=1)

        RedisStore(client).update("key", issue, wait=10)

        # A busy machine may take some seconds in between.
        assert 15_000 < seen[0] <= 24_000

    def test_a_lock_that_is_not_free_in_time_is_a_timeout_error(self, client):
        """A lock that is not free in time is a TimeoutError that says for how long another process held it."""
        store = RedisStore(client)

        def within(stored):
            with pytest.raises(TimeoutError, match="^another process held the lock for more than 0.2 s$"):
                store.update("key", lambda stored: token("inner", hours=1), wait=0.2)
            return token("outer", hours=1)

        assert "outer" == store.update("key", within, wait=1).value

    def test_a_waiting_process_gets_the_lock_when_it_is_released(self, client):
        """A process that waits gets the lock when the holder releases it, and the token that the holder stored."""
        seen, waiting = [], threading.Event()

        def wait_for_lock():
            waiting.set()
            RedisStore(other_client(client)).update("key", lambda stored: seen.append(stored) or stored, wait=30)

        thread = threading.Thread(target=wait_for_lock)

        def within(stored):
            thread.start()
            assert waiting.wait(30)
            return token("x", hours=1)

        RedisStore(client).update("key", within, wait=1)
        thread.join(60)

        assert ["x"] == [stored.value for stored in seen]

    def test_a_lost_lock_keeps_the_newer_token(self, client):
        """A process that lost its lock does not replace the token that the next holder stored."""
        newer = token("newer", hours=1)

        def lose(stored):
            client.delete("requests-kiwoom:key:lock")
            RedisStore(client).update("key", lambda stored: newer, wait=1)
            return token("older", hours=1)

        with pytest.raises(StoreError, match="the lock ended before the token was issued"):
            RedisStore(client).update("key", lose, wait=1)

        assert newer == RedisStore(client).load("key")

    def test_a_process_does_not_release_the_next_holder_s_lock(self, client):
        """A process that lost its lock does not release the next holder's."""

        def lose(stored):
            client.set("requests-kiwoom:key:lock", "another holder's")
            return stored

        RedisStore(client).update("key", lose, wait=1)

        assert b"another holder's" == client.get("requests-kiwoom:key:lock")

    @pytest.mark.parametrize("stored", ["a new token", "the stored token", "an error"])
    def test_the_lock_is_released_after_every_update(self, client, stored):
        """After an update with a new token, with the stored one, or with an error, the lock is released."""
        store, kept = RedisStore(client), token("kept", hours=1)
        store.update("key", lambda stored: kept, wait=1)
        work = {
            "a new token": lambda stored: token("new", hours=1),
            "the stored token": lambda stored: stored,
            "an error": lambda stored: 1 / 0,
        }

        try:
            store.update("key", work[stored], wait=1)
        except ZeroDivisionError:
            pass

        assert [b"requests-kiwoom:key"] == client.keys()


class TestServers:
    @pytest.fixture
    def rules(self, client):
        """Sets the rules of the server's default user."""
        yield lambda *rules: client.execute_command("ACL", "SETUSER", "default", *rules)
        client.execute_command("ACL", "SETUSER", "default", "on", "nopass", "~*", "+@all")

    def test_a_server_that_forbids_scripts_works(self, server, client, redis_port, rules, caplog):
        """On a server that forbids scripts the token is shared, the lock is released, and discard() works."""
        rules("-@scripting")
        first, second = build_auth(server, redis_port), build_auth(server, redis_port)

        assert first.token() == second.token()
        RedisStore(client).update(key_of(server), lambda stored: stored, wait=1)
        assert [f"requests-kiwoom:{key_of(server)}".encode()] == client.keys()
        assert 1 == server.issues

        first.revoke()
        assert [] == client.keys()
        assert "" == caplog.text

    def test_the_documented_rights_are_enough(self, client):
        """The store needs only the commands and the key pattern that its docstring names."""
        commands = [f"+{word.lower()}" for word in re.findall(r"\b[A-Z]{3,}\b", RedisStore.__doc__)]
        assert 8 == len(commands)
        client.execute_command("ACL", "SETUSER", "few", "on", ">fake-password", "~requests-kiwoom:*", *commands)
        kept = token("x", hours=1)

        with other_client(client, username="few", password="fake-password") as few:
            store = RedisStore(few)
            store.update("key", lambda stored: kept, wait=1)
            assert kept == store.load("key")
            store.discard("key", kept)

        assert [] == client.keys()

    def test_a_missing_right_is_a_warning(self, server, client, redis_port, rules, caplog):
        """A command that the user may not run is a warning in Redis' words."""
        rules("-set")

        assert 0 == post(build_auth(server, redis_port))
        assert "NoPermissionError: this user has no permissions to run the 'set' command" in caplog.text


class TestClients:
    def test_a_client_with_decode_responses_works(self, client, redis_port):
        """A client with decode_responses reads, replaces and deletes what another one stored."""
        kept = token("x", hours=1)
        RedisStore(client).update("key", lambda stored: kept, wait=1)

        with other_client(client, decode_responses=True) as decoding:
            store = RedisStore(decoding)
            assert kept == store.load("key")
            store.update("key", lambda stored: token("y", hours=1), wait=1)
            store.discard("key", store.load("key"))

        assert [] == client.keys()

    @pytest.mark.parametrize("client", ["redis://127.0.0.1", None, redis.Redis, "asyncio"])
    def test_anything_but_a_client_is_a_type_error(self, client):
        """The constructor raises a TypeError for an address, None, the class, and an asynchronous client."""
        if client == "asyncio":
            import redis.asyncio

            client = redis.asyncio.Redis()
        with pytest.raises(TypeError, match="redis.Redis"):
            RedisStore(client)

    def test_repr_shows_only_the_prefix(self, client):
        """The repr shows the prefix, and nothing of the client."""
        assert "<RedisStore prefix='one:'>" == repr(RedisStore(client, "one:"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses a stack of 64 TiB for certain")
def test_redis_is_called_in_the_current_thread_if_none_can_start(client):
    """A process that can start no thread, for instance while it ends, calls Redis in the current thread."""
    store = RedisStore(client)
    before = threading.stack_size(1 << 46)
    try:
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        assert "x" == store.load("key").value
    finally:
        threading.stack_size(before)
