"""start() and stop(), as in a notebook, and what ends with a server."""

import socket
import subprocess
import sys

import pytest
import requests

from requests_kiwoom.testing import KiwoomServer
from tests.testing.client import threads_left_behind

LEAVES_IT_RUNNING = """
import requests
from requests_kiwoom.testing import KiwoomServer
server = KiwoomServer(tls=True).start()
requests.post(server.url + "/oauth2/token", json={}, verify=server.ca_bundle)
print(server.ca_bundle)
"""


def test_a_server_runs_from_start_to_stop():
    """start() returns the server, which runs until stop(); its threads end with it."""
    server = KiwoomServer().start()
    assert 200 == requests.post(server.url + "/oauth2/token", json={}).status_code

    server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.post(server.url + "/oauth2/token", json={})
    assert [] == threads_left_behind()


def test_a_second_start_or_stop_changes_nothing():
    """A second start() or stop() changes nothing, as when a notebook cell is run twice."""
    server = KiwoomServer().start()
    url = server.url
    assert (server, url) == (server.start(), server.url)

    server.stop()
    server.stop()


def test_a_stopped_server_starts_again():
    """A stopped server starts again, with its keys and records."""
    server = KiwoomServer().start()
    requests.post(server.url + "/oauth2/token", json={})
    server.stop()
    with server:
        requests.post(server.url + "/oauth2/token", json={})

    assert 2 == len(server.requests)


def test_a_process_ends_without_stop(tmp_path):
    """A process that never calls stop() ends at once, and leaves no certificate file."""
    ran = subprocess.run([sys.executable, "-c", LEAVES_IT_RUNNING], capture_output=True, text=True, timeout=60)

    assert ("", 0) == (ran.stderr, ran.returncode)
    with pytest.raises(FileNotFoundError):
        open(ran.stdout.strip())


def test_stop_where_a_shutdown_wakes_no_thread(monkeypatch):
    """Idle connections (plain, TLS, WebSocket) end with the server, even if a shutdown wakes no thread.

    On Windows a thread stays inside recv(): the server took 0.5 s to end, and the thread did not end.
    """
    monkeypatch.setattr(socket.socket, "shutdown", lambda sock, how: None)
    servers = [KiwoomServer().start(), KiwoomServer(tls=True).start()]
    urls = [url for server in servers for url in (server.url, server.websocket_url)]
    idle = [socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30) for url in urls]
    idle[0].sendall(b"POST /oauth2/token HTTP/1.1\r\n\r\n")
    assert b"HTTP/1.1" == idle[0].recv(8)
    for server in servers:
        server.stop()

    assert [] == threads_left_behind()
    for each in idle:
        each.close()
