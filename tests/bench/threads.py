"""Threads: how many calls per second one auth object allows, in one thread and in many."""

import threading
from functools import partial
from itertools import cycle

from tests.helpers.threads import until

from .attach import HEADER
from .floor import Floor, fresh_requests
from .rounds import interleave

MANY = 32
_CALLS = 8_000


def measure(auths, rounds=9):
    """Measure the seconds per call of all threads together: of the floor and `auths`, in 1 thread and in many."""
    callers = {"floor": Floor(), **auths}
    return interleave(
        {(name, count): partial(start_threads, [auth], count) for name, auth in callers.items() for count in (1, MANY)},
        rounds,
    )


def start_threads(auths, count):
    """Start `count` threads that wait; each will use every auth in turn."""
    share = _CALLS // count
    batches = [list(zip(cycle(auths), fresh_requests(share, HEADER))) for _ in range(count)]
    gate = threading.Barrier(count + 1)

    def attach(batch):
        gate.wait()
        for auth, request in batch:
            auth(request)

    threads = [threading.Thread(target=attach, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()

    def work():
        gate.wait()
        for thread in threads:
            thread.join()

    # All threads wait at the gate: their start is not measured.
    until(lambda: gate.n_waiting == count)
    return work, share * count
