"""A WebSocket login with the bare token, against a server of the library that the recipe uses."""

import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from requests_kiwoom.testing import refusal
from tests.recipes.realtime import TRADES, messages


class Stream:
    """A server that accepts the live token, sends PING, and then one message."""

    def __init__(self, server):
        self.server = server
        self.accepts_tokens = True
        self.tokens = []
        self.received = []

    def __call__(self, socket):
        login = json.loads(socket.recv(60))
        self.tokens.append(login["token"])
        accepted = self.accepts_tokens and login == {"trnm": "LOGIN", "token": self.server.token}
        socket.send(json.dumps({"trnm": "LOGIN", **({"return_code": 0} if accepted else refusal(8005).payload)}))
        if not accepted:
            return
        try:
            self.received.append(socket.recv(60))
            socket.send('{"trnm":"PING"}')
            self.received.append(socket.recv(60))
            socket.send(json.dumps({"trnm": "REAL", "data": []}))
        except ConnectionClosed:
            pass  # The test has already failed, and reports why.


@pytest.fixture
def stream(server):
    """A running `Stream`, with its `url`."""
    stream = Stream(server)
    with serve(stream, "127.0.0.1", 0) as listener:
        stream.url = f"ws://127.0.0.1:{listener.socket.getsockname()[1]}"
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        yield stream
        listener.shutdown()
        thread.join(60)


def test_login(server, auth, stream):
    """The login carries the bare token, the request is sent, a PING is returned unchanged, and data is yielded."""
    assert [{"trnm": "REAL", "data": []}] == list(messages(auth, stream.url, TRADES))
    assert [server.token] == stream.tokens
    assert [json.dumps(TRADES), '{"trnm":"PING"}'] == stream.received


def test_refused_login(server, auth, stream):
    """A token that the login refuses is replaced, and requests use the other token, too."""
    first = auth.token()
    server.revoke_all()

    assert 1 == len(list(messages(auth, stream.url, TRADES)))
    assert [first, server.token] == stream.tokens
    assert (2, server.token) == (server.issues, auth.token())


def test_login_that_is_refused_twice(server, auth, stream):
    """A login that is refused twice raises an error with Kiwoom's message, after two tokens."""
    stream.accepts_tokens = False
    server.reissue = "new"

    with pytest.raises(ConnectionError, match="8005"):
        list(messages(auth, stream.url, TRADES))
    assert 2 == len(set(stream.tokens))
