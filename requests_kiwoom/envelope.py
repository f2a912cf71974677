"""Kiwoom's response envelope: ``return_code``, ``return_msg``, and the four-digit code within."""

import json
import re
from typing import Any

from .codes import REJECTED

#: No envelope that reports a rejection is longer, in bytes; real ones have about 100.
SIZE_LIMIT = 1024

#: Success, and "no data": an order that succeeded must never be sent again, whatever its message says.
_SUCCESS = frozenset({0, 20})

_NUMBER = r"-?[0-9]{1,9}"
# A refused order says "[2000](RC4058:...)": without a colon right after the digits it is no such code.
_CODE_IN_MSG = r"\[([0-9]{4}):|\bCODE=([0-9]{4})(?![0-9])"


class Envelope:
    """What a response says about itself. :func:`read_envelope` makes one.

    :ivar payload: the JSON object of the response.
    :ivar return_code: ``return_code`` as a number, also where it is a string [vendor]; ``None`` if it is missing or no
        number. 0 is success and 20 is no data. 3 has several meanings: decide by `code`.
    :ivar return_msg: Kiwoom's words, or an empty string.
    :ivar code: the four-digit code within them (8005, 1700, ...) [captured], or at the top [vendor]; or ``None``.
    """

    payload: dict[str, Any]
    return_code: int | None
    return_msg: str
    code: int | None

    def __init__(self, payload: dict[str, Any]) -> None:
        return_msg = payload.get("return_msg")
        self.payload = payload
        self.return_code = _read_number(payload.get("return_code"))
        self.return_msg = return_msg if isinstance(return_msg, str) else ""
        self.code = _find_code(self.return_code, self.return_msg)

    def __repr__(self) -> str:
        # Without the payload: that of au10001 holds the token.
        state = self.__dict__
        return f"<Envelope return_code={state.get('return_code')} code={state.get('code')}>"

    @property
    def is_success(self) -> bool:
        """Whether Kiwoom processed the request: return_code 0, or 20 for "no data"."""
        return self.return_code in _SUCCESS

    @property
    def rejects_token(self) -> bool:
        """Whether the token was rejected, and the request therefore not processed."""
        # An unreadable return_code (0.0) may mean success: an order that succeeded must not be sent again.
        is_readable = self.return_code is not None or self.payload.get("return_code") is None
        return self.code in REJECTED and not self.is_success and is_readable


def read_envelope(body: bytes) -> Envelope | None:
    """Read the body of a response, whatever its content type is; return ``None`` if it is not a JSON object.

    Kiwoom reports failures in HTTP 200 [captured]. ``raise_for_status()`` does not see them; this function does.

    :param body: such as ``response.content``.

    >>> refused = read_envelope('{"return_code": 3, "return_msg": "[8005:Token이 유효하지 않습니다]"}'.encode())
    >>> refused.return_code, refused.code, refused.rejects_token
    (3, 8005, True)
    """
    return _read(body, None)


class _SecretDict(dict[str, Any]):
    def __repr__(self) -> str:
        return "<payload>"


def read_secret_envelope(body: bytes) -> Envelope | None:
    """Read a response that may hold a token: the ``repr()`` of its payload is masked."""
    return _read(body, _SecretDict)


def _read(body: bytes, object_type: "type[_SecretDict] | None") -> Envelope | None:
    try:
        payload = json.loads(body, object_pairs_hook=object_type)
    except (ValueError, RecursionError):
        return None
    return Envelope(payload) if isinstance(payload, dict) else None


def _find_code(return_code: int | None, return_msg: str) -> int | None:
    found = re.search(_CODE_IN_MSG, return_msg)
    if found:
        return int(found[1] or found[2])
    # The vendor's own client also accepts 8005 itself at the top.
    if return_code is not None and 1000 <= return_code <= 9999:
        return return_code
    return None


def _read_number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # "8005" and "0" are seen as strings, too [vendor].
    if isinstance(value, str) and re.fullmatch(_NUMBER, value):
        return int(value)
    return None
