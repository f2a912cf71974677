"""``Realtime``: the messages on a WebSocket: LOGIN, PING, REG, REMOVE, REAL."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from .catalogue import WEBSOCKET_PATHS, api_paths
from .errors import refusal
from .http.wire import Wire
from .log_lines import message_line
from .realtime_client import TYPE_NAMES, RealtimeClient
from .received import ReceivedMessage, ReceivedRequest
from .replies import Fault, Reply
from .request_checks import has_secret_in_query
from .service import Service, with_strings
from .websocket import WebSocket

_PING = {"trnm": "PING"}
_SUCCESS = {"return_code": 0, "return_msg": ""}
_OWN = ("LOGIN", "PING", "REG", "REMOVE", "REAL")


@dataclass(kw_only=True, eq=False, repr=False)
class Realtime(Service):
    """Kiwoom's responses to messages, and the data that a test sends."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._clients: list[RealtimeClient] = []
        self._numbers = count(1)
        self._handlers: dict[str, Callable[[ReceivedMessage], Mapping[str, Any] | None]] = {}
        self._registrations = threading.Condition(self._lock)

    def push(self, kind: str, item: str, values: Mapping[str, str], *, wait: float = 10.0) -> int:
        """Send real-time data to every WebSocket that registered for it; return the number of them.

        :param kind: the type, such as ``"0B"`` for trades.
        :param item: the stock, such as ``"005930"``; ``""`` where the type has none.
        :param values: the data, by the field numbers of Kiwoom: ``{"10": "-70100"}`` for a price.
        :param wait: the longest wait for the first registration, in seconds.
        :raises TimeoutError: if no WebSocket registers for it in that time.
        :raises ValueError: if Kiwoom has no such type.
        """
        if api_paths().get(kind) not in WEBSOCKET_PATHS:
            raise ValueError(f"Kiwoom has no real-time data of type {kind!r}: 0B, for example, is for trades")
        data = {"type": kind, "name": TYPE_NAMES.get(kind, ""), "item": item, "values": dict(values)}
        with self._registrations:
            receivers = self._registrations.wait_for(
                lambda: [client for client in self._clients if client.receives(kind, item)], wait
            )
        if not receivers:
            raise TimeoutError(f"no WebSocket registered for {kind} of {item!r} within {wait:g} s")
        for client in receivers:
            client.send({"trnm": "REAL", "data": [data]})
        return len(receivers)

    def ping(self) -> None:
        """Send PING on every WebSocket that is logged in. One that did not echo the last PING is closed instead."""
        for client in self._snapshot():
            self._ping(client)

    def on_message(self, trnm: str, respond: Callable[[ReceivedMessage], Mapping[str, Any] | None]) -> None:
        """Set the response to messages of one kind, such as ``"CNSRLST"``. Without this, it is a bare success.

        :param respond: gets the :class:`ReceivedMessage`, and returns an object, which is a success unless it has a
            ``return_code``; or ``None`` for no response.
        :raises ValueError: for LOGIN, PING, REG, REMOVE and REAL.
        """
        if trnm in _OWN:
            raise ValueError(f"the server itself responds to {trnm}: fail(..., trnm={trnm!r}) changes its response")
        self._handlers[trnm] = respond

    def disconnect_all(self) -> None:
        """Close every WebSocket, as Kiwoom does when it restarts."""
        for client in self._snapshot():
            client.socket.close(1001)

    def _snapshot(self) -> list[RealtimeClient]:
        with self._lock:
            return self._clients[:]

    def _serve_websocket(self, wire: Wire, address: str) -> None:
        """Serve one connection to the WebSocket port."""
        socket = WebSocket(wire, address)
        handshake = socket.read_handshake()
        if handshake is None:
            return
        plan = self._plan_for_handshake(handshake)
        wire.sleep(plan.delay if plan else 0)
        if isinstance(plan, Reply):
            socket.refuse(plan)
            return
        client = RealtimeClient(next(self._numbers), handshake.route, address, socket)
        # Before the client knows that it is connected: disconnect_all() must not miss it.
        with self._lock:
            self._clients.append(client)
        try:
            if not socket.accept(plan.ending if plan else None):
                return
            for text in self._read(client):
                reply = self._respond_to_message(client, ReceivedMessage(text, client.path, client.number))
                if reply is None:
                    continue
                wire.sleep(reply.delay)
                socket.send(reply.encode().decode(), reply.ending)
                if reply.ending is not None:
                    return
                if not client.is_logged_in:
                    socket.close()
        finally:
            with self._lock:
                self._clients.remove(client)

    def _plan_for_handshake(self, handshake: ReceivedRequest) -> Reply | Fault | None:
        """Return what the response to a handshake is, or how its connection breaks; ``None`` for a success."""
        with self._lock:
            self._handshakes.append(handshake)
            if has_secret_in_query(handshake, (self.appkey, self.secretkey), self._tokens.ever):
                self.complaints.append("a token or key is in the query string of a WebSocket, which ends up in logs")
            plan = self._plan_for(None, handshake)
        if plan is None and handshake.route not in WEBSOCKET_PATHS:
            return Reply(b"", 404)
        return plan(handshake) if callable(plan) else plan

    def _read(self, client: RealtimeClient) -> Iterator[str]:
        """Yield the messages of one WebSocket, and send PING while there is none."""
        while True:
            try:
                text = client.socket.read(self.ping_interval or None)
            except TimeoutError:
                if not client.socket.is_open():  # The client does not respond to a close frame.
                    return
                self._ping(client)
                continue
            if text is None:
                return
            yield text

    def _ping(self, client: RealtimeClient) -> None:
        if client.owes_echo:
            with self._lock:
                self.complaints.append(f"connection {client.number} did not echo a PING")
            client.socket.close(1001)
        elif client.is_logged_in:
            client.owes_echo = True
            client.send(_PING)

    def _respond_to_message(self, client: RealtimeClient, message: ReceivedMessage) -> Reply | None:
        """Record a message, and return the response to it, if it gets one."""
        trnm = message.trnm
        with self._lock:
            self.messages.append(message)
            plan = self._plans.take(f"trnm {trnm}")
        if isinstance(plan, Reply):
            payload: Mapping[str, Any] | None = _refuse_login(plan) if trnm == "LOGIN" else plan.payload
        else:
            payload = self._process_message(client, message, trnm)
        reply = None if payload is None else Reply({"trnm": trnm or "", **payload})
        if reply is not None and isinstance(plan, Fault):
            reply = plan.spoil(reply)
        if self.log is not None:
            self.log(self._redact(message_line(message, reply)))
        return with_strings(reply) if reply is not None and self.numbers_as_strings else reply

    def _process_message(
        self, client: RealtimeClient, message: ReceivedMessage, trnm: str | None
    ) -> Mapping[str, Any] | None:
        if trnm == "LOGIN":
            return self._log_in(client, message.json().get("token"))
        if not client.is_logged_in:
            return self._complain(f"{message!r} came before LOGIN", _refuse_login(refusal(8005)))
        if trnm == "PING":
            client.owes_echo = False
            return None
        if trnm in ("REG", "REMOVE"):
            return self._register(client, message.json(), trnm)
        if trnm is None:
            error = refusal(1511, parameter="trnm").payload
            return self._complain(f"{message!r} is not a JSON object with a trnm", error)
        return self._call_handler(message, trnm)

    def _log_in(self, client: RealtimeClient, token: object) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {token}"}
        with self._lock:
            refused = self._refuse_token(ReceivedRequest("GET", client.path, headers, b"", client.address))
        client.is_logged_in = refused is None
        if refused is None:
            return {**_SUCCESS, "sor_yn": "Y"}
        return _refuse_login(refused)

    def _register(self, client: RealtimeClient, body: dict[str, Any], trnm: str) -> Mapping[str, Any]:
        try:
            with self._registrations:
                client.register(body) if trnm == "REG" else client.remove(body)
                self._registrations.notify_all()
        except (TypeError, KeyError, AttributeError):
            error = refusal(1517, parameter="data", reason="형식이 맞지 않습니다").payload
            return self._complain(f"connection {client.number}: {trnm} has no lists of types and items", error)
        return _SUCCESS

    def _call_handler(self, message: ReceivedMessage, trnm: str) -> Mapping[str, Any] | None:
        handler = self._handlers.get(trnm)
        try:
            response = {} if handler is None else handler(message)
            if response is not None and "return_code" not in response:
                response = {**response, **_SUCCESS}
            json.dumps(response)
            return response
        except Exception as error:  # A callable of the user's may raise anything.
            text = f"responding to {message!r} raised {type(error).__name__}: {error}"
            return self._complain(text, refusal(1999, reason=type(error).__name__).payload)

    def _complain(self, text: str, response: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            self.complaints.append(text)
        return response


def _refuse_login(refused: Reply) -> Mapping[str, Any]:
    """Return the payload of a refused LOGIN, in Kiwoom's words [captured, with 8005]."""
    found = re.search(r"\[(\d{4}):(.*)\]", refused.payload["return_msg"])
    assert found is not None
    reason = f"[CODE={found[1]}, MESSAGE={found[2]}]"
    return {"return_code": 805004, "return_msg": f"토큰 인증에 실패했습니다. 접속을 종료합니다 {reason}"}
