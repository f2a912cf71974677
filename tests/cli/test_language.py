"""The language of the command line, and its texts in both."""

import ast
import ctypes
import pathlib
import re
import string
import types

import pytest

from requests_kiwoom.cli import texts, texts_demo, texts_doctor, texts_explain, texts_serve
from requests_kiwoom.cli.language import Text, detect_language
from requests_kiwoom.cli.layout import COLUMNS, display_width, pad, wrap
from tests.helpers.cli import run

KOREAN = {"LC_ALL": "ko_KR.UTF-8"}


def texts_of(value):
    """Yield all texts in a module, including those in its tables."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, types.ModuleType):
        for name in vars(value):
            if name.isupper():
                yield from texts_of(getattr(value, name))
    elif isinstance(value, dict):
        yield from texts_of(tuple(value.values()))
    elif isinstance(value, tuple):
        for each in value:
            yield from texts_of(each)


ALL = [text for module in (texts, texts_demo, texts_doctor, texts_explain, texts_serve) for text in texts_of(module)]


def fields(text):
    return {(name or "", spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


def test_all_texts_are_found():
    """More than 100 texts are found, so the other tests here check something."""
    assert 100 < len(ALL)


def test_every_english_text_has_a_korean_one():
    """Every text with English words has a Korean version, in Korean words."""
    for text in ALL:
        has_words = re.search("[A-Za-z]{2}", re.sub(r"\{[^}]*\}|au10001|return_code", "", text.en))
        assert bool(text.en) == bool(text.ko), text
        assert not has_words or re.search("[가-힣]", text.ko), text


def test_both_languages_have_the_same_fields():
    """Both languages of a text have the same fields; only RAISED, for errors in English, has more in Korean."""
    for text in ALL:
        more = {("meaning", ""), ("name", "")} if text is texts.RAISED else set()
        assert fields(text.ko) == fields(text.en) | more, text


def test_commands_have_no_texts_of_their_own():
    """Commands print and raise texts of those modules only."""
    found = []
    for path in pathlib.Path(texts.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "print_error", "CommandError"):
                words = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
                found += [word for word in words if isinstance(word, str) and re.search("[a-z] [a-z]", word)]

    assert [] == found


def test_every_text_can_be_shown_in_code_page_949():
    """Every text can be encoded in code page 949, which Korean Windows uses."""
    for text in ALL:
        assert f"{text.en}{text.ko}" == f"{text.en}{text.ko}".encode("cp949").decode("cp949")


@pytest.mark.parametrize("name", ["LC_ALL", "LC_MESSAGES", "LANG"])
def test_a_korean_locale_makes_it_korean(name):
    """A Korean locale in LC_ALL, LC_MESSAGES or LANG makes the output Korean."""
    assert run(None, "token", **{"LC_ALL": "", name: "ko_KR.UTF-8"}).err.startswith("오류: ")


def test_the_first_locale_variable_wins():
    """LC_ALL wins over LC_MESSAGES, and LC_MESSAGES over LANG."""
    assert "en" == detect_language({"LC_ALL": "C", "LC_MESSAGES": "ko", "LANG": "ko"})
    assert "en" == detect_language({"LC_MESSAGES": "en_US", "LANG": "ko_KR"})


@pytest.mark.parametrize("locale", ["C.UTF-8", "en_US.UTF-8", "ja_JP.UTF-8"])
def test_another_locale_makes_it_english(locale):
    """Any other locale makes the output English."""
    assert run(None, "token", LC_ALL=locale).err.startswith("error: ")


def test_without_a_locale_it_is_english(monkeypatch):
    """Without a locale the output is English."""
    monkeypatch.delattr(ctypes, "windll", raising=False)

    assert "en" == detect_language({})


@pytest.mark.parametrize("identifier, expected", [(0x0412, "ko"), (0x0409, "en"), (0x0411, "en")])
def test_on_windows_the_display_language_decides(monkeypatch, identifier, expected):
    """Without a locale, Windows' display language decides; a locale, as in Git Bash, wins over it."""
    kernel32 = types.SimpleNamespace(GetUserDefaultUILanguage=lambda: identifier)
    monkeypatch.setattr(ctypes, "windll", types.SimpleNamespace(kernel32=kernel32), raising=False)

    assert expected == detect_language({})
    assert "en" == detect_language({"LANG": "en_US.UTF-8"})


def test_the_option_wins_over_the_locale():
    """--lang, before or after the command, wins over the locale."""
    assert run(None, "token", "--lang", "en", **KOREAN).err.startswith("error: ")
    assert run(None, "--lang", "ko", "token").err.startswith("오류: ")
    assert run(None, "--lang", "en", "token", "--lang", "ko").err.startswith("오류: ")
    assert 2 == run(None, "token", "--lang", "ja").status


def test_a_console_that_cannot_show_korean_is_english():
    """A Korean locale with an ASCII terminal: the output is English, not a row of escapes."""
    assert run(None, "token", **KOREAN, PYTHONIOENCODING="ascii").err.startswith("error: ")
    assert run(None, "token", **KOREAN, PYTHONIOENCODING="cp949").err.startswith("오류: ")


def test_lang_applies_to_one_call_of_main():
    """--lang applies to one call of main(), and not to the next."""
    run(None, "token", "--lang", "ko")

    assert run(None, "token").err.startswith("error: ")


def test_a_korean_character_has_two_columns():
    """Hangul and full-width characters take two columns, all others one."""
    assert (5, 4, 2) == (display_width("token"), display_width("토큰"), display_width("Ａ"))
    assert ("토큰  ", "  토큰") == (pad("토큰", 6), pad("토큰", 6, right=True))


def test_lines_are_broken_between_words():
    """Lines are broken between words to fit 80 columns; the words stay in order, and a longer word is not broken."""
    text = " ".join(["토큰", "token", "x" * 100] * 20)

    lines = wrap(text, first="-> ", indent="   ").splitlines()

    assert text == " ".join(line.strip().removeprefix("-> ") for line in lines)
    assert all(display_width(line) <= COLUMNS or line.split() == ["x" * 100] for line in lines)
    assert lines[0].startswith("-> ") and all(line.startswith("   ") for line in lines[1:])


def test_a_line_may_have_exactly_80_columns():
    """A text of 80 columns stays on one line, a text of 81 does not."""
    assert 1 == len(wrap(f"{'x' * 40} {'y' * 39}").splitlines())
    assert 2 == len(wrap(f"{'x' * 40} {'y' * 40}").splitlines())


def test_a_text_is_formatted_with_another_text():
    """A text that is a value in another text appears there in that text's language."""
    text = Text("{name} fails", "{name} 실패").format(name=Text("clock", "시계"))

    assert ("clock fails", "시계 실패") == text
