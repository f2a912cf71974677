"""Sample responses: Kiwoom's field names with plausible values."""

import re

import pytest

from requests_kiwoom.testing import KiwoomServer

ORDER = {"dmst_stex_tp": "KRX", "stk_cd": "005930", "ord_qty": "1", "trde_tp": "3"}


def test_a_quote_has_its_fields_as_strings(client):
    """ka10001 returns its fields as strings, and the stock of the request."""
    quote = client.call(stk_cd="000660").json()

    assert {"stk_cd", "stk_nm", "cur_prc", "per", "eps", "250hgst", "high_pric", "flu_rt"} <= quote.keys()
    assert "000660" == quote["stk_cd"]
    assert {str} == {type(value) for name, value in quote.items() if name != "return_code"}


@pytest.mark.parametrize(
    "name, form",
    [
        ("cur_prc", r"[+-]\d{5,6}"),
        ("high_pric", r"[+-]\d{5,6}"),
        ("dt", r"2025010[123]|2024123\d"),
        ("trde_qty", r"\d+"),
        ("pred_pre_sig", r"[25]"),
        ("pred_pre", r"[+-]\d+"),
        ("trde_tern_rt", r"\d+\.\d\d"),
    ],
)
def test_a_value_has_the_form_of_its_field(server, name, form):
    """A value has the form that its name suggests: signed prices, dates, quantities, rates."""
    (row,) = server.sample("ka10081")["stk_dt_pole_chart_qry"]

    assert re.fullmatch(form, row[name]), row[name]


def test_times_have_their_format(server):
    """A time is HHMMSS; in a minute chart, the date precedes it."""
    (minute,) = server.sample("ka10080")["stk_min_pole_chart_qry"]
    (trade,) = server.sample("ka10003")["cntr_infr"]

    assert "20250103153000" == minute["cntr_tm"]
    assert "153000" == trade["tm"]


@pytest.mark.parametrize("seed", range(20))
def test_prices_of_a_row_are_consistent(seed):
    """The prices of a row are consistent: low < open and current < high; the sign shows the direction of the day."""
    (row,) = KiwoomServer(seed=seed).sample("ka10081")["stk_dt_pole_chart_qry"]
    price = {name: abs(int(row[name])) for name in ("low_pric", "open_pric", "cur_prc", "high_pric")}

    assert price["low_pric"] < min(price["open_pric"], price["cur_prc"])
    assert max(price["open_pric"], price["cur_prc"]) < price["high_pric"]
    assert price["cur_prc"] - price["open_pric"] == int(row["pred_pre"])
    assert row["cur_prc"][0] == row["pred_pre"][0]


def test_order_book_prices_are_sorted(server):
    """In the order book, offers rise and bids fall with their rank."""
    book = server.sample("ka10004")
    offers = [abs(int(book[f"sel_{rank}th_pre_bid"])) for rank in range(2, 11)]
    bids = [abs(int(book[f"buy_{rank}th_pre_bid"])) for rank in range(2, 11)]

    assert sorted(set(offers)) == offers
    assert sorted(set(bids), reverse=True) == bids
    assert bids[0] < abs(int(book["buy_fpr_bid"])) < abs(int(book["sel_fpr_bid"])) < offers[0]


def test_sample_has_the_requested_number_of_rows(server):
    """sample() returns the requested number of rows, each one trading day before the last."""
    days = [row["dt"] for row in server.sample("ka10081", rows=7)["stk_dt_pole_chart_qry"]]

    assert ["20250103", "20250102", "20250101", "20241231", "20241230", "20241227", "20241226"] == days
    assert [] == server.sample("ka10081", rows=0)["stk_dt_pole_chart_qry"]


def test_a_list_has_one_row_by_default(client):
    """A list has one row by default, and the row has the stock of the request."""
    (row,) = client.call("kt00018").json()["acnt_evlt_remn_indv_tot"]
    (asked,) = client.call("ka10095", stk_cd="035420").json()["atn_stk_infr"]

    assert ("005930", "035420") == (row["stk_cd"], asked["stk_cd"])


def test_order_numbers_grow(client):
    """Each order has a number of 7 digits, greater than the last one, whatever the kind of order."""
    numbers = [client.call(api_id, **ORDER).json()["ord_no"] for api_id in ("kt10000", "kt10001", "kt10003", "kt50000")]

    assert ["0000001", "0000002", "0000003", "0000004"] == numbers


def test_an_order_echoes_its_exchange(client):
    """An order returns the exchange of the request."""
    assert "NXT" == client.call("kt10000", **{**ORDER, "dmst_stex_tp": "NXT"}).json()["dmst_stex_tp"]


def test_same_seed_same_values():
    """The same seed gives the same values, another seed gives others. A change of one sample changes no other."""
    first, again, other = (KiwoomServer(seed=seed).sample("kt00018") for seed in (1, 1, 2))
    assert first == again != other

    first["acnt_evlt_remn_indv_tot"].clear()
    assert again == KiwoomServer(seed=1).sample("kt00018")


def test_an_api_with_unknown_fields_is_a_bare_success(client):
    """An API whose fields are unknown is a success without fields."""
    assert {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"} == client.call("usa20100").json()


def test_a_sample_can_be_the_response(server, client):
    """A changed sample is the response that reply() sets."""
    server.reply("ka10001", {**server.sample("ka10001"), "cur_prc": "-1"})

    response = client.call().json()
    assert ("-1", 0) == (response["cur_prc"], response["return_code"])


def test_sample_of_an_unknown_api(server):
    """A misspelt api-id raises an error instead of giving an empty sample."""
    with pytest.raises(ValueError, match="Kiwoom has no api-id 'ka1001'"):
        server.sample("ka1001")


def test_pages_have_the_other_fields(server, client):
    """reply_pages() adds the other fields of that API to each page, with the stock of the request."""
    rows = [{"dt": "20250103"}]
    server.reply_pages("ka10081", "stk_dt_pole_chart_qry", rows)

    response = client.call("ka10081", stk_cd="000660").json()
    assert {"stk_cd": "000660", "stk_dt_pole_chart_qry": rows}.items() <= response.items()


def test_a_body_that_is_not_json(server, client):
    """With strict=False a body may be anything, and the response is a sample."""
    server.strict = False
    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001"}

    response = client.session.post(server.url + "/api/dostk/stkinfo", data=b"x", headers=headers)

    assert "005930" == response.json()["stk_cd"]
