"""Use the token in httpx, synchronous or asynchronous, through ``auth.token()``.

``token()`` may call au10001, which takes up to 13 seconds: an asynchronous client runs
it in a thread. Like this package, ``Kiwoom`` resends a request once, and only if Kiwoom
rejected its token.

Needs ``pip install httpx``. Prints::

    httpx.Client: 0
    httpx.AsyncClient: 0
    token calls: 2
"""

import asyncio

import httpx

from requests_kiwoom import KiwoomAuth, read_envelope
from requests_kiwoom.testing import KiwoomServer

REJECTED = (8003, 8005, 8031, 8103)


class Kiwoom(httpx.Auth):
    """Put the token of a KiwoomAuth on requests to its own server."""

    requires_response_body = True

    def __init__(self, auth):
        self._auth = auth

    def sync_auth_flow(self, request):
        if not self._is_for_kiwoom(request):
            yield request
            return
        token = self._auth.token()
        response = yield self._with_token(request, token)
        response.read()
        if is_rejected(response):
            yield self._with_token(request, self._auth.token(rejected=token))

    async def async_auth_flow(self, request):
        if not self._is_for_kiwoom(request):
            yield request
            return
        token = await asyncio.to_thread(self._auth.token)
        response = yield self._with_token(request, token)
        await response.aread()
        if is_rejected(response):
            yield self._with_token(request, await asyncio.to_thread(self._auth.token, token))

    def _is_for_kiwoom(self, request):
        return str(request.url).startswith(self._auth.base_url + "/api/")

    @staticmethod
    def _with_token(request, token):
        request.headers["Authorization"] = f"Bearer {token}"
        return request


def is_rejected(response):
    """Return whether Kiwoom rejected the token."""
    envelope = read_envelope(response.content)
    return response.status_code == 401 or (envelope is not None and envelope.code in REJECTED)


async def ask(client, url):
    """Send one query with an asynchronous client."""
    async with client:
        return await client.post(url, headers={"api-id": "ka10001"}, json={"stk_cd": "005930"})


def main():
    with KiwoomServer() as server:
        auth = Kiwoom(KiwoomAuth(server.appkey, server.secretkey, base_url=server.url))
        url = server.url + "/api/dostk/stkinfo"
        with httpx.Client(auth=auth) as client:
            response = client.post(url, headers={"api-id": "ka10001"}, json={"stk_cd": "005930"})
            print("httpx.Client:", response.json()["return_code"])
        server.revoke_all()
        response = asyncio.run(ask(httpx.AsyncClient(auth=auth), url))
        print("httpx.AsyncClient:", response.json()["return_code"])
        print("token calls:", server.issues)


if __name__ == "__main__":
    main()
