"""A WebSocket login with the bare token, against a real server."""

import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from requests_kiwoom.testing import refusal

TITLE = "Real-time data: websockets"


class Stream:
    """What the recipe talks to: it takes the token that lives, says PING, and then something."""

    def __init__(self, server):
        self.server = server
        self.takes_tokens = True
        self.tokens = []
        self.received = []

    def __call__(self, socket):
        login = json.loads(socket.recv())
        self.tokens.append(login["token"])
        accepted = self.takes_tokens and login == {"trnm": "LOGIN", "token": self.server.token}
        socket.send(json.dumps({"trnm": "LOGIN", **({"return_code": 0} if accepted else refusal(8005).payload)}))
        if not accepted:
            return
        try:
            self.received.append(json.loads(socket.recv()))
            socket.send(json.dumps({"trnm": "PING"}))
            self.received.append(json.loads(socket.recv()))
            socket.send(json.dumps({"trnm": "REAL", "data": []}))
        except ConnectionClosed:
            pass  # The test has failed already: it says why.


@pytest.fixture
def stream(server):
    """That server, which has a `url`."""
    stream = Stream(server)
    with serve(stream, "127.0.0.1", 0) as listener:
        stream.url = f"ws://127.0.0.1:{listener.socket.getsockname()[1]}"
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        yield stream
        listener.shutdown()
        thread.join()


def run_recipe(run, stream):
    """Run the recipe against that server, until it closes the connection; the messages that the recipe printed."""
    printed = []
    run(TITLE, ("wss://api.kiwoom.com:10000/api/dostk/websocket", stream.url), print=printed.append)
    return printed


def test_login(server, stream, run):
    """The login carries the bare token; what is wanted is asked for, a PING goes back, the rest is for the caller."""
    printed = run_recipe(run, stream)

    assert [server.token] == stream.tokens
    assert ["REG", "PING"] == [message["trnm"] for message in stream.received]
    assert [{"trnm": "REAL", "data": []}] == printed
    assert 1 == server.issues


def test_refused_login(server, auth, stream, run):
    """A token that the login refuses is replaced, and the next login carries the other one, which requests use too."""
    first = auth.token()
    server.revoke_all()

    assert 1 == len(run_recipe(run, stream))
    assert [first, server.token] == stream.tokens
    assert (2, server.token) == (server.issues, auth.token())


def test_login_that_is_refused_twice(server, stream, run):
    """A login that stays refused ends in an error with Kiwoom's words, after two tokens."""
    stream.takes_tokens = False
    server.reissue = "new"

    with pytest.raises(ConnectionError, match="8005"):
        run_recipe(run, stream)

    assert 2 == len(set(stream.tokens))
