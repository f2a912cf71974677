"""``python -m tests.bench``: measure this package and its peers in one run, and print one table."""

import argparse
import sys

from . import rows
from .report import print_rst, print_table, where


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rst", action="store_true", help="print the table as the README has it")
    parser.add_argument("--plot", metavar="FILE", help="draw it, and how the cost grows, into this PNG file")
    arguments = parser.parse_args()
    table = [*rows.attaching(), *rows.sharing(), *rows.living(), *rows.loading()]
    print(where(), end="\n\n")
    (print_rst if arguments.rst else print_table)(table)
    if arguments.plot:
        from .plot import draw

        draw(arguments.plot, table)
    return 0 if all(row.reached is not False for row in table) else 1


if __name__ == "__main__":
    sys.exit(main())
