"""pyheroapi."""

import asyncio

from pyheroapi import KiwoomClient


def start(server):
    return KiwoomClient.create_with_credentials(server.appkey, server.secretkey)


def quote(client):
    return client.get_stock_basic_info("005930")


def chart(client):
    return client.get_stock_daily_chart("005930", "20260107")


def order(client):
    return client.buy_stock("005930", 1)


def holdings(client):
    return client.get_account_evaluation_balance_detail()


async def stream(client, on_message):
    realtime = client.realtime
    await realtime.connect()
    realtime.add_callback("0B", lambda data: on_message(data.values))
    await realtime.subscribe_stock_price("005930")
    await asyncio.sleep(60)
