"""The README's sections on security and on what it rests on: each of their claims names a test."""

import pathlib
import re

import pytest

from tests.helpers.documents import section, tables

TESTS = pathlib.Path(__file__).parents[1]


@pytest.mark.parametrize("title", ["Security", "What this rests on"])
def test_every_test_that_is_named_exists(title):
    """A test that the section names is there, under that very name."""
    code = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    existing = set(re.findall(r"^ *def (test_\w+)\(", code, re.M))
    named = set(re.findall(r"``(test_\w+)``", section(title)[1]))

    assert 10 < len(named)
    assert set() == named - existing


@pytest.mark.parametrize("title, lines", [("Security", 10), ("What this rests on", 15)])
def test_every_line_names_a_test(title, lines):
    """No line of the table goes without one."""
    (rows,) = tables(title)

    assert lines == len(rows)
    assert [] == [row for row in rows if "``test_" not in row[-1]]


def test_every_line_says_what_it_rests_on():
    """Each line of what is known of Kiwoom has its grade, and no grade is another word."""
    grades = [re.findall("specification|vendor|captures|assumed", row[1]) for row in tables("What this rests on")[0]]

    assert {"specification", "vendor", "captures", "assumed"} == {grade for found in grades for grade in found}
    assert [] not in grades
