"""A pytest plugin (``-p tests.mutation.contexts``): it tells coverage which test is running."""

import json
import os
import time
from collections.abc import Iterator

import coverage
import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    measurement = coverage.Coverage.current()
    assert measurement is not None
    measurement.switch_context(item.nodeid)
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    measurement.switch_context("")
    with open(f"{os.environ['COVERAGE_FILE']}-times-{os.getpid()}", "a") as times:
        times.write(json.dumps([item.nodeid, seconds]) + "\n")
