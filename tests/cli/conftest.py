"""Fixtures for the tests of the command line."""

import pytest

from requests_kiwoom.cli.language import use_language
from tests.helpers.cli import Ran, demo


@pytest.fixture(autouse=True)
def use_english() -> None:
    """Make texts English, whatever command an earlier test ran."""
    use_language("en")


@pytest.fixture(scope="session")
def demo_run() -> Ran:
    """The one run of ``demo``, in a process of its own."""
    return demo()
