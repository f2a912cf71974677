"""A crowd of callers, while everything goes wrong that can."""

import http.client
import json
import random
import socket
import threading
import time

import pytest

from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.threads import until
from tests.testing.client import JSON

CALLERS, CALLS = 24, 50
#: Nothing takes the server longer than some milliseconds: a client that waits so many seconds would wait for ever.
FOR_EVER = 30


class Caller:
    """Calls on one connection, as long as it holds, and compares what comes back with what it asked for."""

    def __init__(self, server, number):
        self.server = server
        self.number = number
        self.connection = http.client.HTTPConnection(server.url[7:], timeout=FOR_EVER)
        self.token = "none yet"
        self.answered = 0
        self.wrong = []

    def post(self, path, body):
        """The JSON object that comes back; ``None`` if nothing does, or something else."""
        headers = {"content-type": JSON, "api-id": "ka10001", "authorization": f"Bearer {self.token}"}
        if path == "/oauth2/token":
            headers["api-id"] = "au10001"
        try:
            self.connection.request("POST", path, json.dumps(body), headers)
            return json.loads(self.connection.getresponse().read())
        except TimeoutError:
            self.wrong.append("waited for ever")
        except (OSError, http.client.HTTPException, ValueError):
            self.connection.close()
        return None

    def log_in(self):
        keys = {"appkey": self.server.appkey, "secretkey": self.server.secretkey}
        self.token = (self.post("/oauth2/token", {"grant_type": "client_credentials", **keys}) or {}).get("token", "")

    def run(self):
        for n in range(CALLS):
            if random.random() < 0.005:
                self.server.revoke_all()
            answer = self.post("/api/dostk/stkinfo", {"caller": self.number, "n": n}) or {}
            if "caller" in answer:
                self.answered += 1
                if (self.number, n) != (answer["caller"], answer["n"]):
                    self.wrong.append(f"{(answer['caller'], answer['n'])} instead of {(self.number, n)}")
            elif answer.get("return_code") not in (None, "0"):
                self.log_in()


@pytest.mark.once
def test_a_crowd_in_trouble():
    """24 callers make 50 calls each through every fault: none hangs, none gets another's response."""
    options = {"chaos": 0.3, "latency": 0.001, "numbers_as_strings": True, "rejection": "top"}
    with KiwoomServer(**options) as server:
        server.reply("ka10001", lambda request: request.json())
        callers = [Caller(server, number) for number in range(CALLERS)]
        threads = [threading.Thread(target=caller.run, daemon=True) for caller in callers]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + FOR_EVER
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        hanging = sum(thread.is_alive() for thread in threads)
    for caller in callers:
        caller.connection.close()

    assert 0 == hanging
    assert [] == [wrong for caller in callers for wrong in caller.wrong]
    # Each revocation costs every caller a call or two, so how many are left is a matter of luck.
    assert sum(caller.answered for caller in callers) > CALLERS * CALLS // 4


@pytest.mark.timeout(FOR_EVER)
def test_an_end_in_the_middle():
    """The end waits for no caller: silent, in mid-request, waiting for an hour, or in a hanging callable."""
    released = threading.Event()
    with KiwoomServer(strict=False) as server:
        server.fail(*[lambda request: released.wait(2 * FOR_EVER)] * 4, path="/hangs")
        server.fail(*[Reply({}, delay=3600)] * 20, path="/waits")
        sent = [b"", b"POST / HTTP/1.1\r\ncontent-le", b"POST /waits HTTP/1.1\r\n\r\n"] * 20
        sent += [b"POST /hangs HTTP/1.1\r\n\r\n"] * 4
        port = int(server.url.rpartition(":")[2])
        sockets = [socket.create_connection(("127.0.0.1", port), timeout=FOR_EVER) for _ in sent]
        for sock, data in zip(sockets, sent):
            sock.sendall(data)
        until(lambda: len(server.requests) == 24)
    released.set()
    for sock in sockets:
        sock.close()
