"""``python -m tests.bench``: measure in one run, and print one table."""

import platform
import sys

from . import attach, imports, threads
from .report import Row, print_table
from .rounds import excess, median, ratio

# The targets in seconds come from a machine on which the floor takes 272 ns and `import dateutil.parser` 11 ms. Here
# they are related to what those two take in this very run.
_HOOK_IN_FLOORS = 500 / 272
_IMPORT_IN_DATEUTILS = 2 / 11


def main():
    rows = [*_attaching(), *_sharing(), *_importing()]
    print(f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}")
    print_table(rows)
    return 0 if all(row.reached for row in rows) else 1


def _attaching():
    seconds = attach.measure()
    floor = median(seconds, "floor")
    print(f"floor {floor * 1e9:.0f} ns")
    for name, what, target in (
        ("header", "attach, api-id in the request's header", 2.0),
        ("for_api", "attach, api-id by for_api", 3.0),
    ):
        times = ratio(seconds, name, "floor")
        yield Row(what, "fresh", f"{times:.2f} floors", f"<= {target} floors", times <= target)
    more = excess(seconds, "hook", "bare hook")
    yield Row(
        "hook on an accepted 2 kB answer, over a bare hook",
        "fresh",
        f"{more * 1e6:.2f} us = {more / floor:.2f} floors",
        f"<= {_HOOK_IN_FLOORS:.2f} floors (0.5 us where the floor takes 272 ns)",
        more <= _HOOK_IN_FLOORS * floor,
    )


def _sharing():
    seconds = threads.measure()
    for name, target in (("plugin", 0.8), ("floor", 0)):
        share = ratio(seconds, (name, 1), (name, threads.MANY))
        yield Row(
            f"calls a second, {threads.MANY} threads against 1: {name}",
            "fresh",
            f"{share:.2f}",
            f">= {target}",
            share >= target,
        )


def _importing():
    seconds = imports.measure(["requests_kiwoom", "dateutil.parser"])
    mine, yardstick = seconds["requests_kiwoom"], seconds["dateutil.parser"]
    limit = _IMPORT_IN_DATEUTILS * yardstick
    yield Row(
        "import after requests",
        "none",
        f"{mine * 1e3:.2f} ms",
        f"<= {limit * 1e3:.2f} ms (2 ms where `import dateutil.parser` takes 11; {yardstick * 1e3:.1f} here)",
        mine <= limit,
    )


if __name__ == "__main__":
    sys.exit(main())
