"""What the documents show is run by the tests: the README's blocks, found by the heading above them."""

import pathlib
import re
import textwrap

README = pathlib.Path(__file__).parents[2] / "README.rst"

_HEADING = re.compile(r"^(\S.*)\n([-=~])\2{2,}\n", re.M)
_BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?:    .*\n|\n)+)", re.M)
_TABLE = re.compile(r"^\.\. list-table::\n   :header-rows: 1\n\n((?:   .*\n)+)", re.M)


def _text() -> str:
    return README.read_text("utf-8")


def section(title: str) -> tuple[int, str]:
    """Where the section with that heading begins in the README, and its text, the smaller sections in it included."""
    text = _text()
    headings = list(_HEADING.finditer(text))
    (heading,) = (found for found in headings if found[1] == title)
    rank = "=-~".index(heading[2])
    ends = (found.start() for found in headings if found.start() > heading.start() and "=-~".index(found[2]) <= rank)
    return heading.end(), text[heading.end() : next(ends, len(text))]


def blocks(start: int, text: str) -> list[tuple[int, str]]:
    """The Python blocks in a piece of the README that begins at `start`: each with where it begins."""
    return [(start + found.start(), textwrap.dedent(found[1])) for found in _BLOCK.finditer(text)]


def program(name: str) -> str:
    """The Python block of that name."""
    (found,) = re.findall(rf"^\.\. code-block:: python\n    :name: {name}\n\n((?:    .*\n|\n)+)", _text(), re.M)
    return textwrap.dedent(found)


def tables(title: str) -> list[list[list[str]]]:
    """The list-tables of the section with that heading: each a list of rows, those of cells; without their heads."""
    bodies = _TABLE.findall(section(title)[1])
    return [[_cells(row) for row in re.split(r"^   \* - ", body, flags=re.M)[2:]] for body in bodies]


def _cells(row: str) -> list[str]:
    return [" ".join(cell.split()) for cell in re.split(r"^     - ", row, flags=re.M)]
