"""The console: lines for people on stderr, results on stdout, in whatever encoding there is."""

import io
import os
import re
import sys
from typing import TextIO

_GREEN, _RED, _DIM, _PLAIN = "\033[32m", "\033[31m", "\033[2m", "\033[0m"
_CONTROLS = r"[\x00-\x09\x0b-\x1f\x7f-\x9f]"


class Problem(Exception):
    """What keeps a command from its work, as a sentence for the person who must act."""


def prepare() -> None:
    """Let a console without Korean, or a pipe in ASCII, show escapes instead of ending in an error.

    :raises Problem: if stdout is closed: what a command does might not be undone, and nobody would learn of it.
    """
    if sys.stdout is None:
        raise Problem("stdout is closed, so there is nowhere to print to; did you mean >/dev/null?")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str) -> None:
    """One line on stderr, for a person."""
    stderr = sys.stderr or io.StringIO()
    try:
        # In one write: the lines of several threads stay apart.
        stderr.write(f"{one_line(text)}\n")
    except OSError:
        # stderr is gone as well: the exit status is all that is left.
        silence(stderr)


def one_line(text: str) -> str:
    """`text` without line breaks, nor what else a server could steer a terminal with."""
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))


def duration(seconds: float) -> str:
    """So much time, for a person: ``12 s``, or ``23 h 59 min``."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{int(seconds) // 3600} h {int(seconds) // 60 % 60:02} min"


def silence(stream: TextIO) -> None:
    """Send what is still to be written nowhere, or the interpreter stumbles over it at its end, and exits with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def can_print(text: str) -> bool:
    """Whether stdout's encoding has all of `text`, and nothing in it steers a terminal."""
    if re.search(_CONTROLS, text):
        return False
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def is_colourful() -> bool:
    """Whether stdout is a terminal that shows colours, and its user wants them (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    # An older Windows console prints the escapes as they are; Windows Terminal sets this variable.
    return sys.stdout.isatty() and (os.name != "nt" or "WT_SESSION" in os.environ)


def coloured(word: str, width: int) -> str:
    """A status word, padded to `width`, green, red or dim on a terminal."""
    padded = f"{word:{width}}"
    if not is_colourful():
        return padded
    return {"ok": _GREEN, "FAIL": _RED}.get(word, _DIM) + padded + _PLAIN
