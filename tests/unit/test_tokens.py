"""``Token``, ``expires_dt`` and fingerprints."""

import copy
import pickle
from datetime import datetime, timedelta, timezone

import pytest

from requests_kiwoom.tokens import (
    KST,
    Authorization,
    Token,
    epoch_to_kst,
    fingerprint,
    hold,
    is_plausible,
    parse_expires_dt,
)

NOW = 1_800_000_000.0


def test_expires_dt_is_kst():
    """``expires_dt`` is KST wall-clock time, whatever this machine's time zone is."""
    assert datetime(2024, 11, 6, 23, 37, 13, tzinfo=timezone.utc) == parse_expires_dt("20241107083713")
    assert timedelta(hours=9) == parse_expires_dt("20241107083713").utcoffset()


@pytest.mark.parametrize(
    "text",
    ["", "10", "2024110708371", "202411070837130", "20240230000000", "20241307000000", "20241107250000"]
    + ["2024110708371x", "٢٠٢٤١١٠٧٠٨٣٧١٣", " 2024110708371", "20241107T08371", None, 20241107083713, "00000101000000"],
)
def test_a_malformed_expires_dt_is_a_value_error(text):
    """``expires_dt`` must be 14 ASCII digits that name a moment; anything else is a ``ValueError``."""
    with pytest.raises(ValueError):
        parse_expires_dt(text)


def test_tokens_are_equal_if_value_and_moment_are_equal():
    """Tokens with the same value and moment are one in a set; otherwise they differ, and so do their hashes."""
    midnight, noon = (datetime(2026, 11, 22, hour, tzinfo=timezone.utc) for hour in (0, 12))
    token = Token("fake-token", midnight)

    assert {token} == {token, Token("fake-token", midnight.astimezone(KST))}
    for other in (Token("fake-other", midnight), Token("fake-token", noon)):
        assert token != other
        assert hash(token) != hash(other)


@pytest.mark.parametrize(
    "hours, expected",
    [(24, True), (48, True), (0, True), (-24, True), (-24.001, False), (24 * 366, True), (24 * 366.001, False)],
)
def test_is_plausible(hours, expected):
    """A token is plausible if it expired at most 24 hours ago (the local clock may be wrong) or expires in 366 days."""
    now = 1_800_000_000.0
    token = Token("fake-token", datetime.fromtimestamp(now, timezone.utc) + timedelta(hours=hours))

    assert expected == is_plausible(token, now)


def test_any_text_has_a_fingerprint():
    """Any text has a fingerprint of 8 digits: a caller may report any text as rejected."""
    assert 8 == len(fingerprint("\ud800"))


def test_a_token_is_immutable():
    """A token cannot be changed; its value must fit into a header, and its expiry must be an aware datetime."""
    token = Token("fake-token", datetime(2026, 11, 22, tzinfo=timezone.utc))

    with pytest.raises(AttributeError, match="immutable"):
        token.value = "other"
    with pytest.raises(AttributeError, match="immutable"):
        del token.value
    for value in ("", "a b", "a\nb", "토큰", None, b"x", "x" * 1001):
        with pytest.raises(ValueError, match="visible ASCII") as caught:
            Token(value, token.expires_at)
        assert not value or repr(value) not in str(caught.value)
    for moment in (datetime(2026, 11, 22), None, 5, datetime.max.replace(tzinfo=timezone.utc)):
        with pytest.raises(ValueError, match="expires_at"):
            Token("fake-token", moment)
    assert token != "fake-token" and token != Token("fake-other", token.expires_at)


def test_a_token_pickles():
    """A token equals its pickled and copied twin."""
    token = Token("fake-token", datetime(2026, 11, 22, tzinfo=timezone.utc))

    for twin in (pickle.loads(pickle.dumps(token)), copy.deepcopy(token), copy.copy(token)):
        assert token == twin and hash(token) == hash(twin)


def test_the_repr_of_a_token():
    """A token shows its fingerprint and its expiry in KST, and nothing of its value."""
    token = Token("fake-token", datetime(2025, 1, 2, 23, 30, tzinfo=timezone.utc))

    assert "<Token e1466187 expires_at=2025-01-03T08:30:00+09:00>" == repr(token) == str(token)
    assert "<Secret> <Secret>" == f"{token.value!r} {token.authorization!r}"
    assert "<Token>" == repr(Token.__new__(Token))


def test_an_authorization_names_its_key():
    """A header value is text with a masked repr, and names the key that it was made for, if there is one."""
    authorization = Authorization("Bearer fake-token", "fake-hash")

    assert "Bearer fake-token" == authorization
    assert ("<Secret>", "fake-hash") == (repr(authorization), authorization.source_key)
    assert "" == Authorization("Bearer fake-token").source_key


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_of_an_authorization_names_its_key(clone):
    """A copied or pickled header value still names its key: a request may be sent in another process."""
    assert "fake-hash" == clone(Authorization("Bearer fake-token", "fake-hash")).source_key


@pytest.mark.parametrize(
    "lifetime, use_until, is_overdue", [(3600, 3600, False), (0.5, 0.5, False), (0, 30, True), (-3600, 30, True)]
)
def test_how_long_a_token_is_used(lifetime, use_until, is_overdue):
    """A live token is used until its expiry; an overdue one, past its expiry by this clock, is used for 30 s."""
    held = hold(Token("fake-token", epoch_to_kst(NOW + lifetime)), "fake-hash", NOW)

    assert (NOW + use_until, is_overdue) == (held.use_until, held.is_overdue)
    assert ("Bearer fake-token", "fake-hash") == (held.authorization, held.authorization.source_key)


@pytest.mark.parametrize(
    "seconds, moment",
    [
        (0, datetime(1970, 1, 1, 9, tzinfo=KST)),
        (-86400, datetime(1969, 12, 31, 9, tzinfo=KST)),
        (40_000_000_000, datetime(3237, 7, 20, 8, 6, 40, tzinfo=KST)),
    ],
)
def test_epoch_to_kst(seconds, moment):
    """Seconds since the epoch become KST, also before 1970 and after 3000, where Windows' calendar functions fail."""
    assert moment == epoch_to_kst(seconds)
    assert "KST" == epoch_to_kst(seconds).tzname()


def test_an_epoch_beyond_the_calendar():
    """A moment that no datetime can hold is an ``OverflowError``."""
    with pytest.raises(OverflowError):
        epoch_to_kst(1e15)


def test_midnight_as_24_hours():
    """24:00 is 0:00 of the next day; after the last day of the calendar it is malformed."""
    assert datetime(2026, 11, 23, tzinfo=KST) == parse_expires_dt("20261122240000")
    with pytest.raises(ValueError, match="later than what a datetime can hold"):
        parse_expires_dt("99991231240000")
