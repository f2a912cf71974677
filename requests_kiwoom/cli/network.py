"""The checks of ``doctor`` on the way to Kiwoom: proxy, name look-up, connection, clock and au10001."""

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response
from requests.exceptions import ProxyError, SSLError, Timeout
from requests.utils import select_proxy
from urllib3.exceptions import LocationParseError

from requests_kiwoom import KiwoomAuth, Token, TokenIssueError

from . import texts_doctor as texts
from .advice import advise_on
from .checks import Finding
from .console import format_duration, one_line
from .language import Text, untranslated

#: Connect and read, in seconds.
_TIMEOUT = (3.05, 10.0)
#: A clock that is further off than this, in seconds, is a failure; a token issued less than this ago is new.
_TOLERANCE = 60.0
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def check_network(auth: KiwoomAuth) -> Iterator[Finding]:
    """Proxy, name look-up, connection and clock; a caller stops at the first failure."""
    proxy = _proxy_for(auth.base_url)
    yield Finding(texts.PROXY, "ok", untranslated(_without_password(proxy)) if proxy else texts.NO_PROXY)
    yield _look_up(auth.base_url) if proxy is None else Finding(texts.LOOK_UP, "-", texts.PROXY_LOOKS_UP)
    try:
        sent = KiwoomAuth.clock()
        response = _ask(auth.base_url)
    except (OSError, LocationParseError) as error:  # requests lets the latter through, for a proxy's host.
        yield Finding(texts.CONNECTION, "FAIL", untranslated(_root_of(error)), _advise_on_connection(error, proxy))
    else:
        is_tls = auth.base_url.startswith("https:")
        connected = texts.CONNECTED if is_tls else texts.CONNECTED_PLAIN
        yield Finding(texts.CONNECTION, "ok", connected.format(status=response.status_code))
        yield _compare_clocks(response, (sent + KiwoomAuth.clock()) / 2)


def check_issue(auth: KiwoomAuth, *, is_clock_right: bool) -> Finding:
    """What au10001 says, and whether the token that it hands out is new.

    :param is_clock_right: whether this computer's clock tells how old a token is.
    """
    try:
        value, expires_at = auth.token(), auth.expires_at
    except TokenIssueError as error:
        return _refused(error)
    assert expires_at is not None, "a token was just issued"
    token = texts.TOKEN.format(fingerprint=Token(value, expires_at).fingerprint, expires_at=expires_at)
    if is_clock_right:
        # A token lives 24 hours from its first issue [captured].
        age = KiwoomAuth.clock() - (expires_at - timedelta(hours=24)).timestamp()
        is_new = age < _TOLERANCE
        token = (texts.TOKEN_IS_NEW if is_new else texts.TOKEN_IS_SHARED).format(token=token, age=format_duration(age))
    return Finding(texts.AU10001, "ok", token)


def _refused(error: TokenIssueError) -> Finding:
    if error.return_msg is None or error.return_code == 0:
        reason = texts.NO_TOKEN.format(reason=one_line(str(error)))
        return Finding(texts.AU10001, "FAIL", reason, texts.TRY_LATER)
    refused = texts.REFUSED.format(return_code=error.return_code, return_msg=error.return_msg)
    return Finding(texts.AU10001, "FAIL", refused, advise_on(error))


def _proxy_for(url: str) -> "str | None":
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, None, None, None)
    proxy: "str | None" = select_proxy(url, settings["proxies"])
    return proxy


def _without_password(proxy: str) -> str:
    return proxy.rpartition("//")[2].rpartition("@")[2]


def _look_up(base_url: str) -> Finding:
    parts = urlsplit(base_url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        # A UnicodeError comes of an empty label, or of one with more than 63 characters.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        return Finding(texts.LOOK_UP, "FAIL", untranslated(f"{parts.hostname}: {reason}"), texts.CHECK_NAME)
    addresses = sorted({str(address[4][0]) for address in found})
    found_at = texts.ADDRESSES.format(host=parts.hostname, addresses=", ".join(addresses))
    return Finding(texts.LOOK_UP, "ok", found_at)


def _ask(base_url: str) -> Response:
    """Send a GET without keys and token: its response has a Date, whatever its status."""
    with requests.get(base_url, auth=_no_auth, allow_redirects=False, timeout=_TIMEOUT, stream=True) as response:
        return response


def _no_auth(request: PreparedRequest) -> PreparedRequest:
    # Or requests would add a netrc entry.
    return request


def _advise_on_connection(error: Exception, proxy: "str | None") -> Text:
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return texts.UNTRUSTED_CERTIFICATE
    if isinstance(error, ProxyError) or proxy is not None:
        return texts.CHECK_PROXY
    if isinstance(error, SSLError):
        return texts.NOT_TLS
    if isinstance(error, Timeout):
        return texts.TIMED_OUT
    if isinstance(error, requests.ConnectionError):
        return texts.NO_SERVER
    return texts.CHECK_CA_FILE


def _root_of(error: BaseException) -> str:
    """The innermost reason: what requests and urllib3 wrap around it adds nothing."""
    while True:
        wrapped = (error.__cause__, getattr(error, "reason", None), *error.args)
        inner = next((each for each in wrapped if isinstance(each, BaseException)), None)
        if inner is None:
            return one_line(f"{type(error).__name__}: {_text_of(error)}")
        error = inner


def _text_of(error: BaseException) -> str:
    # "<urllib3... object at 0x...>: " stands before urllib3's own words.
    return str(error).rpartition("0x")[2].partition(": ")[2] if " object at 0x" in str(error) else str(error)


def _compare_clocks(response: Response, now: float) -> Finding:
    try:
        moment = parsedate_to_datetime(response.headers["Date"])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        # datetime.fromtimestamp() fails for odd dates on Windows.
        moment = _EPOCH + (moment - _EPOCH)
    except (KeyError, ValueError, TypeError, OverflowError):
        return Finding(texts.CLOCK, "-", texts.NO_DATE)
    # The Date is cut off to whole seconds.
    ahead = now - (moment - _EPOCH).total_seconds() - 0.5
    if abs(ahead) < 2:
        return Finding(texts.CLOCK, "ok", texts.CLOCK_AGREES)
    off = (texts.CLOCK_AHEAD if ahead > 0 else texts.CLOCK_BEHIND).format(time=format_duration(abs(ahead)))
    if abs(ahead) < _TOLERANCE:
        return Finding(texts.CLOCK, "ok", off)
    return Finding(texts.CLOCK, "FAIL", off, texts.SET_CLOCK.format(moment=moment))
