"""``WebSocket``: one client's WebSocket, in the protocol implementation of the library ``websockets``."""

import threading
from collections import deque
from typing import Any

from .http.wire import Ending, Wire
from .received import ReceivedRequest
from .replies import Reply

_MAX_MESSAGE = 1024 * 1024


def load_websockets() -> Any:
    """Import ``websockets.server``.

    :raises ModuleNotFoundError: with what to install, if it is missing.
    """
    try:
        import websockets.server
    except ModuleNotFoundError:
        raise ModuleNotFoundError("a WebSocket needs the extra websocket: pip install websockets") from None
    return websockets.server


class WebSocket:
    """The server's side of one WebSocket. One thread reads, any thread sends."""

    def __init__(self, wire: Wire, client: str) -> None:
        self._wire = wire
        self._client = client
        self._protocol: Any = load_websockets().ServerProtocol(max_size=_MAX_MESSAGE)
        self._lock = threading.Lock()
        self._events: deque[Any] = deque()
        self._handshake: Any = None

    def read_handshake(self) -> ReceivedRequest | None:
        """Return the request that opens the WebSocket; ``None`` if the client leaves or does not speak HTTP."""
        self._handshake = self._next_event(None)
        if self._handshake is None:
            return None
        headers = {name.lower(): value for name, value in self._handshake.headers.raw_items()}
        return ReceivedRequest("GET", self._handshake.path, headers, b"", self._client)

    def accept(self, ending: Ending | None = None) -> bool:
        """Respond to the handshake; return whether the WebSocket is open.

        :param ending: how the connection breaks around that response.
        """
        with self._lock:
            self._protocol.send_response(self._protocol.accept(self._handshake))
            self._flush(ending)
        return ending is None and self.is_open()

    def refuse(self, reply: Reply) -> None:
        """Respond to the handshake with HTTP instead."""
        response = self._protocol.reject(reply.status, reply.encode().decode())
        for name, value in reply.headers.items():
            if name in response.headers:
                del response.headers[name]
            response.headers[name] = value
        with self._lock:
            self._protocol.send_response(response)
            self._flush(reply.ending)

    def read(self, seconds: float | None) -> str | None:
        """Return the next message; ``None`` at the end.

        :param seconds: the longest wait; ``None`` for no limit.
        :raises TimeoutError: if no message arrives in that time.
        """
        pieces: list[bytes] = []
        while (frame := self._next_event(seconds)) is not None:
            if frame.opcode.name in ("TEXT", "BINARY", "CONT"):
                pieces.append(bytes(frame.data))
                if frame.fin:
                    return b"".join(pieces).decode("utf-8", "replace")
        return None

    def send(self, text: str, ending: Ending | None = None) -> None:
        """Send a message, unless the WebSocket is closed.

        :param ending: how the connection breaks around the message.
        """
        with self._lock:
            if self.is_open():
                self._protocol.send_text(text.encode())
                self._flush(ending)

    def close(self, code: int = 1000) -> None:
        """Send a close frame. The connection ends with the client's close frame."""
        with self._lock:
            if self.is_open():
                self._protocol.send_close(code)
                self._flush()
                self._wire.end_output()

    def is_open(self) -> bool:
        """Return whether messages can be sent."""
        return bool(self._protocol.state.name == "OPEN")

    def _next_event(self, seconds: float | None) -> Any:
        """Return the next frame, or the handshake; ``None`` at the end."""
        while not self._events:
            if self._protocol.close_expected():
                return None
            data = self._wire.receive(seconds)
            with self._lock:
                if data:
                    self._protocol.receive_data(data)
                else:
                    self._protocol.receive_eof()
                self._events += self._protocol.events_received()
                self._flush()
            if not data and not self._events:
                return None
        return self._events.popleft()

    def _flush(self, ending: Ending | None = None) -> None:
        # An empty piece asks for a half-closed connection: closing it does as well.
        self._wire.send(b"".join(self._protocol.data_to_send()), ending=ending)
