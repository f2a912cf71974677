"""The events of ``demo``, and what must come of each for lines by hand and for this package."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from requests_kiwoom import read_envelope
from requests_kiwoom.oauth import TOKEN_PATH
from requests_kiwoom.testing import KiwoomServer, faults
from requests_kiwoom.tokens import fingerprint

from . import texts_demo as texts
from .clients import Client, HandWrittenClient, PackageClient
from .language import Text

_THREADS = 10
_PROGRAMS = 4
_REQUESTS = 5
REJECTED = 8005
#: Seconds that au10001 takes, so that threads which start at once find no token yet.
_LATENCY = 0.2


@dataclass
class Outcome:
    """The result of an event for one client: requests sent, requests that failed, and au10001 calls."""

    sent: int = 0
    failed: int = 0
    issues: int = 0
    #: Fingerprints of the token that was live when it happened, if any, and of the one that is live afterwards.
    tokens: "Sequence[str]" = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.sent + other.sent, self.failed + other.failed, self.issues + other.issues)


class Event(NamedTuple):
    """An event, and what must come of it: requests that fail, and au10001 calls."""

    text: Text
    play: "Callable[[Stage, Client], list[bool]]"
    failed_by_hand: int
    issues_by_hand: range
    failed: int
    issues: int
    #: Whether the client has a token when it happens.
    has_token: bool = False
    #: What must hold besides, once both clients have played it.
    holds: "Callable[[Stage], bool]" = lambda stage: True

    def play_for(self, client: Client, stage: "Stage") -> Outcome:
        """Let it happen to a program that has just started."""
        client.restart()
        stage.server.revoke_all()  # So that each program gets a token of its own.
        if self.has_token:
            client.send()
        server = stage.server
        issues, token = server.issues, server.token
        results = self.play(stage, client)
        tokens = [fingerprint(value) for value in (token, server.token) if value is not None]
        return Outcome(len(results), results.count(False), server.issues - issues, tokens)


class Stage(NamedTuple):
    """The local server, another one, and the two clients."""

    server: KiwoomServer
    elsewhere: KiwoomServer
    by_hand: HandWrittenClient
    package: PackageClient


def send_once(stage: Stage, client: Client) -> "list[bool]":
    return [client.send()]


def send_in_threads(stage: Stage, client: Client) -> "list[bool]":
    barrier = threading.Barrier(_THREADS)

    def send(_: int) -> bool:
        barrier.wait()
        return client.send()

    stage.server.latency = _LATENCY
    with ThreadPoolExecutor(_THREADS) as pool:
        results = list(pool.map(send, range(_THREADS)))
    stage.server.latency = 0.0
    return results


def start_programs(stage: Stage, client: Client) -> "list[bool]":
    return client.start_programs(_PROGRAMS)


def revoke(stage: Stage, client: Client) -> "list[bool]":
    stage.server.revoke_all()
    return [client.send() for _ in range(_REQUESTS)]


def expire(stage: Stage, client: Client) -> "list[bool]":
    stage.server.clock.advance(hours=24)
    return [client.send() for _ in range(_REQUESTS)]


def redirect(stage: Stage, client: Client) -> "list[bool]":
    stage.server.fail(faults.redirect(stage.elsewhere.url + TOKEN_PATH))
    first = client.send()
    stage.server.clock.advance(minutes=1)  # The pause after a failure is over.
    return [first, client.send()]


def was_rejected(stage: Stage) -> bool:
    """The response that lines by hand do not notice is HTTP 200 with 8005."""
    envelope = read_envelope(stage.by_hand.rejection.content)
    return envelope is not None and envelope.code == REJECTED and stage.by_hand.rejection.status_code == 200


def sent_keys_once(stage: Stage) -> bool:
    """The other server got both keys from lines by hand, and nothing from this package."""
    received = stage.elsewhere.requests
    return len(received) == 1 and stage.server.secretkey in received[0].body.decode()


EVENTS = (
    Event(texts.FIRST, send_once, 0, range(1, 2), 0, 1),
    Event(texts.THREADS.format(count=_THREADS), send_in_threads, 0, range(2, _THREADS + 1), 0, 1),
    Event(texts.PROCESSES.format(count=_PROGRAMS), start_programs, 0, range(_PROGRAMS, _PROGRAMS + 1), 0, 1),
    Event(texts.REVOKED, revoke, _REQUESTS, range(1), 0, 1, has_token=True, holds=was_rejected),
    Event(texts.EXPIRED, expire, _REQUESTS, range(1), 0, 1, has_token=True),
    Event(texts.REDIRECTED, redirect, 1, range(2, 3), 1, 2, holds=sent_keys_once),
)
