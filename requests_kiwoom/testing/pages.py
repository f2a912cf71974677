"""``Pages``: a list that is served page by page, as continuation (연속조회) does it."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from .received import ReceivedRequest
from .refusals import refusal
from .replies import OK, Reply


class Pages:
    """Answers with one page of a list, and ``cont-yn: Y`` and ``next-key`` in the headers while more is left.

    A request that repeats both [spec] gets the next page. A ``next-key`` that was not given out is refused with 1517:
    that it is an error is sure, its code is not captured.

    :param field: what the list is called in the answer.
    :param size: how many rows a page has.
    """

    def __init__(self, field: str, rows: Iterable[Mapping[str, Any]], size: int) -> None:
        self._field = field
        self._rows = list(rows)
        if size < 1:
            raise ValueError(f"a page has at least one row, not {size}")
        self._size = size
        salt = secrets.token_hex()
        starts = range(size, len(self._rows), size)
        # At most 50 characters [spec], and not to be guessed.
        self._keys = {start: hashlib.sha256(f"{salt}{start}".encode()).hexdigest()[:32] for start in starts}
        self._starts = {key: start for start, key in self._keys.items()}

    def __call__(self, request: ReceivedRequest) -> Reply:
        """The page that `request` asks for."""
        start: int | None = 0
        if request.headers.get("cont-yn", "N").upper() == "Y":
            start = self._starts.get(request.headers.get("next-key", ""))
        if start is None:
            return refusal(1517, parameter="next-key", reason="연속조회키가 올바르지 않습니다")
        end = start + self._size
        key = self._keys.get(end, "")
        return Reply(
            {self._field: self._rows[start:end], **OK},
            headers={"cont-yn": "Y" if key else "N", "next-key": key},
        )
