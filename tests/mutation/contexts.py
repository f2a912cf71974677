"""A pytest plugin (``-p tests.mutation.contexts``): coverage learns which test a line runs in."""

import json
import os
import time
from collections.abc import Iterator

import coverage
import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    measuring = coverage.Coverage.current()
    assert measuring is not None
    measuring.switch_context(item.nodeid)
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    measuring.switch_context("")
    with open(f"{os.environ['COVERAGE_FILE']}-times-{os.getpid()}", "a") as times:
        times.write(json.dumps([item.nodeid, seconds]) + "\n")
