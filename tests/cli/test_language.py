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
    """All texts in a module, also those in its tables."""
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
    """The other tests here look at all texts: some hundred."""
    assert 100 < len(ALL)


def test_no_english_text_lacks_its_korean_one():
    """Each text with English words has Korean ones."""
    for text in ALL:
        has_words = re.search("[A-Za-z]{2}", re.sub(r"\{[^}]*\}|au10001|return_code", "", text.en))
        assert bool(text.en) == bool(text.ko), text
        assert not has_words or re.search("[가-힣]", text.ko), text


def test_both_texts_have_the_same_values():
    """A number or a name in the English text is in the Korean one, too; only errors in English get more around them."""
    for text in ALL:
        more = {("meaning", ""), ("name", "")} if text is texts.RAISED else set()
        assert fields(text.ko) == fields(text.en) | more, text


def test_no_text_stands_elsewhere():
    """Commands print and raise texts of those modules, and no words of their own."""
    spoken = []
    for path in pathlib.Path(texts.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "print_error", "CommandError"):
                words = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
                spoken += [word for word in words if isinstance(word, str) and re.search("[a-z] [a-z]", word)]

    assert [] == spoken


def test_every_text_can_be_shown_in_code_page_949():
    """Korean Windows shows each of them."""
    for text in ALL:
        assert f"{text.en}{text.ko}" == f"{text.en}{text.ko}".encode("cp949").decode("cp949")


@pytest.mark.parametrize("name", ["LC_ALL", "LC_MESSAGES", "LANG"])
def test_a_korean_locale_makes_it_korean(name):
    """Each of the variables that name a locale."""
    assert run(None, "token", **{"LC_ALL": "", name: "ko_KR.UTF-8"}).err.startswith("오류: ")


def test_the_first_variable_wins():
    """LC_ALL goes before LC_MESSAGES, and that before LANG."""
    assert "en" == detect_language({"LC_ALL": "C", "LC_MESSAGES": "ko", "LANG": "ko"})
    assert "en" == detect_language({"LC_MESSAGES": "en_US", "LANG": "ko_KR"})


@pytest.mark.parametrize("locale", ["C.UTF-8", "en_US.UTF-8", "ja_JP.UTF-8"])
def test_another_locale_makes_it_english(locale):
    """English is for everyone else."""
    assert run(None, "token", LC_ALL=locale).err.startswith("error: ")


def test_without_a_locale_it_is_english(monkeypatch):
    """So it is where nothing is known."""
    monkeypatch.delattr(ctypes, "windll", raising=False)

    assert "en" == detect_language({})


@pytest.mark.parametrize("identifier, expected", [(0x0412, "ko"), (0x0409, "en"), (0x0411, "en")])
def test_on_windows_its_language_decides(monkeypatch, identifier, expected):
    """Without a locale, the language of Windows' menus; a locale, as in Git Bash, wins over it."""
    kernel32 = types.SimpleNamespace(GetUserDefaultUILanguage=lambda: identifier)
    monkeypatch.setattr(ctypes, "windll", types.SimpleNamespace(kernel32=kernel32), raising=False)

    assert expected == detect_language({})
    assert "en" == detect_language({"LANG": "en_US.UTF-8"})


def test_the_option_wins_over_the_locale():
    """--lang, before the command or behind it."""
    assert run(None, "token", "--lang", "en", **KOREAN).err.startswith("error: ")
    assert run(None, "--lang", "ko", "token").err.startswith("오류: ")
    assert run(None, "--lang", "en", "token", "--lang", "ko").err.startswith("오류: ")
    assert 2 == run(None, "token", "--lang", "ja").status


def test_a_console_without_korean_is_not_korean():
    """A Korean locale on an ASCII terminal: English, and not a row of escapes."""
    assert run(None, "token", **KOREAN, PYTHONIOENCODING="ascii").err.startswith("error: ")
    assert run(None, "token", **KOREAN, PYTHONIOENCODING="cp949").err.startswith("오류: ")


def test_the_language_of_one_call_is_not_that_of_the_next():
    """--lang counts for its own call of main()."""
    run(None, "token", "--lang", "ko")

    assert run(None, "token").err.startswith("error: ")


def test_a_korean_character_has_two_columns():
    """Hangul and full-width characters are wide, all else is not."""
    assert (5, 4, 2) == (display_width("token"), display_width("토큰"), display_width("Ａ"))
    assert ("토큰  ", "  토큰") == (pad("토큰", 6), pad("토큰", 6, right=True))


def test_lines_are_broken_between_words():
    """No line has more than 80 columns, the words stay in order, and a longer word stays whole."""
    text = " ".join(["토큰", "token", "x" * 100] * 20)

    lines = wrap(text, first="-> ", indent="   ").splitlines()

    assert text == " ".join(line.strip().removeprefix("-> ") for line in lines)
    assert all(display_width(line) <= COLUMNS or line.split() == ["x" * 100] for line in lines)
    assert lines[0].startswith("-> ") and all(line.startswith("   ") for line in lines[1:])


def test_a_line_may_have_exactly_80_columns():
    """80 columns are not too many, 81 are."""
    assert 1 == len(wrap(f"{'x' * 40} {'y' * 39}").splitlines())
    assert 2 == len(wrap(f"{'x' * 40} {'y' * 40}").splitlines())


def test_a_text_takes_texts():
    """A value that is a text is filled in in its own language."""
    text = Text("{name} fails", "{name} 실패").format(name=Text("clock", "시계"))

    assert ("clock fails", "시계 실패") == text
