"""httpx with the recipe's auth: it resends what this package would resend, and nothing else."""

import asyncio

import httpx
import pytest

from requests_kiwoom.testing import KiwoomServer, refusal
from tests.helpers.constants import PATH
from tests.recipes.httpx_client import Kiwoom


def post(auth, url):
    """Send one request with the synchronous client."""
    with httpx.Client(auth=Kiwoom(auth), trust_env=False) as client:
        return client.post(url, headers={"api-id": "ka10001"}, json={"stk_cd": "005930"})


def post_async(auth, url):
    """Send one request with the asynchronous client."""

    async def send():
        async with httpx.AsyncClient(auth=Kiwoom(auth), trust_env=False) as client:
            return await client.post(url, headers={"api-id": "ka10001"}, json={"stk_cd": "005930"})

    return asyncio.run(send())


both = pytest.mark.parametrize("send", [post, post_async])


@both
def test_rejected_request_is_resent_once(server, auth, send):
    """After a revocation, the request is resent with another token and the same body."""
    first = auth.token()
    server.revoke_all()

    assert 0 == send(auth, server.url + PATH).json()["return_code"]
    assert [first, server.token] == [request.token for request in server.requests.to("ka10001")]
    assert [{"stk_cd": "005930"}] * 2 == [request.json() for request in server.requests.to("ka10001")]


@both
def test_second_rejection_is_returned(server, auth, send):
    """The response of a second rejection is returned to the caller."""
    server.reissue = "new"
    server.fail(refusal(8005), refusal(8005), path=PATH)

    assert "8005" in send(auth, server.url + PATH).json()["return_msg"]
    assert 2 == len(server.requests.to("ka10001"))


@both
def test_another_host_gets_no_token(auth, send):
    """A request to another server is sent unchanged."""
    with KiwoomServer(strict=False) as elsewhere:
        send(auth, elsewhere.url + PATH)

        assert [None] == [request.token for request in elsewhere.requests]
