"""``Origin``: scheme, host and port of a URL. It decides which requests carry the token."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from .exceptions import InsecureTransport, WrongEnvironment

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: A name or an address. urlsplit accepts spaces and backslashes in a host as well.
_HOST = r"[a-z0-9._:%-]+"


class Origin(NamedTuple):
    """Scheme, host and port of a URL. ``str()`` gives them as a URL without a slash at the end."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine: ``localhost`` or a loopback address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def origin_of(url: str) -> Origin | None:
    """Return the origin of an absolute http or https URL; ``None`` for anything else."""
    try:
        # requests' HTTPAdapter takes host and port from the same function: both see the same host.
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    return Origin(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port)


PRODUCTION = Origin("https", "api.kiwoom.com", 443)
MOCK = Origin("https", "mockapi.kiwoom.com", 443)
KIWOOM_HOSTS = frozenset({PRODUCTION.host, MOCK.host})


def has_origin(url: str, own: Origin) -> bool:
    """Return whether `url` is of the origin `own`.

    :raises InsecureTransport: its host is Kiwoom's, or `own`'s, over plain http.
    :raises WrongEnvironment: its host is Kiwoom's, but not `own`'s.
    """
    origin = origin_of(url)
    if origin is None or origin == own:
        return origin is not None
    is_own_in_plain = own.scheme == "https" and origin.host == own.host
    if origin.scheme == "http" and (origin.host in KIWOOM_HOSTS or is_own_in_plain):
        raise InsecureTransport(f"write https://{origin.host}: plain http would show the token to the network")
    if origin.host not in KIWOOM_HOSTS:
        return False
    advice = (
        "production (실전) is KiwoomAuth(...), mock trading (모의투자) is KiwoomAuth(..., mock=True), each with its own key"
        if own.host in KIWOOM_HOSTS
        else "begin URLs with auth.base_url"
    )
    raise WrongEnvironment(f"this auth is for {own}, and the request's URL is of {origin}: {advice}")


def parse_base_url(base_url: str) -> Origin:
    """Read the ``base_url`` of an auth: scheme, host and port alone.

    :raises ValueError: if it is anything else.
    :raises InsecureTransport: if it is plain http to another machine.
    """
    origin = origin_of(base_url) if isinstance(base_url, str) and base_url.isascii() else None
    if origin is None or not re.fullmatch(_HOST, origin.host):
        raise ValueError("base_url must be a URL such as https://gateway.example:8443")
    # Anything else: a path, a query, a fragment, or a user name before the host.
    if base_url.lower().removesuffix("/") not in (str(origin), f"{origin}:{origin.port}"):
        raise ValueError(f"base_url must be scheme, host and port alone, such as {origin}")
    if origin.scheme != "https" and not origin.is_loopback:
        raise InsecureTransport(f"base_url must be https, since the keys go there: https://{origin.host}")
    return origin
