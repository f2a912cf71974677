"""A ``Cookie`` header that the caller wrote is kept on the second request, however it is written."""

import pytest

from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import PATH

REJECTED = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}


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
