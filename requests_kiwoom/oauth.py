"""``OAuthClient``: au10001 (issue a token) and au10002 (revoke it), and what their responses mean."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from requests import Response, Session

from .codes import CODES, Kind, find_code
from .envelope import Envelope, read_secret_envelope
from .exceptions import KiwoomAuthError, TokenIssueError, TokenRefused, TokenRevokeError, TokenUnavailable
from .origins import Origin
from .secret import Secret, SecretBytes, mask
from .tokens import Token, is_plausible, parse_expires_dt
from .transport import NoResponse, post, read_retry_after

#: The two paths that need no bearer token.
TOKEN_PATH = "/oauth2/token"
REVOKE_PATH = "/oauth2/revoke"

# Another call does not help with these. Of a token call, path and headers are the specification's: if Kiwoom refuses
# those, something on the way changed them.
_REFUSED = frozenset(code.number for code in CODES.values() if code.kind is Kind.REFUSED) | {8031, *range(1501, 1518)}

_CHANGED_ON_THE_WAY = "The request did not arrive as it was sent: check base_url, and any proxy or gateway."
_REDIRECTED = "It redirects, and keys are not sent to another address: check base_url."
_NOT_KIWOOM = "The response is not from Kiwoom's API: maintenance (점검), or a firewall or proxy on the way."
_RETRIED = "It will be retried."
_NO_RESPONSE = "`requests-kiwoom doctor` shows where it fails."

_Error = TypeVar("_Error", bound=TokenIssueError | TokenRevokeError)


class Reply(NamedTuple):
    """A response of the token service, and its envelope if it has one."""

    response: Response
    envelope: Envelope | None


class OAuthClient:
    """Calls au10001 and au10002 for one pair of keys at one origin.

    :param origin: where the token service is, and which requests the tokens are for.
    :param session: sends the calls; it is lent, so never modified or closed. ``None``: a new one for each call.
    :param timeout: connect and read timeout of one call, in seconds; a call takes at most their sum.
    """

    __slots__ = ("origin", "appkey", "_secretkey", "_session", "_timeout")

    def __init__(
        self, origin: Origin, appkey: Secret, secretkey: Secret, session: Session | None, timeout: tuple[float, float]
    ) -> None:
        self.origin = origin
        self.appkey = appkey
        self._secretkey = secretkey
        self._session = session
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<OAuthClient {getattr(self, 'origin', None)}>"

    @property
    def max_call_seconds(self) -> float:
        """The longest time that one call takes."""
        return sum(self._timeout)

    def issue(self, now: float, seconds: float) -> Token:
        """Call au10001 and return the token.

        :param now: seconds since the epoch; an expiry too far from it is malformed.
        :param seconds: limit of the call, at most `max_call_seconds`.
        :raises TokenRefused: Kiwoom refuses, and another call will not help.
        :raises TokenUnavailable: no usable token, for any other reason.
        """
        reply = self._post("au10001", TOKEN_PATH, seconds, grant_type="client_credentials")
        if isinstance(reply, NoResponse):
            raise self._no_response(TokenUnavailable, "au10001", reply)
        if reply.envelope is None or reply.response.status_code != 200 or _refuses(reply.envelope):
            is_refused = reply.envelope is not None and reply.envelope.code in _REFUSED
            raise self._error(TokenRefused if is_refused else TokenUnavailable, "au10001 issued no token", reply)
        try:
            return _read_token(reply.envelope, now)
        except ValueError as malformed:
            text = f"au10001 returned a malformed token: {malformed}"
        raise self._error(TokenUnavailable, text, reply)

    def revoke(self, token: Token) -> None:
        """Call au10002 and revoke `token` for every process that uses the key.

        :raises TokenRevokeError: Kiwoom refuses (then `return_code` is set), or there is no readable response.
        """
        reply = self._post("au10002", REVOKE_PATH, self.max_call_seconds, token=token.value)
        if isinstance(reply, NoResponse):
            raise self._no_response(TokenRevokeError, "au10002", reply, token.value)
        if reply.envelope is None or reply.response.status_code != 200 or reply.envelope.return_code != 0:
            raise self._error(TokenRevokeError, "au10002 did not revoke the token", reply, token.value)

    def _post(self, api_id: str, path: str, seconds: float, **body: str) -> Reply | NoResponse:
        body |= {"appkey": self.appkey, "secretkey": self._secretkey}
        response = post(f"{self.origin}{path}", api_id, body, self._session, self._timeout, seconds)
        if isinstance(response, NoResponse):
            return response
        return Reply(response, read_secret_envelope(SecretBytes(response.content)))

    def _no_response(self, kind: type[_Error], api_id: str, failure: NoResponse, *secrets: str) -> _Error:
        reason = failure.reason
        if self._may_hold_a_secret(reason, *secrets):
            reason = f"{reason.partition(':')[0]} (its text is left out: it may quote a key)"
        return kind(f"{api_id} at {self.origin}: no response. {_one_line(reason)}. {_NO_RESPONSE}")

    def _error(self, kind: type[_Error], what: str, reply: Reply, *secrets: str) -> _Error:
        response, envelope = reply
        code = return_code = return_msg = None
        if envelope is not None:
            code, return_code = envelope.code, envelope.return_code
            return_msg = _one_line(self._redact(envelope.return_msg, *secrets, mask(envelope.payload.get("token"))))
        details = f"HTTP {response.status_code}" + ("" if return_code is None else f", return_code {return_code}")
        # Kiwoom's words for a success would only confuse in an error.
        words = f" {return_msg}." if return_msg and return_code != 0 else ""
        error = kind(
            f"{what} ({self.origin}, {details}).{words} {_advice(kind, reply)}",
            code=code,
            return_code=return_code,
            return_msg=return_msg,
            response=None if self._may_hold_a_secret(_text_of(response), *secrets) else response,
        )
        if isinstance(error, TokenUnavailable):
            error.retry_after = read_retry_after(response)
        return error

    def _redact(self, text: str, *secrets: object) -> str:
        for secret in (self.appkey, self._secretkey, *secrets):
            if isinstance(secret, str) and secret:
                text = text.replace(secret, "***")
        return text

    def _may_hold_a_secret(self, text: str, *secrets: str) -> bool:
        """Whether `text` holds a secret, or may hold one in a spelling that is not looked for."""
        # A backslash or a NUL: escapes of JSON or Python, or UTF-16. Of "token" the end alone: also "access_token".
        signs = ("\\", "\0", "secretkey", 'token"', "token'")
        beginnings = (secret[:8] for secret in (self.appkey, self._secretkey, *secrets))
        return any(sign in text.lower() for sign in signs) or any(beginning in text for beginning in beginnings)


def _text_of(response: Response) -> Secret:
    return Secret(f"{response.reason}{response.headers}{response.content.decode('latin-1')}")


def _one_line(text: str) -> str:
    # A lone surrogate cannot be printed, and an escape sequence steers a terminal.
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split())[:500])


def _refuses(envelope: Envelope) -> bool:
    return envelope.return_code not in (None, 0) or (envelope.code is not None and "token" not in envelope.payload)


def _read_token(envelope: Envelope, now: float) -> Token:
    member: Callable[[str], object] = envelope.payload.get
    if "return_code" in envelope.payload and envelope.return_code is None:
        raise ValueError("return_code is no number")
    if str(member("token_type")).lower() != "bearer":
        raise ValueError("token_type is not bearer")
    # Token checks the type itself, and masks the value; masked here, it is in no frame before that.
    expires_at = parse_expires_dt(member("expires_dt"))
    token = Token(Secret(member("token")) if isinstance(member("token"), str) else "", expires_at)
    if not is_plausible(token, now):
        raise ValueError(
            f"expires_dt is {token.expires_at:%Y-%m-%d %H:%M:%S} KST, far from this machine's clock: set the clock and"
            " the time zone"
        )
    return token


def _advice(kind: type[KiwoomAuthError], reply: Reply) -> str:
    """Return what to do about a response, and the command that explains its code in Korean, too."""
    number = reply.envelope.code if reply.envelope is not None else None
    code = find_code(number)
    if code is not None and code.kind is Kind.REQUEST:
        return _CHANGED_ON_THE_WAY
    if code is not None and code.kind is not Kind.TRY_LATER:
        return f"{code.advice} See `requests-kiwoom explain {number}`."
    if reply.response.status_code == 429:
        return CODES[1700].advice
    if 300 <= reply.response.status_code < 400:
        return _REDIRECTED
    if reply.envelope is None:
        return _NOT_KIWOOM
    return CODES[8015].advice if kind is TokenRevokeError else _RETRIED
