"""``explain``: what a code, a message or an exception means, and what to do about it."""

import re

import pytest

import requests_kiwoom
from requests_kiwoom import KiwoomAuth, TokenRefused
from requests_kiwoom.cli.layout import display_width
from requests_kiwoom.codes import CODES
from requests_kiwoom.testing import refusal
from tests.helpers.cli import run

EXCEPTIONS = [
    name
    for name, value in vars(requests_kiwoom).items()
    if isinstance(value, type) and issubclass(value, requests_kiwoom.KiwoomAuthError)
]


def explain(*arguments, language="en"):
    ran = run(None, "explain", *arguments, "--lang", language)
    assert (0, "") == (ran.status, ran.err)
    assert 80 >= max(map(display_width, ran.out.splitlines()))
    return ran.out


def words(text):
    return " ".join(text.split())


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: str(code.number))
def test_a_code_is_explained_in_both_languages(code):
    """Meaning and advice of each code, as codes.py has them."""
    english, korean = words(explain(str(code.number))), words(explain(str(code.number), language="ko"))

    assert english.startswith(f"{code.number} {code.meaning} (")
    assert english.endswith(f" -> {code.advice}")
    assert korean.startswith(f"{code.number} {code.meaning_ko} (")
    assert korean.endswith(f" -> {words(code.advice_ko)}")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_without_an_argument_all_codes_are_listed(language):
    """A table of all codes, its columns aligned, and how to see more."""
    table, _, more = explain(language=language).partition("\n\n")

    head, *rows = table.splitlines()
    assert list(CODES) == [int(row[:4]) for row in rows]
    meanings = [code.meaning_ko if language == "ko" else code.meaning for code in CODES.values()]
    assert all(row.endswith(f"  {meaning}") for row, meaning in zip(rows, meanings, strict=True))
    columns = {display_width(row) - display_width(text) for row, text in zip(rows, meanings, strict=True)}
    assert {display_width(head) - display_width({"en": "meaning", "ko": "뜻"}[language])} == columns
    assert "requests-kiwoom explain 8050" in more


@pytest.mark.parametrize(
    "message",
    [
        "인증에 실패했습니다[8050:지정단말기 인증에 실패했습니다]",
        '{"return_msg": "인증에 실패했습니다[8050:지정단말기 인증에 실패했습니다]", "return_code": 3}',
        "[CODE=8050, MESSAGE=지정단말기 인증에 실패했습니다]",
        "code 8050",
        "20251108 8050:",
        "\udcff[8050:",
    ],
    ids=["return_msg", "JSON", "WebSocket", "words", "other digits", "not text"],
)
def test_a_message_is_explained(message):
    """Kiwoom's whole words, a JSON response or a line of a log: the code in it counts."""
    assert explain(message) == explain("8050")


def test_a_message_needs_no_quotation_marks():
    """Words that the shell took apart are one message."""
    assert explain("인증에", "실패했습니다[8050:지정단말기", "인증에", "실패했습니다]") == explain("8050")


def test_the_text_of_an_error_is_explained(server):
    """The text of TokenRefused can be pasted as it is."""
    server.fail(refusal(8010))
    with pytest.raises(TokenRefused) as caught:
        KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()

    assert explain(f"requests_kiwoom.exceptions.TokenRefused: {caught.value}") == explain("8010")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_is_explained(name, language):
    """Every exception of the package, by its name."""
    assert re.match(rf"{name}: .+\n(      .+\n)*   -> ", explain(name, language=language))


@pytest.mark.parametrize("text", ["tokenrefused", "requests_kiwoom.exceptions.TokenRefused: no code in it"])
def test_an_exception_is_found_in_a_line_of_a_traceback(text):
    """With its module, with its text, and in any case."""
    assert explain(text) == explain("TokenRefused")


@pytest.mark.parametrize("number", ["3", "20", "0"])
@pytest.mark.parametrize("language, text", [("en", "is a return_code"), ("ko", "return_code입니다")])
def test_a_return_code_is_not_a_code(number, language, text):
    """return_code alone stands for several errors: which number to give instead."""
    ran = run(None, "explain", number, "--lang", language)

    assert (1, "") == (ran.status, ran.out)
    assert text in ran.complaint
    assert "[8050:...]" in ran.complaint


@pytest.mark.parametrize("about", ["9999", "hello", "[9999:...]", "[2000](RC4058:모의투자 장종료)"])
def test_anything_else_is_an_error(about):
    """No code and no exception that is known: one error, exit status 1."""
    ran = run(None, "explain", about)

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: no known code or exception in it.")


def test_an_unknown_code_of_a_request_is_explained():
    """Codes from 1500 to 1599 are about the request, also those that no table has."""
    assert explain("1599").startswith("1599  the request is wrong (request)\n")
