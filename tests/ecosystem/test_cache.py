"""requests-cache: what is answered from the file, and what never gets into it."""

import pytest
import requests
import requests_cache

from requests_kiwoom import KiwoomAuth

TITLE = "A cache: requests-cache"
CHART, ORDER = "/api/dostk/chart", "/api/dostk/ordr"


@pytest.fixture
def cached(server, run):
    """The session that the recipe leaves, its cache empty."""
    session = run(TITLE)["session"]
    session.cache.clear()
    server.requests.clear()
    yield session
    session.close()


def routes(server):
    """The paths of what came in, token calls left out."""
    return [request.route for request in server.requests if request.route.startswith("/api/")]


def test_second_answer_comes_out_of_the_file(server, run):
    """The recipe sends one request for its two answers."""
    names = run(TITLE)
    names["session"].close()

    assert names["answer"].from_cache
    assert [CHART] == routes(server)


def test_apis_and_pages_are_told_apart(server, cached):
    """Another api-id, or another page, is another answer, though path and body are the same."""
    first, second, third = (
        cached.post(server.url + CHART, headers=headers, json={})
        for headers in ({"api-id": "ka10081"}, {"api-id": "ka10082"}, {"api-id": "ka10082", "cont-yn": "Y"})
    )

    assert ("ka10081", "ka10082") == (first.json()["api_id"], second.json()["api_id"])
    assert not third.from_cache


def test_orders_are_not_cached(server, cached):
    """The same order twice reaches Kiwoom twice."""
    for _ in range(2):
        cached.post(server.url + ORDER, headers={"api-id": "kt10000"}, json={"stk_cd": "005930", "ord_qty": "1"})

    assert [ORDER, ORDER] == routes(server)


@pytest.mark.parametrize("resend", [True, False])
def test_rejected_answers_are_not_cached(server, auth, cached, resend):
    """After a rejection, the next request gets a fresh answer, not the rejected one out of the file."""
    view = auth.for_api("ka10081", resend=resend)
    auth.token()
    server.revoke_all()

    for _ in range(2):
        answer = cached.post(server.url + CHART, auth=view, json={})

    assert not answer.from_cache
    assert 0 == answer.json()["return_code"]


def test_file_holds_no_secret(server, auth, cached, bytes_of):
    """Neither a key nor a token gets into the file, nor into a cache key: not even the token that was rejected."""
    rejected = auth.token()
    server.revoke_all()
    for _ in range(2):
        cached.post(server.url + CHART, headers={"api-id": "ka10081"}, json={})
    keys = list(cached.cache.responses.keys())
    cached.close()

    assert 1 == len(keys)
    assert b"ka10081" in (written := bytes_of())
    for secret in ("my-appkey", "my-secretkey", rejected, server.token):
        assert secret.encode() not in written
        assert secret not in str(keys)


@pytest.mark.parametrize("lent", [True, False])
def test_token_call_under_a_cache(server, lent, bytes_of):
    """Of a cache under all sessions that keeps every POST, or of the one that is lent, the token call stays out."""
    options = {"cache_name": "all.sqlite", "allowable_methods": ["POST"]}
    if lent:
        with requests_cache.CachedSession(**options) as session:
            token = KiwoomAuth("my-appkey", "my-secretkey", session=session).token()
    else:
        requests_cache.install_cache(**options)
        try:
            token = KiwoomAuth("my-appkey", "my-secretkey").token()
            with requests.Session() as session:
                session.post(server.url + CHART, headers={"api-id": "ka10081"}, json={"kept": "yes"})
        finally:
            requests_cache.uninstall_cache()

    written = bytes_of()
    assert lent or b"kept" in written
    for secret in ("my-appkey", "my-secretkey", token):
        assert secret.encode() not in written
