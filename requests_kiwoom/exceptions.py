"""The errors of this package. Each text says what happened, Kiwoom's own words, and what to do next.

::

    KiwoomAuthError                 a requests.exceptions.RequestException
      TokenIssueError               no token, from au10001
        TokenRefused                Kiwoom refuses: keys, IP address or environment must be corrected
        TokenUnavailable            for now; a requests.exceptions.ConnectionError, too
      TokenRevokeError              au10002 did not revoke the token
      MissingApiId                  ValueErrors, too: nothing was sent
      InvalidApiId
      WrongEnvironment
      InsecureTransport

No error holds a key or a token. ``requests-kiwoom explain NAME`` explains an error or a code in English and Korean.
"""

from typing import Any

from requests import Response
from requests.exceptions import ConnectionError, RequestException


class KiwoomAuthError(RequestException):
    """The base of every error that this package raises for a request.

    ``request`` is not set: the caller's request may hold a token, or an open file, which cannot be pickled.
    """


class _TokenCallError(KiwoomAuthError):
    def __init__(
        self,
        *message: str,
        code: int | None = None,
        return_code: int | None = None,
        return_msg: str | None = None,
        response: Response | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*message, response=response, **kwargs)
        self.code = code
        self.return_code = return_code
        self.return_msg = return_msg


class TokenIssueError(_TokenCallError):
    """au10001 returned no usable token: the base of :class:`TokenRefused` and :class:`TokenUnavailable`.

    :ivar code: the four-digit code of the response (8001, 1700, ...), or ``None``.
    :ivar return_code: ``return_code`` of the response, or ``None``.
    :ivar return_msg: ``return_msg`` of the response, Kiwoom's own words with keys and tokens masked; or ``None``.
    :ivar response: the response; ``None`` if there was none, or if its body may hold a token or a key.
    """


class TokenRefused(TokenIssueError):
    """Kiwoom refuses to issue a token, and another call will not help: correct keys, IP address or environment.

    Kiwoom answers in HTTP 200, so `code` says more than the status: 8001 and 8002, the key pair is refused; 8030,
    production and mock trading are mixed up; 8050, the IP address is not registered in the portal [captured, 8002:
    vendor]. The others are 8010, 8011, 8012, 8020, 8031, 8040, 8104, 8200 and 1501 to 1517 [vendor].

    >>> try:
    ...     KiwoomAuth("another-appkey", "my-secretkey").token()
    ... except TokenRefused as error:
    ...     print(error.code, error.return_msg)
    8001 인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]
    """


class TokenUnavailable(TokenIssueError, ConnectionError):
    """There is no token for now: au10001 cannot be reached, or its response holds no token. Retry later.

    It is a :class:`requests.exceptions.ConnectionError`, too, so handlers for network outages apply. Everything but a
    token and the codes of :class:`TokenRefused` leads here: no network, HTTP 429 (code 1700: about 2 calls a second
    are allowed), HTTP 5xx, a maintenance page that is not JSON [captured], a token without an expiry.

    :ivar retry_after: seconds until au10001 is called again; requests before that raise this error at once. ``None``
        if the next request calls it.
    """

    def __init__(self, *message: str, retry_after: float | None = None, **kwargs: Any) -> None:
        super().__init__(*message, **kwargs)
        self.retry_after = retry_after


class TokenRevokeError(_TokenCallError):
    """au10002 did not revoke the token: Kiwoom refused (then `return_code` is set), or the response is unreadable.

    It has the attributes of :class:`TokenIssueError`.
    """


class MissingApiId(KiwoomAuthError, ValueError):
    """The request names no API: neither by an ``api-id`` header nor by :meth:`KiwoomAuth.for_api`.

    One path serves many APIs [spec], so the URL does not say which one is meant.
    """


class InvalidApiId(KiwoomAuthError, ValueError):
    """The api-id is not 1 to 10 visible ASCII characters [spec], or the request names two APIs.

    kt10000 buys and kt10001 sells: a guess could trade the wrong way.
    """


class WrongEnvironment(KiwoomAuthError, ValueError):
    """The request's URL is of another Kiwoom host than the token.

    Production and mock trading (모의투자) have keys of their own [spec], and reject each other's tokens [vendor].
    """


class InsecureTransport(KiwoomAuthError, ValueError):
    """The request or the ``base_url`` would send a secret over plain http."""
