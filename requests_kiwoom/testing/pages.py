"""``Pages``: a list that is served page by page, by continuation (연속조회)."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import refusal
from .received import ReceivedRequest, read_json
from .replies import OK, Reply
from .samples import echo


class Pages:
    """Responds with one page of a list, with ``cont-yn: Y`` and a ``next-key`` while more is left.

    A request that repeats both headers [spec] gets the next page. A ``next-key`` that this server did not give is
    refused with 1517: that it is an error is certain, its code is not captured.

    :param field: the name of the list in the response.
    :param rows: the whole list.
    :param size: the number of rows in a page.
    :param other: the other fields of the response.
    """

    def __init__(
        self, field: str, rows: Iterable[Mapping[str, Any]], size: int, other: dict[str, Any]
    ) -> None:
        self._field = field
        self._rows = list(rows)
        self._other = other
        if size < 1:
            raise ValueError(f"a page has at least one row, not {size}")
        self._size = size
        salt = secrets.token_hex()
        starts = range(size, len(self._rows), size)
        # At most 50 characters [spec], and impossible to guess.
        self._keys = {start: hashlib.sha256(f"{salt}{start}".encode()).hexdigest()[:32] for start in starts}
        self._starts = {key: start for start, key in self._keys.items()}

    def __call__(self, request: ReceivedRequest) -> Reply:
        """Return the page that `request` asks for."""
        start: int | None = 0
        if request.headers.get("cont-yn", "N").upper() == "Y":
            start = self._starts.get(request.headers.get("next-key", ""))
        if start is None:
            return refusal(1517, parameter="next-key", reason="연속조회키가 올바르지 않습니다")
        end = start + self._size
        key = self._keys.get(end, "")
        return Reply(
            {**echo(self._other, read_json(request)), self._field: self._rows[start:end], **OK},
            headers={"cont-yn": "Y" if key else "N", "next-key": key},
        )
