"""``Backoff`` and ``LastFailure``: how long au10001 is not called again, and the error it last failed with."""

import pytest

from requests_kiwoom import TokenIssueError, TokenRefused, TokenUnavailable
from requests_kiwoom.backoff import LONGEST, Backoff, LastFailure

NOW = 1_800_000_000.0


def error_at(failure, now):
    """Return the error that a caller gets at `now`; ``None`` if au10001 may be called."""
    try:
        failure.check(now)
    except TokenIssueError as error:
        return error
    return None


def test_a_pause_grows_to_30_seconds():
    """Pauses last 1, 2, 4, 8, 16, then 20 s, each times a random 1 to 1.5: at most 30 s."""
    backoff, now = Backoff(), NOW
    for least in (1, 2, 4, 8, 16, 20, 20, 20):
        assert least == backoff.next_length
        backoff = backoff.after_failure(now)
        assert least <= backoff.length <= least * 1.5 <= LONGEST
        assert backoff.length == backoff.remaining(now)
        now += backoff.length + 0.001
        assert 0.0 == backoff.remaining(now)


def test_pauses_have_jitter():
    """Processes that fail at the same moment do not retry at the same moment."""
    assert 1 < len({Backoff().after_failure(NOW).length for _ in range(50)})


def test_many_failures_do_not_overflow():
    """The power of two does not overflow, however often a call fails."""
    assert 20.0 <= Backoff(5000, NOW, 30.0).after_failure(NOW + 31).length <= LONGEST


@pytest.mark.parametrize("seconds, failures", [(0, 4), (299.9, 4), (300, 1), (-0.1, 1)])
def test_a_row_of_failures_ends_after_five_minutes(seconds, failures):
    """A failure 5 minutes after the last one, or before it since the clock was set back, counts as the first."""
    backoff = Backoff(3, NOW, 4.0)

    assert failures == backoff.after_failure(NOW + seconds).failures


@pytest.mark.parametrize("seconds, remaining", [(0, 4.0), (1, 3.0), (3.5, 0.5), (4, 0.0), (5, 0.0), (-0.1, 0.0)])
def test_a_pause_ends_in_time_or_when_the_clock_is_set_back(seconds, remaining):
    """A pause ends when its time has passed, and when the clock is set back."""
    assert remaining == Backoff(3, NOW, 4.0).remaining(NOW + seconds)


@pytest.mark.parametrize("at_least, length", [(60.0, 60.0), (0.5, None)])
def test_a_pause_lasts_as_long_as_the_error_asks_for(at_least, length):
    """``Retry-After`` lengthens a pause, and does not shorten it."""
    pause = Backoff().after_failure(NOW, at_least).length

    assert pause == length if length is not None else 1.0 <= pause <= 1.5


def test_there_is_no_error_before_a_failure():
    """Before any failure there is no error."""
    assert error_at(LastFailure(), NOW) is None


def test_each_caller_in_a_pause_gets_its_own_error():
    """In a pause, each caller gets an error of its own with the seconds that remain; after it, no error is raised."""
    error = TokenUnavailable("HTTP 503", code=1700, retry_after=7.0)
    failure = LastFailure().followed_by(error, NOW)
    first, second = error_at(failure, NOW + 2), error_at(failure, NOW + 2)

    assert first is not error and first is not second
    assert ("HTTP 503", 1700, 5.0) == (str(first), first.code, first.retry_after)
    assert error_at(failure, NOW + 7) is None


def test_a_refusal_starts_a_pause_too():
    """``TokenRefused`` starts a pause, too; its error has no ``retry_after``."""
    failure = LastFailure().followed_by(TokenRefused("[8001:...]"), NOW)

    assert isinstance(error_at(failure, NOW + 0.5), TokenRefused)
    assert not hasattr(error_at(failure, NOW + 0.5), "retry_after")


def test_the_second_failure_has_a_longer_pause():
    """The second failure in a row starts a longer pause, with its own error."""
    failure = LastFailure().followed_by(TokenUnavailable("first"), NOW)
    failure = failure.followed_by(TokenUnavailable("second"), NOW + 2)

    assert "second" == str(error_at(failure, NOW + 2))
    assert 2.0 <= failure.backoff.length <= 3.0


def test_a_change_to_a_caught_error_does_not_reach_other_callers():
    """If a caller changes the `retry_after` of the error that it caught, other callers still get the right one."""
    error = TokenUnavailable("down")
    failure = LastFailure().followed_by(error, NOW)
    error.retry_after = 99.0

    assert error_at(failure, NOW).retry_after == failure.backoff.length
