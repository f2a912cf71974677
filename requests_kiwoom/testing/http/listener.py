"""``Listener``: a loopback port, and a thread for each connection to it."""

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable

from .wire import Selector, StopSignal, Wire

#: Seconds in which the threads must end. A thread that is inside a callable of the user's after that is left behind.
_PATIENCE = 0.5


class Listener:
    """Accepts connections on loopback, and serves each in a thread of its own.

    :param port: the port; 0 for any that is free.
    :param context: for TLS.
    :param serve: called with the connection and the client's IP address.
    :raises OSError: if the port is taken.
    """

    def __init__(self, port: int, context: ssl.SSLContext | None, serve: Callable[[Wire, str], None]) -> None:
        self._context = context
        self._serve = serve
        self._lock = threading.Lock()
        self._wires: dict[threading.Thread, Wire] = {}
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        self._stop = StopSignal()
        self._acceptor = threading.Thread(target=self._accept, name=f"kiwoom on port {self.port}", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening and end every connection, whatever it is doing."""
        deadline = time.monotonic() + _PATIENCE
        self._stop.set()
        self._acceptor.join()
        self._socket.close()
        with self._lock:
            threads = dict(self._wires)
        for thread, wire in threads.items():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                wire.hang_up()
        self._stop.close()

    def _accept(self) -> None:
        with Selector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._stop.socket, selectors.EVENT_READ)
            while not self._stop.is_set():
                selector.select()
                try:
                    sock, address = self._socket.accept()
                except OSError:  # The client left, the signal to stop, or no file descriptor is free.
                    self._stop.wait(0.001)
                    continue
                self._start(sock, address[0])

    def _start(self, sock: socket.socket, client: str) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(sock, self._stop)
        thread = threading.Thread(target=self._run, args=(wire, client), name=f"kiwoom for {client}", daemon=True)
        with self._lock:
            self._wires[thread] = wire
        try:
            thread.start()
        except RuntimeError:  # The process has all the threads it may have; one may be free for the next client.
            self._forget(thread, wire)

    def _run(self, wire: Wire, client: str) -> None:
        try:
            # Here and not where connections are accepted: a silent client would hold up all others.
            if self._context is not None:
                wire.start_tls(self._context)
            self._serve(wire, client)
        except OSError:  # The client left, or this listener closes.
            pass
        finally:
            self._forget(threading.current_thread(), wire)

    def _forget(self, thread: threading.Thread, wire: Wire) -> None:
        wire.close()
        with self._lock:
            del self._wires[thread]


def _listen(port: int) -> socket.socket:
    sock = socket.socket()
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # pragma: no cover: only Windows has it.
            # There, SO_REUSEADDR would let two servers have one port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen(128)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"port {port} of 127.0.0.1 is not available: {error.strerror}") from None
    return sock
