"""The WebSocket: LOGIN, PING, REG, REMOVE, real-time data, other messages, faults."""

import base64
import json
import socket
import ssl
import sys
import threading
from contextlib import ExitStack

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from requests_kiwoom.testing import KiwoomServer, Reply, faults, refusal
from tests.helpers.ports import reserve_port
from tests.helpers.pythons import collect
from tests.helpers.threads import until
from tests.testing.client import threads_left_behind, threads_of_servers

PATH = "/api/dostk/websocket"
WAIT = 30
#: What the server sends when it closes a WebSocket: a frame with the code 1001.
CLOSE_FRAME = b"\x88\x02" + (1001).to_bytes(2, "big")
REJECTED = "토큰 인증에 실패했습니다. 접속을 종료합니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]"
TRADES = [{"item": ["005930"], "type": ["0B"]}]


class Bot:
    """A client with one WebSocket."""

    def __init__(self, server, path=PATH, **options):
        self._opened = ExitStack()
        url = server.websocket_url + path
        self.socket = self._opened.enter_context(connect(url, **{"open_timeout": WAIT, **options}))
        self.close = self._opened.close

    def send(self, trnm, **fields):
        self.socket.send(json.dumps({"trnm": trnm, **fields}))

    def receive(self):
        return json.loads(self.socket.recv(WAIT))

    def ask(self, trnm, **fields):
        """Send a message, and return the response."""
        self.send(trnm, **fields)
        return self.receive()

    def register(self, data=TRADES, **fields):
        return self.ask("REG", **{"grp_no": "1", "refresh": "1", "data": data, **fields})

    def wait_for_close(self):
        """Wait until the connection ends; return the code of the server's close frame, or ``None`` without one."""
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                self.socket.recv(WAIT)
        return closed.value.rcvd and closed.value.rcvd.code


def open_raw_websocket(server, message):
    """Open a WebSocket without the library, and send one message; return its plain socket."""
    sock = socket.create_connection(("127.0.0.1", int(server.websocket_url.rpartition(":")[2])), timeout=WAIT)
    key = base64.b64encode(bytes(16)).decode()
    head = f"GET {PATH} HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}"
    sock.sendall("\r\n".join([*head, "Sec-WebSocket-Version: 13", "", ""]).encode())
    assert b"HTTP/1.1 101" == sock.recv(12)
    content = json.dumps(message).encode()
    # One text frame, masked with zeros.
    sock.sendall(b"\x81\xfe" + len(content).to_bytes(2, "big") + bytes(4) + content)
    return sock


@pytest.fixture
def connect_bot():
    """Return a function that connects a bot to a server; all bots disconnect at the end of the test."""
    bots = []

    def make(server, path=PATH, **options):
        bots.append(Bot(server, path, **options))
        return bots[-1]

    yield make
    for bot in bots:
        bot.close()


@pytest.fixture
def bot(server, client, connect_bot):
    """Return a bot that is logged in."""
    bot = connect_bot(server)
    assert 0 == bot.ask("LOGIN", token=client.token)["return_code"]
    return bot


class TestLogin:
    def test_login_with_the_live_token_succeeds(self, server, client, connect_bot):
        """LOGIN with the live token succeeds, with the captured response."""
        expected = {"trnm": "LOGIN", "return_code": 0, "return_msg": "", "sor_yn": "Y"}

        assert expected == connect_bot(server).ask("LOGIN", token=client.token)

    @pytest.mark.parametrize("token", ["garbage", None, 5, ["x"], ""])
    def test_login_with_another_token_is_refused(self, server, client, connect_bot, token):
        """LOGIN with another token is refused with 805004 in the captured words, and the server closes."""
        bot = connect_bot(server)

        response = bot.ask("LOGIN", token=token)
        assert 805004 == response["return_code"]
        assert response["return_msg"].startswith("토큰 인증에 실패했습니다. 접속을 종료합니다 [CODE=")
        assert 1000 == bot.wait_for_close()

    def test_login_with_a_revoked_token_has_the_captured_response(self, server, client, connect_bot):
        """LOGIN with a revoked token gets exactly the captured response."""
        server.revoke_all()

        response = connect_bot(server).ask("LOGIN", token=client.token)
        assert {"trnm": "LOGIN", "return_code": 805004, "return_msg": REJECTED} == response

    def test_login_with_bearer_is_refused(self, server, client, connect_bot):
        """LOGIN takes the bare token: with "Bearer" before it, the token is refused."""
        assert 805004 == connect_bot(server).ask("LOGIN", token=f"Bearer {client.token}")["return_code"]

    def test_a_message_before_login_is_refused(self, server, client, connect_bot):
        """A message before LOGIN is refused and is a complaint, and the server closes."""
        bot = connect_bot(server)

        response = bot.register()
        assert ("REG", 805004) == (response["trnm"], response["return_code"])
        assert 1000 == bot.wait_for_close()
        assert ["<ReceivedMessage REG on connection 1> came before LOGIN"] == server.complaints

    def test_login_from_an_unregistered_address_is_refused(self, server, client, connect_bot):
        """LOGIN from an address that is not registered is refused with 8040."""
        server.allowed_ips = ()

        assert "[CODE=8040," in connect_bot(server).ask("LOGIN", token=client.token)["return_msg"]

    def test_numbers_as_strings(self, server, client, connect_bot):
        """With numbers_as_strings, the return_code of LOGIN is the string "0"."""
        server.numbers_as_strings = True

        assert "0" == connect_bot(server).ask("LOGIN", token=client.token)["return_code"]

    def test_a_revocation_does_not_close_an_open_websocket(self, server, bot):
        """A revoked token does not close an open WebSocket [assumed]."""
        server.revoke_all()

        assert 0 == bot.register()["return_code"]


class TestPing:
    def test_each_call_of_ping_sends_a_ping(self, server, bot):
        """ping() sends a PING; after the bot echoed it, ping() sends another one."""
        for _ in range(2):
            server.ping()
            assert {"trnm": "PING"} == bot.receive()
            bot.send("PING")
            assert 0 == bot.register()["return_code"]  # The server has read the echo.

        assert [2, []] == [len(server.messages.to("PING")), server.complaints]

    def test_a_bot_that_does_not_echo_is_closed(self, server, bot):
        """A bot that did not echo a PING is closed at the next ping(), with a complaint."""
        server.ping()
        server.ping()

        assert 1001 == bot.wait_for_close()
        assert ["connection 1 did not echo a PING"] == server.complaints

    def test_ping_interval_sends_pings(self, kiwoom, client_of, connect_bot):
        """The server sends PING every ping_interval seconds."""
        client = client_of(kiwoom(ping_interval=0.01))
        bot = connect_bot(client.server)
        bot.ask("LOGIN", token=client.log_in())

        assert {"trnm": "PING"} == bot.receive()

    def test_no_ping_before_login(self, server, connect_bot, client):
        """A bot that is not logged in gets no PING."""
        bot = connect_bot(server)
        server.ping()

        assert "LOGIN" == bot.ask("LOGIN", token=client.token)["trnm"]

    def test_a_ping_frame_gets_a_pong(self, bot):
        """A ping frame of the WebSocket protocol gets a pong frame."""
        assert bot.socket.ping().wait(WAIT)


class TestRegistration:
    def test_reg_succeeds(self, bot):
        """REG succeeds with a response without fields [captured]."""
        assert {"trnm": "REG", "return_code": 0, "return_msg": ""} == bot.register()

    def test_push_sends_registered_data(self, server, bot):
        """push() sends data that a bot registered for as REAL, in the captured form."""
        bot.register()

        assert 1 == server.push("0B", "005930", {"10": "-70100"})
        data = {"type": "0B", "name": "주식체결", "item": "005930", "values": {"10": "-70100"}}
        assert {"trnm": "REAL", "data": [data]} == bot.receive()

    def test_push_sends_only_to_bots_that_registered(self, server, client, bot, connect_bot):
        """push() sends data only to bots that registered for this type of this item."""
        other = connect_bot(server)
        other.ask("LOGIN", token=client.token)
        other.register([{"item": ["000660"], "type": ["0B", "0D"]}])
        bot.register()

        assert [1, 1] == [server.push("0B", item, {"10": item}) for item in ("005930", "000660")]
        assert "005930" == bot.receive()["data"][0]["item"]
        assert "000660" == other.receive()["data"][0]["item"]

    def test_push_without_a_registration_is_an_error(self, server, bot):
        """push() raises an error that names the data if no bot registered for it."""
        bot.register()

        with pytest.raises(TimeoutError, match="no WebSocket registered for 0D of '005930' within 0 s"):
            server.push("0D", "005930", {}, wait=0)

    def test_push_waits_for_a_registration(self, server, bot):
        """push() waits until a bot in another thread registers."""
        registers = threading.Thread(target=bot.register)
        registers.start()

        assert 1 == server.push("0B", "005930", {}, wait=WAIT)
        registers.join(60)

    @pytest.mark.parametrize("data", [[{"item": [""], "type": ["00"]}], [{"type": ["00"]}]])
    def test_a_registration_without_an_item_gets_every_item(self, server, bot, data):
        """A registration without an item, such as for the account's own orders, receives every item."""
        bot.register(data)

        assert 1 == server.push("00", "005930", {"9203": "0000139"})

    def test_remove_ends_the_named_registrations(self, server, bot):
        """REMOVE ends the registrations that it names, and no others."""
        bot.register([{"item": ["005930", "000660"], "type": ["0B"]}])

        removed = bot.ask("REMOVE", grp_no="1", data=TRADES)
        assert {"trnm": "REMOVE", "return_code": 0, "return_msg": ""} == removed
        assert 1 == server.push("0B", "000660", {})
        with pytest.raises(TimeoutError):
            server.push("0B", "005930", {}, wait=0)

    def test_remove_without_data_ends_a_group(self, server, bot):
        """REMOVE without data ends all registrations of its group, and of no other."""
        bot.register(grp_no="1")
        bot.register([{"item": ["000660"], "type": ["0B"]}], grp_no="2")
        bot.ask("REMOVE", grp_no="1")

        assert 1 == server.push("0B", "000660", {})
        with pytest.raises(TimeoutError):
            server.push("0B", "005930", {}, wait=0)

    def test_refresh_0_replaces_a_group(self, server, bot):
        """REG with refresh "0" replaces its group, with "1" it adds to it."""
        for refresh, item in (("1", "005930"), ("1", "000660"), ("0", "035420")):
            bot.register([{"item": [item], "type": ["0B"]}], refresh=refresh)
            if refresh == "1":
                assert 1 == server.push("0B", "005930", {})
                bot.receive()

        assert 1 == server.push("0B", "035420", {})
        with pytest.raises(TimeoutError):
            server.push("0B", "005930", {}, wait=0)

    @pytest.mark.parametrize("data", ["x", [{}], 5, [{"type": "0B", "item": ["005930"]}], [["0B"]]])
    def test_a_malformed_reg_is_refused(self, server, bot, data):
        """REG without lists of types and items is refused with 1517 and is a complaint; the connection stays open."""
        assert "[1517:" in bot.register(data)["return_msg"]
        assert ["connection 1: REG has no lists of types and items"] == server.complaints
        assert 0 == bot.register()["return_code"]

    def test_push_rejects_an_unknown_type(self, server):
        """push() rejects a type that Kiwoom does not have: no bot could register for it."""
        with pytest.raises(ValueError, match="no real-time data of type 'ka10001'"):
            server.push("ka10001", "005930", {})

    def test_push_after_a_bot_disconnected(self, server, client, bot, connect_bot):
        """A bot that disconnected gets no data, and does not disturb the others."""
        closed = connect_bot(server)
        closed.ask("LOGIN", token=client.token)
        closed.register()
        bot.register()
        closed.close()

        assert server.push("0B", "005930", {}) in (1, 2)  # The server may not know yet that it disconnected.
        assert "REAL" == bot.receive()["trnm"]


class TestOtherMessages:
    def test_on_message_sets_the_response(self, server, bot):
        """on_message() sets a callable that makes the response to a kind of message; trnm and success are added."""
        server.on_message("CNSRLST", lambda message: {"data": [["0", message.json()["q"]]]})

        expected = {"trnm": "CNSRLST", "data": [["0", "급등주"]], "return_code": 0, "return_msg": ""}
        assert expected == bot.ask("CNSRLST", q="급등주")

    def test_a_callable_may_return_an_error(self, server, bot):
        """A callable may return an error."""
        server.on_message("CNSRREQ", lambda message: {"return_code": 1, "return_msg": "x"})

        assert {"trnm": "CNSRREQ", "return_code": 1, "return_msg": "x"} == bot.ask("CNSRREQ")

    def test_a_callable_that_returns_none_sends_no_response(self, server, bot):
        """If a callable returns None, no response is sent."""
        server.on_message("CNSRCLR", lambda message: None)
        bot.send("CNSRCLR")

        assert "REG" == bot.register()["trnm"]

    def test_other_messages_succeed_by_default(self, bot):
        """A message without a callable gets a success without fields."""
        assert {"trnm": "CNSRLST", "return_code": 0, "return_msg": ""} == bot.ask("CNSRLST")

    @pytest.mark.parametrize("broken", [lambda message: 1 / 0, lambda message: {"x": object()}, lambda message: 5])
    def test_a_callable_that_raises_causes_1999(self, server, bot, broken):
        """A callable that raises, or returns no object, causes 1999 and a complaint; the bot does not hang."""
        server.on_message("CNSRLST", broken)

        assert "[1999:" in bot.ask("CNSRLST")["return_msg"]
        assert "responding to <ReceivedMessage CNSRLST on connection 1> raised" in server.complaints[0]

    @pytest.mark.parametrize("trnm", ["LOGIN", "PING", "REG", "REMOVE", "REAL"])
    def test_on_message_rejects_built_in_messages(self, server, trnm):
        """on_message() rejects the messages that the server responds to by itself; the error names fail()."""
        with pytest.raises(ValueError, match="fail"):
            server.on_message(trnm, lambda message: {})

    @pytest.mark.parametrize("text", ["no json", "[1]", "{}", '{"trnm": 5}', "[" * 100_000])
    def test_a_message_without_trnm_is_refused(self, server, bot, text):
        """A message without a trnm is refused with 1511 and is a complaint; the connection stays open."""
        bot.socket.send(text)

        assert "[1511:" in bot.receive()["return_msg"]
        assert ["<ReceivedMessage without trnm on connection 1> is not a JSON object with a trnm"] == server.complaints
        assert 0 == bot.register()["return_code"]

    def test_binary_frames_and_fragments_are_read(self, bot):
        """A message in a binary frame, or in several frames, is one message."""
        bot.socket.send(b'{"trnm": "A"}')
        assert "A" == bot.receive()["trnm"]
        bot.socket.send(['{"tr', 'nm": ', '"B"}'])
        assert "B" == bot.receive()["trnm"]


class TestFaults:
    def test_disconnect_all_closes_a_websocket_that_just_opened(self, server, connect_bot):
        """disconnect_all() closes a WebSocket that was opened just before, each time."""
        for _ in range(30):
            bot = connect_bot(server)
            server.disconnect_all()
            assert 1001 == bot.wait_for_close()

    def test_disconnect_all(self, server, client, bot, connect_bot):
        """disconnect_all() closes every WebSocket with 1001, and a new one can be opened at once."""
        others = [connect_bot(server) for _ in range(3)]
        server.disconnect_all()

        assert [1001] * 4 == [each.wait_for_close() for each in (bot, *others)]
        assert 0 == connect_bot(server).ask("LOGIN", token=client.token)["return_code"]

    @pytest.mark.parametrize("page", [faults.MAINTENANCE, faults.FIREWALL, faults.server_error(503)])
    def test_page_instead_of_the_handshake(self, server, connect_bot, page):
        """A page planned for the path, or an outage, is the response to the handshake."""
        server.fail(page, path=PATH)
        with pytest.raises(InvalidStatus) as planned:
            connect_bot(server)
        server.outage = page
        with pytest.raises(InvalidStatus) as during_outage:
            connect_bot(server)

        for refused in (planned, during_outage):
            response = refused.value.response
            assert (page.status, page.payload) == (response.status_code, response.body)
            assert "text/html;charset=UTF-8" == response.headers["Content-Type"]

    @pytest.mark.parametrize("fault", [faults.RESET_BEFORE, faults.RESET_WITHIN, faults.TRUNCATED])
    def test_broken_handshake(self, server, connect_bot, fault):
        """A fault breaks the handshake once, and the next one succeeds."""
        server.fail(fault, path=PATH)
        with pytest.raises(Exception, match="HTTP|[Rr]eset|EOF|10054"):
            connect_bot(server)

        connect_bot(server)

    def test_a_client_timeout_in_the_handshake(self, server, connect_bot):
        """A handshake that takes longer than the client's timeout fails, and the next one succeeds."""
        server.fail(faults.latency(30), path=PATH)
        with pytest.raises(TimeoutError):
            connect_bot(server, open_timeout=0.05)

        connect_bot(server)

    def test_a_callable_makes_the_response_to_a_handshake(self, server, connect_bot):
        """A planned callable gets the handshake, and makes the response to it."""
        server.fail(lambda request: Reply(request.headers["user-agent"].encode(), 403, {"X-Own": "1"}), path=PATH)

        with pytest.raises(InvalidStatus) as refused:
            connect_bot(server, user_agent_header="bot")
        assert (b"bot", "1") == (refused.value.response.body, refused.value.response.headers["X-Own"])

    def test_a_planned_error_for_login(self, server, client, connect_bot):
        """An error planned for LOGIN is a refused LOGIN, after which the server closes. The next LOGIN succeeds."""
        server.fail(refusal(8103, reason="x"), trnm="LOGIN")
        bot = connect_bot(server)

        response = bot.ask("LOGIN", token=client.token)
        assert ("LOGIN", 805004) == (response["trnm"], response["return_code"])
        assert "[CODE=8103, MESSAGE=토큰 인증 또는 단말기인증에 실패했습니다. 실패사유=x]" in response["return_msg"]
        assert 1000 == bot.wait_for_close()
        assert 0 == connect_bot(server).ask("LOGIN", token=client.token)["return_code"]

    def test_a_planned_error_for_another_message(self, server, bot):
        """An error planned for REG is sent once."""
        server.fail(refusal(1511, parameter="data"), trnm="REG")

        assert [2, 0] == [bot.register()["return_code"] for _ in range(2)]

    @pytest.mark.parametrize("fault", [faults.RESET_BEFORE, faults.RESET_WITHIN, faults.TRUNCATED])
    def test_broken_message(self, server, bot, fault):
        """A fault breaks the connection before or within a response, without a close frame."""
        server.fail(fault, trnm="REG")
        bot.send("REG", data=TRADES)

        assert bot.wait_for_close() is None

    def test_reset_after_a_message(self, server, bot):
        """With RESET_AFTER the response arrives, and the connection breaks at the next message."""
        server.fail(faults.RESET_AFTER, trnm="REG")

        assert 0 == bot.register()["return_code"]
        bot.send("REG", data=TRADES)
        assert bot.wait_for_close() is None

    def test_fail_rejects_a_callable_for_a_message(self, server):
        """fail() rejects a callable for a message: on_message() is for that."""
        with pytest.raises(TypeError, match="a plan must be"):
            server.fail(lambda request: Reply({}), trnm="REG")

    def test_an_unknown_path_is_http_404(self, server, connect_bot):
        """A path that is not one of the two gets HTTP 404."""
        with pytest.raises(InvalidStatus) as refused:
            connect_bot(server, "/api/dostk/stkinfo")

        assert 404 == refused.value.response.status_code

    def test_the_us_path_is_served(self, server, client, connect_bot):
        """The US path is served as well."""
        bot = connect_bot(server, "/api/us/websocket")
        bot.ask("LOGIN", token=client.token)

        assert "/api/us/websocket" == server.messages.last.path

    def test_plain_http_on_the_websocket_port_is_http_426(self, server):
        """A plain HTTP request to the WebSocket port gets HTTP 426, Upgrade Required."""
        response = requests.get(server.websocket_url.replace("ws:", "http:") + PATH, timeout=WAIT)

        assert 426 == response.status_code

    @pytest.mark.parametrize("sent", [b"", b"GET / HT", b"no http\r\n\r\n"])
    def test_a_client_that_leaves_before_its_handshake(self, server, client, connect_bot, sent):
        """A client that disconnects before its handshake does not disturb the others."""
        with socket.create_connection(("127.0.0.1", int(server.websocket_url.rpartition(":")[2]))) as sock:
            sock.sendall(sent)

        assert 0 == connect_bot(server).ask("LOGIN", token=client.token)["return_code"]

    def test_client_that_does_not_close(self, kiwoom, client_of):
        """A client that ignores a close frame is disconnected after ping_interval, and gets no more data."""
        client = client_of(kiwoom(ping_interval=0.01))
        with open_raw_websocket(client.server, {"trnm": "LOGIN", "token": client.log_in()}) as silent:
            until(lambda: client.server.messages.to("LOGIN"))
            client.server.disconnect_all()
            client.server.disconnect_all()
            client.server.ping()
            client.session.close()
            collect()  # urllib3 2 closes a pool when it is collected.
            until(lambda: not [thread for thread in threads_of_servers() if thread.name == "kiwoom for 127.0.0.1"])
            received = b"".join(iter(lambda: silent.recv(1000), b""))
        assert received.endswith(CLOSE_FRAME)
        assert 1 == received.count(CLOSE_FRAME)

    def test_chaos_breaks_handshakes(self, kiwoom, connect_bot):
        """With chaos=1 every handshake meets a fault."""
        server = kiwoom(chaos=1.0)
        opened = 0
        for _ in range(10):
            try:
                connect_bot(server)
                opened += 1
            except Exception as error:
                assert "HTTP" in str(error) or "reset" in str(error).lower() or "EOF" in str(error)
        assert opened < 10


class TestRecords:
    def test_messages_has_the_received_messages(self, server, client, bot):
        """`messages` has the received messages; last and to() select from it."""
        bot.register()

        assert ["LOGIN", "REG"] == [message.trnm for message in server.messages]
        assert TRADES == server.messages.last.json()["data"]
        assert [(PATH, 1)] == [(message.path, message.connection) for message in server.messages.to("REG")]
        assert 1 == len(server.requests)  # Handshakes are not in `requests`.

    def test_messages_last_without_a_message(self, server):
        """`messages.last` raises an error if no message was received."""
        with pytest.raises(IndexError, match="no message was received"):
            server.messages.last

    def test_repr_shows_no_secret(self, server, client, bot):
        """The repr of a message has no token: a failed assertion prints it."""
        assert client.token not in repr(server.messages)

    def test_a_token_in_login_is_no_leak(self, server, client, bot):
        """A token in LOGIN is no leak."""
        server.assert_no_secrets_outside_oauth()

    def test_a_secret_in_another_message_is_a_leak(self, server, client, bot):
        """A token in another message, or a key in LOGIN, is a leak."""
        bot.ask("CNSRLST", note=client.token)
        with pytest.raises(AssertionError, match=r"^a token is in WebSocket message 2 \(CNSRLST\)$"):
            server.assert_no_secrets_outside_oauth()

        server.messages.clear()
        bot.ask("LOGIN", token=server.appkey)
        with pytest.raises(AssertionError, match=r"^the appkey is in WebSocket message 1 \(LOGIN\)$"):
            server.assert_no_secrets_outside_oauth()

    def test_a_token_in_the_url_is_a_leak(self, server, client, connect_bot):
        """A token in the URL of a WebSocket is a complaint and a leak."""
        connect_bot(server, f"{PATH}?token={client.token}")

        assert ["a token or key is in the query string of a WebSocket, which ends up in logs"] == server.complaints
        with pytest.raises(AssertionError, match=r"^a token is in the URL of request 2 \(GET "):
            server.assert_no_secrets_outside_oauth()

    def test_the_log_has_one_line_for_each_message(self, server, client, connect_bot):
        """log= gets one line for each message, without the token."""
        lines = []
        server.log = lines.append
        server.on_message("CNSRCLR", lambda message: None)
        bot = connect_bot(server)
        bot.ask("LOGIN", token=client.token)
        bot.send("CNSRCLR")
        bot.register()

        login, clear, reg = lines
        assert client.token not in login
        assert login.startswith(f"WebSocket {PATH} connection 1 LOGIN token ")
        assert login.endswith(": response, return_code 0")
        assert f"WebSocket {PATH} connection 1 CNSRCLR: no response" == clear
        assert f"WebSocket {PATH} connection 1 REG: response, return_code 0" == reg


class TestPort:
    def test_websocket_port_sets_the_port(self, kiwoom, connect_bot):
        """websocket_port= sets the port, which opens when the server starts."""
        with reserve_port() as port:
            server = kiwoom(websocket_port=port)
            with connect(f"ws://127.0.0.1:{port}{PATH}", open_timeout=WAIT):
                assert f"ws://127.0.0.1:{port}" == server.websocket_url

    def test_a_taken_port_is_an_error(self, kiwoom):
        """A port that is taken is an error at the start; no port stays open."""
        port = int(kiwoom().url.rpartition(":")[2])
        server = KiwoomServer(websocket_port=port)

        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is not available"):
            server.start()
        with pytest.raises(ValueError, match="does not run"):
            server.websocket_url

    def test_tls_serves_wss(self, kiwoom, connect_bot):
        """With tls=True the URL is wss, with the same certificate."""
        server = kiwoom(tls=True)
        context = ssl.create_default_context(cafile=server.ca_bundle)

        assert "wss://127.0.0.1:" == server.websocket_url[:16]
        assert 805004 == connect_bot(server, ssl=context).ask("LOGIN", token="x")["return_code"]

    def test_stop_ends_all_websockets(self):
        """A server that stops ends its WebSockets, and leaves no thread running."""
        with KiwoomServer() as server:
            bots = [Bot(server) for _ in range(3)]
        codes = [bot.wait_for_close() for bot in bots]
        for bot in bots:
            bot.close()

        assert ([None] * 3, []) == (codes, threads_left_behind())

    def test_websocket_url_without_websockets(self, monkeypatch):
        """Without the library websockets, the error names the extra, and HTTP is still served."""
        monkeypatch.setitem(sys.modules, "websockets.server", None)
        with KiwoomServer() as server:
            with pytest.raises(ModuleNotFoundError, match="the extra websocket: pip install websockets"):
                server.websocket_url
            assert 200 == requests.post(server.url + "/oauth2/token", timeout=WAIT).status_code
        with pytest.raises(ModuleNotFoundError, match="the extra websocket"):
            KiwoomServer(websocket_port=0).start()
