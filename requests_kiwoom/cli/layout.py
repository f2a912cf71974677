"""Lines of at most 80 columns, in which a Korean character takes two."""

import unicodedata
from collections.abc import Iterator

COLUMNS = 80


def display_width(text: str) -> int:
    """Return the columns that `text` takes on a terminal.

    >>> display_width("token 토큰")
    10
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill `text` up with spaces to `width` columns; with `right`, on its left."""
    spaces = " " * (width - display_width(text))
    return spaces + text if right else text + spaces


def wrap(text: str, *, first: str = "", indent: str = "", columns: int = COLUMNS) -> str:
    """Break `text` between words into lines of at most `columns`; a longer word, an address say, stays whole.

    :param first: what stands before the first line.
    :param indent: what stands before each other line.
    """
    return "\n".join(_lines(text, first, indent, columns))


def _lines(text: str, line: str, indent: str, columns: int) -> Iterator[str]:
    is_empty = True
    for word in text.split():
        joined = line + word if is_empty else f"{line} {word}"
        if not is_empty and display_width(joined) > columns:
            yield line
            joined = indent + word
        line, is_empty = joined, False
    yield line.rstrip()
