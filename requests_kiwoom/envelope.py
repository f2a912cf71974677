"""Kiwoom's answer envelope: ``return_code``, ``return_msg``, and the four-digit code within."""

import json
import re
from typing import Any

#: No envelope that reports a rejection is longer, in bytes; real ones have about 100.
SIZE_LIMIT = 1024

#: The token was not accepted, and a new one may help: 8005 not valid [captured], 8003 look-up failed, 8031 of the other
#: environment, 8103 token or device check failed [vendor].
REJECTED = frozenset({8003, 8005, 8031, 8103})

#: Done, and "no data": an order that succeeded must never be sent again, whatever its message says.
_SUCCESS = frozenset({0, 20})

_NUMBER = r"-?[0-9]{1,9}"
# A refused order says "[2000](RC4058:...)": without the colon right behind the digits it is no such code.
_CODE_IN_MSG = r"\[([0-9]{4}):|\bCODE=([0-9]{4})(?![0-9])"


class Envelope:
    """What an answer says about itself."""

    #: The answer's JSON object.
    payload: dict[str, Any]
    #: ``return_code`` as a number; ``None`` if there is none, or if it is no number.
    return_code: int | None
    #: ``return_msg``, or an empty string.
    return_msg: str
    #: The four-digit code that decides (8005, 1700, ...), or ``None``.
    code: int | None

    def __init__(self, payload: dict[str, Any]) -> None:
        return_msg = payload.get("return_msg")
        self.payload = payload
        self.return_code = _number(payload.get("return_code"))
        self.return_msg = return_msg if isinstance(return_msg, str) else ""
        self.code = _code(self.return_code, self.return_msg)

    @property
    def rejects_token(self) -> bool:
        """Whether the call was turned down because of its token."""
        return self.code in REJECTED and self.return_code not in _SUCCESS


def read_envelope(body: bytes) -> Envelope | None:
    """Read an answer's body, whatever its content type says; ``None`` if it is not a JSON object."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return Envelope(payload) if isinstance(payload, dict) else None


def _code(return_code: int | None, return_msg: str) -> int | None:
    found = re.search(_CODE_IN_MSG, return_msg)
    if found:
        return int(found[1] or found[2])
    # The vendor's own client also takes 8005 itself at the top.
    if return_code is not None and 1000 <= return_code <= 9999:
        return return_code
    return None


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # "8005" and "0" come as strings too [vendor].
    if isinstance(value, str) and re.fullmatch(_NUMBER, value):
        return int(value)
    return None
