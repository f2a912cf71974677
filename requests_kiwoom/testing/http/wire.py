"""``Wire``: a connected socket whose waits end as soon as its listener closes."""

import io
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar

_T = TypeVar("_T")

#: poll() takes descriptors of any number, and needs none itself. Windows has only select(), which takes any there.
Selector: Any = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Stopped(OSError):
    """The listener closes."""


class Ending(Enum):
    """How a connection breaks around a response."""

    #: Reset before the first byte of the response.
    RESET_BEFORE = "reset before the response"
    #: Reset in the middle of the body.
    RESET_WITHIN = "reset within the response"
    #: Reset when the next request arrives: the connection was kept alive, but not long enough.
    RESET_AFTER = "reset after the response"
    #: Closed in the middle of the body, without a reset.
    TRUNCATED = "truncated response"


class StopSignal:
    """Set once; threads wait for it beside their sockets."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._sender, self.socket = socket.socketpair()
        self.is_set = self._event.is_set
        self.wait = self._event.wait

    def set(self) -> None:
        """Wake every thread that waits."""
        self._event.set()
        self._sender.send(b".")  # Not read by any of them, so that it wakes them all.

    def close(self) -> None:
        """Free the sockets."""
        self._sender.close()
        self.socket.close()


class Wire(io.RawIOBase):
    """A connected socket, with TLS or without, that waits for its peer and for `stop` at the same time.

    No thread blocks in ``recv()`` or ``send()``: on Windows it would stay there after another thread shut the socket
    down. Every method raises :class:`Stopped` once `stop` is set. One thread may read while others write.
    """

    def __init__(self, sock: socket.socket, stop: StopSignal) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._stop = stop
        # Two threads must not be inside one TLS object.
        self._lock = threading.Lock()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the server's side of the TLS handshake."""
        wrapped = context.wrap_socket(self._sock, server_side=True, do_handshake_on_connect=False)
        self._sock = wrapped
        self._retry(wrapped.do_handshake, selectors.EVENT_READ)

    def readable(self) -> bool:
        """Return ``True``: what `io` asks of a raw stream."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there into `buffer`, or wait for it; return the number of bytes, 0 at the end."""
        return self._retry(lambda: self._sock.recv_into(buffer), selectors.EVENT_READ)

    def receive(self, seconds: float | None = None) -> bytes:
        """Return what is there, or wait for it; ``b""`` at the end.

        :param seconds: the longest wait; ``None`` for no limit.
        :raises TimeoutError: if nothing arrives in that time.
        """
        return self._retry(lambda: self._sock.recv(65536), selectors.EVENT_READ, seconds)

    def send(self, data: bytes, body: int = 0, ending: Ending | None = None) -> None:
        """Send `data`, and prepare the break that `ending` asks for; closing completes it.

        :param body: where the body begins in `data`.
        """
        if ending in (Ending.RESET_WITHIN, Ending.TRUNCATED):
            # Half of the body, or of the head if there is no body.
            data = data[: (body + len(data)) // 2 if body < len(data) else body // 2]
        if ending is not Ending.RESET_BEFORE:
            self._send_all(data)
        if ending is Ending.RESET_AFTER:
            # A reset sent at once can overtake the response, and the client would lose it.
            self._wait(selectors.EVENT_READ, None)
        if ending not in (None, Ending.TRUNCATED):
            self.reset_on_close()

    def reset_on_close(self) -> None:
        """Let :meth:`close` send a TCP reset."""
        with suppress(OSError):  # Closed already.
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        if self._stop.wait(seconds):
            raise Stopped

    def end_output(self) -> None:
        """Tell the peer that nothing more follows. It can still send, and close."""
        self._shut_down(socket.SHUT_WR)

    def hang_up(self) -> None:
        """End the connection for the peer; the thread that uses it closes the socket."""
        self._shut_down(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        super().close()
        self._sock.close()

    def _shut_down(self, how: int) -> None:
        with suppress(OSError):  # The peer was faster.
            # SSLSocket.shutdown would remove the TLS layer while another thread uses it.
            socket.socket.shutdown(self._sock, how)

    def _send_all(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            sent = self._retry(lambda: self._sock.send(left), selectors.EVENT_WRITE)
            left = left[sent:]

    def _retry(self, call: Callable[[], _T], events: int, seconds: float | None = None) -> _T:
        """Call until it does not block."""
        while True:
            if self._stop.is_set():
                raise Stopped
            needed = events
            try:
                with self._lock:
                    return call()
            except BlockingIOError:
                pass
            except ssl.SSLWantReadError:
                needed = selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                needed = selectors.EVENT_WRITE
            if not self._wait(needed, seconds):
                raise TimeoutError

    def _wait(self, events: int, seconds: float | None) -> bool:
        with Selector() as selector:
            selector.register(self._stop.socket, selectors.EVENT_READ)
            selector.register(self._sock, events)
            return bool(selector.select(seconds))
