"""Many callers at the same time, with every fault."""

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
#: The server takes some milliseconds for anything. A client that waits longer than this, in seconds, hangs.
HANG_SECONDS = 30


class Caller:
    """Sends calls on one connection until it breaks, and compares each response with its request."""

    def __init__(self, server, number):
        self.server = server
        self.number = number
        self.connection = http.client.HTTPConnection(server.url[7:], timeout=HANG_SECONDS)
        self.token = "none yet"
        self.response_count = 0
        self.wrong = []

    def post(self, path, body):
        """Send a POST; return the JSON object of the response, or ``None`` if there is no such response."""
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
            response = self.post("/api/dostk/stkinfo", {"caller": self.number, "n": n}) or {}
            if "caller" in response:
                self.response_count += 1
                if (self.number, n) != (response["caller"], response["n"]):
                    self.wrong.append(f"{(response['caller'], response['n'])} instead of {(self.number, n)}")
            elif response.get("return_code") not in (None, "0"):
                self.log_in()


@pytest.mark.once
def test_24_callers_with_faults_never_hang_or_swap_responses():
    """24 callers make 50 calls each through every fault: none hangs, and none gets another caller's response."""
    options = {"chaos": 0.3, "latency": 0.001, "numbers_as_strings": True, "rejection": "top"}
    with KiwoomServer(**options) as server:
        server.reply("ka10001", lambda request: request.json())
        callers = [Caller(server, number) for number in range(CALLERS)]
        threads = [threading.Thread(target=caller.run, daemon=True) for caller in callers]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + HANG_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        hanging = sum(thread.is_alive() for thread in threads)
    for caller in callers:
        caller.connection.close()

    assert 0 == hanging
    assert [] == [wrong for caller in callers for wrong in caller.wrong]
    # Each revocation costs every caller one or two calls, so the number of successful calls is random.
    assert sum(caller.response_count for caller in callers) > CALLERS * CALLS // 4


@pytest.mark.timeout(HANG_SECONDS)
def test_stop_waits_for_no_client():
    """A server that stops does not wait for silent clients, half requests, long delays or hanging callables."""
    released = threading.Event()
    with KiwoomServer(strict=False) as server:
        server.fail(*[lambda request: released.wait(2 * HANG_SECONDS)] * 4, path="/hangs")
        server.fail(*[Reply({}, delay=3600)] * 20, path="/waits")
        sent = [b"", b"POST / HTTP/1.1\r\ncontent-le", b"POST /waits HTTP/1.1\r\n\r\n"] * 20
        sent += [b"POST /hangs HTTP/1.1\r\n\r\n"] * 4
        port = int(server.url.rpartition(":")[2])
        sockets = [socket.create_connection(("127.0.0.1", port), timeout=HANG_SECONDS) for _ in sent]
        for sock, data in zip(sockets, sent):
            sock.sendall(data)
        until(lambda: len(server.requests) == 24)
    released.set()
    for sock in sockets:
        sock.close()
