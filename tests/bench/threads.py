"""Threads: how many calls a second one auth object bears, by one thread and by many."""

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
    """Seconds a call, all threads together: the floor and `auths`, in 1 thread and in many."""
    everyone = {"floor": Floor(), **auths}
    return interleave(
        {(name, count): partial(sharing, [auth], count) for name, auth in everyone.items() for count in (1, MANY)},
        rounds,
    )


def sharing(auths, count):
    """Make ready so many threads, in each of which every auth has its turn."""
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

    # All of them stand at the gate: starting a thread is not what is measured.
    until(lambda: gate.n_waiting == count)
    return work, share * count
