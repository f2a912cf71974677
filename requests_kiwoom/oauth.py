"""au10001 and au10002: issue a token, revoke a token, and what their answers mean."""

import re
from typing import TypeVar

import requests
from requests import Response

from .envelope import Envelope, read_envelope
from .exceptions import TokenIssueError, TokenRefused, TokenRevokeError, TokenUnavailable
from .origins import Origin
from .tokens import Token, is_plausible, parse_expires_dt
from .transport import NoAnswer, post, retry_after

#: Where tokens are issued and revoked: the two paths that need no bearer token.
TOKEN_PATH = "/oauth2/token"
REVOKE_PATH = "/oauth2/revoke"

#: How JSON may spell an ASCII character.
_ESCAPE = rb"\\u00([0-7][0-9A-Fa-f])"

_CHECK_KEYS = "Check that appkey and secretkey are a pair of the portal's, whole, and in this order."
_REGISTER_IP = "Register this machine's public IP address for the key in the Kiwoom REST API portal."
_ENVIRONMENT = "Mock trading (모의투자) needs mock=True and a key of its own; production (실전) needs neither."
_ADVICE = {
    8001: _CHECK_KEYS,
    8002: _CHECK_KEYS,
    8010: "The token was issued to another IP address: revoke it there, or wait until it has expired.",
    8011: "The grant_type is the specification's: see whether a newer requests_kiwoom is out.",
    8012: "The grant_type is the specification's: see whether a newer requests_kiwoom is out.",
    8020: "The keys did not arrive: see what stands between this program and Kiwoom (a proxy, a gateway).",
    8030: _ENVIRONMENT,
    8031: _ENVIRONMENT,
    8040: _REGISTER_IP,
    8050: _REGISTER_IP,
    8104: "This is not offered on mock trading (모의투자).",
    8200: "This is not offered to corporate customers.",
    **dict.fromkeys(range(1501, 1518), "The request did not arrive as sent: check base_url, and any proxy or gateway."),
}
#: Asking again will not help with these: keys, IP, environment or the request itself are wrong.
_REFUSED = frozenset(_ADVICE)
_RATE_LIMITED = "Too many calls: Kiwoom allows about 2 a second, for all programs that use the key."
_REDIRECTED = "It redirects, and keys are not carried to another address: check base_url."
_NOT_KIWOOM = "This is no answer of Kiwoom's: maintenance, or a firewall or proxy on the way."
_LATER = "It will be asked again."
_NOT_REVOKED = "If the token was dead already, all is well; if not, it stays in use, and can be revoked again."
_NO_ANSWER = "`python -m requests_kiwoom doctor` shows where it fails."

_Error = TypeVar("_Error", bound=TokenIssueError | TokenRevokeError)


class OAuthClient:
    """Calls au10001 and au10002 for one pair of keys at one origin.

    :param origin: where the token service is, and whom the tokens are for.
    :param session: sends the calls; it is lent, so neither changed nor closed. ``None``: a new one for each call.
    :param timeout: connect and read, in seconds; a whole call takes at most their sum.
    """

    def __init__(
        self,
        origin: Origin,
        appkey: str,
        secretkey: str,
        session: requests.Session | None,
        timeout: tuple[float, float],
    ) -> None:
        self.origin = origin
        self.appkey = appkey
        self._secretkey = secretkey
        self._session = session
        self._timeout = timeout

    @property
    def longest_call(self) -> float:
        """The seconds that one call takes at the most."""
        return sum(self._timeout)

    def issue(self, now: float) -> Token:
        """Ask au10001 for a token.

        :param now: seconds since the epoch; an expiry too far from it is taken for garbage.
        :raises TokenRefused: Kiwoom said no, and asking again will not help.
        :raises TokenUnavailable: no usable token came back, for any other reason.
        """
        # An error comes as a value and is raised here: the frames that hold keys or an answer are gone by then.
        outcome = self._issue(now)
        if isinstance(outcome, TokenIssueError):
            raise outcome
        return outcome

    def revoke(self, token: Token) -> None:
        """Ask au10002 to kill `token`, for every process that uses the key.

        :raises TokenRevokeError: it said no (then `return_code` is set), or nothing that can be understood.
        """
        outcome = self._revoke(token)
        if outcome is not None:
            raise outcome

    def _issue(self, now: float) -> Token | TokenIssueError:
        answer = self._post("au10001", TOKEN_PATH, grant_type="client_credentials")
        if isinstance(answer, NoAnswer):
            return self._silence(TokenUnavailable, "au10001", answer)
        envelope = read_envelope(answer.content)
        if envelope is None or answer.status_code != 200 or _refuses(envelope):
            refused = envelope is not None and envelope.code in _REFUSED
            kind = TokenRefused if refused else TokenUnavailable
            return self._error(kind, "au10001 issued no token", answer, envelope)
        try:
            return _read_token(envelope, now)
        except ValueError as malformed:
            return self._error(TokenUnavailable, f"au10001 gave what is no token: {malformed}", answer, envelope)

    def _revoke(self, token: Token) -> TokenRevokeError | None:
        answer = self._post("au10002", REVOKE_PATH, token=token.value)
        if isinstance(answer, NoAnswer):
            return self._silence(TokenRevokeError, "au10002", answer)
        envelope = read_envelope(answer.content)
        if envelope is None or answer.status_code != 200 or envelope.return_code != 0:
            return self._error(TokenRevokeError, "au10002 did not revoke the token", answer, envelope, token.value)
        return None

    def _post(self, api_id: str, path: str, **body: str) -> Response | NoAnswer:
        keys = {"appkey": self.appkey, "secretkey": self._secretkey}
        return post(f"{self.origin}{path}", api_id, {**body, **keys}, self._session, self._timeout)

    def _silence(self, kind: type[_Error], api_id: str, answer: NoAnswer) -> _Error:
        return kind(f"{api_id} at {self.origin} gave no answer. {self._masked(answer.reason)}. {_NO_ANSWER}")

    def _error(
        self, kind: type[_Error], what: str, answer: Response, envelope: Envelope | None, token: str | None = None
    ) -> _Error:
        response: Response | None = answer
        status = answer.status_code
        code = return_code = return_msg = None
        if envelope is not None:
            code, return_code = envelope.code, envelope.return_code
            return_msg = self._masked(envelope.return_msg, token, envelope.payload.get("token"))
        if self._may_hold_a_secret(answer, token):
            response = None
        details = f"HTTP {status}" if return_code is None else f"HTTP {status}, return_code {return_code}"
        # Of an answer that is a success in Kiwoom's words and no token, those words would only confuse.
        said = f" {return_msg}." if return_msg and return_code != 0 else ""
        advice = _advice(status, code, envelope, _NOT_REVOKED if kind is TokenRevokeError else _LATER)
        text = f"{what} ({self.origin}, {details}).{said} {advice}"
        error = kind(text, code=code, return_code=return_code, return_msg=return_msg, response=response)
        if isinstance(error, TokenUnavailable):
            error.retry_after = retry_after(answer)
        return error

    def _masked(self, text: str, *more: object) -> str:
        """One line of `text`, without the keys or what else is secret, should an answer repeat it."""
        for secret in (self.appkey, self._secretkey, *more):
            if isinstance(secret, str) and secret:
                text = text.replace(secret, "***")
        line = " ".join(text.split())[:500]
        # A lone surrogate cannot be printed, and an escape sequence does more than print.
        return "".join(character if character.isprintable() else "?" for character in line)

    def _may_hold_a_secret(self, answer: Response, token: str | None) -> bool:
        head = f"{answer.reason}{answer.headers}".encode()
        # JSON may be UTF-16 as well, spell any character by its number, and have a backslash before a slash.
        spelt = re.sub(_ESCAPE, lambda found: bytes.fromhex(found[1].decode()), answer.content.translate(None, b"\0"))
        plain = head + spelt.translate(None, b"\\")
        # Of "token" the end alone: elsewhere it is "access_token", or "accessToken".
        secrets = (self.appkey, self._secretkey, token)
        return b'token"' in plain.lower() or any(secret.encode() in plain for secret in secrets if secret)


def _refuses(envelope: Envelope) -> bool:
    return envelope.return_code not in (None, 0) or (envelope.code is not None and "token" not in envelope.payload)


def _read_token(envelope: Envelope, now: float) -> Token:
    payload = envelope.payload
    if "return_code" in payload and envelope.return_code is None:
        raise ValueError("return_code is no number")
    token_type = payload.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise ValueError("token_type is not bearer")
    # Token itself checks the type: what came in may be anything.
    token = Token(payload.get("token"), parse_expires_dt(payload.get("expires_dt")))  # type: ignore[arg-type]
    if not is_plausible(token, now):
        moment = f"{token.expires_at:%Y-%m-%d %H:%M:%S} KST"
        raise ValueError(f"expires_dt is {moment}, far from this machine's clock: set that, and its time zone")
    return token


def _advice(status: int, code: int | None, envelope: Envelope | None, otherwise: str) -> str:
    if code in _ADVICE:
        return _ADVICE[code]
    if status == 429 or code in (1700, 1701, 1702):
        return _RATE_LIMITED
    if 300 <= status < 400:
        return _REDIRECTED
    return _NOT_KIWOOM if envelope is None else otherwise
