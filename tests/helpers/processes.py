"""Processes for tests: functions that run in them, and a group of processes that act at the same time."""

import multiprocessing
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry

from requests_kiwoom import KiwoomAuth, RedisStore, SQLiteStore
from requests_kiwoom.testing import KiwoomServer
from tests.helpers.constants import PATH
from tests.helpers.local_clock import LocalClock
from tests.helpers.threads import in_threads


def build_store(where: "Path | int | None") -> "SQLiteStore | RedisStore | None":
    """Build a store of the calling process: at a path, or in the Redis at a port."""
    if isinstance(where, int):
        # By default redis-py would retry ten times.
        return RedisStore(redis.Redis("127.0.0.1", where, socket_timeout=1, retry=Retry(NoBackoff(), 0)))
    return SQLiteStore(where) if where is not None else None


def build_auth(server: KiwoomServer, where: "Path | int | None", **options: Any) -> KiwoomAuth:
    """Build an auth for `server`, with a store."""
    return KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=build_store(where), **options)


class Member:
    """The auth in one process of a :class:`Crew`; its methods return what can be pickled."""

    session: requests.Session

    def __init__(self) -> None:
        # Never restored: this changes only this process.
        KiwoomAuth.clock = self.clock = LocalClock(time.time)

    def build(self, url: str, appkey: str, secretkey: str, where: "Path | int | None", **options: Any) -> None:
        """Build an auth that has no token yet."""
        self.url = url + PATH
        self.session = requests.Session()
        self.session.auth = KiwoomAuth(appkey, secretkey, base_url=url, store=build_store(where), **options)
        self.session.headers["api-id"] = "ka10001"

    def set_clock(self, **ahead: float) -> None:
        """Set this process's clock ahead by `ahead`, from now on."""
        self.clock.advance(**ahead)

    def send(self, threads: int, count: int = 1) -> list[Any]:
        """Send `count` requests in each of `threads` threads; return the `return_code` of each, or a thread's error."""

        def work() -> list[Any]:
            return [self.session.post(self.url, json={}).json()["return_code"] for _ in range(count)]

        outcomes = in_threads(threads, work)
        return [code for codes in outcomes for code in (codes if isinstance(codes, list) else [repr(codes)])]

    def token(self) -> str:
        """Return the live token."""
        # In requests' type hints, a session's auth may be anything.
        return str(self.session.auth.token())  # type: ignore[union-attr]

    def renew(self) -> None:
        """Make sure that the token has its full 24 hours."""
        # As above.
        self.session.auth.renew()  # type: ignore[union-attr]

    def pid(self) -> int:
        """Return the id of its process."""
        return os.getpid()


class Crew:
    """A context manager: `size` processes, which do the same thing at the same time."""

    def __init__(self, size: int, method: str) -> None:
        context: Any = multiprocessing.get_context(method)
        self._members = []
        for _ in range(size):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there,), daemon=True)
            with warnings.catch_warnings():
                # From 3.12 on, Python warns of a fork in a process with threads; some tests do that on purpose.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            there.close()
            self._members.append((process, here))
        self.all("pid")  # Wait until all of them have started.

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *args: object) -> None:
        for process, pipe in self._members:
            pipe.close()
            process.kill()
            process.join(60)
            process.close()

    def all(self, method: str, *args: Any, **options: Any) -> list[Any]:
        """Call `method` of each member; return the results."""
        return self.some(range(len(self._members)), method, *args, **options)

    def some(self, which: Any, method: str, *args: Any, **options: Any) -> list[Any]:
        """Call `method` of the members with the numbers in `which`; return the results."""
        pipes = [self._members[number][1] for number in which]
        for pipe in pipes:
            pipe.send((method, args, options))
        results = [_receive(pipe) for pipe in pipes]
        for result in results:
            if isinstance(result, Exception):
                raise result
        return results


def _receive(pipe: Any) -> Any:
    if not pipe.poll(60):
        raise TimeoutError("a process did not respond within 60 s")
    return pipe.recv()


def _serve(pipe: Any) -> None:
    member = Member()
    while True:
        try:
            method, args, options = pipe.recv()
        except EOFError:
            return
        try:
            result = getattr(member, method)(*args, **options)
        except Exception as error:
            result = error
        pipe.send(result)


def in_process(function: Callable[..., Any], *args: Any) -> Any:
    """Call `function` in a new process, which inherits nothing; return or raise its outcome."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_call, args=(there, function, args))
    process.start()
    there.close()
    result = _receive(here)
    process.join(60)
    here.close()
    if isinstance(result, Exception):
        raise result
    return result


def _call(pipe: Any, function: Callable[..., Any], args: Any) -> None:
    try:
        result = function(*args)
    except Exception as error:
        result = error
    pipe.send(result)
