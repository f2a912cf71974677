"""``python -m tests.soak --minutes 5``: processes that share a token, everything going wrong; and what was lost.

4 processes of 8 threads send orders, with one SQLite file, to a Kiwoom on loopback. Answers break on their way, tokens
are revoked from outside, processes are killed and replaced, clocks jump by 9 hours; for half the time au10001 hands out
the token that lives, for the other half each call gives a new one that kills the old. Then it prints one table, and a
line for each promise that did not hold; if there is one, it exits with 1. ``tests/soak/tally.py`` says what the columns
mean, and ``tests/soak/blame.py`` who is to blame for an order that failed.
"""

import argparse
import random
import sys

from .storm import soak

#: The most broken promises that are printed.
_MOST_LINES = 20


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition("\n")[0])
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=5.0, help="how long it takes (5)")
    length.add_argument("--seconds", type=float, help="the same in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of what is done, and when")
    parser.add_argument("--plot", metavar="FILE", help="draw the latency of the orders into this PNG file")
    arguments = parser.parse_args()
    seconds = arguments.seconds or arguments.minutes * 60
    print(f"{seconds:g} s, --seed {arguments.seed}", end="\n\n", flush=True)
    tally = soak(seconds, arguments.seed, print_progress=True)
    print()
    tally.print_table()
    for promise in tally.broken[:_MOST_LINES]:
        print(f"BROKEN: {promise}")
    if len(tally.broken) > _MOST_LINES:
        print(f"and {len(tally.broken) - _MOST_LINES} more of these")
    if arguments.plot:
        from .plot import draw

        draw(arguments.plot, tally)
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
