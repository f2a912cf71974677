"""Threads: how many calls a second one auth object bears, by one thread and by many."""

import threading
import time
from functools import partial

from .attach import HEADER
from .floor import Floor, fresh_requests
from .plugin import warm_auth
from .rounds import interleave

MANY = 32
_CALLS = 16_000


def measure(rounds=7):
    """Seconds a call, all threads together: the floor and the plugin, in 1 thread and in many."""
    auths = {"floor": Floor(), "plugin": warm_auth()}
    return interleave(
        {(name, count): partial(_sharing, auth, count) for name, auth in auths.items() for count in (1, MANY)}, rounds
    )


def _sharing(auth, count):
    share = _CALLS // count
    batches = [fresh_requests(share, HEADER) for _ in range(count)]
    gate = threading.Barrier(count + 1)

    def attach(requests):
        gate.wait()
        for request in requests:
            auth(request)

    threads = [threading.Thread(target=attach, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()

    def work():
        gate.wait()
        for thread in threads:
            thread.join()

    # Long enough for all of them to stand at the gate: starting a thread is not what is measured.
    while gate.n_waiting < count:
        time.sleep(0.001)
    return work, share * count
