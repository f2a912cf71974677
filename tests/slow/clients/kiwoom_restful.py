"""kiwoom-restful."""

import asyncio

import aiohttp.connector
from aiohttp.resolver import ThreadedResolver
from kiwoom import API, REAL

from .stage import ORDER

# It installs aiodns, which looks up names without Python's socket module, so a patch of that has no effect.
aiohttp.connector.DefaultResolver = ThreadedResolver


async def start(server):
    api = API(REAL, server.appkey, server.secretkey)
    await api.connect()
    return api


async def quote(api):
    return (await api.request("/api/dostk/stkinfo", "ka10001", data={"stk_cd": "005930"})).json()


async def chart(api):
    return await api.candle("005930", "day", "stock", start="20260101", end="20260107")


async def order(api):
    return (await api.request("/api/dostk/ordr", "kt10000", data=ORDER)).json()


async def holdings(api):
    data = {"qry_tp": "1", "dmst_stex_tp": "KRX"}
    return (await api.request("/api/dostk/acnt", "kt00018", data=data)).json()


async def stream(api, on_message):
    api.add_callback_on_real_data("0B", on_message)
    await api.register_tick("1", ["005930"])
    await asyncio.sleep(60)
