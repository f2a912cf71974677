"""The old name of what threads, raw_server, interrupts and ports have now; no new test imports it."""

from tests.helpers.interrupts import interrupt, run_without_coverage
from tests.helpers.ports import port_of_ones_own
from tests.helpers.raw_server import RawServer, http, http_chunked, issued
from tests.helpers.threads import Returned, in_threads, over_and_over, until, wait_for

__all__ = [
    "RawServer",
    "Returned",
    "http",
    "http_chunked",
    "in_threads",
    "interrupt",
    "issued",
    "over_and_over",
    "port_of_ones_own",
    "run_without_coverage",
    "until",
    "wait_for",
]
