"""The server's HTTP byte by byte, its ports, https, and the log."""

import json
import socket
import ssl
import subprocess
import sys
import threading

import pytest
import requests
import trustme

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer, Reply, faults
from requests_kiwoom.testing.http import connection
from tests.helpers.ports import reserve_port
from tests.testing.client import threads_left_behind

STK = "/api/dostk/stkinfo"


class DelaysTheFirst(ssl.SSLContext):
    """Wraps the first socket, and does not return before ``go_on`` is set."""

    def __init__(self, *_):
        self.has_first, self.go_on, self.has_another = threading.Event(), threading.Event(), threading.Event()

    def wrap_socket(self, *args, **kwargs):
        wrapped = super().wrap_socket(*args, **kwargs)
        if self.has_first.is_set():
            self.has_another.set()
        else:
            self.has_first.set()
            self.go_on.wait(10)
        return wrapped


def exchange(server, sent):
    """Send these bytes, and return everything that the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=60) as sock:
        sock.sendall(sent)
        received = b""
        while piece := sock.recv(65536):
            received += piece
        return received


def build_request(token, body=b"{}", *more, version="1.1"):
    lines = [f"POST {STK} HTTP/{version}", "host: x", "api-id: ka10001", f"authorization: Bearer {token}"]
    return "\r\n".join([*lines, "content-type: application/json", *more, "", ""]).encode() + body


def test_a_chunked_body_is_read(server, client):
    """A body in chunks, as requests sends it from a generator, is read as one body."""
    body = b'7\r\n{"n": 1\r\n1;x=y\r\n}\r\n0\r\nsome: trailer\r\n\r\n'

    received = exchange(server, build_request(client.token, body, "transfer-encoding: chunked", "connection: close"))

    assert b"HTTP/1.1 200 OK\r\n" == received[:17]
    assert {"n": 1} == server.requests.last.json()


def test_pipelined_requests_get_responses_in_order(server, client):
    """Two requests that arrive in one packet get a response each, in order."""
    first = build_request(client.token, b"{}", "content-length: 2")
    last = build_request(client.token, b"{}", "content-length: 2", "connection: close")

    assert 2 == exchange(server, first + last).count(b"HTTP/1.1 200 OK")


def test_an_http_1_0_connection_is_closed(server, client):
    """An HTTP/1.0 client gets its response, and then the connection is closed."""
    received = exchange(server, build_request(client.token, b"{}", "content-length: 2", version="1.0"))

    assert b"\r\nConnection: close\r\n" in received


def test_expect_continue_is_confirmed(server, client):
    """A client that sends Expect: 100-continue, as curl does, gets 100 Continue before it sends the body."""
    more = "expect: 100-continue", "content-length: 2", "connection: close"

    received = exchange(server, build_request(client.token, b"{}", *more))

    assert b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK" == received[:40]


@pytest.mark.parametrize(
    "sent",
    [
        b"no http\r\n\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\n" + b"x: y\r\n" * 201,
        b"POST /" + b"x" * 65530,
    ],
)
def test_malformed_http_gets_a_firewall_page(server, sent):
    """Bytes that are not HTTP get a firewall's HTTP 400, cause a complaint, and end the connection."""
    received = exchange(server, sent)

    assert b"HTTP/1.1 400 Bad Request\r\n" == received[:26]
    assert b"\r\nConnection: close\r\n" in received
    assert received.endswith(faults.FIREWALL.payload)
    assert ["a client does not speak HTTP"] == server.complaints


def test_chunks_cannot_exceed_the_longest_body(server, monkeypatch):
    """The length limit of a body counts all of its chunks, however small each chunk is."""
    monkeypatch.setattr(connection, "_MAX_BODY", 8)

    received = exchange(server, b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + 2 * b"5\r\nxxxxx\r\n")

    assert b"HTTP/1.1 400 Bad Request\r\n" == received[:26]


def test_https_to_a_plain_http_port_fails_at_once(server):
    """A client that speaks https to a plain http port fails at once, instead of waiting."""
    with pytest.raises(requests.ConnectionError):
        requests.post(server.url.replace("http:", "https:"), timeout=60)

    assert ["a client does not speak HTTP"] == server.complaints


@pytest.mark.parametrize("sent", [b"", b"POST / HT", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"])
def test_a_client_that_leaves_does_not_disturb_others(server, client, sent):
    """A client that closes its connection within a request does not disturb others; its request is not recorded."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as sock:
        sock.sendall(sent)

    assert 0 == client.call().json()["return_code"]
    assert (2, []) == (len(server.requests), server.complaints)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses a stack of 64 TiB for certain")
def test_a_process_without_threads_closes_the_connection(server, client):
    """If no more threads can be started, the server closes the connection, and serves the next client."""
    before = threading.stack_size(1 << 46)
    try:
        assert b"" == exchange(server, b"")
    finally:
        threading.stack_size(before)

    client.session.close()  # Its open connection already has a thread.
    assert 0 == client.call().json()["return_code"]


NO_DESCRIPTOR = """
import os, resource, socket
from requests_kiwoom.testing import KiwoomServer

def post(client):
    client.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
    client.sendall(b"POST / HTTP/1.0\\r\\n\\r\\n")

with KiwoomServer() as server, socket.socket() as earlier, socket.socket() as client:
    post(earlier)
    while earlier.recv(100):  # Up to the end: the server has begun to accept, and let go of what it needed for this.
        pass
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    post(client)
    client.settimeout(0.2)
    try:
        print(client.recv(100))
    except TimeoutError:
        print("no answer")
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    client.settimeout(30)
    print(client.recv(8).decode())
"""


def test_a_process_without_descriptors_serves_the_client_later():
    """Without a free file descriptor a connection waits, and is served when there is one."""
    pytest.importorskip("resource", reason="Windows has no such limit")

    ran = subprocess.run([sys.executable, "-c", NO_DESCRIPTOR], capture_output=True, text=True, timeout=60)

    assert ["no answer", "HTTP/1.1"] == ran.stdout.splitlines(), ran.stderr


def test_a_reply_may_have_an_unknown_status(server, client):
    """A Reply may have a status that HTTP does not define."""
    server.reply("ka10001", Reply({}, status=599))

    assert 599 == client.call().status_code


def test_a_taken_port_is_an_error(kiwoom):
    """port= sets the port; the error for a port that is taken names it."""
    port = int(kiwoom().url.rpartition(":")[2])

    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is not available"):
        KiwoomServer(port=port).__enter__()


def test_a_port_is_free_after_stop(kiwoom):
    """After a server has stopped, another server can use its port at once, even if clients were connected."""
    with reserve_port() as port, requests.Session() as session:
        with KiwoomServer(port=port) as first:
            session.post(first.url + STK, json={})

        assert f"http://127.0.0.1:{port}" == kiwoom(port=port).url


def test_a_server_can_be_entered_again(client_of):
    """A server can be started again, and keeps its records."""
    server = KiwoomServer()
    for _ in range(2):
        with server:
            client = client_of(server)
            client.log_in()
            assert 0 == client.call().json()["return_code"]

    assert 4 == len(server.requests)


def test_repr_shows_the_url_and_no_key(server):
    """The repr shows the URL and no key."""
    assert f"<KiwoomServer {server.url}>" == repr(server)
    assert "<KiwoomServer not started mock>" == repr(KiwoomServer(mock=True))


def test_the_url_needs_a_started_server():
    """Before it is started, a server has no URL, and the error says how to get one."""
    with pytest.raises(ValueError, match="once it is started"):
        KiwoomServer().url


def session_that_trusts(server):
    session = requests.Session()
    # REQUESTS_CA_BUNDLE in the environment would win over Session.verify.
    session.trust_env = False
    session.verify = server.ca_bundle
    return session


class TestTls:
    def test_https_with_the_ca_bundle(self, kiwoom, client_of):
        """With tls=True the server speaks https, and its ca_bundle verifies its certificate."""
        server = kiwoom(tls=True)
        client = client_of(server, session_that_trusts(server))
        client.log_in()

        assert server.url.startswith("https://127.0.0.1:")
        assert 0 == client.call().json()["return_code"]

    def test_the_certificate_is_not_trusted_without_the_ca_bundle(self, kiwoom, client_of):
        """Without the ca_bundle a client rejects the certificate, and the server continues."""
        server = kiwoom(tls=True)
        client = client_of(server)
        with pytest.raises(requests.exceptions.SSLError):
            client.issue()

        client = client_of(server, session_that_trusts(server))
        assert 0 == client.issue().json()["return_code"]

    def test_the_plugin_over_https(self, kiwoom, client_of):
        """Over https the plugin issues a token, and issues another one after a rejection."""
        server = kiwoom(tls=True)
        client = client_of(server, session_that_trusts(server))
        with session_that_trusts(server) as lent:
            client.session.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=lent)
            client.call()
            server.revoke_all()

            assert 0 == client.call().json()["return_code"]
        assert 2 == server.issues

    def test_a_given_ssl_context_is_used(self, kiwoom, client_of, tmp_path):
        """A given SSLContext is used without changes, whatever names its certificate has."""
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        server = kiwoom(tls=context)
        server.url = server.url.replace("127.0.0.1", "localhost")
        client = client_of(server)

        client.session.trust_env, client.session.verify = False, str(tmp_path / "authority.pem")
        assert 0 == client.issue().json()["return_code"]

    def test_stop_ends_all_https_connections(self):
        """A server that stops ends its connections: those kept alive, and those on which nothing was sent."""
        with KiwoomServer(tls=True) as server, session_that_trusts(server) as session:
            session.post(server.url + STK, json={})
            silent = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
            session.post(server.url + STK, json={}, headers={"connection": "close"})
        silent.close()

        assert [] == threads_left_behind()

    def test_stop_ends_a_connection_in_its_handshake(self):
        """A server that stops also ends a connection whose TLS handshake is not finished."""
        context = DelaysTheFirst(ssl.PROTOCOL_TLS_SERVER)
        server = KiwoomServer(tls=context).__enter__()
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=10):
            assert context.has_first.wait(10)
            with socket.create_connection(address, timeout=10) as later:
                assert context.has_another.wait(10)
                stopping = threading.Thread(target=server.__exit__)
                stopping.start()
                assert b"" == later.recv(1)  # The server closes connections in the order in which they were opened.
            context.go_on.set()
            stopping.join(60)

            assert [] == threads_left_behind()

    def test_a_silent_client_does_not_hold_up_others(self, kiwoom, client_of):
        """A client that sends nothing does not hold up the others."""
        server = kiwoom(tls=True)
        client = client_of(server, session_that_trusts(server))
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))):
            assert 0 == client.issue().json()["return_code"]

    def test_the_ca_bundle_is_removed_at_the_end(self):
        """The file ca_bundle exists while the server runs, and not after."""
        with KiwoomServer(tls=True) as server:
            path = server.ca_bundle
            ssl.create_default_context(cafile=path)

        with pytest.raises(OSError):
            open(path)
        with pytest.raises(ValueError, match="while it runs"):
            server.ca_bundle

    def test_a_server_that_cannot_start_leaves_no_file(self, kiwoom, tmp_path, monkeypatch):
        """A server that cannot start leaves no file behind."""
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        port = int(kiwoom().url.rpartition(":")[2])

        with pytest.raises(OSError):
            KiwoomServer(port=port, tls=True).__enter__()
        assert [] == list(tmp_path.iterdir())

    def test_tls_without_trustme_names_the_package(self, monkeypatch):
        """Without trustme, the error names the package to install."""
        monkeypatch.setitem(sys.modules, "trustme", None)

        with pytest.raises(ModuleNotFoundError, match="pip install trustme"):
            KiwoomServer(tls=True).__enter__()


class TestLog:
    @pytest.fixture
    def lines(self, server):
        lines = []
        server.log = lines.append
        return lines

    def test_the_log_has_one_line_for_each_request(self, lines, server, client):
        """log= gets one line for each request, with the request and the result."""
        client.call()
        server.revoke_all()
        client.call(headers={"api-id": None}, path=STK)

        words = [line.split(" token ")[0].split(" (")[0] for line in lines]
        assert ["POST /oauth2/token au10001: HTTP 200, return_code 0"] == words[:1]
        assert ["POST /api/dostk/stkinfo ka10001", "POST /api/dostk/stkinfo without api-id"] == words[1:]
        assert [0, 3] == [int(line.split("return_code ")[1].split()[0]) for line in lines[1:]]

    def test_the_log_shows_no_secret(self, lines, server, client):
        """No line of the log has a key, a token or an unprintable character, wherever a client sends them."""
        client.call(path=f"{STK}/{server.appkey}?token={client.token}", headers={"x": server.secretkey})
        client.call(path=STK, headers={"api-id": client.token})
        exchange(server, b"POST /\x1b[31m HTTP/1.1\r\nconnection: close\r\n\r\n")

        for secret in (client.token, server.appkey, server.secretkey):
            assert secret not in "".join(lines)
        assert "".join(lines).isprintable()
        assert "/***?***" in lines[1]

    def test_the_log_shows_a_broken_response(self, lines, server, client):
        """The log shows that a response was broken."""
        server.fail(faults.TRUNCATED, api_id="ka10001")
        with pytest.raises(requests.RequestException):
            client.call()

        assert ", truncated response (" in lines[-1]


def test_json_is_utf_8(server, client):
    """Korean text is sent as UTF-8, without escapes."""
    server.reply("ka10001", {"stk_nm": "삼성전자"})

    response = client.call()
    assert "삼성전자".encode() in response.content
    assert "application/json;charset=UTF-8" == response.headers["Content-Type"]
    assert json.loads(response.content)
