"""The table of Kiwoom's codes."""

import re

import pytest

from requests_kiwoom.codes import CODES, REJECTED, Kind, find_code
from requests_kiwoom.envelope import read_envelope
from requests_kiwoom.testing import refusal


def test_rejected_codes():
    """A new token may help with these four codes alone."""
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
    """The envelope finds each code in Kiwoom's words, and rejects a token by exactly those of the table."""
    envelope = read_envelope(f'{{"return_code": 3, "return_msg": "[{number}:...]"}}'.encode())

    assert number == envelope.code
    assert envelope.rejects_token == (CODES[number].kind is Kind.TOKEN_REJECTED)


@pytest.mark.parametrize("number", sorted(CODES))
def test_the_local_server_says_every_code(number):
    """Each code that the local server can respond with is one that the envelope finds."""
    reply = refusal(number)

    assert number == read_envelope(reply.encode()).code


@pytest.mark.parametrize("number, kind", [(1500, Kind.REQUEST), (1502, Kind.REQUEST), (1599, Kind.REQUEST)])
def test_unlisted_codes_of_requests(number, kind):
    """Codes from 1500 to 1599 say that the request is wrong, also those that the table does not list."""
    assert (number, kind) == find_code(number)[:2]


@pytest.mark.parametrize("number", [None, 0, 1499, 1600, 9999])
def test_unknown_codes(number):
    """Nothing is known of any other number."""
    assert find_code(number) is None
