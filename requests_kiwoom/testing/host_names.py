"""``serve_as``: connections of this process to a host of Kiwoom's go to loopback instead."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

_LOOPBACK = "127.0.0.1"


@contextmanager
def serve_as(host: str, ports: Mapping[int, Callable[[], int]], ca_bundle: str | None) -> Iterator[None]:
    """Patch name look-up while the block lasts, for all threads of this process.

    :param host: the name to patch.
    :param ports: for each port of that host, what returns the port on loopback. Its other ports are unreachable.
    :param ca_bundle: the file that verifies the server's certificate.
    """
    look_up, connect, connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex

    def getaddrinfo(name: Any, port: Any, *args: Any, **options: Any) -> Any:
        if (name.decode("ascii") if isinstance(name, bytes) else str(name)).lower().rstrip(".") != host:
            return look_up(name, port, *args, **options)
        number = 443 if port == "https" else int(port or 0)
        if number and number not in ports:
            raise socket.gaierror(socket.EAI_NONAME, f"port {port} of {host} is not served")
        return look_up(_LOOPBACK, ports[number]() if number else port, *args, **options)

    def loopback(address: Any) -> Any:
        # Some clients (anyio) take the IP address alone from the look-up, and add the port themselves.
        if isinstance(address, tuple) and address[:1] == (_LOOPBACK,) and address[1] in ports:
            return _LOOPBACK, ports[address[1]]()
        return address

    # Proxies would be asked for the true host.
    hosts = ",".join(filter(None, [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), host]))
    variables = {"no_proxy": hosts, "NO_PROXY": hosts}
    if ca_bundle is not None:
        variables.update(REQUESTS_CA_BUNDLE=ca_bundle, CURL_CA_BUNDLE=ca_bundle, SSL_CERT_FILE=ca_bundle)
    with ExitStack() as stack:
        stack.enter_context(_changed_environment(variables))
        stack.enter_context(_changed(socket, "getaddrinfo", getaddrinfo))
        stack.enter_context(_changed(socket.socket, "connect", lambda self, to: connect(self, loopback(to))))
        stack.enter_context(_changed(socket.socket, "connect_ex", lambda self, to: connect_ex(self, loopback(to))))
        yield


@contextmanager
def _changed(owner: Any, name: str, value: Any) -> Iterator[None]:
    is_own, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if is_own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


@contextmanager
def _changed_environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
