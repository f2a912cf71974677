"""``RealtimeClient``: one open WebSocket, and what it registered for."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from .websocket import WebSocket

#: Kiwoom's names of the types of real-time data.
TYPE_NAMES = {
    "00": "주문체결",
    "04": "잔고",
    "0A": "주식기세",
    "0B": "주식체결",
    "0C": "주식우선호가",
    "0D": "주식호가잔량",
    "0E": "주식시간외호가",
    "0F": "주식당일거래원",
    "0G": "ETF NAV",
    "0H": "주식예상체결",
    "0J": "업종지수",
    "0U": "업종등락",
    "0g": "주식종목정보",
    "0m": "ELW 이론가",
    "0s": "장시작시간",
    "0u": "ELW 지표",
    "0w": "종목프로그램매매",
    "1h": "VI발동/해제",
}


class RealtimeClient:
    """One open WebSocket."""

    def __init__(self, number: int, path: str, address: str, socket: WebSocket) -> None:
        self.number = number
        self.path = path
        #: The client's IP address.
        self.address = address
        self.socket = socket
        self.is_logged_in = False
        self.owes_echo = False
        self._groups: dict[str, set[tuple[str, str]]] = {}

    def register(self, body: Mapping[str, Any]) -> None:
        """Add the pairs of type and item in a REG. With ``refresh`` "0" they replace those of their group.

        :raises TypeError, KeyError, AttributeError: if there are no lists of types and items.
        """
        pairs, group = set(_read_pairs(body["data"])), str(body.get("grp_no", ""))
        if body.get("refresh") == "0":
            self._groups[group] = pairs
        else:
            self._groups.setdefault(group, set()).update(pairs)

    def remove(self, body: Mapping[str, Any]) -> None:
        """Drop the pairs of a REMOVE, or its whole group if it names none.

        :raises TypeError, KeyError, AttributeError: if there are no lists of types and items.
        """
        pairs, group = set(_read_pairs(body.get("data") or [])), str(body.get("grp_no", ""))
        self._groups[group] = self._groups.get(group, set()) - pairs if pairs else set()

    def receives(self, kind: str, item: str) -> bool:
        """Return whether it is open and registered for `kind` of `item`; registered without an item, for all."""
        groups = self._groups.values()
        return self.socket.is_open() and any((kind, item) in pairs or (kind, "") in pairs for pairs in groups)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message, unless the client left."""
        with suppress(OSError, ValueError):
            self.socket.send(json.dumps(message, ensure_ascii=False))


def _read_pairs(data: Any) -> Iterator[tuple[str, str]]:
    for each in data:
        kinds, items = each["type"], each.get("item") or [""]
        if not isinstance(kinds, list) or not isinstance(items, list):
            raise TypeError
        yield from ((str(kind), str(item)) for kind in kinds for item in items)
