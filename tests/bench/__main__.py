"""``python -m tests.bench``: measure this package and its peers, and print each row as soon as it is measured."""

import argparse
import sys

from .report import print_row, print_rst, where
from .rows import GROUPS


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--rows",
        metavar="GROUP[,GROUP...]",
        type=_groups,
        default=list(GROUPS),
        help=f"measure only these groups: {', '.join(GROUPS)} (default: all, about 10 minutes)",
    )
    parser.add_argument("--rst", action="store_true", help="print all rows again at the end, as reStructuredText")
    parser.add_argument("--plot", metavar="FILE", help="draw the cost of attaching and its growth into this PNG file")
    arguments = parser.parse_args()
    print(where(), flush=True)
    table = []
    for name in arguments.rows:
        print(f"\n{name}", flush=True)
        for row in GROUPS[name]():
            print_row(row)
            table.append(row)
    if arguments.rst:
        print()
        print_rst(table)
    if arguments.plot:
        from .plot import draw

        draw(arguments.plot)
    return 0 if all(row.reached is not False for row in table) else 1


def _groups(text):
    names = text.split(",")
    if unknown := [name for name in names if name not in GROUPS]:
        raise argparse.ArgumentTypeError(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
