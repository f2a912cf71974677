"""A failing token endpoint is not hammered."""

import logging

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenRefused, TokenUnavailable
from requests_kiwoom.backoff import Backoff
from requests_kiwoom.failing import Failing
from requests_kiwoom.oauth import OAuthClient
from requests_kiwoom.origins import origin_of
from requests_kiwoom.testing.server import Reply
from tests.helpers.tools import in_threads

DOWN = Reply(b"down", 500)


@pytest.fixture(autouse=True)
def stopped_clock(server):
    """Pauses pass only when a test says so."""
    server.clock.stop()


def ask(auth):
    """The seconds to wait that the error names, or ``None`` for a token."""
    try:
        auth.token()
    except TokenUnavailable as error:
        return error.retry_after
    return None


def test_20_requests_make_at_most_2_calls(server, session, url):
    """The endpoint answers 500: 20 requests in a row make at most 2 calls, and each gets an error."""
    server.fail(*[DOWN] * 20)

    for _ in range(20):
        with pytest.raises(TokenUnavailable, match="HTTP 500"):
            session.post(url, json={})

    assert server.issues <= 2


def test_wrong_keys_are_not_tried_20_times(server, url):
    """Wrong keys: 20 requests make at most 2 calls, and the text says what to do."""
    auth = KiwoomAuth("fake-wrong-key", server.secretkey, base_url=server.url).for_api("ka10001")

    for _ in range(20):
        with pytest.raises(TokenRefused, match="Check that appkey and secretkey"):
            requests.post(url, json={}, auth=auth)

    assert server.issues <= 2


def test_the_pause_grows_to_30_seconds(server, auth):
    """1 s, 2 s, 4 s ... up to 30 s, each up to half as long again."""
    server.fail(*[DOWN] * 10)
    pauses = []
    for _ in range(8):
        pauses.append(ask(auth))
        server.clock.advance(seconds=pauses[-1] + 0.001)

    for least, pause in zip([1, 2, 4, 8, 16, 30, 30, 30], pauses, strict=True):
        assert least <= round(pause, 2) <= min(1.5 * least, 30)
    assert 8 == server.issues


def test_until_then_the_error_comes_at_once(server, auth):
    """During the pause callers get the error, with the seconds that are left; after it au10001 is asked again."""
    server.fail(DOWN)
    pause = ask(auth)
    server.clock.advance(seconds=pause - 0.5)
    assert 0 < ask(auth) <= 0.501
    server.clock.advance(seconds=0.501)

    assert ask(auth) is None
    assert 2 == server.issues


def test_a_success_clears_it(server, auth):
    """After a success the next pause starts at 1 s."""
    server.fail(*[DOWN] * 3)
    for _ in range(3):
        server.clock.advance(seconds=ask(auth) + 0.001)
    assert ask(auth) is None
    server.clock.advance(hours=25)
    server.fail(DOWN)

    assert ask(auth) <= 1.5


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
    ],
)
def test_retry_after_is_obeyed_up_to_a_minute(server, auth, retry_after, least, most):
    """``Retry-After`` lengthens the pause, in seconds or as a date of the server's clock, up to 60 s."""
    server.fail(Reply(b"", 429, {"Retry-After": retry_after, "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}))

    assert least <= round(ask(auth), 2) <= most


def test_a_date_that_is_past_asks_for_nothing(server):
    """Before the pause is known, the error says what the answer said: a ``Retry-After`` in the past is 0 s."""
    dates = {"Retry-After": "Sun, 22 Nov 2026 07:00:00 GMT", "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}
    server.fail(Reply(b"", 429, dates))

    with pytest.raises(TokenUnavailable) as caught:
        OAuthClient(origin_of(server.url), server.appkey, server.secretkey, None, (3.0, 10.0)).issue(server.clock())

    assert 0.0 == caught.value.retry_after


@pytest.mark.parametrize("hours", [-9, 9])
def test_a_clock_that_jumps_ends_the_pause(server, auth, hours):
    """A clock set back or forward does not make a pause of hours."""
    server.fail(DOWN)
    ask(auth)
    server.clock.advance(hours=hours)

    assert ask(auth) is None


def test_waiting_threads_get_errors_of_their_own(server, auth):
    """16 threads wait for one failing call: each raises an exception of its own."""
    server.latency = 0.1
    server.fail(*[DOWN] * 16)

    outcomes = in_threads(16, auth.token)

    assert 1 == server.issues
    assert {TokenUnavailable} == {type(outcome) for outcome in outcomes}
    assert 16 == len({id(outcome) for outcome in outcomes})
    assert all(outcome.retry_after > 0 for outcome in outcomes)


def test_it_is_logged_once_a_call(server, auth, caplog):
    """A failed call is one WARNING, in the error's words; the errors of the pause after it are not logged again.

    A filter of the user's can look for words in the record's ``msg``.
    """
    server.fail(DOWN)
    for _ in range(5):
        with pytest.raises(TokenUnavailable) as caught:
            auth.token()

    assert [("requests_kiwoom", logging.WARNING, str(caught.value))] == caplog.record_tuples
    assert isinstance(caplog.records[0].msg, str)


def test_a_pause_that_ends_while_it_is_looked_at(monkeypatch):
    """A signal handler may issue in the middle of anything: the error that was seen is the one that is raised."""
    failing = Failing()
    failing.note(TokenUnavailable("seen"), 0.0)
    monkeypatch.setattr(Backoff, "remaining", lambda backoff, now: failing.clear() or 1.0)

    with pytest.raises(TokenUnavailable, match="^seen$"):
        failing.raise_in_pause(0.5)


def test_an_error_that_is_not_noted_yet(monkeypatch):
    """A signal handler may ask in the middle of anything: the pause has begun, and there is no error to raise yet."""
    failing, extend, asked = Failing(), Backoff.extend, []

    def interrupted(backoff, now, at_least=0.0):
        end = extend(backoff, now, at_least)
        asked.append(failing.raise_in_pause(now))
        return end

    monkeypatch.setattr(Backoff, "extend", interrupted)
    failing.note(TokenUnavailable("the first"), 0.0)
    failing.clear()
    failing.note(TokenUnavailable("the second"), 0.0)

    assert [None, None] == asked
