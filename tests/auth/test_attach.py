"""Each request gets the token and the api-id, even if its headers are a plain dict."""

import pytest
import requests
from requests.adapters import HTTPAdapter

from requests_kiwoom import InvalidApiId, KiwoomAuth, MissingApiId, TokenUnavailable
from requests_kiwoom.testing import KiwoomServer
from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import PATH, REJECTED
from tests.helpers.sessions import KeepsAuth, redirect
from tests.helpers.threads import in_threads


def test_first_request_issues_a_token_and_carries_it(server, session, url):
    """The first request makes one au10001 call and carries the issued token."""
    response = session.post(url, json={"stk_cd": "005930"})

    assert 0 == response.json()["return_code"]
    assert ["/oauth2/token", "/api/dostk/stkinfo"] == [request.path for request in server.requests]
    assert session.auth.token() == server.requests[1].token


def test_au10001_is_called_as_specified(server, auth):
    """The au10001 call has the specified body and content type, its api-id, and no ``Authorization`` header."""
    auth.token()

    (call,) = server.requests
    assert "POST" == call.method
    expected = {"grant_type": "client_credentials", "appkey": server.appkey, "secretkey": server.secretkey}
    assert expected == call.json()
    assert "application/json;charset=UTF-8" == call.headers["content-type"]
    assert "au10001" == call.headers["api-id"]
    assert "authorization" not in call.headers


def test_building_an_auth_sends_nothing(server, auth):
    """No token is issued before a request needs one."""
    assert auth.expires_at is None
    assert [] == server.requests


def test_second_request_uses_the_same_token(server, session, url):
    """While the token is live, au10001 is not called again."""
    for _ in range(3):
        session.post(url, json={})

    assert 1 == server.issues
    assert 1 == len({request.token for request in server.requests[1:]})


def test_first_requests_of_32_threads_make_one_au10001_call(server, session, url):
    """32 first requests at once make exactly one au10001 call."""
    server.latency = 0.1

    codes = in_threads(32, lambda: session.post(url, json={}).json()["return_code"])

    assert [0] * 32 == codes
    assert 1 == server.issues


def test_expires_at_is_in_kst(server, auth):
    """``expires_at`` is an aware datetime in KST: 24 hours after the issue, in whole seconds."""
    server.clock.stop()
    auth.token()

    assert "KST" == auth.expires_at.tzname()
    assert 24 * 3600 - 1 < auth.expires_at.timestamp() - server.clock() <= 24 * 3600


def test_a_no_op_auth_of_a_request_switches_the_auth_off(server, session, url):
    """``auth=lambda r: r`` switches the auth off for one request: no token is issued, and none is sent."""
    response = session.post(url, json={}, auth=lambda request: request)

    assert "[1513:" in response.json()["return_msg"]
    assert 0 == server.issues


def test_two_auths_without_a_store_make_one_au10001_call_each(server):
    """Two auths without a store share nothing, even for the same key: each calls au10001."""
    first, second = (KiwoomAuth(server.appkey, server.secretkey, base_url=server.url) for _ in range(2))

    assert (first.token(), second.token()) and 2 == server.issues


def test_requests_post_takes_the_auth(server, auth, url):
    """Without a session, ``auth=auth.for_api(...)`` is all that a call needs."""
    response = requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"})

    assert 0 == response.json()["return_code"]
    assert "ka10001" == server.requests[-1].api_id


def test_the_api_id_header_is_sent_unchanged(server, auth, url):
    """The request's own ``api-id`` header is sent unchanged, as text or bytes."""
    for api_id in ("ka10001", b"ka10001"):
        requests.post(url, json={}, auth=auth, headers={"API-ID": api_id})

    assert ["ka10001"] * 2 == [request.api_id for request in server.requests[1:]]


def test_for_api_adds_the_api_id_header(server, auth, url):
    """``for_api`` adds the ``api-id`` header."""
    requests.post(url, json={}, auth=auth.for_api("ka10001"))

    assert "ka10001" == server.requests[-1].api_id


def test_header_and_for_api_may_name_the_same_api(server, auth, url):
    """The header, as text or bytes, and ``for_api`` may both name the API, if they name the same one."""
    for api_id in ("ka10001", b"ka10001"):
        requests.post(url, json={}, auth=auth.for_api("ka10001"), headers={"api-id": api_id})

    assert ["ka10001"] * 2 == [request.api_id for request in server.requests[1:]]


@pytest.mark.parametrize("headers", [{}, {"api-id": ""}])
def test_a_request_without_an_api_id_is_not_sent(server, auth, url, headers):
    """Without an api-id ``MissingApiId`` is raised: nothing is sent, and no token is issued."""
    with pytest.raises(MissingApiId, match="for_api") as caught:
        requests.post(url, json={}, auth=auth, headers=headers)

    assert [] == server.requests
    assert caught.value.__context__ is None  # Its traceback is the only one that is printed.


def test_two_different_api_ids_are_an_error(server, auth, url):
    """Two different api-ids (kt10000 buys, kt10001 sells) are an error before anything is sent."""
    with pytest.raises(InvalidApiId, match="kt10000"):
        requests.post(url, json={}, auth=auth.for_api("kt10000"), headers={"api-id": "kt10001"})

    assert [] == server.requests


@pytest.mark.parametrize("api_id", ["ka100010001", "ka 10001", "삼성전자", "ka10001\x7f", b"ka100010001", b"\xff"])
def test_a_malformed_api_id_header_is_an_error(server, auth, url, api_id):
    """An api-id of more than 10 characters, or not of visible ASCII, is an error before anything is sent."""
    with pytest.raises(InvalidApiId):
        requests.post(url, json={}, auth=auth, headers={"api-id": api_id})

    assert [] == server.requests


@pytest.mark.parametrize("api_id", ["ka100010001", "ka 10001", "삼성전자", "ka10001\n", 10001, None, "", b"ka10001"])
def test_for_api_raises_for_a_malformed_api_id(auth, api_id):
    """``for_api`` raises ``InvalidApiId`` for a malformed api-id, and shows an example."""
    with pytest.raises(InvalidApiId, match="ka10001"):
        auth.for_api(api_id)


def test_api_id_errors_are_value_errors():
    """A program that catches ``ValueError`` or ``RequestException`` catches both api-id errors."""
    for error in (MissingApiId, InvalidApiId):
        assert issubclass(error, ValueError) and issubclass(error, requests.exceptions.RequestException)


def test_views_share_the_token(server, auth, url):
    """All views of an auth use one token."""
    for api_id in ("ka10001", "ka10002", "ka10003"):
        requests.post(url, json={}, auth=auth.for_api(api_id))

    assert 1 == server.issues
    assert 1 == len({request.token for request in server.requests[1:]})


@pytest.fixture
def prepared(session, url):
    """A prepared request with a token, whose headers are a plain dict."""
    request = session.prepare_request(requests.Request("POST", url, json={}))
    request.headers = {**request.headers, "Cookie": "mine=1"}
    return request


class PlainHeaders(HTTPAdapter):
    """An adapter whose responses have a plain dict of headers, with names in lower case or as sent."""

    def __init__(self, lower):
        super().__init__()
        self._lower = lower

    def send(self, request, **kwargs):
        response = super().send(request, **kwargs)
        response.headers = {name.lower() if self._lower else name: text for name, text in response.headers.items()}
        return response


def count_authorizations(request):
    """Count the ``Authorization`` headers of a request, in upper or lower case."""
    return [name.lower() for name in request.headers].count("authorization")


@pytest.mark.parametrize("set_cookie, cookie", [({"Set-Cookie": "node=b; Path=/"}, "mine=1; node=b"), ({}, "mine=1")])
def test_plain_headers_carry_one_new_token_after_a_rejection(server, session, prepared, caplog, set_cookie, cookie):
    """A rejected request with plain headers is resent with the new token as its only ``Authorization``."""
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED, headers=set_cookie)][1], path=PATH)

    response = session.send(prepared)

    assert 0 == response.json()["return_code"]
    assert 1 == count_authorizations(response.request)
    assert [cookie, session.auth.token()] == [response.request.headers["Cookie"], server.requests[-1].token]
    assert " rejected for ka10001 (" in caplog.text


@pytest.mark.parametrize("headers", [{"api-id": "ka10001"}, {}])
def test_an_auth_called_by_hand_replaces_the_token_in_plain_headers(server, auth, url, headers):
    """An auth called by hand keeps the api-id in plain headers or adds its own, and replaces another token."""
    request = requests.Request("POST", url, json={}).prepare()
    request.headers = {"Authorization": "Bearer fake-other", **headers}
    (auth if headers else auth.for_api("ka10001"))(request)

    assert {"api-id": "ka10001", "Authorization": f"Bearer {auth.token()}"} == request.headers


def test_a_different_api_id_in_plain_headers_is_an_error(auth, url):
    """Plain headers with another api-id than the auth's are an error."""
    request = requests.Request("POST", url, json={}).prepare()
    request.headers = {"api-id": "kt10001"}

    with pytest.raises(InvalidApiId):
        auth.for_api("kt10000")(request)


def test_plain_headers_lose_the_token_on_a_redirect_to_another_host(server, auth, prepared):
    """Plain headers carry no token to another host, even in a session that never strips ``Authorization``."""
    with KiwoomServer() as foreign, KeepsAuth() as session:
        server.fail(redirect(foreign.url + PATH), path=PATH)
        session.send(prepared)

        assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_plain_headers_carry_one_new_token_on_a_hop_after_a_resend(server, session, prepared):
    """A redirect of a resent request with plain headers carries the new token as its only ``Authorization``."""
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED)][1], redirect(f"{PATH}?hop=1"), path=PATH)

    response = session.send(prepared)

    assert 0 == response.json()["return_code"]
    assert [1, 2] == [count_authorizations(response.request), server.issues]


def test_a_redirect_with_plain_headers_is_followed_without_the_token(server, session, url):
    """A redirect whose headers are a plain dict (requests looks for ``location``) is followed without the token."""
    session.mount("http://", PlainHeaders(lower=True))
    with KiwoomServer() as foreign:
        server.fail(redirect(foreign.url + PATH), path=PATH)
        session.post(url, json={})

        assert ["authorization" in request.headers for request in foreign.requests] == [False]


@pytest.mark.parametrize("size, is_unread", [(1024, False), (1025, True)])
def test_a_content_length_in_plain_headers_is_found(server, session, url, size, is_unread):
    """With ``stream=True`` a response that declares more than 1 KiB in plain headers is not read by the hook."""
    session.mount("http://", PlainHeaders(lower=False))
    server.content_length = True
    server.fail(Reply(b"x" * size), path=PATH)

    with session.post(url, json={}, stream=True) as response:
        assert is_unread == (b"x" * size == response.raw.read())


@pytest.mark.parametrize("lower", [True, False])
def test_plain_headers_of_a_token_response_are_found_in_any_case(server, lower):
    """``Retry-After`` and ``Location`` of au10001's response are found in upper or lower case."""
    server.clock.stop()
    with requests.Session() as session:
        session.mount("http://", PlainHeaders(lower))
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)
        server.fail(Reply(b"", 429, {"Retry-After": "7"}), Reply(b"", 307, {"Location": "http://127.0.0.1:9/"}))

        with pytest.raises(TokenUnavailable) as caught:
            auth.token()
        server.clock.advance(seconds=8)
        with pytest.raises(TokenUnavailable, match="It redirects") as redirect_error:
            auth.token()

    assert 7.0 == caught.value.retry_after
    assert "location" not in redirect_error.value.response.headers
