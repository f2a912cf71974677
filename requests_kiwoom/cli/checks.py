"""Checks: what usually goes wrong between a key and its first answer, each with its cure."""

import argparse
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response
from requests.exceptions import ProxyError, SSLError, Timeout
from requests.utils import select_proxy

from requests_kiwoom import KiwoomAuth, SQLiteStore, Token, TokenIssueError

from .console import Problem, duration, one_line
from .cures import cure_of
from .store import store_from

#: Connect and read, in seconds.
_TIMEOUT = (3.05, 10.0)
#: A clock that is further off than this, in seconds, is worth a word.
_CLOCK_OFF_BY = 60.0
_KEY_VARIABLES = ("KIWOOM_APPKEY", "KIWOOM_APPKEY_FILE", "KIWOOM_SECRETKEY", "KIWOOM_SECRETKEY_FILE")
#: Kiwoom's have 43 characters; this many are certainly missing some.
_SHORTEST_KEY = 20
_KINDS = {"https://api.kiwoom.com": "production (실전)", "https://mockapi.kiwoom.com": "mock trading (모의투자)"}


class Finding(NamedTuple):
    """What a check found. Nothing in it is a secret."""

    name: str
    #: ``"ok"``, ``"FAIL"``, or ``"-"`` where there was nothing to check.
    status: str
    detail: str
    #: What to do about it; empty unless it failed.
    cure: str = ""


def check_keys() -> Finding:
    """Whether the environment gives two keys that may be a pair."""
    try:
        # mock= wins over what the environment says on that: only the keys count here.
        KiwoomAuth.from_env(mock=False)
    except ValueError as error:
        told = "Both keys (앱키, 시크릿키) come from the environment, as text or as the portal's key files: see --help."
        return Finding("keys", "FAIL", str(error), told)
    names = [name for name in _KEY_VARIABLES if os.environ.get(name)]
    if len({os.environ[name] for name in names}) == 1:
        told = f"Give each its own: the portal shows both (앱키, 시크릿키). {names[1]} is most likely the wrong one."
        return Finding("keys", "FAIL", f"{' and '.join(names)} are the same", told)
    for name in names:
        if _length(name) < _SHORTEST_KEY:
            told = "Copy it from the portal again, all of it."
            return Finding("keys", "FAIL", f"what {name} gives is too short for a key of Kiwoom's", told)
    return Finding("keys", "ok", f"appkey (앱키) and secretkey (시크릿키), from {' and '.join(names)}")


def check_store(options: argparse.Namespace) -> Finding:
    """Whether the store can be read and written, and is nobody else's."""
    try:
        store = store_from(options)
        if store is None:
            return Finding("store", "-", "none: this program shares its token with no other")
        # Expired, and under a key that no appkey has: nobody takes it for a token.
        trial = Token("doctor", datetime.now(timezone.utc))
        store.update("doctor", lambda stored: trial, wait=_TIMEOUT[1])
        store.discard("doctor", trial)
    except Problem as error:
        return Finding("store", "FAIL", str(error), "Mend what it says, or go without --store and KIWOOM_STORE.")
    except Exception as error:  # Whatever a Redis client raises.
        told = (
            "Check that --store or KIWOOM_STORE names a file of your own, or a Redis server that can be reached. A"
            " damaged file can be deleted: the token is issued again."
        )
        return Finding("store", "FAIL", f"{type(error).__name__}: {error}", told)
    # A file that is not private raises; who else may read a Redis server, nobody can tell from here.
    private = " and private" if isinstance(store, SQLiteStore) else ""
    return Finding("store", "ok", f"{type(store).__name__}, readable and writable{private}")


def check_network(auth: KiwoomAuth) -> Iterator[Finding]:
    """Proxy, name look-up, connection and clock, as far as each can be checked."""
    proxy = _proxy_for(auth.base_url)
    yield Finding("proxy", "ok", _without_password(proxy) if proxy else "none")
    looked_up = _look_up(auth.base_url) if proxy is None else Finding("name look-up", "-", "the proxy does it")
    yield looked_up  # Nobody asks for what comes after a failure.
    try:
        sent = time.time()
        answer = _ask(auth.base_url)
    except (requests.RequestException, OSError) as error:
        yield _no_connection(error, proxy)
    else:
        verified = ", certificate verified" if auth.base_url.startswith("https:") else ", plain http on loopback"
        yield Finding("connection", "ok", f"HTTP {answer.status_code}{verified}")
        yield _compare_clocks(answer, (sent + time.time()) / 2)


def check_issue(auth: KiwoomAuth) -> Finding:
    """What au10001 says."""
    try:
        value, expires_at = auth.token(), auth.expires_at
    except TokenIssueError as error:
        return _explain(error)
    assert expires_at is not None, "a token was just issued"
    fingerprint = Token(value, expires_at).fingerprint
    return Finding("au10001", "ok", f"token {fingerprint}, expires {expires_at:%Y-%m-%d %H:%M:%S} KST")


def environment_of(auth: KiwoomAuth) -> str:
    """Production, mock trading or another server, and its address."""
    return f"{_KINDS.get(auth.base_url, 'another server')}, {auth.base_url}"


def _length(variable: str) -> int:
    content = os.environ[variable]
    return os.stat(content).st_size if variable.endswith("_FILE") else len(content)


def _proxy_for(url: str) -> str | None:
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, None, None, None)
    proxy: str | None = select_proxy(url, settings["proxies"])
    return proxy


def _without_password(proxy: str) -> str:
    return proxy.rpartition("//")[2].rpartition("@")[2]


def _look_up(base_url: str) -> Finding:
    parts = urlsplit(base_url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        told = "Check this machine's network and DNS, and the spelling of --base-url or KIWOOM_BASE_URL, if given."
        return Finding("name look-up", "FAIL", f"{parts.hostname}: {error.strerror or error}", told)
    addresses = sorted({str(address[4][0]) for address in found})
    return Finding("name look-up", "ok", f"{parts.hostname} is {', '.join(addresses)}")


def _ask(base_url: str) -> Response:
    """An answer, whatever it says: for its Date, and for the way there. Without keys and token."""
    with requests.get(base_url, auth=_as_it_is, allow_redirects=False, timeout=_TIMEOUT, stream=True) as answer:
        return answer


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    # Or a netrc entry would go along.
    return request


def _no_connection(error: OSError, proxy: str | None) -> Finding:
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        told = (
            "The certificate is not trusted: a firewall or virus scanner opens TLS, or this is a test server. Name its"
            " CA file in REQUESTS_CA_BUNDLE. A wrong clock on this machine has the same effect."
        )
    elif isinstance(error, ProxyError) or proxy is not None:
        told = "Check the proxy in HTTPS_PROXY or HTTP_PROXY, or name the host in NO_PROXY to go without it."
    elif isinstance(error, SSLError):
        told = "What answers there does not speak TLS: check scheme and port of --base-url or KIWOOM_BASE_URL."
    elif isinstance(error, Timeout):
        told = "Nothing answers: a firewall drops the connection, or the port is wrong."
    elif isinstance(error, requests.ConnectionError):
        told = "Nothing listens there, or a firewall refuses: check --base-url or KIWOOM_BASE_URL, and the network."
    else:
        told = "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE: they must name a file that exists."
    return Finding("connection", "FAIL", _root_of(error), told)


def _root_of(error: BaseException) -> str:
    """The innermost reason: what requests and urllib3 wrap around it says no more."""
    while True:
        wrapped = (error.__cause__, getattr(error, "reason", None), *error.args)
        inner = next((each for each in wrapped if isinstance(each, BaseException)), None)
        if inner is None:
            return one_line(f"{type(error).__name__}: {_text_of(error)}")
        error = inner


def _text_of(error: BaseException) -> str:
    # "<urllib3... object at 0x...>: " stands before what urllib3 has to say.
    return str(error).rpartition("0x")[2].partition(": ")[2] if " object at 0x" in str(error) else str(error)


def _compare_clocks(answer: Response, now: float) -> Finding:
    try:
        moment = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return Finding("clock", "-", "not checked: the server sent no Date")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    # The Date is cut off to whole seconds.
    ahead = now - moment.timestamp() - 0.5
    if abs(ahead) < 2:
        return Finding("clock", "ok", "agrees with the server's")
    detail = f"{duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} the server's"
    if abs(ahead) < _CLOCK_OFF_BY:
        return Finding("clock", "ok", detail)
    server_time = datetime.fromtimestamp(moment.timestamp(), timezone.utc)
    told = f"Set this machine's clock and time zone; by the server's it is {server_time:%Y-%m-%d %H:%M:%S} UTC."
    return Finding("clock", "FAIL", detail, told)


def _explain(error: TokenIssueError) -> Finding:
    if error.return_msg is None or error.return_code == 0:
        told = "Try again in a while; if it stays so, from another network."
        return Finding("au10001", "FAIL", one_line(str(error)), told)
    said = f"return_code {error.return_code}: {error.return_msg}"
    return Finding("au10001", "FAIL", said, cure_of(error))
