"""Read README.rst for the tests: its sections, programs, tables, literal blocks and links."""

import csv
import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).parents[2]
README = ROOT / "README.rst"

_HEADING = re.compile(r"^(\S.*)\n([-=~])\2{2,}\n", re.M)
_LITERAL = re.compile(r"^( *)(?:\.\. code-block:: \w+(?:\n +:\w+: .*)*|(?!\.\.).*::)\n\n((?:\1 +.*\n|\n)+)", re.M)
_TABLE = re.compile(r"^\.\. csv-table::\n   :header: (.*)\n(?:   :.*\n)*\n((?:   .*\n)+)", re.M)


def text() -> str:
    """Return the whole README."""
    return README.read_text("utf-8")


def headings(underline: str) -> list[str]:
    """Return the headings that are underlined with that character."""
    return [found[1] for found in _HEADING.finditer(text()) if found[2] == underline]


def section(title: str) -> str:
    """Return the text below that heading, with the smaller sections in it."""
    found = list(_HEADING.finditer(text()))
    (heading,) = (each for each in found if each[1] == title)
    rank = "=-~".index(heading[2])
    ends = (each.start() for each in found if each.start() > heading.start() and "=-~".index(each[2]) <= rank)
    return text()[heading.end() : next(ends, len(text()))]


def literal_blocks(part: str) -> list[str]:
    """Return all code blocks and literal blocks of a part of the README, without their indentation."""
    return [textwrap.dedent(found[2]).strip("\n") for found in _LITERAL.finditer(part)]


def program(name: str) -> str:
    """Return the program of that name."""
    (found,) = re.findall(rf"^\.\. code-block:: python\n    :name: {name}\n\n((?:    .*\n|\n)+)", text(), re.M)
    return textwrap.dedent(found)


def programs() -> list[str]:
    """Return the names of all programs."""
    return re.findall(r"^    :name: (\S+)$", text(), re.M)


def table(title: str) -> list[list[str]]:
    """Return the rows of the one table in that section; the first row is the header."""
    ((header, body),) = _TABLE.findall(section(title))
    lines = [header, *textwrap.dedent(body).splitlines()]
    return list(csv.reader(lines, skipinitialspace=True, strict=True))


def tables() -> list[list[list[str]]]:
    """Return all tables."""
    titles = [title for underline in "-~" for title in headings(underline)]
    return [table(title) for title in titles if len(_TABLE.findall(section(title))) == 1]


def plain(cell: str) -> str:
    """Return a cell as a reader sees it."""
    return re.sub(r"\\ ", "", cell).replace("``", "")


def commands() -> set[str]:
    """Return the command-line commands that the README names."""
    return set(re.findall(r"(?:requests-kiwoom|-m requests_kiwoom) ([a-z]+)", text()))


def links() -> list[str]:
    """Return all link targets and addresses."""
    return re.findall(r"`[^`]+? <([^`>]+)>`_", text()) + re.findall(r"(?<![<\w\"])https?://[^\s,;>)`]+", text())
