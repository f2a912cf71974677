"""``ApiPauses``: an API that rejects every new token has a pause of its own."""

import pytest

from requests_kiwoom import Token
from requests_kiwoom.pauses import TOKEN_CALL, ApiPauses
from requests_kiwoom.tokens import epoch_to_kst, fingerprint
from tests.helpers.local_clock import LocalClock

NOW = 1_800_000_000.0
TOKEN = Token("fake-token", epoch_to_kst(NOW + 3600))


@pytest.fixture
def clock():
    """A clock that stands still."""
    clock = LocalClock(lambda: NOW)
    return clock


@pytest.fixture
def pauses(clock):
    return ApiPauses(clock)


def reject_new_token(pauses, api_id="ka10001"):
    """Issue a token for a rejection, and reject it; return the error."""
    pauses.note_issued(TOKEN, api_id)
    with pytest.raises(Exception) as caught:
        pauses.note_rejected(TOKEN.value, api_id)
    return caught.value


def test_without_a_rejection(pauses):
    """At first nothing is on trial, and no API has a pause."""
    pauses.check("ka10001")
    pauses.check(None)
    pauses.note_rejected("fake-old", "ka10001")

    assert not pauses
    assert "<ApiPauses >" == repr(pauses)


def test_a_new_token_that_is_rejected(pauses):
    """A pause of 1 to 1.5 s begins for that API alone; the error says so without the token."""
    error = reject_new_token(pauses)

    assert 1.0 <= error.retry_after <= 1.5
    what = f"ka10001 rejected the new token {fingerprint(TOKEN.value)}, too."
    assert f"{what} Another one will be requested after a pause; auth.renew(force=True) replaces it now." == str(error)
    with pytest.raises(type(error), match="^ka10001 rejects every token. Another one") as caught:
        pauses.check("ka10001")
    assert error.retry_after == caught.value.retry_after
    pauses.check("ka10002")
    assert pauses
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
    [("fake-other", "ka10001", 0), ("fake-token", "ka10002", 0), ("fake-token", "ka10001", 30.01)],
    ids=["another token", "another API", "after 30 s"],
)
def test_a_rejection_that_is_the_token_s_fault(pauses, clock, value, api_id, seconds):
    """Of another token or API, or long after the issue: no pause begins."""
    pauses.note_issued(TOKEN, "ka10001")
    clock.advance(seconds=seconds)

    pauses.note_rejected(value, api_id)

    pauses.check(api_id)


def test_an_accepted_response_ends_trial_and_pause(pauses):
    """An API that accepted a token may have the next one at once; another API's success changes nothing."""
    reject_new_token(pauses)
    pauses.note_accepted("ka10002")
    assert pauses
    pauses.note_accepted("ka10001")
    assert not pauses
    pauses.note_issued(TOKEN, "ka10001")
    pauses.note_accepted("ka10002")
    assert pauses
    pauses.note_accepted("ka10001")
    assert not pauses
    pauses.note_rejected(TOKEN.value, "ka10001")


def test_a_login_that_was_not_refused_at_once_was_accepted(pauses, clock):
    """What a program does with ``token()`` is not seen: a rejection after the next pause's length starts none."""
    pauses.note_issued(TOKEN, TOKEN_CALL)
    clock.advance(seconds=1.1)
    pauses.note_rejected(TOKEN.value, TOKEN_CALL)

    pauses.note_issued(TOKEN, TOKEN_CALL)
    clock.advance(seconds=0.9)
    with pytest.raises(Exception, match="token"):
        pauses.note_rejected(TOKEN.value, TOKEN_CALL)


def test_eight_pauses_are_kept(pauses, clock):
    """Of more than eight APIs, the pause that ends first is forgotten."""
    for number in range(8):
        reject_new_token(pauses, f"ka{number}")
        clock.advance(seconds=0.01)
    reject_new_token(pauses, "ka0")  # Its second pause is the longest.
    reject_new_token(pauses, "ka8")

    running = repr(pauses).split()[1:]
    assert 8 == len(running)
    assert {"ka0>", "ka0"} & {*running} and "ka8>" in running
