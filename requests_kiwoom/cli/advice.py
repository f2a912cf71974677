"""What to do about a response of Kiwoom's, from the table in codes.py."""

from requests_kiwoom import TokenIssueError, TokenRevokeError
from requests_kiwoom.codes import find_code

from . import texts
from .language import Text

_TOO_MANY_CALLS = 1700
_HEADERS_CHANGED = 1512
_MALFORMED_REQUEST = range(1500, 1600)


def advise(code: "int | None", status: "int | None" = None) -> Text:
    """Return what to do about a response.

    :param code: the four-digit code in it, or ``None``.
    :param status: its HTTP status, or ``None``.
    """
    known = find_code(code) or find_code(_TOO_MANY_CALLS if status == 429 else None)
    return texts.UNKNOWN_RESPONSE if known is None else Text(known.advice, known.advice_ko)


def advise_on(error: "TokenIssueError | TokenRevokeError") -> Text:
    """Return what to do about the response that led to `error`."""
    if error.code in _MALFORMED_REQUEST:
        # The path, api-id and body of a token call are the specification's: something changed them on the way.
        return advise(_HEADERS_CHANGED)
    return advise(error.code, None if error.response is None else error.response.status_code)
