"""A token goes to its own origin alone, whatever redirects say."""

import pytest
import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer
from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import PATH
from tests.helpers.raw_server import RawServer, http
from tests.helpers.sessions import KeepsAuth, redirect

#: Where the redirects within the origin lead.
HOP = f"{PATH}?hop=1"


@pytest.fixture
def foreign():
    """Another server, on another port."""
    with KiwoomServer() as server:
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_same_origin_keeps_the_token(server, session, url, status):
    """A redirect within the origin carries the token on."""
    server.fail(redirect(HOP, status), path=PATH)

    session.post(url, json={})

    assert [HOP, session.auth.token()] == [server.requests[-1].path, server.requests[-1].token]
    assert 1 == server.issues


def test_a_hop_after_a_resend_carries_the_new_token(server, session, url):
    """The second answer is a redirect: the next hop has the new token, so there is one issue, not two."""
    session.auth.token()
    server.revoke_all()
    rejected = Reply({"return_code": 3, "return_msg": "[8005:...]"})
    server.fail(rejected, redirect(HOP), path=PATH)

    answer = session.post(url, json={"a": 1})

    assert 0 == answer.json()["return_code"]
    assert [PATH, "/oauth2/token", PATH, HOP] == [request.path for request in server.requests[1:]]
    assert session.auth.token() == server.requests[-1].token
    assert b'{"a": 1}' == server.requests[-1].body


def test_a_streamed_response_of_another_host_is_left_alone(server, foreign, session, url):
    """With ``stream=True``, a rejection of another host is the caller's to read: it says nothing about the token."""
    server.fail(redirect(foreign.url + PATH), path=PATH)
    foreign.fail(Reply({"return_code": 3, "return_msg": "[8005:...]"}), path=PATH)

    with session.post(url, json={}, stream=True) as response:
        assert 3 == response.json()["return_code"]

    assert [1, 1] == [server.issues, len(foreign.requests)]


def test_a_rejection_after_a_hop_is_met(server, session, url):
    """A hop within the origin is rejected: the token is replaced, and the hop is sent again."""
    session.auth.token()
    server.fail(lambda request: [server.revoke_all(), redirect(HOP)][1], path=PATH)

    assert 0 == session.post(url, json={}).json()["return_code"]
    assert 2 == server.issues


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("rejection", [200, 401])
def test_another_host_never_sees_the_token(server, foreign, session, url, status, rejection):
    """A redirect to another host carries no token, and a 401 from there changes nothing."""
    foreign.fail(Reply({"return_code": 3, "return_msg": "[8005:...]"}, rejection), path=PATH)
    server.fail(redirect(foreign.url + PATH, status), path=PATH)

    session.post(url, json={})

    (seen,) = foreign.requests
    assert "authorization" not in seen.headers
    assert (1, 0) == (server.issues, foreign.issues)


def test_another_host_never_sees_the_token_after_a_resend(server, foreign, session, url):
    """The second answer redirects to another host: nothing goes there either."""
    session.auth.token()
    server.revoke_all()
    server.fail(Reply({}, 401), redirect(foreign.url + PATH), path=PATH)

    session.post(url, json={})

    assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_a_session_that_keeps_auth_does_not_carry_the_new_token_away(server, foreign, auth, url):
    """A session that strips nothing meets a rejection, and then a redirect to another host: no token goes there."""
    auth.token()
    server.revoke_all()
    server.fail(Reply({}, 401), redirect(foreign.url + PATH), path=PATH)
    with KeepsAuth() as session:
        session.post(url, json={}, auth=auth.for_api("ka10001"))

    assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_back_from_another_host(server, foreign, session, url):
    """A redirect that leads away and back again arrives without a token."""
    server.fail(redirect(foreign.url + PATH), path=PATH)
    foreign.fail(redirect(url), path=PATH)

    answer = session.post(url, json={})

    assert "[1513:" in answer.json()["return_msg"]
    assert 1 == server.issues


def test_the_caller_s_request_keeps_its_token(server, foreign, auth, url):
    """A redirect to another host takes the token off the next hop, and not off the request that the caller holds."""
    server.fail(redirect(foreign.url + PATH), path=PATH)
    request = requests.Request("POST", url, json={}, auth=auth.for_api("ka10001")).prepare()
    with KeepsAuth() as session:
        session.send(request)
        assert 0 == session.send(request).json()["return_code"]

    assert [auth.token()] * 2 == [seen.token for seen in server.requests if seen.path == PATH]
    assert [None] == [seen.token for seen in foreign.requests]


@pytest.mark.parametrize("location", ["{foreign}/api/x", "//{host}/api/x"])
def test_a_session_that_keeps_auth_does_not_carry_the_token_away(server, foreign, auth, url, location):
    """Even in a session that strips nothing, the token stays at home."""
    host = foreign.url.removeprefix("http://")
    server.fail(redirect(location.format(foreign=foreign.url, host=host)), path=PATH)
    with KeepsAuth() as session:
        session.post(url, json={}, auth=auth.for_api("ka10001"))

    assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_a_token_of_the_other_host_is_its_own_affair(server, foreign, auth, url, caplog):
    """A session that has a token for the other host is answered 401 there: that says nothing of Kiwoom's token."""

    class Elsewhere(requests.Session):
        def rebuild_auth(self, prepared_request, response):
            prepared_request.headers["Authorization"] = "Bearer fake-of-the-other-host"

    server.fail(redirect(foreign.url + PATH), path=PATH)
    foreign.fail(Reply({}, 401), path=PATH)
    with Elsewhere() as session:
        assert 401 == session.post(url, json={}, auth=auth.for_api("ka10001")).status_code

    assert ["fake-of-the-other-host"] == [request.token for request in foreign.requests]
    assert 1 == server.issues
    assert "rejected" not in caplog.text


def test_a_request_to_another_host_carries_nothing(server, foreign, session):
    """A request to another host passes untouched, and no token is issued for it."""
    session.headers.pop("api-id")

    session.post(foreign.url + "/anything", json={})

    (seen,) = foreign.requests
    assert {"authorization", "api-id"}.isdisjoint(seen.headers)
    assert 0 == server.issues


def test_a_location_that_is_no_url(server, session, url):
    """A redirect that cannot be followed raises what requests raises without the auth."""
    server.fail(redirect("http://[::1"), path=PATH)

    with pytest.raises((requests.exceptions.InvalidURL, ValueError)):
        session.post(url, json={})


def test_netrc_on_the_way(server, foreign, auth, url, tmp_path, monkeypatch):
    """A netrc entry replaces the header on a hop: its rejection is none of the auth's business."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login fake password fake")
    monkeypatch.setenv("NETRC", str(netrc))
    server.fail(redirect(HOP), path=PATH)
    with requests.Session() as session:
        session.auth = auth.for_api("ka10001")

        answer = session.post(url, json={})

    assert server.requests[-1].headers["authorization"].startswith("Basic ")
    assert "[1514:" in answer.json()["return_msg"]
    assert 1 == server.issues


def test_netrc_changes_nothing(server, session, url, tmp_path, monkeypatch):
    """A netrc entry for the host gets neither at the request nor at the token call."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login fake password fake")
    monkeypatch.setenv("NETRC", str(netrc))

    assert 0 == session.post(url, json={}).json()["return_code"]
    assert "authorization" not in server.requests[0].headers


def test_a_redirect_of_au10001_is_not_followed(foreign):
    """au10001 answers with a 307 to another host: the keys do not go there."""
    away = http(b"", "307 Temporary Redirect", f"Location: {foreign.url}/oauth2/token")
    with RawServer(away) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url)

        with pytest.raises(requests.exceptions.ConnectionError, match="redirects"):
            auth.token()

    assert [] == foreign.requests


def test_a_streamed_body_of_another_host_is_not_looked_at(server, foreign, session, url):
    """With ``stream=True`` the hook leaves a response of another host alone, whatever it says."""
    foreign.fail(Reply({"return_code": 3, "return_msg": "[8005:...]"}), path=PATH)
    server.fail(redirect(foreign.url + PATH), path=PATH)

    with session.post(url, json={}, stream=True) as response:
        assert "[8005:" in response.json()["return_msg"]

    assert (1, 1) == (server.issues, len(foreign.requests))
