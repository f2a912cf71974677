"""The pages of a chart, in a pandas frame."""

import pandas
import pytest

from tests.recipes.chart_in_pandas import read_chart


def read(server, session):
    """Read the chart of the local server."""
    return read_chart(session, server.url + "/api/dostk/chart", "005930", "20250630")


def test_pages_in_a_frame(server, session):
    """Three pages of a chart are a frame of numbers, ordered by day; one token is enough for them."""
    days = pandas.date_range("2025-01-01", periods=10)
    rows = [{"dt": f"{day:%Y%m%d}", "cur_prc": f"{70000 + n}", "pred_pre": f"-{n}"} for n, day in enumerate(days)]
    server.reply_pages("ka10081", "stk_dt_pole_chart_qry", rows[::-1], size=3)

    chart = read(server, session)

    assert list(days[1:]) == list(chart.index)
    assert list(range(70001, 70010)) == list(chart["cur_prc"])
    assert -9 == chart["pred_pre"].iloc[-1]
    assert (1, 4) == (server.issues, len(server.requests))


def test_last_page(server, session):
    """After the only page of a chart, no other page is requested."""
    server.reply_pages("ka10081", "stk_dt_pole_chart_qry", [{"dt": "20250102", "cur_prc": ""}], size=3)

    assert 1 == len(read(server, session))
    assert 2 == len(server.requests)


def test_refused_page(server, session):
    """A page that Kiwoom refuses is an error with Kiwoom's message, not a frame with missing rows."""
    server.reply("ka10081", {"return_code": 2, "return_msg": "입력 값 오류입니다"})

    with pytest.raises(RuntimeError, match="입력 값 오류입니다"):
        read(server, session)
