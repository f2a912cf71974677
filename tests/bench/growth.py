"""Growth: calls per second with more threads, and with more accounts in one process."""

from functools import partial

from .plugin import warm_auth
from .rounds import interleave
from .threads import start_threads

THREADS = (1, 8, 64)
ACCOUNTS = (1, 10, 1000)


def measure(rounds=3):
    """Return the seconds per call of all threads together in each round, by threads and accounts."""
    contenders = {}
    for accounts in ACCOUNTS:
        auths = [warm_auth(number) for number in range(accounts)]
        for threads in THREADS:
            contenders[threads, accounts] = partial(start_threads, auths, threads)
    return interleave(contenders, rounds)
