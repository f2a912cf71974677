"""Users' mocks and recordings: they keep working, and a resent request is seen."""

import gzip
import json
from datetime import datetime, timedelta

import requests
import requests_mock

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import Reply, refusal
from tests.helpers.constants import PATH
from tests.recipes.cassettes import ask_for_price
from tests.recipes.mocks import PRICE, REJECTED, SENT, issued


def test_requests_mock_of_one_session(server):
    """A mocker of one session, which is lent for the token calls as well, sees two sends and two token calls."""
    with requests.Session() as session, requests_mock.Mocker(session=session) as mock:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=server.url, session=session)
        mock.post(server.url + "/oauth2/token", [{"json": issued("first")}, {"json": issued("second")}])
        mock.post(server.url + PATH, [{"json": REJECTED}, {"json": PRICE}])

        response = session.post(server.url + PATH, auth=auth.for_api("ka10001"), json={})

        assert PRICE == response.json()
        assert SENT == [request.path for request in mock.request_history]
        assert "Bearer second" == mock.last_request.headers["authorization"]
    assert [] == server.requests


def test_requests_mock_adapter(server, auth):
    """An adapter of requests-mock that is mounted for the API alone sees both sends, beside real token calls."""
    adapter = requests_mock.Adapter()
    adapter.register_uri("POST", server.url + PATH, [{"json": REJECTED}, {"json": PRICE}])
    server.reissue = "new"

    with requests.Session() as session:
        session.mount(server.url + PATH, adapter)
        response = session.post(server.url + PATH, auth=auth.for_api("ka10001"), json={})

    assert PRICE == response.json()
    assert (2, 2) == (adapter.call_count, server.issues)


def test_cassette_holds_no_secret(server, written):
    """vcrpy's cassette has the responses, but no key and no token, not even the rejected one."""
    server.reissue = "new"
    server.reply("ka10001", {"stk_nm": "삼성전자"})
    server.fail(refusal(8005), path=PATH)

    assert 1 == len(ask_for_price(server, "price.yaml").history)

    content = written()
    assert "삼성전자" in content.decode() or b"\\uC0BC" in content
    tokens = {request.token for request in server.requests if request.token}
    assert 2 == len(tokens)
    for secret in (server.appkey, server.secretkey, *tokens):
        assert secret.encode() not in content


def test_cassette_of_compressed_responses(server, auth, written):
    """A compressed response of au10001 leaves no token in the cassette either, and the cassette can be played."""
    # In a short response, gzip would leave the token readable.
    expires = datetime.now() + timedelta(hours=24)
    token = auth.token()
    body = {"return_msg": "정상적으로 처리되었습니다" * 9, "token": token, "token_type": "bearer", "return_code": 0}
    body["expires_dt"] = f"{expires:%Y%m%d%H%M%S}"
    packed = gzip.compress(json.dumps(body).encode())
    server.fail(Reply(packed, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}))

    recorded, played = (ask_for_price(server, "price.yaml") for _ in range(2))

    assert token == server.requests.last.token
    assert b"recorded-1" in written()
    assert token.encode() not in written()
    assert recorded.json() == played.json()
    assert 3 == len(server.requests)


def test_cassette_is_played_after_a_year(server):
    """A year later the cassette plays without the server: a rejection, another token, the response."""
    server.reissue = "new"
    server.fail(refusal(8005), path=PATH)
    recorded = ask_for_price(server, "price.yaml", server.clock)
    server.requests.clear()
    server.clock.advance(days=365)

    played = ask_for_price(server, "price.yaml", server.clock)

    assert (1, 1) == (len(recorded.history), len(played.history))
    assert recorded.json() == played.json()
    assert [] == server.requests
