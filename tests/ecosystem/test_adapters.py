"""Adapters that users mount: retries and rate limits."""

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests_ratelimiter import LimiterAdapter

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import faults, refusal

QUERY, ORDER = "/api/dostk/stkinfo", "/api/dostk/ordr"
FAILURES = (faults.TOO_MANY_REQUESTS, faults.server_error(503))
SOONER = ("backoff_factor=0.5", "backoff_factor=0.01")


def test_retry_after_429_and_503(server, session, run):
    """A query that meets HTTP 429 and 503 is sent until it succeeds, with its token and its api-id each time."""
    run("Retries after 429 and 5xx: urllib3.Retry", SOONER)
    server.fail(*FAILURES, path=QUERY)

    answer = session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={})

    assert 200 == answer.status_code
    assert 3 == len(sent := [request for request in server.requests if request.route == QUERY])
    assert {("ka10001", server.token)} == {(request.api_id, request.token) for request in sent}


def test_retry_and_rejection(server, session, run):
    """A rejected query is sent again through the same adapter: a 503 on its second way is retried as well."""
    run("Retries after 429 and 5xx: urllib3.Retry", SOONER)
    session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={})
    server.revoke_all()
    server.requests.clear()
    server.fail(refusal(8005), faults.server_error(503), path=QUERY)

    answer = session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={})

    assert 0 == answer.json()["return_code"]
    assert [QUERY, "/oauth2/token", QUERY, QUERY] == [request.route for request in server.requests]


@pytest.mark.parametrize("failure", FAILURES)
def test_orders_are_not_retried(server, session, run, failure):
    """An order goes out once, whatever comes back."""
    run("Retries after 429 and 5xx: urllib3.Retry", SOONER)
    server.fail(failure, path=ORDER)

    answer = session.post(server.url + ORDER, headers={"api-id": "kt10000"}, json={})

    assert failure.status == answer.status_code
    assert 1 == len([request for request in server.requests if request.route == ORDER])


def test_retry_on_the_lent_session(server, run):
    """A retrying adapter on the session that is lent for the token calls retries au10001."""
    retry = run("Retries after 429 and 5xx: urllib3.Retry", SOONER)["retry"]
    server.fail(*FAILURES)

    with requests.Session() as lent:
        lent.mount(server.url, HTTPAdapter(max_retries=retry))
        token = KiwoomAuth("my-appkey", "my-secretkey", session=lent).token()

    assert server.token == token
    assert 3 == server.issues


def test_rate_limiter_recipe(server, session, run):
    """Requests go out through the limiter, with their tokens."""
    run("The rate limit: requests-ratelimiter")

    for _ in range(2):
        session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={})

    assert isinstance(session.get_adapter(server.url + QUERY), LimiterAdapter)
    assert [None, server.token, server.token] == [request.token for request in server.requests]


def test_rate_limiter_that_retries(server, session, run):
    """One adapter does both: a query that meets 429 and 503 is sent until it succeeds."""
    retry = run("Retries after 429 and 5xx: urllib3.Retry", SOONER)["retry"]
    session.mount(server.url + "/", LimiterAdapter(per_second=100, max_retries=retry))
    server.fail(*FAILURES, path=QUERY)

    assert 200 == session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={}).status_code
    assert 3 == len([request for request in server.requests if request.route == QUERY])


def test_rate_limiter_counts_a_second_send(server, session):
    """A limit of three requests is used up by a first request, and by one that is rejected and sent again."""
    session.mount(server.url, LimiterAdapter(per_day=3, max_delay=0))
    session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={})
    server.revoke_all()
    session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={})

    with pytest.raises(requests.exceptions.Timeout):
        session.post(server.url + QUERY, headers={"api-id": "ka10001"}, json={})

    assert 3 == len([request for request in server.requests if request.route == QUERY])
