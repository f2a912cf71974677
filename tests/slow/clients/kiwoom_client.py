"""kiwoom-client."""

import asyncio

from kiwoom_client import KiwoomAPI

from .stage import HOST, ORDER


def start(server):
    return KiwoomAPI(server.appkey, server.secretkey, base_url=f"https://{HOST}")


def quote(api):
    return api.stock_info.basic_stock_info(stk_cd="005930")


def chart(api):
    body = {"stk_cd": "005930", "base_dt": "20260107", "upd_stkpc_tp": "1"}
    return api._base_client.request_all("/api/dostk/chart", "ka10081", body, "stk_dt_pole_chart_qry")


def order(api):
    return api.order.buy_order(**ORDER)


def holdings(api):
    return api.account.evaluation_balance_detail(qry_tp="1", dmst_stex_tp="KRX")


async def stream(api, on_message):
    socket = await asyncio.to_thread(api.create_websocket)

    async def on_trade(data):
        on_message(data)

    await socket.connect()
    socket.on("0B", on_trade)
    await socket.subscribe("0B", "005930")
    await socket.listen()
