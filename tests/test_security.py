"""The README's section on security: each of its claims names a test."""

import pathlib
import re

from .documents import section

TESTS = pathlib.Path(__file__).parent


def test_every_test_that_is_named_exists():
    """A test that the section names is there, under that very name."""
    code = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    existing = set(re.findall(r"^ *def (test_\w+)\(", code, re.M))
    named = set(re.findall(r"``(test_\w+)``", section("Security")[1]))

    assert 20 < len(named)
    assert set() == named - existing


def test_every_line_names_a_test():
    """No line of the table goes without one."""
    table = section("Security")[1].split("\n====")[2]
    rows = re.split(r"\n(?=\S)", table.partition("\n")[2])

    assert 10 == len(rows)
    assert [] == [row for row in rows if "``test_" not in row]
