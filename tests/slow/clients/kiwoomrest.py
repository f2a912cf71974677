"""kiwoomRest."""

import asyncio

from kiwoomRest import KwRestApi

from .stage import ORDER


async def start(server):
    api = KwRestApi()
    assert await api.login(server.appkey, server.secretkey), api.last_message
    return api


async def quote(api):
    return _body(await api.request("ka10001", {"stk_cd": "005930"}))


async def chart(api):
    pages, more = [], {}
    while True:
        data = {"stk_cd": "005930", "base_dt": "20260107", "upd_stkpc_tp": "1"}
        page = await api.request("ka10081", data, **more)
        pages.append(_body(page))
        if page.cont_yn != "Y":
            return pages
        more = {"cont_yn": "Y", "next_key": page.next_key}


async def order(api):
    return _body(await api.request("kt10000", ORDER))


async def holdings(api):
    return _body(await api.request("kt00018", {"qry_tp": "1", "dmst_stex_tp": "KRX"}))


async def stream(api, on_message):
    api.on_realtime.connect(on_message)
    data = [{"item": ["005930"], "type": ["0B"]}]
    response = await api.realtime({"trnm": "REG", "grp_no": "1", "refresh": "1", "data": data})
    assert response.return_code == 0, response.return_msg
    await asyncio.sleep(60)


def _body(response):
    assert response.return_code == 0, response.return_msg
    return response.body
