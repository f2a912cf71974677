"""``RejectionHook``: after a response that rejects the token, replace the token and send the request again, once."""

import logging
import time
from datetime import timedelta
from typing import Any

from requests import PreparedRequest, Response

from .envelope import read_envelope
from .exceptions import TokenIssueError, TokenRefused
from .origins import origin_of
from .resend import adapter_arguments, add_cookies, guard_redirect, rewind
from .secret import Secret, mask
from .source import TokenSource
from .tokens import HeldToken, fingerprint
from .verdict import Verdict, is_short, judge_response, peek

logger = logging.getLogger(__name__)

_BEARER = "Bearer "


class RejectionHook:
    """A response hook of `requests`. One object serves all requests of an auth.

    What belongs to a request is read off the request: it may be prepared in one thread and sent in another.

    :param source: where tokens come from.
    :param resend: whether a rejected request is sent again.
    """

    __slots__ = ("_source", "resend")

    def __init__(self, source: TokenSource, resend: bool) -> None:
        self._source = source
        self.resend = resend

    def __call__(self, response: Response, **kwargs: Any) -> Response | None:
        """Return the response to the second send; ``None`` keeps the first.

        :raises TokenRefused: if the token was rejected, and Kiwoom refuses to issue another; not if `resend` is false.
        """
        streamed = kwargs.get("stream", False)
        if response.status_code != 200 and response.is_redirect:
            self._handle_redirect(response.request)
            return None
        if streamed and self._carried_token(response.request) is None:
            return None  # Of another host, after a redirect: its body is not looked at.
        verdict = judge_response(response, streamed)
        if verdict is Verdict.REJECTED:
            return self._handle_rejection(response, streamed, kwargs)
        if verdict is Verdict.ACCEPTED and self._source.pauses.states:
            self._note_accepted(response.request)
        return None

    def __repr__(self) -> str:
        return f"<RejectionHook {getattr(self, '_source', None)!r}>"

    def __reduce__(self) -> tuple[type["_UnpickledHook"], tuple[()]]:
        # A pickled Response holds its request, and that holds this hook: the keys must not travel along.
        return _UnpickledHook, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> "RejectionHook":
        return self

    def _handle_rejection(self, response: Response, streamed: bool, kwargs: dict[str, Any]) -> Response | None:
        request = response.request
        rejected = self._carried_token(request)
        # requests-cache dispatches the hooks of a response twice.
        if rejected is None or getattr(response, "_kiwoom_handled", False):
            return None
        response._kiwoom_handled = True  # type: ignore[attr-defined]  # A mark of this package.
        self._release(response, streamed, rejected)
        if not self._source.is_own(request.headers["Authorization"]):
            # An order for another account must not be sent for this one.
            logger.warning("not resent: this auth did not set the token")
            return None
        replacement = self._replace(request, rejected, is_replaced=self._was_replaced_meanwhile(request))
        if replacement is None or not self.resend:
            return None
        if getattr(response, "connection", None) is None:
            logger.warning("not resent: the response came over no connection, out of a cache perhaps")
            return None
        copy = request.copy()
        if not rewind(copy):
            logger.warning("not resent: the request's body cannot be sent a second time")
            return None
        copy.headers["Authorization"] = replacement.authorization
        return self._resend(copy, response, streamed, kwargs)

    def _was_replaced_meanwhile(self, request: PreparedRequest) -> bool:
        """Return whether another thread that sends this request put another token on it while this one sent it.

        requests takes the hooks when it begins to send: then this hook is no longer on the request.
        """
        hooks = request.hooks.get("response", ())
        return self not in hooks and any(isinstance(hook, RejectionHook) for hook in hooks)

    def _resend(self, request: PreparedRequest, response: Response, streamed: bool, kwargs: dict[str, Any]) -> Response:
        add_cookies(request, response)
        start = time.perf_counter()
        second: Response = response.connection.send(request, **adapter_arguments(kwargs))
        second.elapsed = timedelta(seconds=time.perf_counter() - start)
        second.history = [*response.history, response]
        second._kiwoom_handled = True  # type: ignore[attr-defined]  # A mark of this package.
        if second.is_redirect:
            # requests builds the next hop from the first request.
            self._handle_redirect(response.request)
            return second
        verdict = judge_response(second, streamed)
        if verdict is Verdict.ACCEPTED:
            self._note_accepted(request)
        rejected = self._carried_token(request)
        if verdict is Verdict.REJECTED and rejected is not None:
            self._release(second, streamed, rejected)
            self._replace(response.request, rejected)
        return second

    def _handle_redirect(self, request: PreparedRequest) -> None:
        """Keep the token from another origin.

        :param request: the request that requests builds the next hop from.
        """
        if self._carried_token(request) is not None:
            guard_redirect(request, self._source.origin)

    def _release(self, response: Response, streamed: bool, rejected: str) -> None:
        """Read or close a rejected response: a pool of one connection would have none for the token call."""
        envelope = None
        try:
            if not streamed or is_short(response):
                envelope = read_envelope(response.content)
            else:
                content = peek(response)[0] or b""
                envelope = read_envelope(content)
                if envelope is not None:  # The caller can still read it, although the end of the body is missing.
                    response._content, response._content_consumed = content, True
                response.close()
        except Exception:  # Cut off, say: the rejection itself was read.
            response.close()
        code = envelope.code if envelope is not None else None
        details = f"HTTP {response.status_code}" + (f", code {code}" if code is not None else "")
        logger.warning("token %s rejected for %s (%s)", fingerprint(rejected), _api_id_of(response.request), details)

    def _replace(self, request: PreparedRequest, rejected: str, *, is_replaced: bool = False) -> HeldToken | None:
        """Put another token on the caller's request, which may be sent again; ``None`` if there is none.

        :param is_replaced: whether another thread has already put the new token on the request, as `rejected`.
        """
        try:
            source = self._source
            replacement = source.current() if is_replaced else source.replace(rejected, _api_id_of(request))
        except TokenIssueError as error:
            # Without `resend` the caller gets the rejected response, and the next request raises this error.
            if self.resend and isinstance(error, TokenRefused):
                raise
            logger.warning("no other token: %s", error)
            return None
        request.headers["Authorization"] = replacement.authorization
        hooks = [hook for hook in request.hooks.get("response", ()) if not isinstance(hook, RejectionHook)]
        # After the header: a thread that begins to send in between takes the new token for an outdated one, which
        # costs a request; the other way round it would take the old token for the new one.
        request.hooks = {"response": [RejectionHook(source, self.resend), *hooks]}
        return replacement

    def _note_accepted(self, request: PreparedRequest) -> None:
        if self._carried_token(request) is not None:
            self._source.pauses.note_accepted(_api_id_of(request))

    def _carried_token(self, request: PreparedRequest) -> Secret | None:
        """Return the token that a request of the token's origin carried.

        Hooks survive redirects to other hosts, and netrc may have replaced the header.
        """
        header = mask(request.headers.get("Authorization"))
        if not isinstance(header, str) or not header.startswith(_BEARER):
            return None
        return Secret(header[len(_BEARER) :]) if origin_of(request.url or "") == self._source.origin else None


class _UnpickledHook:
    """What a pickled :class:`RejectionHook` becomes: a hook that does nothing."""

    def __call__(self, response: Response, **kwargs: Any) -> None:
        return None


def _api_id_of(request: PreparedRequest) -> str:
    api_id = request.headers.get("api-id", "")
    return api_id.decode("latin-1") if isinstance(api_id, bytes) else api_id
