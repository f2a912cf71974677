import pytest
import requests

from requests_kiwoom.testing import KiwoomServer
from tests.testing.client import Client


@pytest.fixture
def kiwoom():
    """Return a function that starts a server with options; all servers stop at the end of the test."""
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
    """Return a function that makes a client for a server; all clients close at the end of the test."""
    sessions = []

    def make(server, session=None):
        sessions.append(session or requests.Session())
        return Client(server, sessions[-1])

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def server(kiwoom):
    """Return a server without options."""
    return kiwoom()


@pytest.fixture
def client(server, client_of):
    """Return a client for that server, with a live token."""
    client = client_of(server)
    client.log_in()
    return client
