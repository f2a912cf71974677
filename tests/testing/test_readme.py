"""The README's section "Testing your bot", run as it stands there."""

import pathlib
import re
import subprocess
import sys

import pytest

# Each test starts a pytest of its own.
pytestmark = pytest.mark.once

README = pathlib.Path(__file__).parents[2] / "README.rst"
HEADING = "\nTesting your bot\n----------------\n"


@pytest.fixture
def section():
    """That section, up to the next heading."""
    _, heading, rest = README.read_text("utf-8").partition(HEADING)
    assert heading, "README.rst has no section 'Testing your bot'"
    return re.split(r"\n.+\n-{3,}\n", rest)[0]


@pytest.fixture
def files(section, tmp_path):
    """A directory with the files that the section shows."""
    for name, lines in re.findall(r"\n\.\. code-block:: python\n    :name: (\S+)\n\n((?:    .*\n|\n)+)", section):
        (tmp_path / name).write_text(re.sub(r"^    ", "", lines, flags=re.M), "utf-8")
    return tmp_path


def run(directory, *arguments):
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, encoding="utf-8", timeout=120)


def test_the_example(section, files):
    """The bot's tests pass, and print what the README says, but for the time they take."""
    shown = section.partition("prints::\n\n")[2].partition("\n\n")[0]
    expected = re.sub(r"\d+\.\d+s", "#s", re.sub(r"^    ", "", shown, flags=re.M))

    result = run(files, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:xdist")

    assert expected == re.sub(r"\d+\.\d+s", "#s", result.stdout.strip()), result.stdout + result.stderr


def test_the_tests_test_something(files):
    """A bot that buys at any price, or that sends a lost order again, fails its tests."""
    bot = (files / "bot.py").read_text("utf-8")
    for broken in (bot.replace(">= limit", ">= 10 * limit"), bot.replace('"ord_qty": "1"', '"ord_qty": "2"')):
        assert bot != broken
        (files / "bot.py").write_text(broken, "utf-8")
        assert 1 == run(files, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio").returncode
