"""The benchmark's counts of function calls, which do not depend on the machine."""

import pytest

from tests.bench import calls
from tests.helpers.pythons import IS_CPYTHON


@pytest.mark.skipif(not IS_CPYTHON, reason="other Pythons run other functions")
def test_the_header_and_the_hook_call_few_functions():
    """With a live token, at most 4 Python functions set the headers (6 with for_api), and 6 judge the response."""
    counts = calls.count()

    assert counts["header"] <= 4
    assert counts["for_api"] <= 6
    assert counts["hook"] <= 6
