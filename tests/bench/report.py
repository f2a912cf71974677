"""The report: one table, one line for each thing measured."""

from typing import NamedTuple


class Row(NamedTuple):
    """One thing that was measured."""

    what: str
    #: On which request objects: fresh, reused, or none.
    on: str
    measured: str
    target: str
    reached: bool


def print_table(rows):
    """Print the rows in aligned columns."""
    lines = [("what", "requests", "measured", "target", "verdict")]
    lines += [(row.what, row.on, row.measured, row.target, "reached" if row.reached else "MISSED") for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, tuple("-" * width for width in widths))
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
