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


def on_one_line(text):
    return " ".join(text.split())


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: str(code.number))
def test_a_code_is_explained_in_both_languages(code):
    """The explanation of a code is its meaning and its advice in codes.py."""
    english, korean = on_one_line(explain(str(code.number))), on_one_line(explain(str(code.number), language="ko"))

    assert english.startswith(f"{code.number} {code.meaning} (")
    assert english.endswith(f" -> {code.advice}")
    assert korean.startswith(f"{code.number} {code.meaning_ko} (")
    assert korean.endswith(f" -> {on_one_line(code.advice_ko)}")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_without_an_argument_all_codes_are_listed(language):
    """Without an argument, all codes are listed in aligned columns, with the command that explains one."""
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
def test_the_code_in_a_message_is_explained(message):
    """The code is found in Kiwoom's message, in a JSON response and in a line of a log."""
    assert explain(message) == explain("8050")


def test_a_message_needs_no_quotation_marks():
    """Several arguments are one message, so it needs no quotation marks."""
    assert explain("인증에", "실패했습니다[8050:지정단말기", "인증에", "실패했습니다]") == explain("8050")


def test_the_text_of_an_error_is_explained(server):
    """The text of a TokenRefused can be pasted unchanged."""
    server.fail(refusal(8010))
    with pytest.raises(TokenRefused) as caught:
        KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()

    assert explain(f"requests_kiwoom.exceptions.TokenRefused: {caught.value}") == explain("8010")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_is_explained(name, language):
    """Every exception of the package is explained by its name."""
    assert re.match(rf"{name}: .+\n(      .+\n)*   -> ", explain(name, language=language))


@pytest.mark.parametrize("text", ["tokenrefused", "requests_kiwoom.exceptions.TokenRefused: no code in it"])
def test_an_exception_is_found_in_a_line_of_a_traceback(text):
    """An exception is found in any letter case, and with its module and its text."""
    assert explain(text) == explain("TokenRefused")


@pytest.mark.parametrize("number", ["3", "20", "0"])
@pytest.mark.parametrize("language, text", [("en", "is a return_code"), ("ko", "return_code입니다")])
def test_a_return_code_is_not_a_code(number, language, text):
    """A return_code stands for several errors, so the error says which number to give instead."""
    ran = run(None, "explain", number, "--lang", language)

    assert (1, "") == (ran.status, ran.out)
    assert text in ran.complaint
    assert "[8050:...]" in ran.complaint


@pytest.mark.parametrize("about", ["9999", "hello", "[9999:...]", "[2000](RC4058:모의투자 장종료)"])
def test_a_text_without_a_known_code_is_an_error(about):
    """A text without a known code or exception is an error with exit status 1."""
    ran = run(None, "explain", about)

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: no known code or exception in it.")


def test_an_unknown_code_of_a_request_is_explained():
    """Codes from 1500 to 1599 are explained as errors of the request, even if codes.py does not list them."""
    assert explain("1599").startswith("1599  the request is wrong (request)\n")
