"""kiwoom-rest-trade."""

from kiwoom import AsyncKiwoomClient
from kiwoom.models.domestic import Ka10001Request, Ka10081Request, Kt00018Request, Kt10000Request

from .stage import ORDER


async def start(server):
    return AsyncKiwoomClient(appkey=server.appkey, secretkey=server.secretkey)


async def quote(client):
    return await client.domestic.ka10001(Ka10001Request(stk_cd="005930"))


async def chart(client):
    return await client.domestic.ka10081(Ka10081Request(stk_cd="005930", base_dt="20260107", upd_stkpc_tp="1"))


async def order(client):
    return await client.domestic.kt10000(Kt10000Request(**ORDER))


async def holdings(client):
    return await client.domestic.kt00018(Kt00018Request(qry_tp="1", dmst_stex_tp="KRX"))
