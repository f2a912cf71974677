"""``python -m tests.stores.kills [times]``: kill processes that use a store, at random moments, by default 200 times.

For each kill the token is revoked, and a new process sends requests until it is killed. Then another process sends a
request: it must succeed, with one au10001 call for the revocation and at most one more for the kill.
"""

import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer
from tests.helpers.processes import PATH, build_auth, build_store

#: A process is killed after at most this many seconds: long enough to send the first requests.
_MAX_LIFE = 0.04


class Report(NamedTuple):
    """The outcome of the kills."""

    kills: int
    #: The most au10001 calls for one kill, the revocation's own included.
    most_issues: int
    #: ``return_code`` of the survivor's requests.
    codes: set[int]
    #: The result of SQLite's own check of the file.
    integrity: str
    seconds: float


def run(kills: int, path: Path, seed: int) -> Report:
    """Kill `kills` processes that share the file at `path`, one after the other."""
    chance = random.Random(seed)
    most_issues, codes, start = 0, set(), time.monotonic()
    with KiwoomServer(latency=0.005) as server, _Forks(server, path) as forks:
        survivor = build_auth(server, path)
        codes.add(_post(survivor))
        for _ in range(kills):
            before = server.issues
            server.revoke_all()
            pid = forks.begin()
            time.sleep(chance.uniform(0, _MAX_LIFE))  # Only the moment is random.
            os.kill(pid, signal.SIGKILL)
            codes.add(_post(survivor))
            most_issues = max(most_issues, server.issues - before)
    with closing(sqlite3.connect(path)) as database:
        (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
    return Report(kills, most_issues, codes, integrity, time.monotonic() - start)


class _Forks:
    """A context manager: a process without threads; each begin() makes it fork a process that sends requests."""

    def __init__(self, server: KiwoomServer, path: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        arguments = (there, server.url, server.appkey, server.secretkey, path)
        self._process = context.Process(target=_fork_on_demand, args=arguments)
        self._process.start()
        there.close()
        self._receive()

    def __enter__(self) -> "_Forks":
        return self

    def __exit__(self, *args: object) -> None:
        self._pipe.close()
        self._process.join(60)
        self._process.close()

    def begin(self) -> int:
        """Fork a process; return its id."""
        self._pipe.send(None)
        pid: int = self._receive()
        return pid

    def _receive(self) -> Any:
        if not self._pipe.poll(60):
            raise TimeoutError("the process that forks did not respond within 60 s")
        return self._pipe.recv()


def _fork_on_demand(pipe: Any, url: str, appkey: str, secretkey: str, path: Path) -> None:
    auth = KiwoomAuth(appkey, secretkey, base_url=url, store=build_store(path))
    _post(auth)  # Late imports are done before the first kill.
    pipe.send(None)
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        pid = os.fork()
        if pid == 0:
            _send_until_killed(KiwoomAuth(appkey, secretkey, base_url=url, store=build_store(path)))
        pipe.send(pid)
        os.waitpid(pid, 0)


def _send_until_killed(auth: KiwoomAuth) -> None:
    end = time.monotonic() + 60  # In case it is not killed.
    try:
        while time.monotonic() < end:
            _post(auth)
    finally:
        os._exit(1)


def _post(auth: KiwoomAuth) -> int:
    code: int = requests.post(f"{auth.base_url}{PATH}", auth=auth.for_api("ka10001"), json={}).json()["return_code"]
    return code


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(run(int(sys.argv[1]) if len(sys.argv) > 1 else 200, Path(folder) / "tokens.db", random.randrange(10**6)))
