"""``Envelope`` and ``read_envelope``."""

import pytest

from requests_kiwoom.envelope import Envelope, read_envelope, read_secret_envelope


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
def test_return_code_and_code_are_read(body, return_code, code):
    """``return_code`` is a number or its text; the code is in ``return_msg``, or is ``return_code`` itself."""
    envelope = read_envelope(body.encode())

    assert (return_code, code) == (envelope.return_code, envelope.code)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_envelope_encodings(encoding):
    """An envelope is read in every encoding that JSON may have."""
    assert 8005 == read_envelope('{"return_code": 8005}'.encode(encoding)).code


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"8005", b'"[8005:"', b"{", b"\xff", b"[" * 9000, b"<html>"])
def test_a_body_that_is_no_json_object_has_no_envelope(body):
    """A body that is not a JSON object has no envelope."""
    assert read_envelope(body) is None


@pytest.mark.parametrize("value, return_msg", [('"이유"', "이유"), ("null", ""), ("[8005]", ""), ("8005", "")])
def test_return_msg_is_text(value, return_msg):
    """``return_msg`` is Kiwoom's text; anything else becomes an empty string."""
    assert return_msg == read_envelope(f'{{"return_msg": {value}}}'.encode()).return_msg


def test_the_repr_shows_no_payload():
    """The repr leaves out the payload: au10001's holds the token."""
    envelope = read_envelope(b'{"return_code": 0, "token": "fake-token"}')

    assert "<Envelope return_code=0 code=None>" == repr(envelope)


@pytest.mark.parametrize(
    "body, rejects",
    [
        ('{"return_code": 3, "return_msg": "[8005:x]"}', True),
        ('{"return_code": "3", "return_msg": "CODE=8103"}', True),
        ('{"return_code": 8031}', True),
        ('{"return_msg": "[8003:x]"}', True),
        ('{"return_code": null, "return_msg": "[8003:x]"}', True),
        ('{"return_code": 3, "return_msg": "[8001:x]"}', False),
        ('{"return_code": 0, "return_msg": "[8005:x]"}', False),
        ('{"return_code": "0", "return_msg": "[8005:x]"}', False),
        ('{"return_code": 20, "return_msg": "[8005:x]"}', False),
        ('{"return_code": 0.0, "return_msg": "[8005:x]"}', False),
        ('{"return_code": false, "return_msg": "[8005:x]"}', False),
        ('{"return_code": " 0", "return_msg": "[8005:x]"}', False),
        ("{}", False),
    ],
)
def test_rejects_token(body, rejects):
    """One of four codes rejects the token, unless ``return_code`` is a success in any spelling, or unreadable."""
    assert rejects == read_envelope(body.encode()).rejects_token


def test_the_payload_is_the_whole_object():
    """``payload`` is the whole JSON object of the response."""
    assert {"return_code": 0, "rows": [1]} == read_envelope(b'{"return_code": 0, "rows": [1]}').payload


def test_an_envelope_whose_constructor_failed_has_a_repr():
    """An error reporter may print an envelope whose constructor failed."""
    assert "<Envelope return_code=None code=None>" == repr(Envelope.__new__(Envelope))


def test_a_secret_envelope_has_a_masked_payload():
    """The payload of a secret envelope, and each object in it, is masked in a traceback; its members can be read."""
    envelope = read_secret_envelope(b'{"token": "fake-token", "more": {"token": "fake-token"}}')

    assert "fake-token" == envelope.payload["token"]
    assert "<payload> <payload>" == f"{envelope.payload!r} {envelope.payload['more']!r}"
    assert read_secret_envelope(b"<html>") is None
