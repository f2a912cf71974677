"""``Token``, ``expires_dt`` and fingerprints."""

import copy
import pickle
from datetime import datetime, timedelta, timezone

import pytest

from requests_kiwoom.tokens import KST, Token, fingerprint, is_plausible, parse_expires_dt


def test_expires_dt_is_kst():
    """``expires_dt`` is KST wall-clock time, whatever this machine's time zone is."""
    assert datetime(2024, 11, 6, 23, 37, 13, tzinfo=timezone.utc) == parse_expires_dt("20241107083713")
    assert timedelta(hours=9) == parse_expires_dt("20241107083713").utcoffset()


@pytest.mark.parametrize(
    "text",
    ["", "10", "2024110708371", "202411070837130", "20240230000000", "20241307000000", "20241107250000"]
    + ["2024110708371x", "٢٠٢٤١١٠٧٠٨٣٧١٣", " 2024110708371", "20241107T08371", None, 20241107083713, "00000101000000"],
)
def test_no_expires_dt(text):
    """Whatever is not 14 ASCII digits that name a moment is a ValueError."""
    with pytest.raises(ValueError):
        parse_expires_dt(text)


def test_tokens_compare():
    """Tokens of one value and moment are one in a set; those of another value, or of another moment, hash apart."""
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
def test_plausible(hours, expected):
    """A token may seem to have expired up to 24 hours ago: the local clock may be wrong."""
    now = 1_800_000_000.0
    token = Token("fake-token", datetime.fromtimestamp(now, timezone.utc) + timedelta(hours=hours))

    assert expected == is_plausible(token, now)


def test_any_text_has_a_fingerprint():
    """What a caller says was rejected is anybody's text, and is told by its fingerprint all the same."""
    assert 8 == len(fingerprint("\ud800"))


def test_a_token_is_immutable():
    """A Token cannot be changed, and takes nothing that could not be a header."""
    from datetime import datetime, timezone

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


def test_a_token_pickles(server, auth):
    """A Token is the same after pickling and copying."""
    from datetime import datetime, timezone

    token = Token("fake-token", datetime(2026, 11, 22, tzinfo=timezone.utc))

    for twin in (pickle.loads(pickle.dumps(token)), copy.deepcopy(token), copy.copy(token)):
        assert token == twin and hash(token) == hash(twin)
