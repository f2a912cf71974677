"""The benchmark's counts, which do not depend on the machine."""

import pytest

from tests.bench import calls
from tests.helpers.pythons import IS_CPYTHON


@pytest.mark.skipif(not IS_CPYTHON, reason="other Pythons run other functions")
def test_attaching_and_looking_call_few_functions():
    """So few Python functions run for a request whose token is at hand, those of requests' headers included."""
    counts = calls.count()

    assert counts["header"] <= 4
    assert counts["for_api"] <= 6
    assert counts["hook"] <= 6
