"""Copies of one prepared request, each for another account."""

import json

import requests

from requests_kiwoom import KiwoomAuth

from .conftest import PATH
from .tools import RawServer, http, issued

REJECTED = http(json.dumps({"return_msg": "[8005:Token이 유효하지 않습니다]", "return_code": 3}).encode())


def test_a_copy_is_sent_again_with_its_own_account_s_token():
    """An order prepared once and copied for two accounts: a rejection of one is never cured with the other's token."""
    with RawServer(issued("first"), issued("second"), REJECTED, issued("again"), http(b"{}")) as raw:
        accounts = [KiwoomAuth(f"fake-appkey-{n}", f"fake-secretkey-{n}", base_url=raw.url) for n in (1, 2)]
        order = requests.Request("POST", raw.url + PATH, json={}, headers={"api-id": "kt10000"}).prepare()
        first, _ = (auth(order.copy()) for auth in accounts)

        with requests.Session() as session:
            assert {} == session.send(first).json()

    assert b"fake-appkey-1" in raw.requests[3]
    assert b"Bearer again" in raw.requests[4]
    assert [] == order.hooks["response"]
