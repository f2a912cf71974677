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
    """au10001 gave no usable token."""


class TokenRefused(TokenIssueError):
    """Kiwoom said no, and asking again will not help: the keys, the IP or the environment must be put right."""


class TokenUnavailable(TokenIssueError, ConnectionError):
    """au10001 could not be reached, or gave an answer that is no token: asking again later may help.

    :param retry_after: seconds until au10001 is called again; requests before that get this error at once.
    """

    def __init__(self, *message: str, retry_after: float | None = None, **kwargs: Any) -> None:
        super().__init__(*message, **kwargs)
        self.retry_after = retry_after


class TokenRevokeError(_AnswerError):
    """au10002 did not revoke the token."""


class MissingApiId(KiwoomAuthError, ValueError):
    """The request names no API: neither an ``api-id`` header nor :meth:`KiwoomAuth.for_api`."""


class InvalidApiId(KiwoomAuthError, ValueError):
    """The api-id cannot be right, or the request names two."""


class WrongEnvironment(KiwoomAuthError, ValueError):
    """The request goes to a Kiwoom host for which this auth has no token."""


class InsecureTransport(KiwoomAuthError, ValueError):
    """The request, or the auth, would send a secret over plain http."""
