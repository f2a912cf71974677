"""kiwoom-rest-api."""

import os

from .stage import HOST, ORDER


def start(server):
    # The client reads them when it is imported.
    os.environ.update(KIWOOM_API_KEY=server.appkey, KIWOOM_API_SECRET=server.secretkey)
    from kiwoom_rest_api.auth.token import TokenManager

    return {"base_url": f"https://{HOST}", "token_manager": TokenManager()}


def quote(options):
    from kiwoom_rest_api.koreanstock.stockinfo import StockInfo

    return StockInfo(**options).basic_stock_information_request_ka10001("005930")


def chart(options):
    from kiwoom_rest_api.koreanstock.chart import Chart

    pages, headers = [], {}
    while True:
        page = Chart(**options).stock_daily_chart_request_ka10081("005930", "20260107", "1", **headers)
        pages.append(page)
        if page["cont-yn"] != "Y":
            return pages
        headers = {"cont_yn": "Y", "next_key": page["next-key"]}


def order(options):
    from kiwoom_rest_api.koreanstock.order import Order

    return Order(**options).stock_buy_order_request_kt10000(**ORDER)


def holdings(options):
    from kiwoom_rest_api.koreanstock.account import Account

    return Account(**options).account_evaluation_balance_detail_request_kt00018("1", "KRX")
