"""What several test modules need: threads that start together, and a server that sends exact bytes."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in so many threads at once; return what each returned or raised."""
    outcomes: list[Any] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        try:
            outcomes.append(work())
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


class Returned(list[Any]):
    """What so many threads returned, and how often each did."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.turns = [0] * count
        self.threads: list[threading.Thread] = []


@contextmanager
def over_and_over(count: int, work: Callable[[], Any]) -> Iterator[Returned]:
    """Run `work` in so many threads again and again, until the block ends; the list grows by what it returns."""
    returned = Returned(count)
    done = threading.Event()

    def run(number: int) -> None:
        while not done.is_set():
            returned.append(work())
            returned.turns[number] += 1

    returned.threads += [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in returned.threads:
        thread.start()
    try:
        yield returned
    finally:
        done.set()
        for thread in returned.threads:
            thread.join()


def wait_for(returned: Returned, more: int) -> None:
    """Until so many more have returned, and at least two of each thread.

    A busy machine may leave a thread lying. Its first call may have begun before what was just done, its second with
    a token from before it; what comes next would meet that second one on its resend.
    """
    enough, before = len(returned) + more, returned.turns[:]
    deadline = time.monotonic() + 120
    while len(returned) < enough or any(now < then + 2 for now, then in zip(returned.turns, before)):
        assert all(thread.is_alive() for thread in returned.threads), "a thread has ended by an exception"
        assert time.monotonic() < deadline, f"threads hang, after {returned.turns} turns"
        time.sleep(0.01)  # Other threads get on meanwhile.


def until(condition: Callable[[], Any]) -> None:
    """Wait until it holds; if it never does, the test's own assertion says what is missing."""
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)  # Other threads get on meanwhile.


def interrupt(work: Callable[[], Any], times: int) -> None:
    """Run `work` over and over, and break it off by a signal so many times, at moments that are a matter of luck."""

    def break_off(signum: int, frame: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, break_off)
    try:
        for _ in range(times):
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, random.uniform(2e-6, 6e-5))
                while True:
                    work()
    finally:
        signal.signal(signal.SIGALRM, before)


@contextmanager
def port_of_ones_own() -> Iterator[int]:
    """A loopback port for a server that names it; meanwhile Linux gives it to nobody who asks for any port."""
    with socket.socket() as holder:
        if sys.platform == "linux":
            # With this on both sides, a port is shared with whoever names it, as long as one side does not listen.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port


def run_without_coverage(script: str, *arguments: str) -> str:
    """What `script` prints, in a process of its own that is not measured: coverage's lock, too, outlives a signal."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=120).stdout


def http(body: bytes = b"", status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """The bytes of an answer after which the connection is closed; `length` declares another one than the body has."""
    declared = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close", f"Content-Length: {declared}", "", ""]
    return "\r\n".join(lines).encode() + body


def http_chunked(body: bytes) -> bytes:
    """The bytes of a chunked answer, which declares no length."""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def issued(token: str, **other: Any) -> bytes:
    """The bytes of au10001's answer, with whatever `other` members are to be different; ``None`` leaves one out."""
    expires = datetime.now(timezone.utc) + timedelta(hours=9 + 24)
    members = {"expires_dt": f"{expires:%Y%m%d%H%M%S}", "token_type": "bearer", "token": token, "return_code": 0}
    return http(json.dumps({k: v for k, v in {**members, **other}.items() if v is not None}).encode())


class RawServer:
    """A context manager: a loopback port that answers the n-th request with the n-th of `answers`, to the byte.

    An answer is `bytes`, or a callable that gets the socket and writes to it. The connection is closed after each.
    """

    def __init__(self, *answers: bytes | Callable[[socket.socket], None]) -> None:
        self._answers = list(answers)
        self._connection: socket.socket | None = None
        self.requests: list[bytes] = []

    def __enter__(self) -> "RawServer":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._answers.clear()
        if self._connection is not None:
            try:
                self._connection.shutdown(socket.SHUT_RDWR)  # An answer that never ends, ends here.
            except OSError:
                pass  # It is closed already.
        # A last connection, so that accept() returns.
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self._connection = connection
            with connection, suppress(OSError):  # The client has had enough: that is what some tests are about.
                # Before the request is read: the block may end in the middle of it.
                answer = next(iter(self._answers), None)
                if answer is None:
                    return
                del self._answers[:1]
                self.requests.append(_read_request(connection))
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body
