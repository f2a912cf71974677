"""The token is issued on first use, once, and put on the request."""

import requests

from requests_kiwoom import KiwoomAuth
from tests.helpers.tools import in_threads


def test_first_use_issues_and_attaches(server, session, url):
    """The first request makes one au10001 call, and carries the token that came of it."""
    answer = session.post(url, json={"stk_cd": "005930"})

    assert 0 == answer.json()["return_code"]
    assert ["/oauth2/token", "/api/dostk/stkinfo"] == [request.path for request in server.requests]
    assert session.auth.token() == server.requests[1].token


def test_au10001_is_called_as_specified(server, auth):
    """The call has the specification's body and content type, the api-id, and no authorization."""
    auth.token()

    (call,) = server.requests
    assert "POST" == call.method
    expected = {"grant_type": "client_credentials", "appkey": server.appkey, "secretkey": server.secretkey}
    assert expected == call.json()
    assert "application/json;charset=UTF-8" == call.headers["content-type"]
    assert "au10001" == call.headers["api-id"]
    assert "authorization" not in call.headers


def test_building_an_auth_calls_nobody(server, auth):
    """Nothing is issued before a request needs a token."""
    assert auth.expires_at is None
    assert [] == server.requests


def test_second_request_uses_the_same_token(server, session, url):
    """While the token lives, au10001 is not asked again."""
    for _ in range(3):
        session.post(url, json={})

    assert 1 == server.issues
    assert 1 == len({request.token for request in server.requests[1:]})


def test_32_threads_at_once_make_one_call(server, session, url):
    """32 first requests at once make exactly one au10001 call."""
    server.latency = 0.1

    answers = in_threads(32, lambda: session.post(url, json={}).json()["return_code"])

    assert [0] * 32 == answers
    assert 1 == server.issues


def test_expires_at_is_in_kst(server, auth):
    """``expires_at`` is the aware moment that au10001 named, 24 hours after the issue, in whole seconds."""
    server.clock.stop()
    auth.token()

    assert "KST" == auth.expires_at.tzname()
    assert 24 * 3600 - 1 < auth.expires_at.timestamp() - server.clock() <= 24 * 3600


def test_auth_equal_none_of_a_request_is_the_session_s(server, session, url):
    """``auth=lambda r: r`` switches the auth off for one request: no token is issued, and none is sent."""
    answer = session.post(url, json={}, auth=lambda request: request)

    assert "[1513:" in answer.json()["return_msg"]
    assert 0 == server.issues


def test_two_keys_never_share_a_token(server):
    """Each auth has a token of its own, even for the same server."""
    first, second = (KiwoomAuth(server.appkey, server.secretkey, base_url=server.url) for _ in range(2))

    assert (first.token(), second.token()) and 2 == server.issues


def test_requests_post_takes_the_auth(server, auth, url):
    """Without a session, ``auth=auth.for_api(...)`` is all that a call needs."""
    answer = requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"})

    assert {"api_id": "ka10001", "return_code": 0} == {key: answer.json()[key] for key in ("api_id", "return_code")}
