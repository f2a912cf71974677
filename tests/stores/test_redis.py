"""``RedisStore``: what is in Redis, and what becomes of requests while Redis is away."""

import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
import redis

from requests_kiwoom import KiwoomAuth, RedisStore, Token, TokenUnavailable
from requests_kiwoom.stores import redis as redis_store
from tests.helpers.processes import build_auth
from tests.helpers.tools import over_and_over, run_without_coverage, wait_for
from tests.stores.test_stores import key_of, post, token


@pytest.fixture
def client(redis_server, redis_port):
    """A client of an empty Redis, which is in order again afterwards."""
    yield redis_server.client
    redis_server.resume()
    if redis_server.stopped:
        redis_server.start()


def patient(client):
    """A client as redis-py builds it, retries and all, but with a port."""
    return redis.Redis(port=client.connection_pool.connection_kwargs["port"])


class TestTheRecord:
    def test_it_is_the_token_and_its_expiry(self, server, client, redis_port):
        """One key, with the token and its expiry; the lock is gone, and neither key of Kiwoom's is there."""
        auth = build_auth(server, redis_port)
        value = auth.token()

        name = f"requests-kiwoom:{key_of(server)}".encode()
        assert [name] == client.keys()
        assert f"{auth.expires_at.timestamp():.0f} {value}".encode() == client.get(name)

    def test_it_expires_with_the_token(self, server, client, redis_port):
        """The key lives as long as the token."""
        build_auth(server, redis_port).token()

        assert 24 * 3600 - 60 < client.ttl(client.keys()[0]) <= 24 * 3600

    @pytest.mark.parametrize("life, seconds", [({"hours": 3}, 3 * 3600), ({"hours": -9}, 86400), ({"days": 30}, 86400)])
    def test_a_wrong_clock_keeps_it_a_day(self, client, life, seconds):
        """A token that seems to have expired, or to live for more than a day, is kept for a day: the clock is wrong."""
        RedisStore(client).update("key", lambda stored: token("x", **life), wait=1)

        assert seconds - 60 < client.ttl("requests-kiwoom:key") <= seconds

    @pytest.mark.parametrize(
        "left, milliseconds", [(0.9, 86_400_000), (1, 1000), (1.5, 1500), (86_400, 86_400_000), (86_401, 86_400_000)]
    )
    def test_how_long_it_is_kept(self, client, monkeypatch, left, milliseconds):
        """As long as the token has left, from a second to a day; what is beyond these is a wrong clock's."""
        kept, seen = token("x", hours=1), []

        class Noting(redis.Redis):
            def set(self, *args, px=None, **kwargs):
                if px is not None and kwargs.get("nx") is None:
                    seen.append(px)
                return super().set(*args, px=px, **kwargs)

        monkeypatch.setattr(redis_store, "time", SimpleNamespace(time=lambda: kept.expires_epoch - left))
        with Noting(port=client.connection_pool.connection_kwargs["port"]) as noting:
            RedisStore(noting).update("key", lambda stored: kept, wait=1)

        assert [milliseconds] == seen

    def test_which_lock_is_asked_for(self, client):
        """One that is asked for twenty times a second, outlives what runs under it, and is let go of by any thread."""
        locks = []

        class Noting(redis.Redis):
            def lock(self, *args, **kwargs):
                locks.append((args, kwargs))
                return super().lock(*args, **kwargs)

        with Noting(port=client.connection_pool.connection_kwargs["port"]) as noting:
            RedisStore(noting).update("key", lambda stored: token("x", hours=1), wait=1)

        options = {"timeout": 5.0, "sleep": 0.05, "thread_local": False}
        assert [(("requests-kiwoom:key:lock",), options)] == locks
        assert locks[0][1]["thread_local"] is False

    def test_the_prefix_is_the_user_s(self, client):
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
        """What au10001 cannot have issued is not there."""
        client.set("requests-kiwoom:key", record)

        assert RedisStore(client).load("key") is None

    @pytest.mark.parametrize("expires", [0, 9, 1_900_000_000, 99_999_999_999, 253_402_268_399])
    def test_any_moment_is_read(self, client, expires):
        """Up to the end of the year 9999, in KST: whether a token can be that old or young, the auth decides."""
        client.set("requests-kiwoom:key", f"{expires} fake-token")

        assert expires == RedisStore(client).load("key").expires_epoch

    def test_another_type_is_a_failure(self, server, client, redis_port, caplog):
        """A key that holds something else than a text is reported, and left."""
        client.lpush(f"requests-kiwoom:{key_of(server)}", "a list")

        assert 0 == post(build_auth(server, redis_port))
        assert "WRONGTYPE" in caplog.text
        assert 1 == client.llen(f"requests-kiwoom:{key_of(server)}")

    def test_clients_that_decode(self, client, redis_port):
        """A client with decode_responses reads what another wrote, and deletes it."""
        kept = token("x", hours=1)
        RedisStore(client).update("key", lambda stored: kept, wait=1)

        with redis.Redis(port=redis_port, decode_responses=True) as decoding:
            assert kept == RedisStore(decoding).load("key")
            RedisStore(decoding).discard("key", kept)

        assert [] == client.keys()

    @pytest.mark.parametrize("client", ["redis://127.0.0.1", None, redis.Redis, "asyncio"])
    def test_what_is_no_client(self, client):
        """An address, the class, or an asynchronous client is refused when the store is built."""
        if client == "asyncio":
            import redis.asyncio

            client = redis.asyncio.Redis()
        with pytest.raises(TypeError, match="redis.Redis"):
            RedisStore(client)


A_PROGRAM = """
import sys, redis, requests
from requests_kiwoom import KiwoomAuth, RedisStore

url, appkey, secretkey, port = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=url, store=RedisStore(redis.Redis(port=int(port))))
print(requests.post(url + "/api/dostk/stkinfo", json={}, auth=auth.for_api("ka10001")).json()["return_code"])
"""


INTERRUPTED_UPDATES = """
import random, signal, sys, time
from datetime import datetime, timedelta, timezone
import redis
from requests_kiwoom import RedisStore, Token

def break_off(signum, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, break_off)
client = redis.Redis("127.0.0.1", int(sys.argv[1]))
store, kept = RedisStore(client), Token("fake-token", datetime.now(timezone.utc) + timedelta(hours=1))
interrupted = 0
for number in range(100):
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 2e-3))
        store.update(f"key {number}", lambda stored: kept, wait=60)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except (KeyboardInterrupt, RuntimeError):  # The latter is what some become in the middle of a thread's start().
        interrupted += 1
deadline = time.monotonic() + 20
# Read once a round: what the last interrupt left to its thread may take the lock between two readings, for a moment.
while (locks := client.keys("*:lock")) and time.monotonic() < deadline:
    time.sleep(0.05)
print(interrupted > 0, locks)
"""


class TestRedisAway:
    def test_killed(self, server, client, redis_server, redis_port, caplog):
        """Without Redis: a warning, and an issue without it; once it is back, the next token is shared again."""
        auth = build_auth(server, redis_port)
        post(auth)
        redis_server.kill()
        server.revoke_all()

        assert 0 == post(auth)
        assert 1 == caplog.text.count("the token store failed")

        redis_server.start()
        server.clock.advance(seconds=2)
        server.revoke_all()
        assert 0 == post(auth)
        assert auth.token() == build_auth(server, redis_port).token()
        assert 3 == server.issues

    def test_hanging(self, server, client, redis_server):
        """A Redis that does not answer costs two seconds, however often and long the client tries."""
        auth = KiwoomAuth(
            server.appkey, server.secretkey, base_url=server.url, store=RedisStore(patient(client))
        )
        post(auth)
        redis_server.pause()
        server.revoke_all()

        start = time.monotonic()
        assert 0 == post(auth)
        assert time.monotonic() - start < 30  # No timing: the client would try for a minute.

    @pytest.mark.parametrize(
        "work, seconds",
        [
            (lambda store: store.load("key"), 2),
            (lambda store: store.update("key", lambda stored: token("x", hours=1), wait=0.5), 2.5),
            (lambda store: store.discard("key", token("x", hours=1)), 2),
        ],
        ids=["load", "update", "discard"],
    )
    def test_nothing_waits_for_ever(self, client, redis_server, work, seconds):
        """Each of the three methods gives up a Redis that does not answer, and says after how long."""
        store = RedisStore(patient(client))
        redis_server.pause()

        with pytest.raises(TimeoutError, match=f"^Redis did not answer within {seconds} s$"):
            work(store)

    def test_nothing_waits_for_ever_at_the_end(self, client, redis_server):
        """Nor is a Redis waited for that falls silent while the token is issued."""
        store = RedisStore(patient(client))
        resuming = threading.Timer(60, redis_server.resume)

        def silenced(stored):
            redis_server.pause()
            resuming.start()
            return token("x", hours=1)

        try:
            with pytest.raises(TimeoutError, match="^Redis did not answer within 2 s$"):
                store.update("key", silenced, wait=1)
        finally:
            resuming.cancel()

    def test_nothing_waits_for_ever_after_an_error(self, client, redis_server):
        """Nor where the issue fails: a lock that Redis does not take back is left to end by itself."""
        store = RedisStore(patient(client))
        resumed = threading.Event()
        resuming = threading.Timer(25, lambda: (resumed.set(), redis_server.resume()))

        def silenced(stored):
            redis_server.pause()
            resuming.start()
            raise TokenUnavailable("au10001 gave no answer")

        try:
            with pytest.raises(TokenUnavailable, match="^au10001 gave no answer$"):
                store.update("key", silenced, wait=1)
        finally:
            resuming.cancel()
        assert not resumed.is_set()

    def test_a_lock_that_comes_too_late(self, client, redis_server):
        """A lock that Redis grants when nobody waits for it any more is in nobody's way."""
        store = RedisStore(redis.Redis(port=client.connection_pool.connection_kwargs["port"], socket_timeout=60))
        store.load("key")  # Now it is connected: all that Redis has to read, once it goes on, is the command.
        redis_server.pause()
        with pytest.raises(TimeoutError):
            store.update("key", lambda stored: token("too late", hours=1), wait=0.1)
        redis_server.resume()

        # By itself it would end after more than four.
        assert "next" == store.update("key", lambda stored: token("next", hours=1), wait=3).value

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
    def test_interrupts_leave_no_lock(self, redis_port):
        """Whenever Ctrl-C comes, the lock is soon let go of: it is not held until it ends by itself."""
        assert "True []\n" == run_without_coverage(INTERRUPTED_UPDATES, str(redis_port))

    def test_an_interrupt_before_the_token_is_stored(self, client, monkeypatch):
        """Ctrl-C between the issue and what stores the token leaves no lock."""
        start = threading.Thread.start

        def interrupted(thread):
            monkeypatch.setattr(threading.Thread, "start", start)
            raise KeyboardInterrupt

        def issue(stored):
            monkeypatch.setattr(threading.Thread, "start", interrupted)
            return token("x", hours=1)

        with pytest.raises(KeyboardInterrupt):
            RedisStore(client).update("key", issue, wait=1)

        assert [] == client.keys()

    def test_an_issue_that_fails_while_it_goes(self, client, redis_server):
        """If Redis goes while an issue fails, it is the issue's error that comes out."""

        def within(stored):
            redis_server.kill()
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            RedisStore(client).update("a key of its own", within, wait=1)

    def test_a_lock_that_is_not_to_be_had(self, client):
        """Who does not get the lock in time is told that another process has it, and for how long."""
        store = RedisStore(client)

        def within(stored):
            with pytest.raises(TimeoutError, match="^another process held the lock for more than 0.2 s$"):
                store.update("key", lambda stored: token("inner", hours=1), wait=0.2)
            return token("outer", hours=1)

        assert "outer" == store.update("key", within, wait=1).value

    def test_hanging_at_the_end(self, server, client, redis_server, redis_port):
        """A program ends though its Redis does not answer."""
        redis_server.pause()
        command = [sys.executable, "-c", A_PROGRAM, server.url, server.appkey, server.secretkey, str(redis_port)]

        assert b"0\n" == subprocess.run(command, capture_output=True, timeout=120).stdout

    @pytest.mark.parametrize("how", ["kill", "pause", "flush"])
    def test_in_the_middle_of_an_issue(self, server, client, redis_server, redis_port, caplog, how):
        """Redis goes, hangs, or loses the lock while au10001 is called: what was issued stands, with one warning."""
        auth = build_auth(server, redis_port)
        away = {"kill": redis_server.kill, "pause": redis_server.pause, "flush": client.flushall}[how]

        def answer(request):
            away()
            return server._issue(request)

        server.fail(answer)

        assert 0 == post(auth) == post(auth)
        assert 1 == server.issues
        assert 1 == caplog.text.count("the token store failed")

    def test_a_lost_lock_keeps_the_newer_token(self, client):
        """Who has lost the lock does not overwrite what the next holder stored."""
        newer = token("newer", hours=1)

        def slow(stored):
            client.delete("requests-kiwoom:key:lock")
            RedisStore(client).update("key", lambda stored: newer, wait=1)
            return token("older", hours=1)

        with pytest.raises(redis.exceptions.LockError):
            RedisStore(client).update("key", slow, wait=1)

        assert newer == RedisStore(client).load("key")

    def test_the_lock_ends_by_itself(self, client):
        """The lock of a process that was killed is there for little longer than a token call may take."""
        seen = []
        RedisStore(client).update(
            "key", lambda stored: seen.append(client.ttl("requests-kiwoom:key:lock")) or token("x", hours=1), wait=10
        )

        assert 10 < seen[0] <= 14

    def test_the_lock_outlives_what_runs_under_it(self, client, monkeypatch):
        """Beside the token call there is time for two commands, however long these take."""
        monkeypatch.setattr(redis_store, "_MOMENT", 60.0)
        seen = []
        RedisStore(client).update(
            "key", lambda stored: seen.append(client.ttl("requests-kiwoom:key:lock")) or token("x", hours=1), wait=10
        )

        # A machine may be busy for a while in between.
        assert 100 < seen[0] <= 130

    def test_a_password_that_is_missing(self, server, client, redis_port, caplog):
        """A Redis that refuses the client is a warning."""
        client.config_set("requirepass", "fake-password")
        try:
            assert 0 == post(build_auth(server, redis_port))
        finally:
            client.config_set("requirepass", "")
        assert "the token store failed" in caplog.text
        assert "AuthenticationError" in caplog.text

    def test_8_threads_while_it_comes_and_goes(self, server, client, redis_server, redis_port, caplog):
        """Redis is killed and started again under 8 threads, and tokens are revoked: no request fails."""
        auth = build_auth(server, redis_port)
        server.clock.stop()  # After a minute, a warning may come again.
        with over_and_over(8, lambda: post(auth)) as codes:
            for _ in range(3):
                redis_server.kill()
                server.revoke_all()
                wait_for(codes, 30)
                redis_server.start()
                server.clock.advance(seconds=2)
                server.revoke_all()
                wait_for(codes, 30)

        assert {0} == set(codes)
        warnings = [record.getMessage() for record in caplog.records if "store failed" in record.getMessage()]
        assert len(warnings) == len(set(warnings))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stack of 64 TiB may be had")
def test_no_thread_left(client):
    """A process that can start no more threads, as while it ends, asks Redis in the one that it has."""
    store = RedisStore(client)
    before = threading.stack_size(1 << 46)
    try:
        store.update("key", lambda stored: token("x", hours=1), wait=1)
        assert "x" == store.load("key").value
    finally:
        threading.stack_size(before)


def test_expiry_is_in_whole_seconds(client):
    """A token of the user's own making, with a fraction of a second, is stored without it."""
    now = datetime.now(timezone.utc) + timedelta(hours=1)
    RedisStore(client).update("key", lambda stored: Token("x", now), wait=1)

    assert now.replace(microsecond=0) == RedisStore(client).load("key").expires_at
