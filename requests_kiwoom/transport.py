"""``post``: one call to Kiwoom's token service, bounded in time and size, and safe to show afterwards."""

import io
import json
import re
import time
from email.utils import parsedate_to_datetime

import requests
from requests import PreparedRequest, Response, Session
from requests.exceptions import InvalidURL
from requests.structures import CaseInsensitiveDict

from .deadline import call_with_timeout

#: No answer of the token service is longer, in bytes.
_ANSWER_LIMIT = 64 * 1024

#: The longest ``Retry-After`` that is obeyed, in seconds.
_LONGEST_RETRY_AFTER = 60.0

#: What a request goes through in a session.
_SENDING = ("post", "request", "send")


class NoAnswer:
    """Why nothing came back."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def post(
    url: str, api_id: str, body: dict[str, str], session: requests.Session | None, timeout: tuple[float, float]
) -> Response | NoAnswer:
    """Send `body` as JSON and read the answer, in the sum of `timeout` (connect and read, in seconds) at most.

    A failure is returned, not raised: the frames of a traceback would lead to the keys.
    """
    deadline = time.monotonic() + sum(timeout)

    def exchange() -> Response | NoAnswer:
        sender = requests.Session() if session is None else session
        try:
            # A lent session that runs no hooks gives the answer as it came.
            return _detached(_send(sender, url, api_id, body, timeout, deadline), deadline)
        except Exception as error:  # A lent session may run anybody's code.
            return NoAnswer(_reason(error))
        finally:
            if sender is not session:
                sender.close()

    if _send_is_replaced(session):
        return exchange()
    try:
        return call_with_timeout(exchange, sum(timeout), "no complete response")
    except TimeoutError as error:
        return NoAnswer(str(error))


def _send_is_replaced(session: requests.Session | None) -> bool:
    """Whether a method that sends stands in place of requests' own, for all sessions or in the lent one.

    The ``send`` of requests-mock holds a lock while a request is sent: after a rejection the thread that makes the
    token call must be the one that has it, or both wait.
    """
    if Session.send.__module__ != Session.__module__ or "send" in getattr(session, "__dict__", ()):
        return True
    # A subclass may hold one, too.
    own = type(session)
    return session is not None and any(getattr(own, name, None) is not getattr(Session, name) for name in _SENDING)


def _send(
    session: requests.Session,
    url: str,
    api_id: str,
    body: dict[str, str],
    timeout: tuple[float, float],
    deadline: float,
) -> Response:
    return session.post(
        url,
        data=json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json;charset=UTF-8",
            "api-id": api_id,
            # A session that caches (requests_cache.install_cache) would write keys and token to its file.
            "Cache-Control": "no-store",
            # None takes a header out: the authorization that a lent session may hold is not for au10001.
            "Authorization": None,  # type: ignore[dict-item]
        },
        # Neither Session.auth nor a netrc entry gets at it; trust_env=False would lose proxies and the CA bundle.
        auth=_as_it_is,
        # In place of a lent session's own hooks: those would see the keys, and one that uses this auth would wait for
        # itself. What requests gets back has no cookie for that session, and no redirect, whose body it would read.
        hooks={"response": lambda response, **kwargs: _detached(response, deadline)},
        # A 307 would carry the keys to another host.
        allow_redirects=False,
        timeout=timeout,
        stream=True,
    )


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    return request


def _read(response: Response, deadline: float) -> bytes:
    content = bytearray()
    # Byte by byte: a larger piece is waited for until it is whole, and the read timeout starts anew with every byte.
    for piece in response.iter_content(1):
        content += piece
        if len(content) > _ANSWER_LIMIT:
            raise OSError(f"the answer is longer than {_ANSWER_LIMIT} bytes")
        if time.monotonic() > deadline:
            raise OSError("the answer came too slowly")
    return bytes(content)


def _detached(response: Response, deadline: float) -> Response:
    """The answer, read, and leading neither to the call's body, which holds the keys, nor to its connection."""
    with response:
        content = _read(response, deadline)
    request = PreparedRequest()
    request.prepare(method="POST", url=response.url)
    copy = Response()
    copy.request = request
    copy.url = response.url
    copy.status_code = response.status_code
    copy.reason = response.reason
    copy.headers = CaseInsensitiveDict(response.headers)
    copy.headers.pop("Location", None)
    copy.encoding = response.encoding
    copy.elapsed = response.elapsed
    copy.raw = io.BytesIO(content)
    return copy


def _reason(error: Exception) -> str:
    """One line on why a call failed, without a proxy's password."""
    if isinstance(error, InvalidURL):
        # What it quotes of a proxy's address is the password's beginning, if that has a slash in it.
        return f"{type(error).__name__}: the address of a proxy, or base_url, cannot be read"
    # These quote the answer, which may hold a token.
    text = re.sub(r"(BadStatusLine|InvalidChunkLength)\(.*", r"\1(...)", " ".join(str(error).split()))
    return re.sub(r"//[^/@\s]*@", "//***@", f"{type(error).__name__}: {text}" if text else type(error).__name__)


def retry_after(response: Response) -> float | None:
    """The seconds that an answer's ``Retry-After`` asks for, 60 at most; ``None`` without a usable one."""
    text = response.headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), _LONGEST_RETRY_AFTER)
    try:
        # Against the server's own clock: this machine's may be wrong.
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), _LONGEST_RETRY_AFTER)
