"""``Listener``: a port, and a thread for each connection to it, all of which end when told to."""

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable

#: The seconds in which threads are to end; what a callable of the user's still does then is left behind.
_PATIENCE = 0.5


class Listener:
    """Accepts connections on loopback, and has each served by a thread of its own.

    :param serve: called with a connected socket and the client's IP address; it closes the socket.
    """

    def __init__(self, port: int, context: ssl.SSLContext | None, serve: Callable[[socket.socket, str], None]) -> None:
        self._context = context
        self._serve = serve
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._closing = False
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        # Its one byte ends the thread that accepts: closing a socket does not wake whoever waits for it everywhere.
        self._wake, self._woken = socket.socketpair()
        # Not in that thread: what there is none left of is an error of whoever starts a server.
        self._selector = selectors.DefaultSelector()
        for each in (self._socket, self._woken):
            self._selector.register(each, selectors.EVENT_READ)
        self._acceptor = threading.Thread(target=self._accept, name=f"kiwoom on port {self.port}", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening and end every connection, whatever it is doing."""
        deadline = time.monotonic() + _PATIENCE
        self._wake.send(b".")
        self._acceptor.join()
        self._selector.close()
        for each in (self._socket, self._wake, self._woken):
            each.close()
        with self._lock:
            self._closing = True
            threads = list(self._open)
            for sock in self._open.values():
                _hang_up(sock)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _accept(self) -> None:
        while all(key.fileobj is not self._woken for key, _ in self._selector.select()):
            try:
                sock, address = self._socket.accept()
            except OSError:  # The client has left already.
                continue
            self._start(sock, address[0])

    def _start(self, sock: socket.socket, client: str) -> None:
        # An accepted socket inherits that the listening one does not block, on some systems.
        sock.setblocking(True)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=self._run, args=(sock, client), name=f"kiwoom for {client}", daemon=True)
        with self._lock:
            self._open[thread] = sock
        try:
            thread.start()
        except RuntimeError:  # The process has all the threads it may have; the next client may be luckier.
            with self._lock:
                del self._open[thread]
            sock.close()

    def _run(self, sock: socket.socket, client: str) -> None:
        try:
            if self._context is not None:
                sock = self._handshake(sock)
            self._serve(sock, client)
        except OSError:  # The client left, or this server is closing.
            pass
        finally:
            with self._lock:
                del self._open[threading.current_thread()]
            sock.close()

    def _handshake(self, sock: socket.socket) -> socket.socket:
        # Here and not where connections are accepted: a client that says nothing would hold up all others.
        assert self._context is not None
        wrapped = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open[threading.current_thread()] = wrapped
            if self._closing:  # Which hung up on the socket that is wrapped now, and found it empty.
                _hang_up(wrapped)
        try:
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


def _listen(port: int) -> socket.socket:
    sock = socket.socket()
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # pragma: no cover: no other system than Windows has it.
            # There, SO_REUSEADDR would let two servers have one port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen(128)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"port {port} of 127.0.0.1 cannot be had: {error.strerror}") from None
    return sock


def _hang_up(sock: socket.socket) -> None:
    try:
        # Wakes the thread that reads from it; that thread closes it. An SSLSocket's own shutdown would take its TLS
        # layer away under that thread's hands.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:  # The client was faster.
        pass
