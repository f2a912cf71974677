"""Redirects: a token is sent to its own origin only."""

import pytest
import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer
from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import PATH
from tests.helpers.raw_server import RawServer, http
from tests.helpers.sessions import KeepsAuth, redirect

#: The target of redirects within the origin.
HOP = f"{PATH}?hop=1"


@pytest.fixture
def foreign():
    """Another server, on another port."""
    with KiwoomServer() as server:
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_carries_the_token(server, session, url, status):
    """A redirect within the origin carries the token."""
    server.fail(redirect(HOP, status), path=PATH)

    session.post(url, json={})

    assert [HOP, session.auth.token()] == [server.requests[-1].path, server.requests[-1].token]
    assert 1 == server.issues


def test_a_hop_after_a_resend_carries_the_new_token(server, session, url):
    """If the second response is a redirect, the next hop carries the new token, so that only one is issued."""
    session.auth.token()
    server.revoke_all()
    rejected = Reply({"return_code": 3, "return_msg": "[8005:...]"})
    server.fail(rejected, redirect(HOP), path=PATH)

    response = session.post(url, json={"a": 1})

    assert 0 == response.json()["return_code"]
    assert [PATH, "/oauth2/token", PATH, HOP] == [request.path for request in server.requests[1:]]
    assert session.auth.token() == server.requests[-1].token
    assert b'{"a": 1}' == server.requests[-1].body


def test_a_streamed_rejection_by_another_host_replaces_no_token(server, foreign, session, url):
    """With ``stream=True``, a rejection by another host replaces no token, and the caller can read it."""
    server.fail(redirect(foreign.url + PATH), path=PATH)
    foreign.fail(Reply({"return_code": 3, "return_msg": "[8005:...]"}), path=PATH)

    with session.post(url, json={}, stream=True) as response:
        assert 3 == response.json()["return_code"]

    assert [1, 1] == [server.issues, len(foreign.requests)]


def test_a_rejected_hop_is_resent(server, session, url):
    """If a hop within the origin is rejected, the token is replaced, and the hop is resent."""
    session.auth.token()
    server.fail(lambda request: [server.revoke_all(), redirect(HOP)][1], path=PATH)

    assert 0 == session.post(url, json={}).json()["return_code"]
    assert 2 == server.issues


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("rejection", [200, 401])
def test_another_host_never_sees_the_token(server, foreign, session, url, status, rejection):
    """A redirect to another host carries no token, and a rejection by that host replaces none."""
    foreign.fail(Reply({"return_code": 3, "return_msg": "[8005:...]"}, rejection), path=PATH)
    server.fail(redirect(foreign.url + PATH, status), path=PATH)

    session.post(url, json={})

    (seen,) = foreign.requests
    assert "authorization" not in seen.headers
    assert (1, 0) == (server.issues, foreign.issues)


def test_another_host_never_sees_the_token_after_a_resend(server, foreign, session, url):
    """If the second response redirects to another host, the token is not sent there either."""
    session.auth.token()
    server.revoke_all()
    server.fail(Reply({}, 401), redirect(foreign.url + PATH), path=PATH)

    session.post(url, json={})

    assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_a_session_that_keeps_auth_sends_no_new_token_to_another_host(server, foreign, auth, url):
    """If a resend is redirected, a session that never strips ``Authorization`` sends no token to another host."""
    auth.token()
    server.revoke_all()
    server.fail(Reply({}, 401), redirect(foreign.url + PATH), path=PATH)
    with KeepsAuth() as session:
        session.post(url, json={}, auth=auth.for_api("ka10001"))

    assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_a_redirect_to_another_host_and_back_carries_no_token(server, foreign, session, url):
    """A redirect to another host and back arrives without a token."""
    server.fail(redirect(foreign.url + PATH), path=PATH)
    foreign.fail(redirect(url), path=PATH)

    response = session.post(url, json={})

    assert "[1513:" in response.json()["return_msg"]
    assert 1 == server.issues


def test_the_caller_s_request_keeps_its_token(server, foreign, auth, url):
    """A redirect to another host removes the token from the next hop, not from the caller's request."""
    server.fail(redirect(foreign.url + PATH), path=PATH)
    request = requests.Request("POST", url, json={}, auth=auth.for_api("ka10001")).prepare()
    with KeepsAuth() as session:
        session.send(request)
        assert 0 == session.send(request).json()["return_code"]

    assert [auth.token()] * 2 == [seen.token for seen in server.requests if seen.path == PATH]
    assert [None] == [seen.token for seen in foreign.requests]


@pytest.mark.parametrize("location", ["{foreign}/api/x", "//{host}/api/x"])
def test_a_session_that_keeps_auth_sends_no_token_to_another_host(server, foreign, auth, url, location):
    """Even a session that never strips ``Authorization`` sends no token to another host."""
    host = foreign.url.removeprefix("http://")
    server.fail(redirect(location.format(foreign=foreign.url, host=host)), path=PATH)
    with KeepsAuth() as session:
        session.post(url, json={}, auth=auth.for_api("ka10001"))

    assert ["authorization" in request.headers for request in foreign.requests] == [False]


def test_a_401_for_another_host_s_token_replaces_nothing(server, foreign, auth, url, caplog):
    """If a session sets a token of its own for another host, a 401 from there does not replace Kiwoom's token."""

    class SetsOtherToken(requests.Session):
        def rebuild_auth(self, prepared_request, response):
            prepared_request.headers["Authorization"] = "Bearer fake-of-the-other-host"

    server.fail(redirect(foreign.url + PATH), path=PATH)
    foreign.fail(Reply({}, 401), path=PATH)
    with SetsOtherToken() as session:
        assert 401 == session.post(url, json={}, auth=auth.for_api("ka10001")).status_code

    assert ["fake-of-the-other-host"] == [request.token for request in foreign.requests]
    assert 1 == server.issues
    assert "rejected" not in caplog.text


def test_a_request_to_another_host_is_sent_unchanged(server, foreign, session):
    """A request to another host is sent unchanged, and no token is issued for it."""
    session.headers.pop("api-id")

    session.post(foreign.url + "/anything", json={})

    (seen,) = foreign.requests
    assert {"authorization", "api-id"}.isdisjoint(seen.headers)
    assert 0 == server.issues


def test_a_malformed_location_raises_requests_own_error(server, session, url):
    """A redirect that cannot be followed raises the same error as without the auth."""
    server.fail(redirect("http://[::1"), path=PATH)

    with pytest.raises((requests.exceptions.InvalidURL, ValueError)):
        session.post(url, json={})


def test_a_rejected_hop_with_netrc_credentials_replaces_no_token(server, foreign, auth, url, tmp_path, monkeypatch):
    """If a netrc entry replaces the header on a hop, a rejection of that hop does not replace the token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login fake password fake")
    monkeypatch.setenv("NETRC", str(netrc))
    server.fail(redirect(HOP), path=PATH)
    with requests.Session() as session:
        session.auth = auth.for_api("ka10001")

        response = session.post(url, json={})

    assert server.requests[-1].headers["authorization"].startswith("Basic ")
    assert "[1514:" in response.json()["return_msg"]
    assert 1 == server.issues


def test_netrc_changes_neither_the_request_nor_the_token_call(server, session, url, tmp_path, monkeypatch):
    """A netrc entry for the host changes neither the request nor the token call."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login fake password fake")
    monkeypatch.setenv("NETRC", str(netrc))

    assert 0 == session.post(url, json={}).json()["return_code"]
    assert "authorization" not in server.requests[0].headers


def test_a_redirect_of_au10001_is_not_followed(foreign):
    """If au10001 returns a 307 to another host, the keys are not sent there."""
    redirection = http(b"", "307 Temporary Redirect", f"Location: {foreign.url}/oauth2/token")
    with RawServer(redirection) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url)

        with pytest.raises(requests.exceptions.ConnectionError, match="redirects"):
            auth.token()

    assert [] == foreign.requests


def test_a_streamed_response_of_another_host_is_ignored(server, foreign, session, url):
    """With ``stream=True`` the hook ignores a response of another host, even a rejection."""
    foreign.fail(Reply({"return_code": 3, "return_msg": "[8005:...]"}), path=PATH)
    server.fail(redirect(foreign.url + PATH), path=PATH)

    with session.post(url, json={}, stream=True) as response:
        assert "[8005:" in response.json()["return_msg"]

    assert (1, 1) == (server.issues, len(foreign.requests))
