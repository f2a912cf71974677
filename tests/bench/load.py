"""Load: threads that send at a steady rate, or all at once."""

import threading
import time
from typing import NamedTuple


class Load(NamedTuple):
    """The outcome of the requests."""

    sent: int
    failed: int
    #: The seconds of the slowest request.
    worst: float


def send_at_once(send, threads=32):
    """Send one request from each of `threads` threads at the same time."""
    return _run(send, threads, rounds=1, pause=0.0)


def send_steadily(send, seconds, threads=8, rate=200):
    """Send `rate` requests per second in all, for `seconds`."""
    pause = threads / rate
    return _run(send, threads, rounds=int(seconds / pause), pause=pause)


def _run(send, threads, rounds, pause):
    outcomes = []
    gate = threading.Barrier(threads)

    def work():
        gate.wait()
        start = time.perf_counter()
        for number in range(rounds):
            # Each request is sent on schedule: a client that waits for the last response first would hide a stall.
            time.sleep(max(0.0, start + number * pause - time.perf_counter()))
            before = time.perf_counter()
            outcomes.append((_attempt(send), time.perf_counter() - before))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    failed = sum(not succeeded for succeeded, _ in outcomes)
    return Load(len(outcomes), failed, max(seconds for _, seconds in outcomes))


def _attempt(send):
    try:
        return send()
    except Exception:  # Whatever a peer raises: the request failed.
        return False
