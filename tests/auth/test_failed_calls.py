"""A failed au10001 call: the pause after it, ``Retry-After``, and the errors in the meantime."""

import logging

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenRefused, TokenUnavailable
from requests_kiwoom.testing.server import Reply
from tests.helpers.constants import API_ID
from tests.helpers.threads import in_threads

DOWN = Reply(b"down", 500)


@pytest.fixture(autouse=True)
def stopped_clock(server):
    """A pause ends only when a test moves the clock."""
    server.clock.stop()


def wait_of(auth):
    """Return the seconds that the error says to wait, or ``None`` if there is a token."""
    try:
        auth.token()
    except TokenUnavailable as error:
        return error.retry_after
    return None


def test_20_requests_make_at_most_2_calls(server, session, url):
    """While au10001 responds with 500, each of 20 requests raises an error, and they make at most 2 token calls."""
    server.fail(*[DOWN] * 20)

    for _ in range(20):
        with pytest.raises(TokenUnavailable, match="HTTP 500"):
            session.post(url, json={})

    assert server.issues <= 2


def test_wrong_keys_make_at_most_2_calls(server, url):
    """With wrong keys, 20 requests raise an error that says what to do, and make at most 2 token calls."""
    auth = KiwoomAuth("fake-wrong-key", server.secretkey, base_url=server.url).for_api(API_ID)

    for _ in range(20):
        with pytest.raises(TokenRefused, match="Check that appkey and secretkey"):
            requests.post(url, json={}, auth=auth)

    assert server.issues <= 2


def test_the_pause_grows_to_30_seconds(server, auth):
    """The pause lasts 1 s, 2 s, 4 s, up to 30 s, each with a jitter of up to half."""
    server.fail(*[DOWN] * 10)
    pauses = []
    for _ in range(8):
        pauses.append(wait_of(auth))
        server.clock.advance(seconds=pauses[-1] + 0.001)

    for least, pause in zip([1, 2, 4, 8, 16, 20, 20, 20], pauses, strict=True):
        assert least <= round(pause, 2) <= 1.5 * least
    assert 8 == server.issues


def test_the_error_in_the_pause_has_the_seconds_left(server, auth):
    """In the pause, the error says how many seconds are left. After it, au10001 is called again."""
    server.fail(DOWN)
    pause = wait_of(auth)
    server.clock.advance(seconds=pause - 0.5)
    assert 0 < wait_of(auth) <= 0.501
    server.clock.advance(seconds=0.501)

    assert wait_of(auth) is None
    assert 2 == server.issues


def test_a_success_resets_the_pause(server, auth):
    """After a success, the next failure starts a pause of 1 s again."""
    server.fail(*[DOWN] * 3)
    for _ in range(3):
        server.clock.advance(seconds=wait_of(auth) + 0.001)
    assert wait_of(auth) is None
    server.clock.advance(hours=25)
    server.fail(DOWN)

    assert wait_of(auth) <= 1.5


@pytest.mark.parametrize(
    "retry_after, least, most",
    [
        ("7", 7, 7),
        ("600", 60, 60),
        ("0", 1, 1.5),
        ("soon", 1, 1.5),
        ("-5", 1, 1.5),
        ("9" * 400, 1, 1.5),
        ("Sun, 22 Nov 2026 08:00:20 GMT", 20, 20),
        ("Sun, 22 Nov 2026 07:00:00 GMT", 1, 1.5),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 1, 1.5),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 1, 1.5),
    ],
)
def test_retry_after_lengthens_the_pause(server, auth, retry_after, least, most):
    """``Retry-After``, in seconds or as a date of the server's clock, lengthens the pause, up to 60 s."""
    server.fail(Reply(b"", 429, {"Retry-After": retry_after, "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}))

    assert least <= round(wait_of(auth), 2) <= most


@pytest.mark.parametrize("hours", [-9, 9])
def test_a_clock_that_jumps_ends_the_pause(server, auth, hours):
    """A clock that is set back or forward does not make a pause of hours."""
    server.fail(DOWN)
    wait_of(auth)
    server.clock.advance(hours=hours)

    assert wait_of(auth) is None


def test_each_waiting_thread_raises_its_own_error(server, auth):
    """16 threads wait for one call. When it fails, each raises an exception of its own."""
    server.latency = 0.1
    server.fail(*[DOWN] * 16)

    outcomes = in_threads(16, auth.token)

    assert 1 == server.issues
    assert {TokenUnavailable} == {type(outcome) for outcome in outcomes}
    assert 16 == len({id(outcome) for outcome in outcomes})
    assert all(outcome.retry_after > 0 for outcome in outcomes)


def test_a_failed_call_is_logged_once(server, auth, caplog):
    """A failed call is one WARNING with the error's text. Errors raised in the pause are not logged.

    ``record.msg`` is a string that a filter of the user's can search.
    """
    server.fail(DOWN)
    for _ in range(5):
        with pytest.raises(TokenUnavailable) as caught:
            auth.token()

    assert [("requests_kiwoom.source", logging.WARNING, str(caught.value))] == caplog.record_tuples
    assert isinstance(caplog.records[0].msg, str)
