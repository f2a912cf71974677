import pytest
import requests

from requests_kiwoom.testing import KiwoomServer
from tests.testing.client import Client


@pytest.fixture
def kiwoom():
    """Start servers with options; all of them stop with the test."""
    started = []

    def start(**options):
        server = KiwoomServer(**options).__enter__()
        started.append(server)
        return server

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture
def client_of():
    """A client for a server; all of them close with the test."""
    sessions = []

    def make(server, session=None):
        sessions.append(session or requests.Session())
        return Client(server, sessions[-1])

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def server(kiwoom):
    """A server without options."""
    return kiwoom()


@pytest.fixture
def client(server, client_of):
    """A client for that server, which carries a token."""
    client = client_of(server)
    client.log_in()
    return client
