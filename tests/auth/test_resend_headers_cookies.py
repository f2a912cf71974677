"""A resent request has the headers, the settings and the cookies of the first."""

import pytest
from requests.adapters import HTTPAdapter

from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import PATH, REJECTED


def test_a_resend_has_all_headers(server, session, url):
    """A resent request has its continuation headers (``cont-yn``, ``next-key``) and every other header."""
    session.post(url, json={})
    server.revoke_all()

    session.post(url, json={}, headers={"cont-yn": "Y", "next-key": "20241107", "X-Mine": "1"})

    first, second = (request for request in server.requests[-3:] if request.path == PATH)
    without_token = [{k: v for k, v in r.headers.items() if k != "authorization"} for r in (first, second)]
    assert without_token[0] == without_token[1]
    assert ("Y", "20241107", "1") == tuple(second.headers[name] for name in ("cont-yn", "next-key", "x-mine"))


class RecordingAdapter(HTTPAdapter):
    """An adapter that records the settings of each send, and applies none of them."""

    def __init__(self):
        super().__init__()
        self.settings = []

    def send(self, request, **settings):
        self.settings.append(settings)
        return super().send(request)


def test_a_resend_has_all_settings(server, session, url):
    """The hook passes the timeout, proxies, certificates and other settings of the first send to the resend."""
    session.auth.token()
    server.revoke_all()
    adapter = RecordingAdapter()
    session.mount("http://", adapter)
    own = {"timeout": (30, 60), "proxies": {"https": "http://127.0.0.1:9"}, "stream": True}

    response = session.post(url, json={}, verify="fake.pem", cert=("fake.pem", "fake.key"), **own)

    assert 0 == response.json()["return_code"]
    assert 2 == len(adapter.settings)
    assert adapter.settings[0] == adapter.settings[1]
    assert {"verify": "fake.pem", "cert": ("fake.pem", "fake.key"), **own}.items() <= adapter.settings[1].items()


@pytest.mark.parametrize("literal", [True, False])
def test_cookies_of_the_rejected_response_are_added(server, session, url, literal):
    """Cookies that the rejected response set are added to the cookies of the resend."""
    session.post(url, json={})
    rejected = Reply(REJECTED, headers={"Set-Cookie": "node=b; Path=/"})
    server.fail(lambda request: [server.revoke_all(), rejected][1], path=PATH)
    cookies = {"headers": {"Cookie": "mine=1=1; node=a=a"}} if literal else {"cookies": {"mine": "1=1"}}

    session.post(url, json={}, **cookies)

    assert {"mine=1=1", "node=b"} == set(server.requests[-1].headers["cookie"].split("; "))
    assert "b" == session.cookies["node"]


def test_without_new_cookies_the_cookie_header_stays(server, session, url):
    """If the rejected response set no cookie, the resend has the cookies of the first request."""
    session.post(url, json={})
    server.revoke_all()

    session.post(url, json={}, headers={"Cookie": "mine=1"})

    assert "mine=1" == server.requests[-1].headers["cookie"]


@pytest.mark.parametrize("set_cookie", [{"Set-Cookie": "node=b; Path=/"}, {}])
@pytest.mark.parametrize("cookie", [b"mine=1", b"mine=1; node=a", "mine=1;node=a", "mine=1 ; node=a;"])
def test_new_cookies_are_merged_into_a_literal_cookie_header(server, session, url, cookie, set_cookie):
    """In a ``Cookie`` header of bytes or without spaces, too, new cookies replace only those of the same name."""
    session.post(url, json={})
    server.fail(lambda request: [server.revoke_all(), Reply(REJECTED, headers=set_cookie)][1], path=PATH)

    session.post(url, json={}, headers={"Cookie": cookie})

    first, second = (request.headers["cookie"] for request in server.requests[-3:] if request.path == PATH)
    assert ("mine=1; node=b" if set_cookie else first) == second


def test_a_cookie_with_a_space_in_its_value_is_one_cookie(server, session, url):
    """A cookie with a space in its value is one cookie, as in http.cookiejar: after the space no other name begins."""
    session.post(url, json={})
    rejected = Reply(REJECTED, headers={"Set-Cookie": "node=b mine; Path=/"})
    server.fail(lambda request: [server.revoke_all(), rejected][1], path=PATH)

    session.post(url, json={}, headers={"Cookie": "mine=1; node=a"})

    assert "mine=1; node=b mine" == server.requests[-1].headers["cookie"]


@pytest.mark.parametrize("before", [{}, {"Cookie": "node=a="}])
def test_a_cookie_value_may_end_with_an_equals_sign(server, session, url, before):
    """A cookie's name ends at the first equals sign (a Base64 value may end with more), also if the cookie is new."""
    session.post(url, json={})
    rejected = Reply(REJECTED, headers={"Set-Cookie": "node=b=; Path=/"})
    server.fail(lambda request: [server.revoke_all(), rejected][1], path=PATH)

    assert 0 == session.post(url, json={}, headers=before).json()["return_code"]
    assert "node=b=" == server.requests[-1].headers["cookie"]
