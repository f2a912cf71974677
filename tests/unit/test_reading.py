"""Reading: the envelope, ``expires_dt``, and the pauses."""

from datetime import datetime, timedelta, timezone

import pytest

from requests_kiwoom.backoff import LONGEST, Backoff
from requests_kiwoom.envelope import REJECTED, read_envelope
from requests_kiwoom.tokens import KST, Token, is_plausible, parse_expires_dt


@pytest.mark.parametrize(
    "body, return_code, code",
    [
        ('{"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}', 0, None),
        ('{"return_code": 3, "return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"}', 3, 8005),
        ('{"return_code": "3", "return_msg": "CODE=8005"}', 3, 8005),
        ('{"return_code": 3, "return_msg": "RETCODE=8005"}', 3, None),
        ('{"return_code": 3, "return_msg": "CODE=80055"}', 3, None),
        ('{"return_code": 8005}', 8005, 8005),
        ('{"return_code": "8005"}', 8005, 8005),
        ('{"return_code": 999}', 999, None),
        ('{"return_code": 1000}', 1000, 1000),
        ('{"return_code": 9999}', 9999, 9999),
        ('{"return_code": 10000}', 10000, None),
        ('{"return_code": 8005, "return_msg": "[8001:x]"}', 8005, 8001),
        ('{"return_code": true}', None, None),
        ('{"return_code": 3.0}', None, None),
        ('{"return_code": "٣"}', None, None),
        ('{"return_code": null, "return_msg": null}', None, None),
        ('{"return_code": -1}', -1, None),
        ('{"return_msg": "[800:x] [80055:x] [2000](RC4058:x)"}', None, None),
        ("{}", None, None),
    ],
)
def test_envelope(body, return_code, code):
    """``return_code`` may be a number or its text; the code stands in ``return_msg``, or is ``return_code`` itself."""
    envelope = read_envelope(body.encode())

    assert (return_code, code) == (envelope.return_code, envelope.code)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_envelope_encodings(encoding):
    """An envelope is read in every encoding that JSON may have."""
    assert 8005 == read_envelope('{"return_code": 8005}'.encode(encoding)).code


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"8005", b'"[8005:"', b"{", b"\xff", b"[" * 9000, b"<html>"])
def test_no_envelope(body):
    """What is no JSON object is no envelope."""
    assert read_envelope(body) is None


@pytest.mark.parametrize("said, return_msg", [('"이유"', "이유"), ("null", ""), ("[8005]", ""), ("8005", "")])
def test_return_msg_is_text(said, return_msg):
    """``return_msg`` is Kiwoom's words; what is no text is an empty one."""
    assert return_msg == read_envelope(f'{{"return_msg": {said}}}'.encode()).return_msg


def test_rejected_codes():
    """A new token may help with these four codes alone."""
    assert {8003, 8005, 8031, 8103} == REJECTED


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


def test_backoff_grows_and_clears():
    """Each pause is 1, 2, 4 ... times 1 to 1.5 s, up to 30 s; clear() starts over."""
    backoff = Backoff()
    now = 1000.0
    for least in (1, 2, 4, 8, 16, LONGEST, LONGEST):
        end = backoff.extend(now)
        assert least <= end - now <= min(least * 1.5, LONGEST)
        assert end - now == pytest.approx(backoff.remaining(now))
        now = end
        assert 0.0 == backoff.remaining(now + 0.001)
    backoff.extend(now)
    backoff.clear()

    assert 0.0 == backoff.remaining(now)
    assert backoff.extend(now) - now <= 1.5


def test_backoff_forgets():
    """A failure long past starts a new row; a clock set back ends a pause."""
    backoff = Backoff()
    backoff.extend(1000.0)
    assert 0.0 == backoff.remaining(999.0)
    backoff.extend(1001.0)
    backoff.extend(1300.9)
    assert 4 <= backoff.extend(1300.9) - 1300.9

    assert backoff.extend(1600.9) - 1600.9 <= 1.5


def test_its_repr_shows_no_payload():
    """What says how a call went can be printed: the payload, which may be au10001's with the token, is left out."""
    envelope = read_envelope(b'{"return_code": 0, "token": "fake-token"}')

    assert "<Envelope return_code=0 code=None>" == repr(envelope)
