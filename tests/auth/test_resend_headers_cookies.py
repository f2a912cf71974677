"""A request that is sent again has the headers, the settings and the cookies of the first."""

import pytest
from requests.adapters import HTTPAdapter

from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import PATH, REJECTED


def test_all_headers_are_sent_again(server, session, url):
    """A request that is sent again keeps its continuation and every other header."""
    session.post(url, json={})
    server.revoke_all()

    session.post(url, json={}, headers={"cont-yn": "Y", "next-key": "20241107", "X-Mine": "1"})

    first, second = (request for request in server.requests[-3:] if request.path == PATH)
    without_token = [{k: v for k, v in r.headers.items() if k != "authorization"} for r in (first, second)]
    assert without_token[0] == without_token[1]
    assert ("Y", "20241107", "1") == tuple(second.headers[name] for name in ("cont-yn", "next-key", "x-mine"))


class Noting(HTTPAdapter):
    """An adapter that notes with which settings each request is sent, and heeds none of them."""

    def __init__(self):
        super().__init__()
        self.settings = []

    def send(self, request, **settings):
        self.settings.append(settings)
        return super().send(request)


def test_all_settings_hold_for_the_second_request(server, session, url):
    """Timeout, proxies, certificates and the rest are those of the first: requests does not ask for them again."""
    session.auth.token()
    server.revoke_all()
    noting = Noting()
    session.mount("http://", noting)
    own = {"timeout": (30, 60), "proxies": {"https": "http://127.0.0.1:9"}, "stream": True}

    answer = session.post(url, json={}, verify="fake.pem", cert=("fake.pem", "fake.key"), **own)

    assert 0 == answer.json()["return_code"]
    assert 2 == len(noting.settings)
    assert noting.settings[0] == noting.settings[1]
    assert {"verify": "fake.pem", "cert": ("fake.pem", "fake.key"), **own}.items() <= noting.settings[1].items()


@pytest.mark.parametrize("literal", [True, False])
def test_cookies_of_the_rejected_answer_are_sent(server, session, url, literal):
    """Cookies that the rejected answer set are on the second request, beside those that were there."""
    session.post(url, json={})
    rejected = Reply(REJECTED, headers={"Set-Cookie": "node=b; Path=/"})
    server.fail(lambda request: [server.revoke_all(), rejected][1], path=PATH)
    cookies = {"headers": {"Cookie": "mine=1=1; node=a=a"}} if literal else {"cookies": {"mine": "1=1"}}

    session.post(url, json={}, **cookies)

    assert {"mine=1=1", "node=b"} == set(server.requests[-1].headers["cookie"].split("; "))
    assert "b" == session.cookies["node"]


def test_without_new_cookies_the_header_stays(server, session, url):
    """If the rejected answer set no cookie, the second request has the first one's."""
    session.post(url, json={})
    server.revoke_all()

    session.post(url, json={}, headers={"Cookie": "mine=1"})

    assert "mine=1" == server.requests[-1].headers["cookie"]


@pytest.mark.parametrize("set_cookie", [{"Set-Cookie": "node=b; Path=/"}, {}])
@pytest.mark.parametrize("cookie", [b"mine=1", b"mine=1; node=a", "mine=1;node=a", "mine=1 ; node=a;"])
def test_a_literal_cookie_header(server, session, url, cookie, set_cookie):
    """As bytes or without spaces: cookies of the rejected answer replace those of their name, and the others stay."""
    session.post(url, json={})
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED, headers=set_cookie)][1], path=PATH)

    session.post(url, json={}, headers={"Cookie": cookie})

    first, second = (request.headers["cookie"] for request in server.requests[-3:] if request.path == PATH)
    assert ("mine=1; node=b" if set_cookie else first) == second


def test_a_cookie_with_a_space_in_it(server, session, url):
    """It is one cookie, as http.cookiejar takes it: what comes after the space is no name of another."""
    session.post(url, json={})
    rejected = Reply(REJECTED, headers={"Set-Cookie": "node=b mine; Path=/"})
    server.fail(lambda request: [server.revoke_all(), rejected][1], path=PATH)

    session.post(url, json={}, headers={"Cookie": "mine=1; node=a"})

    assert "mine=1; node=b mine" == server.requests[-1].headers["cookie"]


@pytest.mark.parametrize("before", [{}, {"Cookie": "node=a="}])
def test_a_cookie_with_an_equals_sign_in_it(server, session, url, before):
    """Its name ends at the first one (Base64 has more at the end), and there need not have been a cookie before."""
    session.post(url, json={})
    rejected = Reply(REJECTED, headers={"Set-Cookie": "node=b=; Path=/"})
    server.fail(lambda request: [server.revoke_all(), rejected][1], path=PATH)

    assert 0 == session.post(url, json={}, headers=before).json()["return_code"]
    assert "node=b=" == server.requests[-1].headers["cookie"]
