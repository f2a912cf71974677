"""``ApiPauses``: an API that rejects every new token has a pause of its own."""

import pytest

from requests_kiwoom import TokenUnavailable
from requests_kiwoom.pauses import TOKEN_CALL, ApiPauses
from requests_kiwoom.tokens import fingerprint
from tests.helpers.local_clock import LocalClock

NOW = 1_800_000_000.0
OLD, NEW = "fake-old", "fake-new"


@pytest.fixture
def clock():
    """A clock that stands still."""
    return LocalClock(lambda: NOW)


@pytest.fixture
def pauses(clock):
    return ApiPauses(clock)


def reject_new_token(pauses, api_id="ka10001"):
    """Issue a token for a rejection, and reject it; return the error."""
    pauses.note_issued(OLD, api_id)
    with pytest.raises(TokenUnavailable) as caught:
        pauses.note_rejected(NEW, api_id)
    return caught.value


def test_at_first_no_api_is_on_trial_or_in_a_pause(pauses):
    """Before a new token is rejected, no API is on trial or in a pause."""
    pauses.check("ka10001")
    pauses.note_rejected("fake-old", "ka10001")

    assert not pauses.states
    assert "<ApiPauses >" == repr(pauses)


def test_an_api_that_rejects_a_new_token_is_in_a_pause(pauses):
    """An API that rejects a new token gets a pause of 1 to 1.5 s, and no other API does; the error hides the token."""
    error = reject_new_token(pauses)

    assert 1.0 <= error.retry_after <= 1.5
    what = f"ka10001 rejected the new token {fingerprint(NEW)}, too."
    way_out = "au10001 is not called again until a pause ends; auth.renew(force=True) replaces the token now."
    assert f"{what} {way_out}" == str(error)
    with pytest.raises(TokenUnavailable, match="^ka10001 rejects every token. au10001") as caught:
        pauses.check("ka10001")
    assert error.retry_after == caught.value.retry_after
    pauses.check("ka10002")
    assert pauses.states
    assert "<ApiPauses ka10001>" == repr(pauses)


def test_the_pause_grows(pauses, clock):
    """The next pause of the same API is longer; that of another API starts at 1 s."""
    assert reject_new_token(pauses).retry_after <= 1.5
    clock.advance(seconds=2)
    pauses.check("ka10001")
    assert 2.0 <= reject_new_token(pauses).retry_after <= 3.0
    assert reject_new_token(pauses, "ka10002").retry_after <= 1.5


@pytest.mark.parametrize(
    "value, api_id, seconds",
    [(OLD, "ka10001", 0), (NEW, "ka10002", 0), (NEW, "ka10001", 30.01)],
    ids=["the old token", "another API", "after 30 s"],
)
def test_other_rejections_start_no_pause(pauses, clock, value, api_id, seconds):
    """A rejection of the old token, by another API, or long after the issue starts no pause."""
    pauses.note_issued(OLD, "ka10001")
    clock.advance(seconds=seconds)

    pauses.note_rejected(value, api_id)

    pauses.check(api_id)


def test_an_accepted_response_ends_trial_and_pause(pauses):
    """A success ends the trial and the pause of its API; a success of another API does not."""
    reject_new_token(pauses)
    pauses.note_accepted("ka10002")
    assert pauses.states
    pauses.note_accepted("ka10001")
    assert not pauses.states
    pauses.note_issued(OLD, "ka10001")
    pauses.note_accepted("ka10002")
    assert pauses.states
    pauses.note_accepted("ka10001")
    assert not pauses.states
    pauses.note_rejected(NEW, "ka10001")


def test_a_login_that_is_refused_late_starts_no_pause(pauses, clock):
    """The response to a login is not seen: a token rejected after the next pause's length counts as accepted."""
    pauses.note_issued(OLD, TOKEN_CALL)
    clock.advance(seconds=1.1)
    pauses.note_rejected(NEW, TOKEN_CALL)

    pauses.note_issued(OLD, TOKEN_CALL)
    clock.advance(seconds=0.9)
    with pytest.raises(TokenUnavailable):
        pauses.note_rejected(NEW, TOKEN_CALL)


def test_the_number_of_pauses_is_limited(pauses):
    """With many APIs, the oldest pauses are forgotten, and the newest is kept."""
    for number in range(200):
        reject_new_token(pauses, f"ka{number}")

    running = repr(pauses).strip("<>").split()[1:]
    assert len(running) < 100
    assert "ka199" == running[-1] and "ka0" not in running


def test_each_api_has_its_own_trial_and_pause(pauses):
    """Two APIs that reject every token each have their own trial and pause."""
    pauses.note_issued(OLD, "ka10001")
    pauses.note_issued(NEW, "ka10002")
    for api_id, value in (("ka10001", NEW), ("ka10002", "fake-newest")):
        with pytest.raises(TokenUnavailable, match=f"^{api_id} rejected the new token"):
            pauses.note_rejected(value, api_id)
