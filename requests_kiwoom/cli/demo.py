"""``demo``: a token's life, step by step, on a Kiwoom of this machine's own. Every step is checked."""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any, NamedTuple

import requests
from requests import Response

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer, ReceivedRequest

_API = "ka10001"
_PATH = "/api/dostk/stkinfo"
_THREADS = 10
_PROCESSES = 4
_DAY = 24 * 3600.0
_HEADERS = {"Content-Type": "application/json;charset=UTF-8"}
_CONTENT = b'//{"stk_cd": "005930"}'

#: What a request to the other server is called, as long as it carries none of our headers.
_BARE = "a bare one"


class DoesNotHold(Exception):
    """A step did not do what it says."""


class Stage(NamedTuple):
    """What the steps play on."""

    server: KiwoomServer
    elsewhere: KiwoomServer
    session: requests.Session

    def new_auth(self) -> KiwoomAuth:
        """An auth without a token, as a program that has just started has."""
        server = self.server
        return KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=self.session).for_api(_API)

    def send(self, body: Any = None) -> Response:
        """One request to the server; its answer must be a success."""
        answer = self.session.post(self.server.url + _PATH, data=body or b"{}", headers=_HEADERS)
        _hold(answer.ok and answer.json()["return_code"] == 0, f"the answer is HTTP {answer.status_code} {answer.text}")
        return answer


class Step(NamedTuple):
    """One step: what it says, what it does, and the requests that must go out."""

    says: str
    play: Callable[[Stage], None]
    sent: tuple[str, ...]


def first_use(stage: Stage) -> None:
    stage.send()


def many_threads(stage: Stage) -> None:
    stage.session.auth = stage.new_auth()
    barrier = threading.Barrier(_THREADS)

    def send(_: int) -> None:
        barrier.wait()
        stage.send()

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(send, range(_THREADS)))


def expiry(stage: Stage) -> None:
    from unittest import mock  # Here: it loads asyncio, for which the other commands need not wait.

    before = stage.server.requests[-1].token
    now = time.time
    # Both sides read the time here: a token lives for 24 hours, and nobody wants to wait for that.
    with mock.patch.object(time, "time", lambda: now() + _DAY):
        stage.send()
    _hold(stage.server.requests[-1].token != before, "the same token was sent after its expiry")


def revoked(stage: Stage) -> None:
    stage.server.revoke_all()
    _was_rejected(stage.send(), 200)


def unauthorized(stage: Stage) -> None:
    stage.server.rejection = 401
    stage.server.revoke_all()
    _was_rejected(stage.send(), 401)


def upload(stage: Stage) -> None:
    stage.server.revoke_all()
    with tempfile.TemporaryFile() as file:
        file.write(_CONTENT)
        file.seek(2)
        stage.send(file)
    first, second = (request for request in stage.server.requests[-3:] if request.api_id == _API)
    _hold(first.body == second.body == _CONTENT[2:], f"the bodies were {first.body!r} and {second.body!r}")


def elsewhere(stage: Stage) -> None:
    stage.session.post(stage.elsewhere.url + _PATH, data=b"{}", headers=_HEADERS)


def processes(stage: Stage) -> None:
    command = [sys.executable, "-m", "requests_kiwoom", "call", _API, _PATH]
    environ = {name: value for name, value in os.environ.items() if not name.upper().startswith("KIWOOM_")}
    server = stage.server
    environ |= {"KIWOOM_APPKEY": server.appkey, "KIWOOM_SECRETKEY": server.secretkey, "KIWOOM_BASE_URL": server.url}
    with tempfile.TemporaryDirectory() as folder:
        environ |= {"KIWOOM_STORE": os.path.join(folder, "tokens.db"), "NO_PROXY": "*", "no_proxy": "*"}
        started = [
            subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for _ in range(_PROCESSES)
        ]
        told = [process.communicate()[1] for process in started]
    _hold(not any(process.returncode for process in started), f"the processes said {''.join(told).strip()!r}")


STEPS = (
    Step("first use: a token is issued", first_use, ("au10001", _API)),
    Step(f"{_THREADS} threads start at once: one issue", many_threads, ("au10001", *[_API] * _THREADS)),
    Step("24 hours pass: another is issued", expiry, ("au10001", _API)),
    Step("revoked, 8005 in HTTP 200: resent", revoked, (_API, "au10001", _API)),
    Step("revoked, HTTP 401: resent", unauthorized, (_API, "au10001", _API)),
    Step("a file from byte 2: resent from there", upload, (_API, "au10001", _API)),
    Step("to another server: no token, no api-id", elsewhere, (_BARE,)),
    Step(f"{_PROCESSES} processes, one store: one issue", processes, ("au10001", *[_API] * _PROCESSES)),
)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `demo` one of the commands."""
    text = "Walk through a token's life on a Kiwoom of this machine's own; needs no keys and no network."
    parser = commands.add_parser("demo", help=text, description=text)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play every step; 1 as soon as one does not hold."""
    width = max(len(step.says) for step in STEPS)
    print(f"    {'what is done':{width}}  {'requests that go out':25}  au10001")
    with KiwoomServer() as server, KiwoomServer() as other, requests.Session() as session:
        # A proxy or a netrc entry of the user's is not for a server on loopback.
        session.trust_env = False
        stage = Stage(server, other, session)
        session.auth = stage.new_auth()
        for number, step in enumerate(STEPS, 1):
            try:
                sent = _play(step, stage)
            except Exception as error:
                print(f"step {number} ({step.says}) does not hold: {_reason(error)}", file=sys.stderr)
                return 1
            print(f"{number:2}  {step.says:{width}}  {_summary(sent):25}  {server.issues:7}", flush=True)
    print(f"All {len(STEPS)} steps hold.")
    return 0


def _play(step: Step, stage: Stage) -> list[str]:
    """The requests that went out, in their order; they are what the step says."""
    before = len(stage.server.requests), len(stage.elsewhere.requests)
    step.play(stage)
    sent = [request.api_id or request.path for request in stage.server.requests[before[0] :]]
    sent += [_seen_elsewhere(request) for request in stage.elsewhere.requests[before[1] :]]
    _hold(sent == list(step.sent), f"went out: {_summary(sent)}; should have: {_summary(step.sent)}")
    return sent


def _seen_elsewhere(request: ReceivedRequest) -> str:
    ours = [name for name in ("authorization", "api-id") if name in request.headers]
    return f"one with {' and '.join(ours)}" if ours else _BARE


def _summary(sent: Sequence[str]) -> str:
    runs = [(name, len(list(run))) for name, run in groupby(sent)]
    return ", ".join(name if count == 1 else f"{count} x {name}" for name, count in runs) or "nothing"


def _was_rejected(answer: Response, status: int) -> None:
    seen = [(rejected.status_code, rejected.json()["return_msg"]) for rejected in answer.history]
    _hold(
        len(seen) == 1 and seen[0][0] == status and "[8005:" in seen[0][1],
        f"the rejected answers are {seen}, and not one of HTTP {status} with 8005",
    )


def _hold(condition: bool, reason: str) -> None:
    if not condition:
        raise DoesNotHold(reason)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, DoesNotHold) else f"{type(error).__name__}: {error}"
