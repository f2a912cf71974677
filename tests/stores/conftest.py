"""Stores of every kind, and auths that share them."""

import pytest

from requests_kiwoom import KiwoomAuth
from tests.helpers.processes import build_store
from tests.helpers.stores import DictStore


@pytest.fixture
def path(tmp_path):
    """The path of an SQLite store's file."""
    return tmp_path / "tokens.db"


@pytest.fixture(params=["dict", "sqlite", "redis"])
def make_store(request, path):
    """Builds a store, as each process would; all of them share their tokens."""
    if request.param == "dict":
        shared = DictStore()
        return lambda: shared
    where = path if request.param == "sqlite" else request.getfixturevalue("redis_port")
    return lambda: build_store(where)


@pytest.fixture
def make_auth(server, make_store):
    """Builds an auth, as each process would; all of them share the key and the store."""
    return lambda **options: KiwoomAuth(
        server.appkey, server.secretkey, base_url=server.url, **{"store": make_store(), **options}
    )


@pytest.fixture
def client(redis_server, redis_port):
    """A client of an empty Redis server; the server is made to run again after the test."""
    yield redis_server.client
    redis_server.resume()
    if redis_server.is_stopped:
        redis_server.start()
