"""Read a chart page by page (연속조회) into a pandas frame.

Needs ``pip install pandas``. Prints::

    4 days, the last close 70300
"""

import itertools

import pandas
import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer


def pages(session, url, api_id, body):
    """Yield each page of a list."""
    headers = {"api-id": api_id}
    while headers:
        response = session.post(url, headers=headers, json=body, timeout=10)
        page = response.json()
        if page["return_code"] != 0:
            raise RuntimeError(page["return_msg"])
        yield page
        more = {name: response.headers.get(name, "") for name in ("cont-yn", "next-key")}
        headers = {**headers, **more} if more["cont-yn"] == "Y" else None


def read_chart(session, url, stock, last_day, most_pages=3):
    """Return a daily chart (ka10081) as a frame of numbers, ordered by day."""
    body = {"stk_cd": stock, "base_dt": last_day, "upd_stkpc_tp": "1"}
    some = itertools.islice(pages(session, url, "ka10081", body), most_pages)
    chart = pandas.DataFrame([row for page in some for row in page["stk_dt_pole_chart_qry"]])
    chart["dt"] = pandas.to_datetime(chart["dt"])
    return chart.set_index("dt").apply(pandas.to_numeric).sort_index()


def main():
    rows = [{"dt": f"202506{30 - n}", "cur_prc": str(70300 - 100 * n)} for n in range(4)]
    with KiwoomServer() as server, requests.Session() as session:
        server.reply_pages("ka10081", "stk_dt_pole_chart_qry", rows, size=2)
        session.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        chart = read_chart(session, server.url + "/api/dostk/chart", "005930", "20250630")
        print(f"{len(chart)} days, the last close {chart['cur_prc'].iloc[-1]}")


if __name__ == "__main__":
    main()
