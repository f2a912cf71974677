"""``KiwoomServer``: the ports, the certificate and the log of a local Kiwoom server."""

import ssl
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import formatdate
from functools import lru_cache
from typing import Any, TypeVar

from .errors import refusal
from .faults import FIREWALL
from .host_names import serve_as
from .http.certificate import Certificate
from .http.connection import Connection, Malformed, Packed
from .http.listener import Listener
from .http.wire import Wire
from .log_lines import request_line
from .realtime import Realtime
from .received import ReceivedRequest
from .replies import Reply
from .websocket import load_websockets

_Server = TypeVar("_Server", bound="KiwoomServer")

_HOSTS = ("api.kiwoom.com", "mockapi.kiwoom.com")


@dataclass(kw_only=True, eq=False, repr=False)
class KiwoomServer(Realtime):
    """A Kiwoom on a loopback port: a context manager, or :meth:`start` and :meth:`stop`.

    The parameters are options; each is an attribute too. A misspelt attribute raises an :class:`AttributeError`.
    Subclasses may have attributes of their own.

    >>> with KiwoomServer(rejection=401) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    >>> server.rejektion = 8005
    Traceback (most recent call last):
    AttributeError: a KiwoomServer has no 'rejektion': did you mean rejection?
    """

    #: The port; 0 for any that is free.
    port: int = 0
    #: The port of WebSockets; 0 for any that is free. ``None``: any, and it opens when `websocket_url` is read.
    websocket_port: int | None = None
    #: Whether it speaks ``https`` and ``wss``: ``True`` for a certificate made at the start, for loopback and Kiwoom's
    #: two hosts, which ``verify=server.ca_bundle`` accepts (extra ``tls``); or an :class:`ssl.SSLContext` of yours.
    tls: bool | ssl.SSLContext = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._listener: Listener | None = None
        self._websocket_listener: Listener | None = None
        self._certificate: Certificate | None = None
        self._url: str | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        # A misspelt option would have no effect, and a test that relies on it would prove nothing.
        if name[0] != "_" and type(self) is KiwoomServer and not hasattr(KiwoomServer, name):
            known = self.__dataclass_fields__
            if name not in known:
                near = get_close_matches(name, known, 1)
                raise AttributeError(f"a KiwoomServer has no {name!r}{f': did you mean {near[0]}?' if near else ''}")
        super().__setattr__(name, value)

    def __enter__(self: _Server) -> _Server:
        return self.start()

    def __exit__(self, *args: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url or 'not started'}{' mock' if self.mock else ''}>"

    def start(self: _Server) -> _Server:
        """Open the ports, and return this server. A server that runs goes on.

        :raises OSError: if a port is taken.
        :raises ModuleNotFoundError: if an option needs an extra that is not installed.
        """
        if self._listener is not None:
            return self
        if self.tls is True:
            self._certificate = Certificate()
        try:
            self._listener = Listener(self.port, self._context, self._serve)
            self._url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listener.port}"
            if self.websocket_port is not None:
                self._open_websocket_port()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close the ports and every connection. It can be started again, and keeps its keys, token and records."""
        for listener in (self._listener, self._websocket_listener):
            if listener is not None:
                listener.close()
        self._listener = self._websocket_listener = None
        if self._certificate is not None:
            self._certificate.remove()
            self._certificate = None

    def serving_as(self, host: str) -> AbstractContextManager[None]:
        """Return a context manager: in its block, this process reaches this server under one of Kiwoom's names.

        It patches name look-up for port 443, and for port 10000 of WebSockets, and sets ``REQUESTS_CA_BUNDLE``,
        ``SSL_CERT_FILE`` and ``NO_PROXY``. Enter it before you import a client that loads certificates on import.
        A client that looks names up without Python's :mod:`socket` is not reached: with aiohttp and aiodns, use
        aiohttp's ``ThreadedResolver``.

        :param host: ``"api.kiwoom.com"`` or ``"mockapi.kiwoom.com"``.
        :raises ValueError: if it is another name, or the server has no ``tls``, or does not run.
        """
        if host not in _HOSTS:
            raise ValueError(f"host must be {' or '.join(_HOSTS)}, not {host!r}")
        if not self.tls:
            raise ValueError("clients speak https to Kiwoom: serving_as() needs KiwoomServer(tls=True)")
        port = self._running().port
        ports = {443: lambda: port, 10000: lambda: self._open_websocket_port().port}
        return serve_as(host, ports, self._certificate.ca_bundle if self._certificate else None)

    @property
    def url(self) -> str:
        """Scheme, host and port, for ``base_url``."""
        if self._url is None:
            raise ValueError("a KiwoomServer has a url once it is started: with KiwoomServer() as server: ...")
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        # A certificate of the user's own may be for another name.
        self._url = url

    @property
    def websocket_url(self) -> str:
        """Scheme, host and port of the WebSockets at ``/api/dostk/websocket`` and ``/api/us/websocket``.

        :raises ModuleNotFoundError: if the library ``websockets`` is missing (extra ``websocket``).
        """
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self._open_websocket_port().port}"

    @property
    def ca_bundle(self) -> str:
        """The path of the file for ``verify=``, with ``tls=True``."""
        if self._certificate is None:
            raise ValueError("only KiwoomServer(tls=True) has a ca_bundle, while it runs")
        return self._certificate.ca_bundle

    @property
    def _context(self) -> ssl.SSLContext | None:
        if self._certificate is not None:
            return self._certificate.context
        return self.tls if isinstance(self.tls, ssl.SSLContext) else None

    def _running(self) -> Listener:
        if self._listener is None:
            raise ValueError("the KiwoomServer does not run: with KiwoomServer() as server: ...")
        return self._listener

    def _open_websocket_port(self) -> Listener:
        self._running()
        load_websockets()
        with self._lock:
            if self._websocket_listener is None:
                self._websocket_listener = Listener(self.websocket_port or 0, self._context, self._serve_websocket)
            return self._websocket_listener

    def _serve(self, wire: Wire, client: str) -> None:
        """Serve one connection to the HTTP port."""
        connection = Connection(wire, client)
        try:
            while (request := connection.read()) is not None:
                start = time.perf_counter()
                reply, packed = self._respond(request, connection)
                wire.sleep(reply.delay)
                # First the line, then the response: a test that has the response finds the line.
                if self.log is not None:
                    self.log(self._redact(request_line(request, reply, time.perf_counter() - start)))
                connection.send(packed)
        except Malformed:
            with self._lock:
                self.complaints.append("a client does not speak HTTP")
            connection.send(connection.pack(FIREWALL, self._date()))

    def _respond(self, request: ReceivedRequest, connection: Connection) -> tuple[Reply, Packed]:
        try:
            reply = self.respond(request)
            return reply, connection.pack(reply, self._date(), content_length=self.content_length)
        except Exception as error:  # A callable of the user's may raise anything; the client must not wait for ever.
            with self._lock:
                self.complaints.append(f"responding to {request!r} raised {type(error).__name__}: {error}")
            reply = refusal(1999, status=500, reason=type(error).__name__)
            return reply, connection.pack(reply, self._date())

    def _date(self) -> str:
        return _http_date(int(self.clock()))


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
