"""The language of the command line: English or Korean, and texts that exist in both."""

import ctypes
import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

LANGUAGES = ("en", "ko")

#: What Windows calls Korean: the lower ten bits of a language identifier.
_WINDOWS_KOREAN = 0x12

_current = "en"


class Text(NamedTuple):
    """One text in both languages. ``str()`` gives it in the language of the user."""

    en: str
    ko: str

    def format(self, **values: object) -> "Text":
        """Fill in `values`, in both languages; a value may be a :class:`Text` itself."""
        return Text(self.en.format(**_pick("en", values)), self.ko.format(**_pick("ko", values)))

    def __str__(self) -> str:
        return self.ko if _current == "ko" else self.en


def untranslated(text: str) -> Text:
    """Make a :class:`Text` of words that are the same in both languages, such as Kiwoom's own."""
    return Text(text, text)


def use_language(language: "str | None") -> None:
    """Choose the language of all texts; ``None``: that of the user."""
    global _current
    _current = language or detect_language(os.environ)


def detect_language(environ: Mapping[str, str]) -> str:
    """Return ``"ko"`` where the user's language is Korean and the terminal can show it, else ``"en"``.

    The locale decides (``LC_ALL``, ``LC_MESSAGES``, ``LANG``); without one, on Windows, the language of its menus.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), None)
    is_korean = locale.lower().startswith("ko") if locale else _windows_speaks_korean()
    return "ko" if is_korean and _can_show_korean() else "en"


def _windows_speaks_korean() -> bool:
    windll: Any = getattr(ctypes, "windll", None)
    return windll is not None and windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == _WINDOWS_KOREAN


def _can_show_korean() -> bool:
    try:
        for stream in (sys.stdout, sys.stderr):
            "한국어".encode((stream and stream.encoding) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _pick(language: str, values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: getattr(value, language) if isinstance(value, Text) else value for name, value in values.items()
    }
