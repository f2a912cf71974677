"""``KiwoomServer``: a Kiwoom on loopback."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from ..tokens import fingerprint
from .certificate import Certificate
from .connection import Connection, Malformed, Packed
from .faults import FIREWALL
from .listener import Listener
from .received import ReceivedRequest
from .refusals import refusal
from .replies import Reply
from .service import Service


@dataclass(kw_only=True, eq=False, repr=False)
class KiwoomServer(Service):
    """A context manager: a Kiwoom on a loopback port, for as long as the ``with`` block lasts.

    A misspelt attribute is an :class:`AttributeError`. Subclasses may have attributes of their own.

    Besides the options of :class:`Options` and :class:`Service`:
    """

    #: The port; 0 for any that is free.
    port: int = 0
    #: Whether it speaks ``https``: ``True`` for a certificate made on the spot, which ``verify=server.ca_bundle``
    #: accepts (needs the extra ``tls``), or an :class:`ssl.SSLContext` with one of your own.
    tls: bool | ssl.SSLContext = False
    #: Called with one line about each request, in which neither keys nor tokens are.
    log: Callable[[str], object] | None = None
    #: Whether it has all its attributes.
    _complete = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._stopping = threading.Event()
        self._certificate: Certificate | None = None
        self._url: str | None = None
        self._complete = True

    def __setattr__(self, name: str, value: Any) -> None:
        # What is misspelt would have no effect, and a test that stands on it would prove nothing.
        if name[0] != "_" and type(self) is KiwoomServer and self._complete and name not in (known := dir(self)):
            near = get_close_matches(name, (other for other in known if other[0] != "_"), 1)
            raise AttributeError(f"a KiwoomServer has no {name!r}{': did you mean ' + near[0] + '?' if near else ''}")
        super().__setattr__(name, value)

    def __enter__(self) -> "KiwoomServer":
        self._stopping.clear()
        context = self.tls if isinstance(self.tls, ssl.SSLContext) else None
        if self.tls is True:
            self._certificate = Certificate()
            context = self._certificate.context
        try:
            self._listener = Listener(self.port, context, self._converse)
        except OSError:
            self._remove_certificate()
            raise
        self._url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listener.port}"
        return self

    def __exit__(self, *args: object) -> None:
        self._stopping.set()
        self._listener.close()
        self._remove_certificate()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url or 'not started'}{' mock' if self.mock else ''}>"

    @property
    def url(self) -> str:
        """Scheme, host and port, as ``base_url`` wants it."""
        if self._url is None:
            raise ValueError("a KiwoomServer has a url inside its with block: with KiwoomServer() as server: ...")
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        # A certificate of the user's own may be for another name.
        self._url = url

    @property
    def ca_bundle(self) -> str:
        """The path of the file for ``verify=``, with ``tls=True``."""
        if self._certificate is None:
            raise ValueError("only KiwoomServer(tls=True) has a ca_bundle, inside its with block")
        return self._certificate.ca_bundle

    def _remove_certificate(self) -> None:
        if self._certificate is not None:
            self._certificate.remove()
            self._certificate = None

    def _converse(self, sock: socket.socket, client: str) -> None:
        """Serve one connection."""
        connection = Connection(sock, client)
        try:
            while (request := connection.read()) is not None:
                start = time.perf_counter()
                reply, packed = self._answer(request, connection)
                if reply.delay and self._stopping.wait(reply.delay):
                    return
                # First the line, then the answer: whoever has the answer finds the line.
                if self.log is not None:
                    self.log(self._line(request, reply, time.perf_counter() - start))
                connection.send(packed)
        except Malformed:
            with self._lock:
                self.complaints.append("what came in is not HTTP")
            connection.send(connection.pack(FIREWALL, self._date()))
        finally:
            connection.close()

    def _answer(self, request: ReceivedRequest, connection: Connection) -> tuple[Reply, Packed]:
        try:
            reply = self.answer(request)
            return reply, connection.pack(reply, self._date())
        except Exception as error:  # A callable of the user's may raise anything: its caller must not wait for ever.
            with self._lock:
                self.complaints.append(f"answering {request!r} raised {type(error).__name__}: {error}")
            reply = refusal(1999, status=500, reason=type(error).__name__)
            return reply, connection.pack(reply, self._date())

    def _date(self) -> str:
        return _http_date(int(self.clock()))

    def _line(self, request: ReceivedRequest, reply: Reply, seconds: float) -> str:
        query = "?***" if "?" in request.path else ""
        token = f" token {fingerprint(request.token)}" if request.token else ""
        said = "" if reply.return_code is None else f", return_code {reply.return_code}"
        broken = f", {reply.ending.value}" if reply.ending else ""
        called = request.called or "without api-id"
        line = f"{request.method} {request.route}{query} {called}{token}: HTTP {reply.status}{said}{broken}"
        return self._masked(f"{line} ({seconds * 1000:.1f} ms)")

    def _masked(self, line: str) -> str:
        with self._lock:
            secrets = [self.appkey, self.secretkey, *self._life.ever]
        for secret in secrets:
            line = line.replace(secret, "***")
        # One line that every console can print, whatever a client sends.
        return re.sub(r"[^ -~]", "?", line)


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
