"""kiwoompy."""

import asyncio

from kiwoompy import KiwoomClient, KiwoomRealtime


def start(server):
    return KiwoomClient(env="real", appkey=server.appkey, secretkey=server.secretkey)


def quote(client):
    return client.query.get_stock_info("005930")


def chart(client):
    return client.query.get_stock_day_chart("005930", "20260107")


def order(client):
    return client.order.buy("005930", "1", trade_type="market")


def holdings(client):
    return client.query.get_account_balance()


async def stream(client, on_message):
    async def on_trade(event):
        on_message(event.values)

    async with KiwoomRealtime(client.api, env="real") as realtime:
        await realtime.subscribe("0B", ["005930"], on_trade)
        await asyncio.sleep(60)
