"""The errors: what happened, the vendor's own words, and what to do next."""

from typing import Any

from requests import Response
from requests.exceptions import ConnectionError, RequestException


class KiwoomAuthError(RequestException):
    """Whatever this package raises for a request: a :class:`requests.exceptions.RequestException`.

    The caller's request does not hang on it: that may carry a token, or an open file, which does not pickle.
    """


class _AnswerError(KiwoomAuthError):
    """A call to Kiwoom's token service that did not succeed.

    :param message: the sentence for the person who must act.
    :param code: the four-digit code in the answer (8001, 1700, ...), or ``None``.
    :param return_code: ``return_code`` of the answer, or ``None``.
    :param return_msg: ``return_msg`` of the answer, keys and tokens masked, or ``None``.
    :param response: the answer, without the body of the call that it answers; ``None`` if there was no answer, or if
        its body may have held a token or a key.
    """

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


class TokenIssueError(_AnswerError):
    """au10001 gave no usable token: what :class:`TokenRefused` and :class:`TokenUnavailable` have in common.

    :ivar code: the four-digit code in the answer (8001, 1700, ...), or ``None``.
    :ivar return_code: ``return_code`` of the answer, or ``None``.
    :ivar return_msg: ``return_msg`` of the answer, Kiwoom's own words, keys and tokens masked; or ``None``.
    :ivar response: the answer; ``None`` if there was none, or if its body may have held a token or a key.
    """


class TokenRefused(TokenIssueError):
    """Kiwoom said no, and asking again will not help: the keys, the IP or the environment must be put right.

    Its text says what to do. It comes in HTTP 200, so `code` tells more than a status: 8001 and 8002, the key pair is
    refused; 8030, production and mock trading are mixed up; 8050, the IP address is not registered in the portal
    [captured, 8002: vendor]. The others are 8010, 8011, 8012, 8020, 8031, 8040, 8104, 8200 and 1501 to 1517 [vendor].

    >>> try:
    ...     KiwoomAuth("another-appkey", "my-secretkey").token()
    ... except TokenRefused as error:
    ...     print(error.code, error.return_msg)
    8001 인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]
    """


class TokenUnavailable(TokenIssueError, ConnectionError):
    """au10001 could not be reached, or gave an answer that is no token: asking again later may help.

    It is a :class:`requests.exceptions.ConnectionError`, too: what a program does about a network that is down suits.
    Anything but a token and the codes of :class:`TokenRefused` leads here: no network, HTTP 429 (code 1700: about 2
    calls a second are allowed), HTTP 5xx, a maintenance page that is not JSON [captured], a token without an expiry.

    :ivar retry_after: seconds until au10001 is called again; requests before that get this error at once. ``None`` if
        it may be called right away.
    """

    def __init__(self, *message: str, retry_after: float | None = None, **kwargs: Any) -> None:
        super().__init__(*message, **kwargs)
        self.retry_after = retry_after


class TokenRevokeError(_AnswerError):
    """au10002 did not revoke the token: it said no, and then `return_code` is set, or nothing that can be understood.

    Its attributes are those of :class:`TokenIssueError`.
    """


class MissingApiId(KiwoomAuthError, ValueError):
    """The request names no API: neither an ``api-id`` header nor :meth:`KiwoomAuth.for_api`.

    One path serves many APIs [spec], so the api-id cannot be told from the URL.
    """


class InvalidApiId(KiwoomAuthError, ValueError):
    """The api-id cannot be right (it has 1 to 10 visible ASCII characters [spec]), or the request names two.

    kt10000 buys and kt10001 sells: nobody guesses which was meant.
    """


class WrongEnvironment(KiwoomAuthError, ValueError):
    """The request goes to a Kiwoom host for which this auth has no token.

    Production and mock trading (모의투자) have keys of their own [spec], and refuse each other's tokens [vendor].
    """


class InsecureTransport(KiwoomAuthError, ValueError):
    """The request, or the auth, would send a secret over plain http."""
