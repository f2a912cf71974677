"""kiwoom-playground."""

import asyncio

from kiwoom_rest.client import KiwoomClient

from .stage import ORDER


def start(server):
    return KiwoomClient(server.appkey, server.secretkey)


def quote(client):
    return client.core.call("ka10001", stk_cd="005930")


def chart(client):
    pages, headers = [], {}
    while True:
        page = client.core.call("ka10081", stk_cd="005930", base_dt="20260107", upd_stkpc_tp="1", **headers)
        pages.append(page)
        if page.get("cont-yn") != "Y":
            return pages
        headers = {"cont_yn": "Y", "next_key": page["next-key"]}


def order(client):
    return client.core.call("kt10000", **ORDER)


def holdings(client):
    return client.core.call("kt00018", qry_tp="1", dmst_stex_tp="KRX")


async def stream(client, on_message):
    await client.core.connect_ws(on_message)
    data = [{"item": ["005930"], "type": ["0B"]}]
    await client.core.send_ws({"trnm": "REG", "grp_no": "1", "refresh": "1", "data": data})
    await asyncio.sleep(60)
