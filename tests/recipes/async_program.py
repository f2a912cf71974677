"""Call Kiwoom from asyncio: ``asyncio.to_thread`` keeps the event loop free.

requests blocks, so each call runs in a thread. The threads share one session and one
token. For many calls at once, see ``httpx_client.py``.

Needs nothing but the standard library. Prints::

    ['005930', '000660', '035420']: 3 responses, 1 token call
"""

import asyncio

import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer


async def ask(session, url, stock):
    """Return the response to one query."""
    response = await asyncio.to_thread(
        session.post, url, headers={"api-id": "ka10001"}, json={"stk_cd": stock}, timeout=10
    )
    return response.json()


async def ask_all(auth, stocks):
    """Return the responses for all stocks, asked at the same time."""
    with requests.Session() as session:
        session.auth = auth
        url = auth.base_url + "/api/dostk/stkinfo"
        return await asyncio.gather(*(ask(session, url, stock) for stock in stocks))


def main():
    stocks = ["005930", "000660", "035420"]
    with KiwoomServer() as server:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        responses = asyncio.run(ask_all(auth, stocks))
        print(f"{stocks}: {len(responses)} responses, {server.issues} token call")


if __name__ == "__main__":
    main()
