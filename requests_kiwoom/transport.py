"""``post``: send one token call, with limits on time and size, and return a response that holds no secret of the call.

`oauth` uses it. Failures are returned, not raised: exceptions of `requests` lead to the request, whose body holds the
keys.
"""

import io
import json
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from requests import PreparedRequest, Request, Response, Session
from requests.exceptions import ConnectionError, InvalidURL, Timeout
from requests.structures import CaseInsensitiveDict

from .deadline import call_with_timeout
from .secret import SecretBytes

#: No response of the token service is longer, in bytes.
_SIZE_LIMIT = 64 * 1024

#: The longest ``Retry-After`` that is obeyed, in seconds.
_LONGEST_RETRY_AFTER = 60.0


class NoResponse:
    """Why there is no response.

    :ivar reason: one line. It may quote the call.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return "<NoResponse>"


def post(
    url: str, api_id: str, body: dict[str, str], session: Session | None, timeout: tuple[float, float], seconds: float
) -> Response | NoResponse:
    """Send `body` as JSON, and return the response or why there is none.

    :param body: its values are secrets.
    :param session: sends the call. ``None``: a new one, closed afterwards.
    :param timeout: connect and read timeout of `requests`, in seconds.
    :param seconds: limit of the whole call, by the wall clock. `timeout` alone does not end a name look-up, nor a
        response that arrives byte by byte (requests' documentation, "Timeouts").
    """
    call = _Call(url, api_id, SecretBytes(json.dumps(body).encode()), session, timeout, time.monotonic() + seconds)
    if _has_foreign_send(session):
        return call.send()
    try:
        return call_with_timeout(call.send, seconds, "no complete response")
    except TimeoutError as error:
        return NoResponse(str(error))


def _has_foreign_send(session: Session | None) -> bool:
    """Whether ``send`` is not requests' own, for all sessions or for this one.

    It may hold a lock while a request is sent (requests-mock does). After a rejection, the thread that has this lock
    must make the token call itself: another thread would wait for the lock.
    """
    own = Session.__dict__["send"]
    return own.__module__ != Session.__module__ or (session is not None and getattr(session.send, "__func__", 0) != own)


class _Call:
    def __init__(
        self,
        url: str,
        api_id: str,
        body: SecretBytes,
        session: Session | None,
        timeout: tuple[float, float],
        deadline: float,
    ) -> None:
        self._request = Request(
            "POST",
            url,
            data=body,
            headers={
                "Content-Type": "application/json;charset=UTF-8",
                "api-id": api_id,
                # A session that caches (requests_cache.install_cache) would write keys and token to its file.
                "Cache-Control": "no-store",
                # None removes a header: the authorization that a lent session may hold is not for au10001.
                "Authorization": None,  # type: ignore[dict-item]
            },
            # Neither Session.auth nor netrc adds a header; trust_env=False would lose proxies and the CA bundle.
            auth=no_auth,
            # In place of a lent session's own hooks, which would see the keys. requests gets the sanitized copy: no
            # cookie for that session, no redirect whose body it would read.
            hooks={"response": lambda response, **kwargs: _sanitized_copy(response, deadline)},
        )
        self._session = session
        self._timeout = timeout
        self._deadline = deadline

    def send(self) -> Response | NoResponse:
        session = self._session or Session()
        try:
            try:
                return self._send_with(session)
            except ConnectionError as error:
                # A pooled connection that the server closed while it was idle; a new one needs no second try.
                if session is not self._session or not _was_dropped(error):
                    raise
            return self._send_with(session)
        except Exception as error:  # A lent session may run any code.
            return NoResponse(_reason(error))
        finally:
            if session is not self._session:
                session.close()

    def _send_with(self, session: Session) -> Response:
        # The steps of Session.request, but not that method itself: a session that lets one request through at a time
        # holds its lock there.
        request = session.prepare_request(self._request)
        settings = session.merge_environment_settings(request.url or "", {}, True, None, None)
        # A 307 would carry the keys to another host.
        response = session.send(request, timeout=self._timeout, allow_redirects=False, **settings)
        # A lent session that runs no hooks returns the response itself.
        return _sanitized_copy(response, self._deadline)


def no_auth(request: PreparedRequest) -> PreparedRequest:
    """Leave `request` as it is: given as ``auth=``, it keeps netrc away as well."""
    return request


def _was_dropped(error: ConnectionError) -> bool:
    return not isinstance(error, Timeout) and "Connection aborted" in str(error)


def _read(response: Response, deadline: float) -> bytes:
    if getattr(response, "raw", None) is None:  # Made by hand.
        return response.content
    content = io.BytesIO()  # A traceback shows no content of it.
    # Byte by byte: a larger piece is waited for until it is complete, and the read timeout starts anew with each byte.
    for piece in response.iter_content(1):
        content.write(piece)
        if content.tell() > _SIZE_LIMIT:
            raise OSError(f"the response is longer than {_SIZE_LIMIT} bytes")
        if time.monotonic() > deadline:
            raise OSError("the response came too slowly")
    return content.getvalue()


def _sanitized_copy(response: Response, deadline: float) -> Response:
    """Read the response, and return a copy that leads neither to the call's body nor to its connection."""
    copy = Response()
    try:
        copy.raw = io.BytesIO(_read(response, deadline))
    finally:
        if getattr(response, "raw", None) is not None:
            response.close()
    copy.status_code = response.status_code
    for name in ("url", "reason", "encoding", "elapsed", "headers"):
        value = getattr(response, name, None)
        if isinstance(value, (str, timedelta, Mapping)):  # A response made by hand may lack it, or hold a mock.
            setattr(copy, name, value)
    copy.headers = CaseInsensitiveDict(copy.headers)
    copy.headers.pop("Location", None)
    copy.request = PreparedRequest()
    copy.request.method, copy.request.url = "POST", copy.url
    copy.request.headers = CaseInsensitiveDict()
    return copy


def _reason(error: Exception) -> str:
    """Describe in one line why a call failed, without a proxy's password or a piece of the response."""
    if isinstance(error, InvalidURL):
        # It quotes the beginning of a proxy's password, if that has a slash in it.
        return f"{type(error).__name__}: the address of a proxy, or base_url, cannot be read"
    try:
        text = " ".join(str(error).split())
    except Exception:  # A lent session may raise an exception of any class.
        text = ""
    # These quote the response, which may hold a token.
    text = re.sub(r"(BadStatusLine|InvalidChunkLength)\(.*", r"\1(...)", text)
    return re.sub(r"//[^/@\s]*@", "//***@", f"{type(error).__name__}: {text}" if text else type(error).__name__)


def read_retry_after(response: Response) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, 60 at most; ``None`` without a usable one."""
    text = response.headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), _LONGEST_RETRY_AFTER)
    try:
        # By the server's own clock: this machine's may be wrong.
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), _LONGEST_RETRY_AFTER)
