"""Expiry: a token is issued after the last one expired, also with a wrong local clock."""

import pytest
import requests

from tests.helpers.threads import in_threads, over_and_over, wait_for


def test_a_token_is_used_until_its_last_second(server, session, url):
    """There is no margin: in its last second the token is used, and au10001 is not called."""
    server.clock.stop()
    session.post(url, json={})
    server.clock.advance(seconds=session.auth.expires_at.timestamp() - server.clock() - 0.5)
    for _ in range(20):
        session.post(url, json={})

    assert 1 == server.issues


def test_the_first_request_after_the_expiry_issues_a_token(server, session, url):
    """The first request after the expiry issues a token, and no request carries the old one."""
    session.post(url, json={})
    old = session.auth.token()
    server.clock.advance(hours=24)

    assert 0 == session.post(url, json={}).json()["return_code"]
    assert 2 == server.issues
    assert 1 == sum(request.token == old for request in server.requests)


def test_expiries_fail_no_request_of_8_threads(server, session, url):
    """Three expiries fail no request of 8 threads, although au10001 returns the old token in its last second."""
    session.post(url, json={})
    with over_and_over(8, lambda: session.post(url, json={}).json()["return_code"]) as codes:
        for _ in range(3):
            # To half a second before the expiry, and then past it, while requests are in flight.
            server.clock.advance(seconds=session.auth.expires_at.timestamp() - server.clock() - 0.5)
            server.clock.advance(seconds=0.5)
            wait_for(codes, 8)  # No request may be in flight for longer than a day.

    assert {0} == set(codes)
    assert 4 <= server.issues <= 4 + 3


def test_a_token_that_au10001_returns_in_its_last_second_is_used(server, local_clock, session, url):
    """A token that au10001 returns in its last second is used, although the local clock says that it has expired."""
    server.clock.stop()
    session.post(url, json={})
    remaining = session.auth.expires_at.timestamp() - server.clock()
    server.clock.advance(seconds=remaining - 0.2)
    local_clock.advance(seconds=0.5)

    for _ in range(10):
        assert 0 == session.post(url, json={}).json()["return_code"]
    assert 2 == server.issues


def test_at_its_expiry_a_token_is_used_only_if_just_returned(server, local_clock, auth):
    """At the exact time of its expiry a token is not used, unless au10001 has just returned it."""
    server.clock.stop()
    auth.token()
    local_clock.set(auth.expires_at.timestamp())

    auth.token()
    auth.token()

    assert 2 == server.issues


@pytest.mark.parametrize("hours", [-9, 9])
def test_a_clock_9_hours_off_fails_no_request(server, local_clock, session, url, hours):
    """With a local clock 9 hours off no request fails, and after a while au10001 is called at most once in 30 s."""
    local_clock.advance(hours=hours)
    server.clock.stop()
    for _ in range(32):  # Two days in steps of 90 minutes.
        assert 0 == session.post(url, json={}).json()["return_code"]
        server.clock.advance(minutes=90)
    settled = server.issues
    # Let the calls settle at a time at which the token looks expired.
    server.clock.advance(seconds=session.auth.expires_at.timestamp() - server.clock() - 8 * 3600)
    for _ in range(8):
        session.post(url, json={})
        server.clock.advance(seconds=20)
    settled = server.issues
    for _ in range(30):
        assert 0 == session.post(url, json={}).json()["return_code"]
        server.clock.advance(seconds=10)

    assert server.issues - settled <= 300 / 30


@pytest.mark.parametrize("hours", [-9, 9])
def test_a_clock_that_jumps_fails_no_request(server, local_clock, session, url, hours):
    """If the local clock jumps 9 hours back and forth between requests, none fails."""
    for turn in range(6):
        assert 0 == session.post(url, json={}).json()["return_code"]
        local_clock.advance(hours=-hours if turn % 2 else hours)

    assert server.issues <= 6


def test_32_threads_at_the_expiry_make_one_au10001_call(server, session, url):
    """32 threads at the expiry make one au10001 call."""
    session.post(url, json={})
    server.clock.advance(hours=24)
    server.latency = 0.1

    statuses = in_threads(32, lambda: requests.post(url, json={}, auth=session.auth.for_api("ka10001")).status_code)

    assert [200] * 32 == statuses
    assert 2 == server.issues
