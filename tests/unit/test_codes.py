"""The table of Kiwoom's codes."""

import re

import pytest

from requests_kiwoom.codes import CODES, REJECTED, Kind, find_code
from requests_kiwoom.envelope import read_envelope
from requests_kiwoom.testing import refusal


def test_four_codes_reject_the_token():
    """A new token may help only after one of these four codes."""
    assert {8003, 8005, 8031, 8103} == REJECTED


@pytest.mark.parametrize("code", CODES.values(), ids=map(str, CODES))
def test_every_code_is_explained_in_two_languages(code):
    """Meaning and advice are one line each, in English and in polite Korean."""
    for text in (code.meaning, code.advice, code.meaning_ko, code.advice_ko):
        assert text and text == " ".join(text.split())
    assert not re.search("[가-힣]", code.meaning)
    assert re.search("[가-힣]", code.meaning_ko) and re.search("[가-힣]", code.advice_ko)
    assert code.advice.endswith(".") and code.advice_ko.endswith(".")
    assert not code.meaning.endswith(".") and not code.meaning_ko.endswith(".")
    assert re.search(r"(주세요|니다)(\([^)]*\))?\.$", code.advice_ko)
    assert code.number == find_code(code.number).number
    assert isinstance(code.kind, Kind)


@pytest.mark.parametrize("number", sorted(CODES))
def test_envelope_and_table_agree(number):
    """The envelope finds each code in ``return_msg``, and rejects the token for the codes that the table names."""
    envelope = read_envelope(f'{{"return_code": 3, "return_msg": "[{number}:...]"}}'.encode())

    assert number == envelope.code
    assert envelope.rejects_token == (CODES[number].kind is Kind.TOKEN_REJECTED)


@pytest.mark.parametrize("number", sorted(CODES))
def test_the_local_server_returns_every_code(number):
    """The local server can return each code, and the envelope finds it in the response."""
    reply = refusal(number)

    assert number == read_envelope(reply.encode()).code


@pytest.mark.parametrize("number, kind", [(1500, Kind.REQUEST), (1502, Kind.REQUEST), (1599, Kind.REQUEST)])
def test_codes_1500_to_1599_mean_a_wrong_request(number, kind):
    """Codes from 1500 to 1599 mean that the request is wrong, even if the table does not list them."""
    assert (number, kind) == find_code(number)[:2]


@pytest.mark.parametrize("number", [None, 0, 1499, 1600, 9999])
def test_other_numbers_are_unknown(number):
    """``find_code`` returns ``None`` for any other number."""
    assert find_code(number) is None
