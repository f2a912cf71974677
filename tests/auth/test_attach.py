"""The token and the api-id are put on each request; its headers may be a plain dict."""

import pytest
import requests
from requests.adapters import HTTPAdapter

from requests_kiwoom import InvalidApiId, KiwoomAuth, MissingApiId, TokenUnavailable
from requests_kiwoom.testing import KiwoomServer
from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import PATH, REJECTED
from tests.helpers.sessions import KeepsAuth, redirect
from tests.helpers.threads import in_threads


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

    assert 0 == answer.json()["return_code"]
    assert "ka10001" == server.requests[-1].api_id


def test_the_api_id_from_the_header(server, auth, url):
    """The request's own ``api-id`` header goes out as it is, text or bytes."""
    for api_id in ("ka10001", b"ka10001"):
        requests.post(url, json={}, auth=auth, headers={"API-ID": api_id})

    assert ["ka10001"] * 2 == [request.api_id for request in server.requests[1:]]


def test_the_api_id_from_for_api(server, auth, url):
    """``for_api`` puts the header on."""
    requests.post(url, json={}, auth=auth.for_api("ka10001"))

    assert "ka10001" == server.requests[-1].api_id


def test_header_and_for_api_that_agree(server, auth, url):
    """Header and ``for_api`` may both say it, if they say the same, in text or bytes."""
    for api_id in ("ka10001", b"ka10001"):
        requests.post(url, json={}, auth=auth.for_api("ka10001"), headers={"api-id": api_id})

    assert ["ka10001"] * 2 == [request.api_id for request in server.requests[1:]]


@pytest.mark.parametrize("headers", [{}, {"api-id": ""}])
def test_no_api_id(server, auth, url, headers):
    """Without an api-id nothing is sent, and no token is issued."""
    with pytest.raises(MissingApiId, match="for_api") as caught:
        requests.post(url, json={}, auth=auth, headers=headers)

    assert [] == server.requests
    assert caught.value.__context__ is None  # Its traceback is the only one that is printed.


def test_header_and_for_api_that_differ(server, auth, url):
    """kt10000 buys and kt10001 sells: two different ids are an error, before anything is sent."""
    with pytest.raises(InvalidApiId, match="kt10000"):
        requests.post(url, json={}, auth=auth.for_api("kt10000"), headers={"api-id": "kt10001"})

    assert [] == server.requests


@pytest.mark.parametrize("api_id", ["ka100010001", "ka 10001", "삼성전자", "ka10001\x7f", b"ka100010001", b"\xff"])
def test_not_an_api_id(server, auth, url, api_id):
    """Over 10 characters, or not visible ASCII: an error, before anything is sent."""
    with pytest.raises(InvalidApiId):
        requests.post(url, json={}, auth=auth, headers={"api-id": api_id})

    assert [] == server.requests


@pytest.mark.parametrize("api_id", ["ka100010001", "ka 10001", "삼성전자", "ka10001\n", 10001, None, "", b"ka10001"])
def test_for_api_takes_an_api_id(auth, api_id):
    """``for_api`` refuses what cannot be an api-id, and says what one is."""
    with pytest.raises(InvalidApiId, match="ka10001"):
        auth.for_api(api_id)


def test_api_id_errors_are_value_errors():
    """A program that catches ``ValueError`` or ``RequestException`` catches these."""
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
    """A request with its token, and headers that were replaced."""
    request = session.prepare_request(requests.Request("POST", url, json={}))
    request.headers = {**request.headers, "Cookie": "mine=1"}
    return request


class PlainAnswers(HTTPAdapter):
    """An adapter whose answers have plain headers, with names in lower case or as they came."""

    def __init__(self, lower):
        super().__init__()
        self._lower = lower

    def send(self, request, **kwargs):
        response = super().send(request, **kwargs)
        response.headers = {name.lower() if self._lower else name: text for name, text in response.headers.items()}
        return response


def count_authorizations(request):
    """How many headers of a request are an ``Authorization``, in whatever spelling."""
    return [name.lower() for name in request.headers].count("authorization")


@pytest.mark.parametrize("set_cookie, cookie", [({"Set-Cookie": "node=b; Path=/"}, "mine=1; node=b"), ({}, "mine=1")])
def test_plain_headers_after_a_rejection(server, session, prepared, caplog, set_cookie, cookie):
    """The request is sent again with the new token, and with that alone."""
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED, headers=set_cookie)][1], path=PATH)

    answer = session.send(prepared)

    assert 0 == answer.json()["return_code"]
    assert 1 == count_authorizations(answer.request)
    assert [cookie, session.auth.token()] == [answer.request.headers["Cookie"], server.requests[-1].token]
    assert " rejected for ka10001 (" in caplog.text


@pytest.mark.parametrize("headers", [{"api-id": "ka10001"}, {}])
def test_plain_headers_and_an_auth_called_by_hand(server, auth, url, headers):
    """It finds the api-id that is there, or puts its own, and the token in the place of another one."""
    request = requests.Request("POST", url, json={}).prepare()
    request.headers = {"Authorization": "Bearer fake-other", **headers}
    (auth if headers else auth.for_api("ka10001"))(request)

    assert {"api-id": "ka10001", "Authorization": f"Bearer {auth.token()}"} == request.headers


def test_plain_headers_with_another_api_id(auth, url):
    """It is refused as ever."""
    request = requests.Request("POST", url, json={}).prepare()
    request.headers = {"api-id": "kt10001"}

    with pytest.raises(InvalidApiId):
        auth.for_api("kt10000")(request)


def test_plain_headers_and_a_redirect_to_another_host(server, auth, prepared):
    """The token stays at home, in a session that would carry it along as well."""
    with KiwoomServer() as foreign, KeepsAuth() as session:
        server.fail(redirect(foreign.url + PATH), path=PATH)
        session.send(prepared)

        assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_plain_headers_on_a_hop_after_a_resend(server, session, prepared):
    """It carries the new token, and that alone."""
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED)][1], redirect(f"{PATH}?hop=1"), path=PATH)

    answer = session.send(prepared)

    assert 0 == answer.json()["return_code"]
    assert [1, 2] == [count_authorizations(answer.request), server.issues]


def test_plain_headers_of_a_redirect(server, session, url):
    """requests looks for ``location``, in lower case: it is followed, and the token does not go there."""
    session.mount("http://", PlainAnswers(lower=True))
    with KiwoomServer() as foreign:
        server.fail(redirect(foreign.url + PATH), path=PATH)
        session.post(url, json={})

        assert ["authorization" in request.headers for request in foreign.requests] == [False]


@pytest.mark.parametrize("size, is_left", [(1024, False), (1025, True)])
def test_plain_headers_that_say_the_length(server, session, url, size, is_left):
    """With ``stream=True`` an answer that says that it is longer than 1 KiB is left to the caller."""
    session.mount("http://", PlainAnswers(lower=False))
    server.content_length = True
    server.fail(Reply(b"x" * size), path=PATH)

    with session.post(url, json={}, stream=True) as answer:
        assert is_left == (b"x" * size == answer.raw.read())


@pytest.mark.parametrize("lower", [True, False])
def test_plain_headers_of_a_lent_session(server, lower):
    """``Retry-After`` and ``Location`` of the token service are found in any case."""
    server.clock.stop()
    with requests.Session() as session:
        session.mount("http://", PlainAnswers(lower))
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)
        server.fail(Reply(b"", 429, {"Retry-After": "7"}), Reply(b"", 307, {"Location": "http://127.0.0.1:9/"}))

        with pytest.raises(TokenUnavailable) as caught:
            auth.token()
        server.clock.advance(seconds=8)
        with pytest.raises(TokenUnavailable, match="It redirects") as away:
            auth.token()

    assert 7.0 == caught.value.retry_after
    assert "location" not in away.value.response.headers
