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
    """Makes a store, as each process would, that shares its tokens with the others."""
    if request.param == "dict":
        shared = DictStore()
        return lambda: shared
    where = path if request.param == "sqlite" else request.getfixturevalue("redis_port")
    return lambda: build_store(where)


@pytest.fixture
def make_auth(server, make_store):
    """Makes an auth, as each process would, that shares the key and the store with the others."""
    return lambda **options: KiwoomAuth(
        server.appkey, server.secretkey, base_url=server.url, **{"store": make_store(), **options}
    )


@pytest.fixture
def client(redis_server, redis_port):
    """A client of an empty Redis server, which runs again afterwards."""
    yield redis_server.client
    redis_server.resume()
    if redis_server.stopped:
        redis_server.start()
