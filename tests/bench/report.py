"""The report: one table, one line for each thing measured, as text or for the README."""

import os
import platform
from datetime import date
from importlib.metadata import version
from typing import NamedTuple

COLUMNS = (
    "floor",
    "requests_kiwoom",
    "HTTPBasicAuth",
    "oauthlib",
    "requests_auth",
    "oauth2client",
    "google-auth",
    "google-auth, background",
    "authlib",
    "msal",
    "msal-extensions",
)
_DISTRIBUTIONS = (
    "requests",
    "requests-kiwoom",
    "requests-oauthlib",
    "requests-auth",
    "requests-oauth2client",
    "google-auth",
    "authlib",
    "msal",
    "msal-extensions",
)


class Row(NamedTuple):
    """One thing that was measured."""

    what: str
    #: On which request objects: fresh, reused, or none.
    on: str
    #: By column.
    cells: dict[str, str]
    target: str
    #: ``None``: there is no target.
    reached: bool | None

    def line(self):
        """Its cells in the order of the columns."""
        verdict = {True: "reached", False: "MISSED", None: ""}[self.reached]
        return [self.what, self.on, *(self.cells.get(name, "") for name in COLUMNS), self.target, verdict]


_HEAD = ["what", "requests", *COLUMNS, "target", "verdict"]


def where():
    """The machine, the date and the versions, in two lines."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {python}"
    return f"{date.today()}, {machine};\n" + ", ".join(f"{name} {version(name)}" for name in _DISTRIBUTIONS)


def print_table(rows):
    """Print the rows in aligned columns."""
    lines = [_HEAD, *(row.line() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def print_rst(rows):
    """Print the rows as a table of the README."""
    print(".. list-table::\n   :header-rows: 1\n")
    for line in [_HEAD, *(row.line() for row in rows)]:
        for number, cell in enumerate(line):
            print(f"   {'-' if number else '*'} {'' if number else '- '}{cell}".replace("   - ", "     - ", 1).rstrip())
