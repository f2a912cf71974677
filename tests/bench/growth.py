"""Growth: calls a second with more threads, and with more accounts in one process."""

from functools import partial

from .plugin import warm_auth
from .rounds import interleave
from .threads import sharing

THREADS = (1, 8, 64)
ACCOUNTS = (1, 10, 1000)


def measure(rounds=3):
    """Seconds a call, all threads together, by threads and accounts, medians to be taken."""
    contenders = {}
    for accounts in ACCOUNTS:
        auths = [warm_auth(number) for number in range(accounts)]
        for threads in THREADS:
            contenders[threads, accounts] = partial(sharing, auths, threads)
    return interleave(contenders, rounds)
