"""serving_as(), for clients that know only Kiwoom's addresses."""

import asyncio
import os
import socket
import ssl

import pytest
import requests
from websockets.sync.client import connect

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer
from requests_kiwoom.testing.http.certificate import Certificate

HOST = "api.kiwoom.com"
STK = "/api/dostk/stkinfo"


@pytest.fixture
def served(kiwoom):
    """Return a server that this process reaches as api.kiwoom.com."""
    server = kiwoom(tls=True)
    with server.serving_as(HOST):
        yield server


def test_the_plugin_without_a_base_url(served):
    """KiwoomAuth without a base_url reaches the server, and verifies its certificate."""
    auth = KiwoomAuth(served.appkey, served.secretkey)

    response = requests.post(f"https://{HOST}{STK}", auth=auth.for_api("ka10001"), json={"stk_cd": "005930"})

    assert 0 == response.json()["return_code"]
    assert ["au10001", "ka10001"] == [request.called for request in served.requests]


def test_two_servers_are_reached_by_their_names(kiwoom):
    """Two servers are reached by their names at the same time."""
    production, mock = kiwoom(tls=True), kiwoom(tls=True, mock=True)
    with production.serving_as(HOST), mock.serving_as("mockapi.kiwoom.com"):
        # Each server has a certificate of its own, and the environment variable names only one of them.
        for server, name in ((production, HOST), (mock, "mockapi.kiwoom.com")):
            requests.post(f"https://{name}/oauth2/token", json={}, verify=server.ca_bundle)

    assert [1, 1] == [len(server.requests) for server in (production, mock)]


def test_port_10000_is_the_websocket_port(served):
    """Port 10000 of the name is the WebSocket port."""
    context = ssl.create_default_context(cafile=served.ca_bundle)
    with connect(f"wss://{HOST}:10000/api/dostk/websocket", ssl=context) as client:
        client.send('{"trnm": "LOGIN", "token": "x"}')

        assert "805004" in client.recv(30)


@pytest.mark.parametrize("name", ["API.Kiwoom.com", "api.kiwoom.com.", b"api.kiwoom.com"])
def test_other_spellings_of_the_name_are_recognized(served, name):
    """The name is recognized in capitals, with a dot at its end, and as bytes."""
    port = int(served.url.rpartition(":")[2])

    assert ("127.0.0.1", port) == socket.getaddrinfo(name, "https", type=socket.SOCK_STREAM)[0][4]


def test_a_client_that_looks_up_only_the_address(served):
    """A client that looks up only the IP address, and adds the port itself, reaches the server."""
    address = socket.getaddrinfo(HOST, None, type=socket.SOCK_STREAM)[0][4][0]
    context = ssl.create_default_context()  # It trusts SSL_CERT_FILE.

    with socket.create_connection((address, 443)) as plain, context.wrap_socket(plain, server_hostname=HOST) as wrapped:
        wrapped.sendall(b"POST /oauth2/token HTTP/1.0\r\n\r\n")
        assert b"HTTP/1.1 200" == wrapped.recv(12)

    with socket.socket() as plain:
        assert 0 == plain.connect_ex((address, 443))


def test_an_asyncio_client(served):
    """A client of asyncio reaches the server."""

    async def status():
        reader, writer = await asyncio.open_connection(HOST, 443, ssl=ssl.create_default_context())
        writer.write(b"POST /oauth2/token HTTP/1.0\r\n\r\n")
        line = await reader.readline()
        await reader.read()
        writer.close()
        return line

    assert b"HTTP/1.1 200 OK\r\n" == asyncio.run(status())


def test_other_ports_of_the_name_are_refused(served):
    """Other ports of the name cannot be looked up: no client reaches the real host."""
    with pytest.raises(socket.gaierror, match="port 80 of api.kiwoom.com is not served"):
        socket.getaddrinfo(HOST, 80)


def test_other_names_are_looked_up_as_before(served, kiwoom):
    """Other names, and other ports of loopback, are looked up as before."""
    other = kiwoom()

    assert 200 == requests.post(other.url + "/oauth2/token", json={}).status_code
    assert "127.0.0.1" in {each[4][0] for each in socket.getaddrinfo("localhost", 80)}


@pytest.mark.parametrize("before", [{}, {"NO_PROXY": "a.example", "SSL_CERT_FILE": "x", "HTTPS_PROXY": "http://p:1"}])
def test_the_block_restores_the_process(kiwoom, monkeypatch, before):
    """The block uses no proxy; after it, even if it raised, look-ups, sockets and environment are as before."""
    for name in ("no_proxy", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    saved = dict(os.environ), socket.getaddrinfo, dict(vars(socket.socket))
    server = kiwoom(tls=True)

    with pytest.raises(ZeroDivisionError), server.serving_as(HOST):
        assert 200 == requests.post(f"https://{HOST}/oauth2/token", json={}).status_code
        assert os.environ["NO_PROXY"] == ",".join([*filter(None, [before.get("NO_PROXY")]), HOST])
        1 / 0

    assert saved == (dict(os.environ), socket.getaddrinfo, dict(vars(socket.socket)))


def test_a_given_ssl_context_sets_no_trust_variables(kiwoom, monkeypatch):
    """With a given SSLContext, serving_as() does not set the environment variables for trust."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    certificate = Certificate()
    server = kiwoom(tls=certificate.context)

    with server.serving_as(HOST):
        assert "SSL_CERT_FILE" not in os.environ
        assert 200 == requests.post(f"https://{HOST}/oauth2/token", json={}, verify=certificate.ca_bundle).status_code
    certificate.remove()


@pytest.mark.parametrize(
    "options, host, text",
    [
        ({"tls": True}, "kiwoom.com", "host must be api.kiwoom.com or mockapi.kiwoom.com, not 'kiwoom.com'"),
        ({}, HOST, r"needs KiwoomServer\(tls=True\)"),
    ],
)
def test_serving_as_rejects_other_names_and_plain_http(kiwoom, options, host, text):
    """serving_as() rejects another name, and a server without TLS."""
    with pytest.raises(ValueError, match=text):
        kiwoom(**options).serving_as(host)


def test_serving_as_needs_a_running_server():
    """serving_as() rejects a server that was not started."""
    with pytest.raises(ValueError, match="does not run"):
        KiwoomServer(tls=True).serving_as(HOST)
