"""The report: a few lines for each thing measured, and one table for the README."""

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

_DISTRIBUTIONS = (
    "requests",
    "urllib3",
    "python-dateutil",
    "requests-kiwoom",
    "requests-oauthlib",
    "requests-auth",
    "requests-oauth2client",
    "google-auth",
    "authlib",
    "msal",
    "msal-extensions",
)
_VERDICTS = {True: "reached", False: "MISSED", None: ""}


class Row(NamedTuple):
    """One thing that was measured."""

    what: str
    #: What this package takes.
    value: str
    target: str = ""
    #: ``None``: there is no target.
    reached: bool | None = None
    #: What others take, by name.
    others: dict[str, str] = {}

    @property
    def others_text(self):
        """The others in one line."""
        return ", ".join(f"{name} {value}" for name, value in self.others.items())


def where():
    """Return the machine, the date and the versions."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {python}"
    found = {name: _version(name) for name in _DISTRIBUTIONS}
    text = f"{date.today()}, {machine};\n" + ", ".join(f"{name} {number}" for name, number in found.items() if number)
    if missing := [name for name, number in found.items() if not number]:
        text += f";\nnot installed, so not measured (pip install -e '.[bench]'): {', '.join(missing)}"
    return text


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def print_row(row):
    """Print one row, at once."""
    target = f"  ({row.target}: {_VERDICTS[row.reached]})" if row.target else ""
    print(f"  {row.what}: {row.value}{target}", flush=True)
    if row.others:
        print(f"      {row.others_text}", flush=True)


def print_rst(rows):
    """Print the rows as a table of the README."""
    print(".. list-table::\n   :header-rows: 1\n")
    for cells in [
        ("what", "requests_kiwoom", "target", "others"),
        *((row.what, row.value, row.target, row.others_text) for row in rows),
    ]:
        for number, cell in enumerate(cells):
            print(f"   {' ' if number else '*'} - {cell}".rstrip())
