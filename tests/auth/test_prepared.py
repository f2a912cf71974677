"""Prepared requests: sent by another thread, copied for several accounts, sent after many renewals."""

import json
import logging
from datetime import datetime, timedelta, timezone

import pytest
import requests

from requests_kiwoom import KiwoomAuth, Token
from tests.helpers.constants import PATH, REJECTED
from tests.helpers.raw_server import RawServer, http, issued
from tests.helpers.threads import in_threads


def test_prepared_in_one_thread_and_sent_in_another(server, session, url):
    """What belongs to a request is on the request: threads may hand it on."""
    session.post(url, json={})
    prepared = [session.prepare_request(requests.Request("POST", url, data=b"%d" % n)) for n in range(8)]
    server.revoke_all()

    answers = in_threads(8, lambda: session.send(prepared.pop()).json()["return_code"])

    assert [0] * 8 == answers
    assert {b"%d" % n for n in range(8)} == {r.body for r in server.requests if r.token == server.token}


def test_a_copy_is_sent_again_with_its_own_account_s_token():
    """An order prepared once and copied for two accounts: a rejection of one is never cured with the other's token."""
    rejected = http(json.dumps(REJECTED).encode())
    with RawServer(issued("first"), issued("second"), rejected, issued("again"), http(b"{}")) as raw:
        accounts = [KiwoomAuth(f"fake-appkey-{n}", f"fake-secretkey-{n}", base_url=raw.url) for n in (1, 2)]
        order = requests.Request("POST", raw.url + PATH, json={}, headers={"api-id": "kt10000"}).prepare()
        first, _ = (auth(order.copy()) for auth in accounts)

        with requests.Session() as session:
            assert {} == session.send(first).json()

    assert b"fake-appkey-1" in raw.requests[3]
    assert b"Bearer again" in raw.requests[4]
    assert [] == order.hooks["response"]


@pytest.mark.parametrize("resend", [True, False])
def test_an_order_with_a_token_put_there_by_hand(server, auth, url, caplog, resend):
    """An order whose header was given another account's token goes out for that account, and for no other."""
    caplog.set_level(logging.WARNING)
    request = requests.Request("POST", url, json={}, auth=auth.for_api("kt10000", resend=resend)).prepare()
    request.headers["Authorization"] = "Bearer fake-token-of-another-account"

    with requests.Session() as session:
        assert "[8005:" in session.send(request).json()["return_msg"]

    assert ["fake-token-of-another-account"] == [request.token for request in server.requests if request.path == PATH]
    assert 1 == server.issues
    assert ["the rejected answer goes to the caller: its token is none of this auth's"] == caplog.messages


class EverNew:
    """A store that has another token each time it is asked."""

    def __init__(self, server):
        self.server, self.loads = server, 0

    def load(self, key):
        self.loads += 1
        return Token(f"fake-token-{self.loads}", datetime.now(timezone.utc) + timedelta(hours=1))

    def update(self, key, issue, *, wait):
        return issue(None)

    def discard(self, key, token):
        """It keeps none."""


@pytest.mark.parametrize("tokens, sent", [(255, 2), (256, 1)])
def test_the_own_tokens_are_known_for_long(server, url, tokens, sent):
    """A request is sent again though its token was replaced 255 times meanwhile; no more of them are remembered."""
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=EverNew(server))
    request = requests.Request("POST", url, json={}, auth=auth.for_api("ka10001")).prepare()
    for _ in range(tokens):
        auth.token(rejected=auth.token())

    with requests.Session() as session:
        session.send(request)

    assert sent == sum(request.path == PATH for request in server.requests)


def test_a_token_that_comes_again_is_one(server, auth, url):
    """However often the same token comes again, those before it are not forgotten."""
    request = requests.Request("POST", url, json={}, auth=auth.for_api("ka10001")).prepare()
    auth.revoke()
    for _ in range(256):
        auth.renew()

    with requests.Session() as session:
        assert 0 == session.send(request).json()["return_code"]

    assert 2 == server.issues
