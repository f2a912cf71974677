"""``RejectionHook``: what happens to an answer that rejects the token."""

import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from requests import PreparedRequest, Response
from requests.cookies import get_cookie_header
from requests.utils import rewind_body

from .envelope import SIZE_LIMIT, read_envelope
from .exceptions import TokenIssueError, TokenRefused
from .origins import origin_of
from .tokens import Token, fingerprint

if TYPE_CHECKING:
    from .source import TokenSource

logger = logging.getLogger("requests_kiwoom")

#: A rejected answer to ``stream=True`` is read if it declares at most this many bytes, and closed otherwise.
_DRAIN_LIMIT = 64 * 1024

_BEARER = "Bearer "


class RejectionHook:
    """A response hook of `requests`: after a rejection it has the token replaced, and sends the request again, once.

    One object serves all requests of an auth. What belongs to a request is read off the request, since it may be
    prepared in one thread and sent in another.

    :param source: where tokens come from.
    :param resend: whether the request is sent again.
    """

    __slots__ = ("_source", "resend")

    def __init__(self, source: "TokenSource", resend: bool) -> None:
        self._source = source
        self.resend = resend

    def __call__(self, response: Response, **kwargs: Any) -> Response | None:
        """The answer to a second attempt; ``None`` leaves everything as it is.

        :raises TokenRefused: if the token was rejected, and Kiwoom refuses to issue another.
        """
        probation = self._source.probation.failures
        if response.status_code == 200 and _declared_length(response) > SIZE_LIMIT and not probation:
            return None
        # Hooks survive redirects to other hosts, and netrc may have replaced the header on the way.
        rejected = self._token_of(response.request)
        if rejected is None:
            return None
        if response.is_redirect:
            self._keep_token_home(response, response.request)
            return None
        streamed = kwargs.get("stream", False)
        if not _is_rejected(response, streamed):
            if probation and _says_accepted(response, streamed):
                self._source.accepted(rejected)
            return None
        if not self._source.handed_out(rejected):
            # The caller put it there, after the auth: an order for that account must not go out for this one.
            logger.warning("the rejected answer goes to the caller: its token is none of this auth's")
            return None
        _release_connection(response, streamed)
        return self._handle_rejection(response, rejected, kwargs)

    def __reduce__(self) -> tuple[type["_Unpickled"], tuple[()]]:
        # A pickled Response holds its request, and that holds this hook: the keys do not travel along.
        return _Unpickled, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> "RejectionHook":
        return self

    def _token_of(self, request: PreparedRequest) -> str | None:
        """The token that a request of our origin carried."""
        header = request.headers.get("Authorization")
        if not isinstance(header, str) or not header.startswith(_BEARER):
            return None
        return header.removeprefix(_BEARER) if origin_of(request.url or "") == self._source.origin else None

    def _handle_rejection(self, response: Response, rejected: str, kwargs: dict[str, Any]) -> Response | None:
        api_id = response.request.headers.get("api-id")
        logger.warning("token %s was rejected for %s (HTTP %s)", fingerprint(rejected), api_id, response.status_code)
        try:
            token = self._source.replace(rejected)
        except TokenIssueError as error:
            if self.resend and isinstance(error, TokenRefused):
                raise
            logger.warning("the rejected answer goes to the caller: %s", error)
            return None
        if not self.resend:
            return None
        request = response.request.copy()
        # An answer out of a cache has no connection.
        if getattr(response, "connection", None) is None or not _rewind(request):
            logger.warning("the rejected answer goes to the caller: its request cannot be sent a second time")
            return None
        return self._send_again(request, token, response, kwargs)

    def _send_again(
        self, request: PreparedRequest, token: Token, response: Response, kwargs: dict[str, Any]
    ) -> Response:
        request.headers["Authorization"] = token.authorization
        _add_cookies(request, response)
        start = time.perf_counter()
        second: Response = response.connection.send(request, **kwargs)
        second.elapsed = timedelta(seconds=time.perf_counter() - start)
        second.history = [*response.history, response]
        if second.is_redirect:
            # From the first request, not from this one, requests builds the next hop.
            response.request.headers["Authorization"] = token.authorization
            self._keep_token_home(second, response.request)
        streamed = kwargs.get("stream", False)
        if _is_rejected(second, streamed):
            logger.warning("token %s was rejected as well (HTTP %s)", token.fingerprint, second.status_code)
        elif _says_accepted(second, streamed):
            self._source.accepted(token.value)
        return second

    def _keep_token_home(self, response: Response, request: PreparedRequest) -> None:
        """Take the token out of a request whose redirect leads away.

        requests does so itself, but for http to https on their default ports, and in sessions that override
        ``should_strip_auth``.
        """
        if origin_of(urljoin(response.url, response.headers["location"])) != self._source.origin:
            with suppress(KeyError):  # Another thread sends the same request, and was faster.
                del request.headers["Authorization"]


class _Unpickled:
    """What a :class:`RejectionHook` is in a pickled request: a hook that does nothing."""

    def __call__(self, response: Response, **kwargs: Any) -> None:
        return None


def _declared_length(response: Response) -> int:
    """The ``Content-Length`` of an answer; -1 without a usable one."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() and len(text) < 16 else -1


def _is_rejected(response: Response, streamed: bool) -> bool:
    if response.status_code == 401:
        return True
    length = _declared_length(response)
    # With stream=True, a body of unknown length is left for the caller to read.
    if length > SIZE_LIMIT or (length < 0 and streamed):
        return False
    content = response.content
    if not content or len(content) > SIZE_LIMIT:
        return False
    envelope = read_envelope(content)
    return envelope is not None and envelope.rejects_token


def _says_accepted(response: Response, streamed: bool) -> bool:
    """Whether an answer that is no rejection says that the token was taken.

    What is left unread, of any length, and what says that something failed, says nothing about the token.
    """
    return response.status_code == 200 and not (streamed and _declared_length(response) < 0)


def _release_connection(response: Response, streamed: bool) -> None:
    """Read or close a rejected answer: a blocking pool of one connection has none for the next call until then."""
    try:
        if not streamed or 0 <= _declared_length(response) <= _DRAIN_LIMIT:
            response.content
            return
    except Exception:  # Cut off in the middle, say: that it is a rejection is known already.
        pass
    response.close()


def _rewind(request: PreparedRequest) -> bool:
    """Make the body ready to be sent again; ``False`` if it cannot be: requests would send an empty one and get 200."""
    if request.body is None or isinstance(request.body, (str, bytes)):
        return True
    try:
        rewind_body(request)
    except Exception:  # UnrewindableBodyError, ValueError from a closed file, anything from a class of the user's.
        return False
    return True


def _add_cookies(request: PreparedRequest, rejected: Response) -> None:
    """Put the cookies that the rejected answer set into the header: ``prepare_cookies`` works only once."""
    before = request.headers.pop("Cookie", "")
    added = get_cookie_header(rejected.cookies, request)
    if not added:
        if before:
            request.headers["Cookie"] = before
        return
    names = {pair.partition("=")[0] for pair in added.split("; ")}
    # The caller may have written the header: as bytes, or without the space that http.cookiejar puts in.
    text = before.decode("latin-1") if isinstance(before, bytes) else before
    kept = [pair for pair in map(str.strip, text.split(";")) if pair and pair.partition("=")[0] not in names]
    request.headers["Cookie"] = "; ".join([*kept, added])
