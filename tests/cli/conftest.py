"""What several tests of the command line share."""

import pytest

from tests.helpers.cli import Ran, demo


@pytest.fixture(scope="session")
def shown() -> Ran:
    """The one run of ``demo``, as a process of its own."""
    return demo()
