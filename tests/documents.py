"""What the documents show is run by the tests: the README's blocks, found by the heading above them."""

import pathlib
import re
import textwrap

README = pathlib.Path(__file__).parent.parent / "README.rst"

_HEADING = re.compile(r"^(\S.*)\n([-=~])\2{2,}\n", re.M)
_BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?:    .*\n|\n)+)", re.M)


def section(title: str) -> tuple[int, str]:
    """Where the section with that heading begins in the README, and its text, the smaller sections in it included."""
    text = README.read_text("utf-8")
    headings = list(_HEADING.finditer(text))
    (heading,) = (found for found in headings if found[1] == title)
    rank = "=-~".index(heading[2])
    ends = (found.start() for found in headings if found.start() > heading.start() and "=-~".index(found[2]) <= rank)
    return heading.end(), text[heading.end() : next(ends, len(text))]


def blocks(start: int, text: str) -> list[tuple[int, str]]:
    """The Python blocks in a piece of the README that begins at `start`: each with where it begins."""
    return [(start + found.start(), textwrap.dedent(found[1])) for found in _BLOCK.finditer(text)]
