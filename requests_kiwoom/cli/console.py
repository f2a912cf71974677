"""The console: results on stdout, lines for people on stderr, in the encoding and language of the user."""

import ctypes
import errno
import io
import json
import os
import re
import sys
from typing import Any, TextIO

from . import texts
from .language import Text, untranslated
from .layout import wrap

IS_WINDOWS = os.name == "nt"

_COLOURS = {"ok": "\033[32m", "warn": "\033[33m", "FAIL": "\033[31m"}
_DIM, _PLAIN = "\033[2m", "\033[0m"
_CONTROLS = r"[\x00-\x09\x0b-\x1f\x7f-\x9f]"


class CommandError(Exception):
    """Why a command cannot do its work, as a sentence for the person who must act."""

    def __init__(self, message: "Text | str") -> None:
        super().__init__(message)
        self.text = message if isinstance(message, Text) else untranslated(message)


def prepare() -> None:
    """Let a console without Korean, or a pipe in ASCII, show escapes instead of ending in an error.

    :raises CommandError: if stdout is closed: a command may do what cannot be undone, and its user would not see it.
    """
    if sys.stdout is None:
        raise CommandError(texts.STDOUT_IS_CLOSED)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_error(text: "Text | str", *, wrapped: bool = False) -> None:
    """Print `text` on stderr, for a person: in one line, or `wrapped`, with an indent before each other line."""
    line = one_line(str(text))
    stderr = sys.stderr or io.StringIO()
    try:
        # In one write: the lines of several threads stay apart.
        stderr.write(f"{wrap(line, indent='  ') if wrapped else line}\n")
    except OSError:
        # stderr is gone as well: the exit status is all that is left.
        silence(stderr)


def print_json(payload: Any) -> None:
    """Print `payload` as indented JSON: in UTF-8, unless a terminal or PYTHONIOENCODING asks for another encoding.

    What the encoding lacks is escaped, which is the same JSON.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and not is_terminal(sys.stdout):
        if not os.environ.get("PYTHONIOENCODING"):
            sys.stdout.reconfigure(encoding="utf-8")
            if isinstance(sys.stderr, io.TextIOWrapper) and not is_terminal(sys.stderr):
                # An error that follows may go into the same file: 2>&1.
                sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    text = json.dumps(payload, ensure_ascii=False, indent=2)
    print(text if _can_print(text) else json.dumps(payload, indent=2), flush=True)


def one_line(text: str) -> str:
    """Return `text` without line breaks, and without anything else that steers a terminal."""
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))


def format_duration(seconds: float) -> Text:
    """Return a time span for people: ``12 s``, or ``23 h 59 min``."""
    if seconds < 120:
        return texts.SECONDS.format(seconds=seconds)
    return texts.HOURS.format(hours=int(seconds) // 3600, minutes=int(seconds) // 60 % 60)


def silence(stream: TextIO) -> None:
    """Discard what is still to be written, or the interpreter stumbles over it at its end, and exits with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_closed_pipe(error: OSError) -> bool:
    """Return whether the reader of a pipe has left, `head` say; Windows calls that an invalid argument."""
    return isinstance(error, BrokenPipeError) or (IS_WINDOWS and error.errno == errno.EINVAL)


def is_terminal(stream: "TextIO | None") -> bool:
    """Return whether a person is at `stream`; on Windows, ``isatty()`` is true for NUL as well."""
    if stream is None or not stream.isatty():
        return False
    windll: Any = getattr(ctypes, "windll", None)
    if windll is None:
        return True
    # -10 is stdin, -11 stdout, -12 stderr; only a console has a mode.
    handle = windll.kernel32.GetStdHandle(-10 - stream.fileno())
    return bool(windll.kernel32.GetConsoleMode(handle, ctypes.byref(ctypes.c_ulong())))


def is_colourful() -> bool:
    """Return whether stdout is a terminal that shows colours, and its user wants them (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    # An older Windows console prints the escapes as they are; Windows Terminal sets this variable.
    return is_terminal(sys.stdout) and (not IS_WINDOWS or "WT_SESSION" in os.environ)


def colour(text: str, status: str) -> str:
    """Return `text` in the colour of a status: green for ``ok``, yellow for ``warn``, red for ``FAIL``, else dim."""
    return _COLOURS.get(status, _DIM) + text + _PLAIN if is_colourful() else text


def _can_print(text: str) -> bool:
    """Whether stdout's encoding has all of `text`, and nothing in it steers a terminal."""
    if re.search(_CONTROLS, text):
        return False
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True
