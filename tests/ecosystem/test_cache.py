"""requests-cache: which responses come from the file, and what is not written into it."""

import pytest
import requests
import requests_cache

from requests_kiwoom import KiwoomAuth, read_envelope
from requests_kiwoom.testing import refusal
from tests.recipes.response_cache import make_session

CHART, ORDER = "/api/dostk/chart", "/api/dostk/ordr"


@pytest.fixture
def cached(auth):
    """The recipe's session, with a file."""
    with make_session(auth, "charts.sqlite") as session:
        yield session


def test_second_response_comes_from_the_file(server, cached):
    """The second of two equal queries gets its response from the file."""
    first, second = (cached.post(server.url + CHART, headers={"api-id": "ka10081"}, json={}) for _ in range(2))

    assert (False, True) == (first.from_cache, second.from_cache)
    assert 1 == len(server.requests.to("ka10081"))


def test_apis_and_pages_are_cached_separately(server, cached):
    """Requests with another api-id, or for another page, get responses of their own, though path and body are equal."""
    server.reply("ka10082", {"week": 1})
    first, second, third = (
        cached.post(server.url + CHART, headers=headers, json={})
        for headers in ({"api-id": "ka10081"}, {"api-id": "ka10082"}, {"api-id": "ka10082", "cont-yn": "Y"})
    )

    assert "week" not in first.json() and second.json()["week"] == 1
    assert not third.from_cache


def test_orders_are_not_cached(server, cached):
    """The same order twice reaches Kiwoom twice."""
    for _ in range(2):
        cached.post(server.url + ORDER, headers={"api-id": "kt10000"}, json={"stk_cd": "005930", "ord_qty": "1"})

    assert 2 == len(server.requests.to("kt10000"))


def test_rejection_that_is_dispatched_twice(server, auth):
    """requests-cache runs the hooks twice, with more arguments: no third send, even after the token was replaced."""
    server.reissue = "new"
    server.fail(refusal(8005), refusal(8005), path=CHART)

    def replace_token(response, **kwargs):
        auth.renew(force=True)

    with requests_cache.CachedSession(backend="memory", allowable_methods=["POST"]) as session:
        headers, hooks = {"api-id": "ka10081"}, {"response": replace_token}
        response = session.post(server.url + CHART, auth=auth, headers=headers, hooks=hooks, json={})

    assert 8005 == read_envelope(response.content).code
    assert 2 == len(server.requests.to("ka10081"))


@pytest.mark.parametrize("resend", [True, False])
def test_rejected_responses_are_not_cached(server, auth, cached, resend):
    """After a rejection, the next request gets a new response, not the rejected one from the file."""
    view = auth.for_api("ka10081", resend=resend)
    auth.token()
    server.revoke_all()

    for _ in range(2):
        response = cached.post(server.url + CHART, auth=view, json={})

    assert not response.from_cache
    assert 0 == response.json()["return_code"]


def test_file_holds_no_secret(server, auth, cached, written):
    """Neither a key nor a token, not even the rejected one, is written into the file or a cache key."""
    rejected = auth.token()
    server.revoke_all()
    for _ in range(2):
        cached.post(server.url + CHART, headers={"api-id": "ka10081"}, json={})
    keys = list(cached.cache.responses.keys())
    cached.close()

    assert 1 == len(keys)
    content = written()
    assert b"ka10081" in content
    for secret in (server.appkey, server.secretkey, rejected, server.token):
        assert secret.encode() not in content
        assert secret not in str(keys)


@pytest.mark.parametrize("lent", [True, False])
def test_token_call_is_not_cached(server, lent, written):
    """A cache of every POST does not store the token call, on a lent session or installed for all sessions."""
    options = {"cache_name": "all.sqlite", "allowable_methods": ["POST"]}
    keys = (server.appkey, server.secretkey)
    if lent:
        with requests_cache.CachedSession(**options) as session:
            token = KiwoomAuth(*keys, base_url=server.url, session=session).token()
    else:
        requests_cache.install_cache(**options)
        try:
            token = KiwoomAuth(*keys, base_url=server.url).token()
            with requests.Session() as session:
                session.post(server.url + CHART, headers={"api-id": "ka10081"}, json={"kept": "yes"})
        finally:
            requests_cache.uninstall_cache()

    content = written()
    assert lent or b"kept" in content
    for secret in (*keys, token):
        assert secret.encode() not in content
