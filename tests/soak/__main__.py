"""``python -m tests.soak --minutes 5``: run processes that share a token while everything fails, and print the result.

4 processes of 8 threads share one SQLite file and send orders to a Kiwoom server on loopback. Responses break on their
way, tokens are revoked from outside, processes are killed and replaced, and clocks jump by 9 hours. In the first half,
au10001 returns the live token. In the second half, each call issues a new token and revokes the old one. At the end,
one table is printed, and a line for each guarantee that was violated. With a violation, the exit status is 1.
``tests/soak/results.py`` explains the columns, and ``tests/soak/causes.py`` how the cause of a failed order is found.
"""

import argparse
import random
import sys

from .schedule import soak

#: The most violations that are printed.
_MOST_LINES = 20


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition("\n")[0])
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=5.0, help="duration in minutes (5)")
    length.add_argument("--seconds", type=float, help="duration in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="seed of the events and their times")
    parser.add_argument("--plot", metavar="FILE", help="draw the latency of the orders into this PNG file")
    arguments = parser.parse_args()
    seconds = arguments.seconds or arguments.minutes * 60
    print(f"{seconds:g} s, --seed {arguments.seed}", end="\n\n", flush=True)
    results = soak(seconds, arguments.seed, print_progress=True)
    print()
    results.print_table()
    for violation in results.violations[:_MOST_LINES]:
        print(f"VIOLATED: {violation}")
    if len(results.violations) > _MOST_LINES:
        print(f"and {len(results.violations) - _MOST_LINES} more of these")
    if arguments.plot:
        from .plot import draw

        draw(arguments.plot, results)
    return 1 if results.violations else 0


if __name__ == "__main__":
    sys.exit(main())
