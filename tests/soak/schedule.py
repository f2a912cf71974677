"""``soak``: what happens to the server and the workers, and when."""

import random
import tempfile
import time
from pathlib import Path

from .kiwoom import FaultyKiwoom
from .pool import WorkerPool
from .results import Results

#: The shortest and the longest time between two events of a kind, in seconds.
_REVOCATIONS, _KILLS, _JUMPS, _SIZES, _PROGRESS = (5.0, 8.0), (4.0, 10.0), (3.0, 8.0), (1.0, 1.0), (10.0, 10.0)


def soak(seconds, seed, print_progress=False, frequency=1.0):
    """Run the soak test for `seconds`, with events `frequency` times as often; return the results.

    Both kinds of au10001 are tried with the same processes and the same file: a program does not know which kind the
    server has, and does not start again when the kind changes. So memory can be compared over the whole time, too.
    """
    chance = random.Random(seed)
    results = Results(seconds)
    with tempfile.TemporaryDirectory() as folder, FaultyKiwoom(results, random.Random(seed + 1)) as server:
        with WorkerPool(server, Path(folder) / "tokens.db", results) as pool:
            _run_events(chance, server, pool, results, seconds, print_progress, frequency)
        results.violations += server.complaints
    results.evaluate()
    return results


def _run_events(chance, server, pool, results, seconds, print_progress, frequency):
    events = {
        "revocation": (_REVOCATIONS, server.revoke_all),
        "kill": (_KILLS, lambda: pool.replace(chance)),
        "clock jump": (_JUMPS, lambda: pool.set_a_clock(chance)),
        "size": (_SIZES, pool.request_sizes),
    }
    if print_progress:
        events["progress"] = (_PROGRESS, results.print_progress)
    start = time.monotonic()
    due = {name: start + chance.uniform(0, longest) / frequency for name, ((_, longest), _) in events.items()}
    for end, reissue in ((start + seconds / 2, "same"), (start + seconds, "new")):
        server.reissue = reissue
        results.start_row(reissue)
        while (now := time.monotonic()) < end:
            name = min(due, key=due.get)
            if due[name] > now:
                time.sleep(min(due[name], end) - now)  # Not a wait for a condition: the time of the event is random.
                continue
            interval, run_event = events[name]
            run_event()
            results.note_event(name)
            due[name] = time.monotonic() + chance.uniform(*interval) / frequency
