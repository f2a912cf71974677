"""``make_sample``: a response with Kiwoom's field names and plausible values.

The names in ``response_fields.tsv`` are Kiwoom's. The values are invented: each has the form that its name suggests.
"""

import pkgutil
import random
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

_STOCKS = (("005930", "삼성전자", 70100), ("000660", "SK하이닉스", 198500), ("035420", "NAVER", 214000))
#: A Friday. Rows go back from here, over days on which the exchange is open.
_LAST_DAY = date(2025, 1, 3)
_LAST_SECOND = 15 * 3600 + 30 * 60


class _Row:
    """What the fields of one row have in common: one stock, its price, one day, one time."""

    def __init__(self, rng: random.Random, number: int, stock: tuple[str, str, int], has_dated_times: bool) -> None:
        self.rng = rng
        self.number = number
        self.code, self.name, before = stock
        weeks, days = divmod(number, 5)
        self.day = (_LAST_DAY - timedelta(days=7 * weeks + days)).strftime("%Y%m%d")
        second = _LAST_SECOND - 60 * (number % 300)
        self.time = f"{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
        self.stamp = self.day + self.time if has_dated_times else self.time
        self.change = rng.choice((-1, 1)) * rng.randint(1, 20) * 100
        self.before, self.price = before, before + self.change

    def signed(self, price: int) -> str:
        """Return `price` as Kiwoom gives it: the sign is the direction of the day, and no part of the number."""
        return f"{'-' if self.change < 0 else '+'}{price}"

    def high(self, name: str) -> str:
        """Return a price above the others of this row; offers rise with their rank in the book."""
        return self.signed(max(self.before, self.price) + 100 * _step(name))

    def low(self, name: str) -> str:
        """Return a price below the others of this row; bids fall with their rank in the book."""
        return self.signed(min(self.before, self.price) - 100 * _step(name))


def _step(name: str) -> int:
    number = re.search("[0-9]+", name)
    return int(number[0]) if number else 1 if name.endswith("bid") else 3


#: The value of the first pattern that matches a field's whole name.
_KINDS: tuple[tuple[str, Callable[[_Row, str], str]], ...] = (
    (r"(.*_)?stk_cd(_\d)?|code", lambda row, _: row.code),
    (r"(.*_)?stk_nm|name|main_stk", lambda row, _: row.name),
    (r"io_tp_nm", lambda row, _: "현금매수"),
    (r".*(mmcm|trde_ori|isscomp).*nm.*|.*scesn_ori", lambda row, _: "키움증권"),
    (r"(dmst_)?stex_(tp|cd)(_txt)?", lambda row, _: "KRX"),
    (r".*_nm(_\d)?|.*Name|names|prcsr|.*_txt|.*_infr|audit.*|state|group", lambda row, _: "표본"),
    (r"(acct|acnt)_?([nN]o|print)", lambda row, _: "12345678"),
    (r"(base_)?orig_.*no|ori_ord", lambda row, _: "0000000"),
    (r".*_no", lambda row, _: f"{row.number + 1:07}"),
    (r"inds_cd", lambda row, _: "001"),
    (r"isin_cd", lambda row, _: f"KR7{row.code}003"),
    (r"crnc_cd", lambda row, _: "KRW"),
    (r"(.*_)?(dt|date)(_n)?|regDay", lambda row, _: row.day),
    (r"cntr_tm", lambda row, _: row.stamp),
    (r"(.*_)?(tm|time)(_n)?", lambda row, _: row.time),
    (r"setl_mm", lambda row, _: "12"),
    (r".*(_yn|Enable)", lambda row, _: "N"),
    (r".*(sig|sign|smbol)(_n)?", lambda row, _: "5" if row.change < 0 else "2"),
    (r"(.*_)?(tp|cls|cd|stt|kind|gb|type)|marketCode|orderWarning", lambda row, _: "0"),
    (r"(.*_)?pre(_n|_\d)?|.*_chgr|.*stkpc_flu", lambda row, _: f"{row.change:+}"),
    (r".*(flu|prft|pl|lspft|pre)_(rt|ratio)(_n)?", lambda row, _: f"{row.change / row.before * 100:+.2f}"),
    (
        r"(.*_)?(rt|ratio|wght|str|per|pbr|roe|iv|delta|gam|theta|vega|gear|law|basis)(_\d+min|_.*_rt)?|etf.*rt",
        lambda row, _: f"{row.rng.randint(1, 9999) / 100:.2f}",
    ),
    (r"(.*_)?(rank|seq|sqnc)(_\d)?", lambda row, _: str(row.number + 1)),
    # What an account paid or asks for has no direction.
    (r"(ord|pur|.*avg|repl|stop|cond|exec)_(pric|prc)|(.*_)?uv|unp|lastPrice", lambda row, _: str(row.price)),
    (r"(open|base|pred_close)_pric", lambda row, _: row.signed(row.before)),
    (r"upl_pric", lambda row, _: row.signed(row.before * 13 // 1000 * 100)),
    (r"lst_pric", lambda row, _: row.signed(row.before * 7 // 1000 * 100)),
    (r".*(high|hgst|sel).*(pric|bid)(_\d)?|.*hgst", lambda row, name: row.high(name)),
    (r".*(low|lwst|buy).*(pric|bid)(_\d)?|.*lwst", lambda row, name: row.low(name)),
    (r".*(pric|prc|bid|nav|kospi200)(_\d|_n)?", lambda row, _: row.signed(row.price)),
    (r".*cnt|.*(q|qty|_num|Count)(_n|_\d)?|rmnd|.*_req", lambda row, _: str(row.rng.randint(1, 1000))),
)
#: Any other field is an amount.
_AMOUNT = (100_000, 10_000_000)
#: Fields of a request that come back in the response.
_ECHOED = ("stk_cd", "inds_cd", "dmst_stex_tp", "mdfy_qty", "cncl_qty")


def make_sample(api_id: str, request: object, rows: int, seed: int) -> dict[str, Any]:
    """Return a response of `api_id` without an envelope; empty if its fields are unknown.

    :param request: the JSON of the request. The ``stk_cd`` in it, and a few other fields, come back.
    :param rows: the number of rows in each list.
    :param seed: the same seed gives the same values.
    """
    stk_cd = request.get("stk_cd") if isinstance(request, dict) else None
    sample = _build(api_id, stk_cd if isinstance(stk_cd, str) else None, rows, seed)
    return echo(deepcopy(sample), request)


def echo(response: dict[str, Any], request: object) -> dict[str, Any]:
    """Return `response` with the values of those fields that come back from the request."""
    sent = request if isinstance(request, dict) else {}
    return {**response, **{name: sent[name] for name in _ECHOED if name in response and name in sent}}


@lru_cache(maxsize=256)
def _build(api_id: str, stk_cd: str | None, rows: int, seed: int) -> dict[str, Any]:
    rng = random.Random(f"{seed} {api_id} {stk_cd}")
    top = _Row(rng, 0, _stock(stk_cd, 0), has_dated_times=False)
    sample: dict[str, Any] = {}
    for name, is_list, names in re.findall(r"(\w+)(\[(.*?)\])?", _fields_by_api().get(api_id, "")):
        sample[name] = _make_rows(names.split(","), rng, stk_cd, rows, name) if is_list else _value(name, top)
    return sample


def _make_rows(
    names: list[str], rng: random.Random, stk_cd: str | None, count: int, list_name: str
) -> list[dict[str, str]]:
    # A chart by ticks or minutes has date and time in one field, unless it has a field for the date as well.
    has_dated_times = "dt" not in names and re.search("_(tic|min)_", list_name) is not None
    rows = [_Row(rng, number, _stock(stk_cd, number), has_dated_times) for number in range(count)]
    return [{name: _value(name, row) for name in names} for row in rows]


def _stock(stk_cd: str | None, number: int) -> tuple[str, str, int]:
    if stk_cd is None:
        return _STOCKS[number % len(_STOCKS)]
    # A code may have a suffix for the exchange, such as 005930_NX.
    known = {code: (name, price) for code, name, price in _STOCKS}
    return (stk_cd, *known.get(stk_cd.partition("_")[0], ("표본", 50000)))


def _value(name: str, row: _Row) -> str:
    for pattern, make in _KINDS:
        if re.fullmatch(pattern, name):
            return make(row, name)
    return str(row.rng.randint(*_AMOUNT))


@lru_cache(maxsize=1)
def _fields_by_api() -> dict[str, str]:
    content = pkgutil.get_data(__package__, "response_fields.tsv") or b""
    lines = content.decode("ascii").splitlines()[1:]
    return {api_id: fields for api_id, _, fields in (line.partition("\t") for line in lines)}
