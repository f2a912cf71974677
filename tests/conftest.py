from collections.abc import Iterator

import pytest
import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.source import TokenSource
from requests_kiwoom.testing import KiwoomServer

PATH = "/api/dostk/stkinfo"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[KiwoomServer]:
    """A Kiwoom on loopback, whose clock is the plugin's as well; it takes bodies of every kind, and every method."""
    with KiwoomServer(strict=False) as server:
        monkeypatch.setattr(TokenSource, "_now", lambda self: server.clock())
        yield server


@pytest.fixture
def auth(server: KiwoomServer) -> KiwoomAuth:
    """An auth for that server, with its keys."""
    return KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)


@pytest.fixture
def session(auth: KiwoomAuth) -> Iterator[requests.Session]:
    """A session that carries the auth and names one API."""
    with requests.Session() as session:
        session.auth = auth
        session.headers["api-id"] = "ka10001"
        yield session


@pytest.fixture
def url(server: KiwoomServer) -> str:
    """The address of one API on that server."""
    return server.url + PATH
