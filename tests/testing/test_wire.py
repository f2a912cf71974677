"""HTTP, byte by byte; ports; the one line a request."""

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


class LingersOverTheFirst(ssl.SSLContext):
    """Wraps the first socket, and does not return before it may ``go_on``."""

    def __init__(self, *_):
        self.lingers, self.go_on, self.has_another = threading.Event(), threading.Event(), threading.Event()

    def wrap_socket(self, *args, **kwargs):
        wrapped = super().wrap_socket(*args, **kwargs)
        if self.lingers.is_set():
            self.has_another.set()
        else:
            self.lingers.set()
            self.go_on.wait(10)
        return wrapped


def exchange(server, sent):
    """Everything that comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=60) as sock:
        sock.sendall(sent)
        received = b""
        while piece := sock.recv(65536):
            received += piece
        return received


def request(token, body=b"{}", *more, version="1.1"):
    lines = [f"POST {STK} HTTP/{version}", "host: x", "api-id: ka10001", f"authorization: Bearer {token}"]
    return "\r\n".join([*lines, "content-type: application/json", *more, "", ""]).encode() + body


def test_chunked_body(server, client):
    """A body in chunks is put together, as that of a generator comes."""
    body = b'7\r\n{"n": 1\r\n1;x=y\r\n}\r\n0\r\nsome: trailer\r\n\r\n'

    received = exchange(server, request(client.token, body, "transfer-encoding: chunked", "connection: close"))

    assert b"HTTP/1.1 200 OK\r\n" == received[:17]
    assert {"n": 1} == server.requests.last.json()


def test_two_requests_at_once(server, client):
    """Requests that come in one piece are answered one by one, in order."""
    first = request(client.token, b"{}", "content-length: 2")
    last = request(client.token, b"{}", "content-length: 2", "connection: close")

    assert 2 == exchange(server, first + last).count(b"HTTP/1.1 200 OK")


def test_http_1_0(server, client):
    """An HTTP/1.0 client gets its answer and the end of the connection."""
    received = exchange(server, request(client.token, b"{}", "content-length: 2", version="1.0"))

    assert b"\r\nConnection: close\r\n" in received


def test_expect_continue(server, client):
    """A client that waits for leave to send a body gets it, as curl does."""
    more = "expect: 100-continue", "content-length: 2", "connection: close"

    assert b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK" == exchange(server, request(client.token, b"{}", *more))[:40]


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
def test_malformed(server, sent):
    """What is not HTTP is a firewall's HTML 400 and a complaint, and the connection ends."""
    received = exchange(server, sent)

    assert b"HTTP/1.1 400 Bad Request\r\n" == received[:26]
    assert b"\r\nConnection: close\r\n" in received
    assert received.endswith(faults.FIREWALL.payload)
    assert ["a client does not speak HTTP"] == server.complaints


def test_too_many_chunks(server, monkeypatch):
    """Chunks that are each small enough do not make a body of any length."""
    monkeypatch.setattr(connection, "_MAX_BODY", 8)

    received = exchange(server, b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + 2 * b"5\r\nxxxxx\r\n")

    assert b"HTTP/1.1 400 Bad Request\r\n" == received[:26]


def test_https_to_http(server):
    """A client that speaks https to plain http is told so at once, and does not wait for ever."""
    with pytest.raises(requests.ConnectionError):
        requests.post(server.url.replace("http:", "https:"), timeout=60)

    assert ["a client does not speak HTTP"] == server.complaints


@pytest.mark.parametrize("sent", [b"", b"POST / HT", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"])
def test_half_a_request(server, client, sent):
    """A client that leaves in the middle is no trouble to others, and its request did not come in."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as sock:
        sock.sendall(sent)

    assert 0 == client.call().json()["return_code"]
    assert (2, []) == (len(server.requests), server.complaints)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stack of 64 TiB may be had")
def test_no_thread_left(server, client):
    """A process that can start no more threads hangs up on a client, and serves the next one."""
    before = threading.stack_size(1 << 46)
    try:
        assert b"" == exchange(server, b"")
    finally:
        threading.stack_size(before)

    client.session.close()  # Its connection has a thread already.
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


def test_no_file_descriptor_left():
    """A process that has none for another connection takes it as soon as it has one."""
    pytest.importorskip("resource", reason="Windows has no such limit")

    ran = subprocess.run([sys.executable, "-c", NO_DESCRIPTOR], capture_output=True, text=True, timeout=60)

    assert ["no answer", "HTTP/1.1"] == ran.stdout.splitlines(), ran.stderr


def test_unknown_status(server, client):
    """A Reply can have a status that HTTP has no words for."""
    server.reply("ka10001", Reply({}, status=599))

    assert 599 == client.call().status_code


def test_port_of_ones_own(kiwoom):
    """port= chooses the port; one that is taken is told by its number."""
    port = int(kiwoom().url.rpartition(":")[2])

    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is not available"):
        KiwoomServer(port=port).__enter__()


def test_same_port_again(kiwoom):
    """A server that has stopped leaves its port to the next at once, though clients were connected."""
    with reserve_port() as port, requests.Session() as session:
        with KiwoomServer(port=port) as first:
            session.post(first.url + STK, json={})

        assert f"http://127.0.0.1:{port}" == kiwoom(port=port).url


def test_again(client_of):
    """A server can be started again, and remembers what it was told."""
    server = KiwoomServer()
    for _ in range(2):
        with server:
            client = client_of(server)
            client.log_in()
            assert 0 == client.call().json()["return_code"]

    assert 4 == len(server.requests)


def test_repr(server):
    """The repr shows where it is and no key."""
    assert f"<KiwoomServer {server.url}>" == repr(server)
    assert "<KiwoomServer not started mock>" == repr(KiwoomServer(mock=True))


def test_the_url_of_a_server_that_is_not_started():
    """Outside of its with block a server has no address yet, and says how to get one."""
    with pytest.raises(ValueError, match="once it is started"):
        KiwoomServer().url


def session_that_trusts(server):
    session = requests.Session()
    # An environment's REQUESTS_CA_BUNDLE would win over Session.verify.
    session.trust_env = False
    session.verify = server.ca_bundle
    return session


class TestTls:
    def test_https(self, kiwoom, client_of):
        """With tls=True it speaks https, and its certificate is valid for a client that has the ca_bundle."""
        server = kiwoom(tls=True)
        client = client_of(server, session_that_trusts(server))
        client.log_in()

        assert server.url.startswith("https://127.0.0.1:")
        assert 0 == client.call().json()["return_code"]

    def test_certificate_is_checked(self, kiwoom, client_of):
        """Without the ca_bundle the certificate is not trusted, and the server goes on."""
        server = kiwoom(tls=True)
        client = client_of(server)
        with pytest.raises(requests.exceptions.SSLError):
            client.issue()

        client = client_of(server, session_that_trusts(server))
        assert 0 == client.issue().json()["return_code"]

    def test_the_plugin_over_https(self, kiwoom, client_of):
        """The plugin issues, meets 8005 and issues again over https."""
        server = kiwoom(tls=True)
        client = client_of(server, session_that_trusts(server))
        with session_that_trusts(server) as lent:
            client.session.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=lent)
            client.call()
            server.revoke_all()

            assert 0 == client.call().json()["return_code"]
        assert 2 == server.issues

    def test_certificate_of_ones_own(self, kiwoom, client_of, tmp_path):
        """An SSLContext is used as it is, with whatever names its certificate has."""
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        server = kiwoom(tls=context)
        server.url = server.url.replace("127.0.0.1", "localhost")
        client = client_of(server)

        client.session.trust_env, client.session.verify = False, str(tmp_path / "authority.pem")
        assert 0 == client.issue().json()["return_code"]

    def test_end(self):
        """A server that stops ends its connections, those that are kept alive and those that never said a word."""
        with KiwoomServer(tls=True) as server, session_that_trusts(server) as session:
            session.post(server.url + STK, json={})
            silent = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
            session.post(server.url + STK, json={}, headers={"connection": "close"})
        silent.close()

        assert [] == threads_left_behind()

    def test_end_within_a_handshake(self):
        """A server that stops also ends the connection whose socket is being wrapped at that moment."""
        context = LingersOverTheFirst(ssl.PROTOCOL_TLS_SERVER)
        server = KiwoomServer(tls=context).__enter__()
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=10):
            assert context.lingers.wait(10)
            with socket.create_connection(address, timeout=10) as later:
                assert context.has_another.wait(10)
                stopping = threading.Thread(target=server.__exit__)
                stopping.start()
                assert b"" == later.recv(1)  # Connections are hung up on in the order in which they came.
            context.go_on.set()
            stopping.join(60)

            assert [] == threads_left_behind()

    def test_silent_client(self, kiwoom, client_of):
        """A client that says nothing does not hold up the others."""
        server = kiwoom(tls=True)
        client = client_of(server, session_that_trusts(server))
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))):
            assert 0 == client.issue().json()["return_code"]

    def test_file_is_removed(self):
        """The ca_bundle is there while the server is, and not after."""
        with KiwoomServer(tls=True) as server:
            path = server.ca_bundle
            ssl.create_default_context(cafile=path)

        with pytest.raises(OSError):
            open(path)
        with pytest.raises(ValueError, match="while it runs"):
            server.ca_bundle

    def test_file_is_removed_if_the_port_is_taken(self, kiwoom, tmp_path, monkeypatch):
        """A server that cannot start leaves no file behind."""
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        port = int(kiwoom().url.rpartition(":")[2])

        with pytest.raises(OSError):
            KiwoomServer(port=port, tls=True).__enter__()
        assert [] == list(tmp_path.iterdir())

    def test_without_trustme(self, monkeypatch):
        """Without trustme, the error says what to install."""
        monkeypatch.setitem(sys.modules, "trustme", None)

        with pytest.raises(ModuleNotFoundError, match="pip install trustme"):
            KiwoomServer(tls=True).__enter__()


class TestLog:
    @pytest.fixture
    def lines(self, server):
        lines = []
        server.log = lines.append
        return lines

    def test_one_line_each(self, lines, server, client):
        """log= gets one line a request: what was asked for, and what was said."""
        client.call()
        server.revoke_all()
        client.call(headers={"api-id": None}, path=STK)

        words = [line.split(" token ")[0].split(" (")[0] for line in lines]
        assert ["POST /oauth2/token au10001: HTTP 200, return_code 0"] == words[:1]
        assert ["POST /api/dostk/stkinfo ka10001", "POST /api/dostk/stkinfo without api-id"] == words[1:]
        assert [0, 3] == [int(line.split("return_code ")[1].split()[0]) for line in lines[1:]]

    def test_no_secret(self, lines, server, client):
        """Neither keys nor tokens are in a line, wherever a client puts them; nor is anything that is not printable."""
        client.call(path=f"{STK}/{server.appkey}?token={client.token}", headers={"x": server.secretkey})
        client.call(path=STK, headers={"api-id": client.token})
        exchange(server, b"POST /\x1b[31m HTTP/1.1\r\nconnection: close\r\n\r\n")

        for secret in (client.token, server.appkey, server.secretkey):
            assert secret not in "".join(lines)
        assert "".join(lines).isprintable()
        assert "/***?***" in lines[1]

    def test_breaks(self, lines, server, client):
        """A line says if the answer was broken."""
        server.fail(faults.TRUNCATED, api_id="ka10001")
        with pytest.raises(requests.RequestException):
            client.call()

        assert ", truncated response (" in lines[-1]


def test_json_is_utf_8(server, client):
    """Korean goes out as UTF-8, not as escapes."""
    server.reply("ka10001", {"stk_nm": "삼성전자"})

    answer = client.call()
    assert "삼성전자".encode() in answer.content
    assert "application/json;charset=UTF-8" == answer.headers["Content-Type"]
    assert json.loads(answer.content)
