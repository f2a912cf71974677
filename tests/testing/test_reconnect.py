"""A bot that keeps a WebSocket open with this package's tokens, through disconnections, revocations and outages.

The bot does what the recipe in the README does: it logs in with the token of the auth. If the login is refused, it
replaces that token and tries again.
"""

import json
import threading
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from requests_kiwoom import KiwoomAuth, TokenIssueError
from requests_kiwoom.testing import faults
from tests.helpers.threads import in_threads, until

WAIT = 60
TRADES = {"grp_no": "1", "refresh": "1", "data": [{"item": ["005930"], "type": ["0B"]}]}


class Bot:
    """Receives prices, and reconnects whenever its WebSocket ends."""

    def __init__(self, server, auth, attempts=1000):
        self.url = server.websocket_url + "/api/dostk/websocket"
        self.auth = auth
        self.attempts = attempts
        self.prices = []
        self.got_price = threading.Event()
        self.errors = []
        self.done = threading.Event()

    def run(self):
        """Stay connected until `done` is set; the server closes the last WebSocket."""
        rejected = None
        while not self.done.is_set() and self.attempts > 0:
            self.attempts -= 1
            try:
                rejected = self.stay_connected(self.auth.token(rejected=rejected))
            except TokenIssueError as error:
                self.errors.append(error)
                self.done.wait(0.01)  # A real bot waits for seconds here.

    def stay_connected(self, token):
        """Receive prices until the WebSocket ends; return the token if it was refused."""
        with connect(self.url, open_timeout=WAIT) as socket:
            try:
                socket.send(json.dumps({"trnm": "LOGIN", "token": token}))
                if json.loads(socket.recv(WAIT))["return_code"] != 0:
                    return token
                socket.send(json.dumps({"trnm": "REG", **TRADES}))
                while True:
                    self.take(json.loads(socket.recv(WAIT)))
            except ConnectionClosed:
                return None

    def take(self, message):
        if message["trnm"] == "REAL":
            self.prices.append(message["data"][0]["values"]["10"])
            self.got_price.set()

    def receives(self, server, price):
        """Wait until the bot has registered, send a price, and return whether the bot receives it."""
        self.got_price.clear()
        server.push("0B", "005930", {"10": price}, wait=WAIT)
        return self.got_price.wait(WAIT) and self.prices[-1] == price


@pytest.fixture
def auth(server, monkeypatch):
    """Return an auth whose clock is the server's."""
    monkeypatch.setattr(KiwoomAuth, "clock", server.clock)
    return KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)


@pytest.fixture
def start(server, auth):
    """Return a function that starts a bot in a thread; the bot ends with the test."""
    with ExitStack() as stack:

        def make(**options):
            bot = Bot(server, auth, **options)
            thread = threading.Thread(target=bot.run)
            thread.start()

            def end():
                bot.done.set()
                while thread.is_alive():
                    server.disconnect_all()  # The bot may just be connecting.
                    thread.join(0.05)

            stack.callback(end)
            return bot

        yield make


def test_a_disconnected_bot_logs_in_with_the_same_token(server, start):
    """After a disconnection the bot logs in again with the same token, without a call of au10001."""
    bot = start()
    assert bot.receives(server, "-70100")
    server.disconnect_all()

    assert bot.receives(server, "-70200")
    assert 1 == server.issues
    assert 2 == len(server.messages.to("LOGIN"))


def test_a_refused_login_replaces_the_token_once(server, start):
    """After a revocation and a disconnection the login is refused once, and one au10001 call replaces the token."""
    bot = start()
    assert bot.receives(server, "-70100")
    server.revoke_all()
    server.disconnect_all()

    assert bot.receives(server, "-70200")
    assert 2 == server.issues
    assert 3 == len(server.messages.to("LOGIN"))
    assert [] == bot.errors


def test_a_bot_recovers_after_an_outage_of_au10001(server, start):
    """During an outage of au10001 the bot tries 50 times, and au10001 is called once. After the pause it recovers.

    The clock stands still, so all of the 50 attempts are within one pause.
    """
    server.clock.stop()
    bot = start()
    assert bot.receives(server, "-70100")
    server.revoke_all()
    server.fail(faults.MAINTENANCE)
    server.disconnect_all()
    until(lambda: len(bot.errors) >= 50)
    during_outage = server.issues
    server.clock.advance(seconds=60)

    assert bot.receives(server, "-70200")
    assert len(bot.errors) >= 50
    assert [2, 3] == [during_outage, server.issues]


def test_20_refused_logins_replace_the_token_once(server, auth):
    """20 connections whose logins are all refused at once replace the token with one au10001 call."""
    bots = [Bot(server, auth) for _ in range(20)]
    old = auth.token()
    server.revoke_all()
    queue = list(bots)

    def log_in():
        bot = queue.pop()
        with connect(bot.url, open_timeout=WAIT) as socket:
            socket.send(json.dumps({"trnm": "LOGIN", "token": old}))
            refused = json.loads(socket.recv(WAIT))["return_code"]
        token = auth.token(rejected=old)
        with connect(bot.url, open_timeout=WAIT) as socket:
            socket.send(json.dumps({"trnm": "LOGIN", "token": token}))
            return refused, json.loads(socket.recv(WAIT))["return_code"]

    assert [(805004, 0)] * 20 == in_threads(20, log_in)
    assert 2 == server.issues
    assert 40 == len(server.messages.to("LOGIN"))


def test_a_login_that_is_always_refused_calls_au10001_rarely(server, auth):
    """A bot that reports each token as rejected, 100 times at one moment, causes at most 2 more au10001 calls."""
    server.clock.stop()
    server.reissue = "new"
    token, refused = auth.token(), 0
    for _ in range(100):
        try:
            token = auth.token(rejected=token)
        except TokenIssueError:
            refused += 1

    assert refused > 90
    assert server.issues <= 3
