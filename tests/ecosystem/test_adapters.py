"""Adapters that users mount: retries and rate limits."""

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests_ratelimiter import LimiterAdapter

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import faults, refusal
from tests.recipes.rate_limit import make_session as make_limited_session
from tests.recipes.retry import ORDERS, make_retry, make_session

QUERY = "/api/dostk/stkinfo"
FAILURES = (faults.TOO_MANY_REQUESTS, faults.server_error(503))


@pytest.fixture
def retrying(auth):
    """The recipe's session, with short waits."""
    with make_session(auth, make_retry(backoff_factor=0.01)) as session:
        yield session


def post(session, server, path=QUERY, api_id="ka10001"):
    """Send one request for that API."""
    return session.post(server.url + path, headers={"api-id": api_id}, json={})


def test_query_is_retried(server, retrying):
    """A query that gets HTTP 429 and 503 is sent until it succeeds, with its token and its api-id each time."""
    server.fail(*FAILURES, path=QUERY)

    assert 200 == post(retrying, server).status_code
    assert [server.token] * 3 == [request.token for request in server.requests.to("ka10001")]


def test_resent_query_is_retried(server, retrying):
    """A rejected query is resent through the same adapter, which retries it after a 503."""
    post(retrying, server)
    server.revoke_all()
    server.requests.clear()
    server.fail(refusal(8005), faults.server_error(503), path=QUERY)

    assert 0 == post(retrying, server).json()["return_code"]
    assert [QUERY, "/oauth2/token", QUERY, QUERY] == [request.route for request in server.requests]


@pytest.mark.parametrize("path", ORDERS)
@pytest.mark.parametrize("failure", FAILURES)
def test_order_is_not_retried(server, retrying, path, failure):
    """An order is sent once, whatever the response is."""
    server.fail(failure, path=path)

    assert failure.status == post(retrying, server, path, "kt10000").status_code
    assert 1 == len(server.requests.to("kt10000"))


def test_lent_session_retries_the_token_call(server):
    """A retrying adapter on the session that is lent for the token calls retries au10001."""
    server.fail(*FAILURES)

    with requests.Session() as lent:
        lent.mount(server.url, HTTPAdapter(max_retries=make_retry(backoff_factor=0.01)))
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=lent)
        assert auth.token() == server.token
    assert 3 == server.issues


def test_limited_session_carries_tokens(server, auth):
    """Requests go through the limiter, with their tokens."""
    with make_limited_session(auth, per_second=100) as session:
        for _ in range(2):
            post(session, server)

    assert [None, server.token, server.token] == [request.token for request in server.requests]


def test_limiter_that_retries(server, session):
    """One adapter can limit and retry: a query that gets HTTP 429 and 503 is sent until it succeeds."""
    retry = make_retry(backoff_factor=0.01)
    session.mount(server.url + "/", LimiterAdapter(per_second=100, max_retries=retry))
    server.fail(*FAILURES, path=QUERY)

    assert 200 == post(session, server).status_code
    assert 3 == len(server.requests.to("ka10001"))


def test_limiter_counts_a_resent_request(server, session):
    """A request that is rejected and resent counts as two for the limiter."""
    session.mount(server.url, LimiterAdapter(per_day=3, max_delay=0))
    post(session, server)
    server.revoke_all()
    post(session, server)

    with pytest.raises(requests.exceptions.Timeout):
        post(session, server)
    assert 3 == len(server.requests.to("ka10001"))
