"""What the local Kiwoom server costs, against its limits."""

import contextlib
import http.server
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator

import requests

from requests_kiwoom.testing import KiwoomServer, Reply
from requests_kiwoom.testing.received import Requests
from tests.helpers.constants import PATH
from tests.helpers.threads import until

from .report import Row

STARTS, CALLS, ROUNDS, RECORDED = 30, 1000, 5, 10_000


def token_of(server: KiwoomServer, session: requests.Session) -> str:
    body = {"grant_type": "client_credentials", "appkey": server.appkey, "secretkey": server.secretkey}
    return session.post(f"{server.url}/oauth2/token", json=body).json()["token"]


def measure_first_response() -> float:
    """Return the median of `STARTS` starts, in milliseconds."""
    taken = []
    with requests.Session() as session:
        for _ in range(STARTS):
            start = time.perf_counter()
            with KiwoomServer() as server:
                token_of(server, session)
                taken.append(time.perf_counter() - start)
    return sorted(taken)[STARTS // 2] * 1000


class Constant(http.server.BaseHTTPRequestHandler):
    """The bare standard library: reads the request, returns a constant."""

    protocol_version = "HTTP/1.1"
    # One write per response, so that Nagle's algorithm delays nothing.
    wbufsize = -1
    content = b'{"api_id": "ka10001", "return_code": 0}'

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def bare_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Constant) as httpd:
        httpd.daemon_threads = True
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()
        thread.join()


def rate(session: requests.Session, url: str, headers: dict[str, str]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        session.post(url, json={"stk_cd": "005930"}, headers=headers).json()
    return CALLS / (time.perf_counter() - start)


def rates() -> tuple[float, float]:
    """Return the requests per second of a keep-alive Session, with this server and the bare one; best of `ROUNDS`."""
    ours, bare = [], []
    with KiwoomServer() as server, bare_server() as bare_url, requests.Session() as session:
        headers = {"authorization": f"Bearer {token_of(server, session)}", "api-id": "ka10001"}
        for _ in range(ROUNDS):
            bare.append(rate(session, bare_url + PATH, headers))
            ours.append(rate(session, server.url + PATH, headers))
    return max(ours), max(bare)


def recorded_megabytes() -> float:
    """Return the megabytes that `RECORDED` recorded requests take."""
    with KiwoomServer() as server, requests.Session() as session:
        headers = {"authorization": f"Bearer {token_of(server, session)}", "api-id": "ka10001"}
        rate(session, server.url + PATH, headers)
        server.requests = Requests()
        tracemalloc.start()
        for _ in range(RECORDED // CALLS):
            rate(session, server.url + PATH, headers)
        before, _ = tracemalloc.get_traced_memory()
        assert RECORDED == len(server.requests)
        server.requests = Requests()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return (before - after) / 1e6


def stop_with_64_callers() -> float:
    """Return the seconds that a server takes to stop with 64 callers: silent ones, and ones that wait for an hour."""
    with KiwoomServer(strict=False) as server:
        server.fail(*[Reply({}, delay=3600)] * 32, path="/waits")
        port = int(server.url.rpartition(":")[2])
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
        for sock in sockets[:32]:
            sock.sendall(b"POST /waits HTTP/1.1\r\n\r\n")
        until(lambda: len(server.requests) == 32)
        start = time.perf_counter()
    taken = time.perf_counter() - start
    for sock in sockets:
        sock.close()
    return taken


def measure() -> Iterator[Row]:
    """Yield the rows."""
    first = measure_first_response()
    yield Row("KiwoomServer: start to first response", f"{first:.1f} ms", "<= 15 ms", first <= 15)
    ours, bare = rates()
    least = min(1500, 0.8 * bare)
    rate = f"{ours:.0f} requests/s, a bare handler {bare:.0f}"
    yield Row("KiwoomServer: one keep-alive Session", rate, f">= {least:.0f}", ours >= least)
    stop = stop_with_64_callers()
    yield Row("KiwoomServer: stop with 64 callers", f"{stop * 1000:.0f} ms", "<= 1000 ms", stop <= 1)
    weight = recorded_megabytes()
    yield Row(f"KiwoomServer: {RECORDED} recorded requests", f"{weight:.1f} MB", "<= 50 MB", weight <= 50)
