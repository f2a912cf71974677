"""Headers that a program, or an adapter of the user's, has put into a plain dict, in which a name has one spelling."""

import pytest
import requests
from requests.adapters import HTTPAdapter

from requests_kiwoom import InvalidApiId, KiwoomAuth, TokenUnavailable
from requests_kiwoom.testing import KiwoomServer
from requests_kiwoom.testing.server import Reply
from tests.auth.test_redirects import KeepsAuth, redirect
from tests.helpers.constants import PATH

REJECTED = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}


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
def test_a_rejection(server, session, prepared, caplog, set_cookie, cookie):
    """The request is sent again with the new token, and with that alone."""
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED, headers=set_cookie)][1], path=PATH)

    answer = session.send(prepared)

    assert 0 == answer.json()["return_code"]
    assert 1 == count_authorizations(answer.request)
    assert [cookie, session.auth.token()] == [answer.request.headers["Cookie"], server.requests[-1].token]
    assert "was rejected for ka10001" in caplog.text


@pytest.mark.parametrize("headers", [{"api-id": "ka10001"}, {}])
def test_an_auth_that_is_called_by_hand(server, auth, url, headers):
    """It finds the api-id that is there, or puts its own, and the token in the place of another one."""
    request = requests.Request("POST", url, json={}).prepare()
    request.headers = {"Authorization": "Bearer fake-other", **headers}
    (auth if headers else auth.for_api("ka10001"))(request)

    assert {"api-id": "ka10001", "Authorization": f"Bearer {auth.token()}"} == request.headers


def test_an_api_id_that_is_another(auth, url):
    """It is refused as ever."""
    request = requests.Request("POST", url, json={}).prepare()
    request.headers = {"api-id": "kt10001"}

    with pytest.raises(InvalidApiId):
        auth.for_api("kt10000")(request)


def test_a_redirect_that_leads_away(server, auth, prepared):
    """The token stays at home, in a session that would carry it along as well."""
    with KiwoomServer() as foreign, KeepsAuth() as session:
        server.fail(redirect(foreign.url + PATH), path=PATH)
        session.send(prepared)

        assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_a_hop_after_a_resend(server, session, prepared):
    """It carries the new token, and that alone."""
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED)][1], redirect(f"{PATH}?hop=1"), path=PATH)

    answer = session.send(prepared)

    assert 0 == answer.json()["return_code"]
    assert [1, 2] == [count_authorizations(answer.request), server.issues]


def test_a_redirect_as_requests_reads_it(server, session, url):
    """requests looks for ``location``, in lower case: it is followed, and leads to nobody who gets the token."""
    session.mount("http://", PlainAnswers(lower=True))
    with KiwoomServer() as foreign:
        server.fail(redirect(foreign.url + PATH), path=PATH)
        session.post(url, json={})

        assert ["authorization" in request.headers for request in foreign.requests] == [False]


@pytest.mark.parametrize("size, is_left", [(1024, False), (1025, True)])
def test_how_long_an_answer_is(server, session, url, size, is_left):
    """With ``stream=True`` an answer that says that it is longer than 1 KiB is left to the caller."""
    session.mount("http://", PlainAnswers(lower=False))
    server.fail(Reply(b"x" * size), path=PATH)

    with session.post(url, json={}, stream=True) as answer:
        assert is_left == (b"x" * size == answer.raw.read())


@pytest.mark.parametrize("lower", [True, False])
def test_what_a_lent_session_answers(server, lower):
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
