import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer
from tests.helpers.constants import PATH
from tests.helpers.local_clock import LocalClock
from tests.helpers.redis_server import NO_REDIS, RedisServer, find_redis_server


def pytest_configure() -> None:
    # A shell's background job ignores Ctrl-C, and so would every process that a test starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that install other people's clients, unless `-m` names their marker."""
    if "third_party" in config.getoption("markexpr"):
        return
    deselected = [item for item in items if item.get_closest_marker("third_party")]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


@pytest.fixture(scope="session", autouse=True)
def clear_pytest_addopts() -> None:
    """Remove this run's own pytest options: some tests start pytest themselves, and without them."""
    os.environ.pop("PYTEST_ADDOPTS", None)


@pytest.fixture
def local_clock(monkeypatch: pytest.MonkeyPatch) -> LocalClock:
    """This machine's clock, as the plugin reads it. With `server`, it follows the server's until a test sets it."""
    clock = LocalClock(time.time)
    monkeypatch.setattr(KiwoomAuth, "clock", clock)
    return clock


@pytest.fixture
def server(local_clock: LocalClock) -> Iterator[KiwoomServer]:
    """A local Kiwoom server that shares its clock with the plugin and accepts bodies of every kind, and any method."""
    with KiwoomServer(strict=False) as server:
        local_clock.follow(server.clock)
        yield server


@pytest.fixture
def auth(server: KiwoomServer) -> KiwoomAuth:
    """An auth for that server, with its keys."""
    return KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)


@pytest.fixture
def session(auth: KiwoomAuth) -> Iterator[requests.Session]:
    """A session with the auth and the api-id of one API."""
    with requests.Session() as session:
        session.auth = auth
        session.headers["api-id"] = "ka10001"
        yield session


@pytest.fixture
def url(server: KiwoomServer) -> str:
    """The address of one API on that server."""
    return server.url + PATH


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis server; empty at the start of each test that takes `redis_port`."""
    if find_redis_server() is None:
        if os.environ.get("CI") and sys.platform == "linux":
            pytest.fail(NO_REDIS)
        pytest.skip(NO_REDIS)
    with RedisServer() as redis_server:
        yield redis_server


@pytest.fixture
def redis_port(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of an empty Redis server. Every client that this process makes is closed after the test.

    A client is part of a reference cycle. Without a GIL, its socket may be collected first: a ResourceWarning.
    """
    clients, make = [], redis.Redis.__init__

    def make_and_record(client: redis.Redis, *args: Any, **kwargs: Any) -> None:
        make(client, *args, **kwargs)
        clients.append(client)

    monkeypatch.setattr(redis.Redis, "__init__", make_and_record)
    redis_server.client.flushall()
    yield redis_server.port
    for client in clients:
        client.close()
