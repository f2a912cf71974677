"""What several tests of the command line share."""

import pytest

from requests_kiwoom.cli.language import use_language
from tests.helpers.cli import Ran, demo


@pytest.fixture(autouse=True)
def english() -> None:
    """Texts are English, whatever command an earlier test ran."""
    use_language("en")


@pytest.fixture(scope="session")
def shown() -> Ran:
    """The one run of ``demo``, as a process of its own."""
    return demo()
