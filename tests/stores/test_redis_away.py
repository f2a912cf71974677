"""``RedisStore`` while Redis is down, hangs or refuses: requests succeed without it, and the log says why."""

import signal
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
import redis
import requests

from requests_kiwoom import KiwoomAuth, RedisStore, TokenUnavailable
from requests_kiwoom.stores import StoreError
from tests.helpers.interrupts import run_without_coverage
from tests.helpers.processes import build_auth
from tests.helpers.stores import post, token
from tests.helpers.threads import over_and_over, wait_for


def build_client(client, **options):
    """Build a client as redis-py does by default, with its retries."""
    return redis.Redis(port=client.connection_pool.connection_kwargs["port"], **options)


def warnings_of(caplog):
    return [record.getMessage() for record in caplog.records if "store failed" in record.getMessage()]


class TestDown:
    def test_a_killed_redis_costs_a_warning_and_an_issue(self, server, client, redis_server, redis_port, caplog):
        """While Redis is down, a token costs a warning and an issue; when it runs again, the next token is shared."""
        auth = build_auth(server, redis_port)
        post(auth)
        redis_server.kill()
        server.revoke_all()

        assert 0 == post(auth)
        assert 1 == len(warnings_of(caplog))

        redis_server.start()
        server.clock.advance(seconds=2)
        server.revoke_all()
        assert 0 == post(auth)
        assert auth.token() == build_auth(server, redis_port).token()
        assert 3 == server.issues

    @pytest.mark.parametrize("how", ["kill", "pause", "flush"])
    def test_the_issued_token_is_used_if_redis_fails(self, server, client, redis_server, redis_port, caplog, how):
        """If Redis is killed, hangs, or loses the lock during au10001, the token is used, with one warning."""
        break_redis = {"kill": redis_server.kill, "pause": redis_server.pause, "flush": client.flushall}[how]

        class Session(requests.Session):
            def send(self, request, **options):
                break_redis()
                return super().send(request, **options)

        auth = build_auth(server, redis_port, session=Session())

        assert 0 == post(auth) == post(auth)
        assert 1 == server.issues
        assert 1 == len(warnings_of(caplog))

    def test_the_issue_s_error_is_raised_if_redis_is_killed_as_well(self, client, redis_server):
        """If Redis is killed and the issue fails, the issue's error is raised."""

        def fail(stored):
            redis_server.kill()
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            RedisStore(client).update("a key of its own", fail, wait=1)

    def test_8_threads_send_while_redis_is_killed_and_started(self, server, client, redis_server, redis_port, caplog):
        """No request of 8 threads fails while Redis is killed and started again, and tokens are revoked."""
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
        texts = warnings_of(caplog)
        assert len(texts) == len(set(texts))


A_PROGRAM = """
import sys, redis, requests
from requests_kiwoom import KiwoomAuth, RedisStore

url, appkey, secretkey, port = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=url, store=RedisStore(redis.Redis(port=int(port))))
print(requests.post(url + "/api/dostk/stkinfo", json={}, auth=auth.for_api("ka10001")).json()["return_code"])
"""


class TestHanging:
    @pytest.fixture
    def short_wait(self, monkeypatch):
        """Makes each store wait 0.4 s for a command, instead of two."""
        monkeypatch.setattr("requests_kiwoom.stores.redis._COMMAND_SECONDS", 0.4)

    @pytest.mark.parametrize(
        "work, seconds",
        [
            (lambda store: store.load("key"), 0.4),
            (lambda store: store.update("key", lambda stored: token("x", hours=1), wait=0.2), 0.6),
            (lambda store: store.discard("key", token("x", hours=1)), 0.4),
        ],
        ids=["load", "update", "discard"],
    )
    def test_each_method_has_a_time_limit(self, client, redis_server, short_wait, work, seconds):
        """Each of the three methods stops waiting for a Redis that does not respond, and says after how long."""
        store = RedisStore(build_client(client))
        redis_server.pause()

        with pytest.raises(StoreError, match=f"^Redis did not respond within {seconds} s$"):
            work(store)

    def test_a_request_succeeds_while_redis_hangs(self, server, client, redis_server, caplog):
        """A request succeeds while Redis hangs, although a client with retries would wait much longer."""
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=RedisStore(build_client(client)))
        redis_server.pause()

        assert 0 == post(auth)
        assert ["Redis did not respond within 2 s"] == [text.split(": ")[-1] for text in warnings_of(caplog)]

    def test_a_redis_that_hangs_after_the_issue_is_waited_for_once(self, client, redis_server, short_wait):
        """The store waits once, not twice, for a Redis that hangs after the issue."""
        store = RedisStore(build_client(client))
        resuming = threading.Timer(60, redis_server.resume)

        def pause_redis(stored):
            redis_server.pause()
            resuming.start()
            return token("x", hours=1)

        try:
            with pytest.raises(StoreError, match="^Redis did not respond within 0.4 s$"):
                store.update("key", pause_redis, wait=1)
        finally:
            resuming.cancel()

    def test_the_issue_s_error_is_raised_if_redis_hangs_as_well(self, client, redis_server, short_wait):
        """If the issue fails and Redis hangs, the issue's error is raised, and the lock expires by itself."""
        store = RedisStore(build_client(client))
        resumed = threading.Event()
        resuming = threading.Timer(25, lambda: (resumed.set(), redis_server.resume()))

        def pause_redis(stored):
            redis_server.pause()
            resuming.start()
            raise TokenUnavailable("au10001 gave no response")

        try:
            with pytest.raises(TokenUnavailable, match="^au10001 gave no response$"):
                store.update("key", pause_redis, wait=1)
        finally:
            resuming.cancel()
        assert not resumed.is_set()

    def test_a_lock_that_is_granted_too_late_is_released(self, client, redis_server):
        """A lock that Redis grants after its caller stopped waiting is released at once."""
        store = RedisStore(build_client(client, socket_timeout=60))
        store.load("key")  # This connects: when Redis resumes, it reads nothing but the command.
        redis_server.pause()
        with pytest.raises(StoreError):
            store.update("key", lambda stored: token("too late", hours=1), wait=0.1)
        redis_server.resume()

        # By itself it would expire only after more than four seconds.
        assert "next" == store.update("key", lambda stored: token("next", hours=1), wait=3).value

    def test_a_program_ends_while_redis_hangs(self, server, client, redis_server, redis_port):
        """A program ends while its Redis hangs."""
        redis_server.pause()
        command = [sys.executable, "-c", A_PROGRAM, server.url, server.appkey, server.secretkey, str(redis_port)]

        assert b"0" == subprocess.run(command, capture_output=True, timeout=120).stdout.strip()


class TestReasons:
    @pytest.fixture
    def password(self, client):
        """The password that the server requires for one test."""
        client.config_set("requirepass", "fake-password")
        yield "fake-password"
        client.config_set("requirepass", "")

    def test_a_wrong_password_is_logged_in_redis_words(self, server, client, password, caplog):
        """A wrong password is a warning in Redis' words, although redis-py retries for longer than the store waits."""
        store = RedisStore(build_client(client, password="another-password"))
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=store)

        assert 0 == post(auth)
        (text,) = warnings_of(caplog)
        assert "AuthenticationError: invalid username-password pair or user is disabled" in text
        assert "another-password" not in caplog.text

    def test_a_missing_password_is_logged_in_redis_words(self, server, client, password, redis_port, caplog):
        """A missing password is a warning in Redis' words."""
        assert 0 == post(build_auth(server, redis_port))
        (text,) = warnings_of(caplog)
        assert "AuthenticationError: " in text

    def test_a_port_without_a_server_is_reported_as_such(self, client, redis_server):
        """A port without a server is reported as such, although redis-py retries for longer than the store waits."""
        store = RedisStore(build_client(client))
        redis_server.kill()

        with pytest.raises(StoreError, match="^ConnectionError: .* connecting to "):
            store.load("key")

    def test_a_response_that_cannot_be_parsed_is_not_quoted(self, server, caplog):
        """The log has only the type of redis-py's "Protocol Error", because its text quotes the response."""
        with garbled_redis(b"?1795000000 fake-token-of-a-record\r\n") as port:
            store = RedisStore(redis.Redis(port=port, socket_timeout=1))
            auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=store)
            assert 0 == post(auth)

        (text,) = warnings_of(caplog)
        assert "InvalidResponse at " in text
        assert "fake-token" not in caplog.text

    def test_a_command_that_is_refused_is_not_quoted(self, client):
        """The error for a refused command has Redis' words, without the token, although redis-py quotes the command."""
        seen = []

        def fill(stored):
            client.config_set("maxmemory", 1)
            return token("fake-token-to-store", hours=1)

        try:
            with pytest.raises(StoreError) as raised:
                RedisStore(client).update("key", fill, wait=1)
        finally:
            client.config_set("maxmemory", 0)
        error = raised.value
        while error is not None:
            seen.append(repr(error))
            error = error.__cause__ or error.__context__

        assert str(raised.value).startswith("OutOfMemoryError: ")
        assert "maxmemory" in str(raised.value)
        assert "fake-token" not in "".join(seen)


@contextmanager
def garbled_redis(response):
    """Run a server that returns `response` to every command; yield its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            while self.request.recv(65536):
                self.request.sendall(response)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(60)


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


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
class TestInterrupts:
    def test_ctrl_c_at_any_moment_leaves_no_lock(self, redis_port):
        """Whenever Ctrl-C comes, the lock is released soon, and not only when it expires."""
        assert "True []\n" == run_without_coverage(INTERRUPTED_UPDATES, str(redis_port))

    def test_ctrl_c_before_the_token_is_stored_leaves_no_lock(self, client, monkeypatch):
        """Ctrl-C after the issue and before the token is stored leaves no lock."""
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
