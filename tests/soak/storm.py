"""``soak``: what is done to the workers, and when."""

import random
import tempfile
import time
from pathlib import Path

from .crew import Crew
from .kiwoom import BreakingKiwoom
from .tally import Tally

#: The seconds between two, from and to.
_REVOCATIONS, _KILLS, _JUMPS, _SIZES, _PROGRESS = (5.0, 8.0), (4.0, 10.0), (3.0, 8.0), (1.0, 1.0), (10.0, 10.0)


def soak(seconds, seed, print_progress=False, haste=1.0):
    """Run the soak for `seconds`, with events `haste` times as often; return the tally.

    Both kinds of token calls are tried on the same processes and the same file: a program does not know which kind it
    has, and begins nothing anew when it meets the other; and memory is compared over the whole time.
    """
    chance = random.Random(seed)
    tally = Tally(seconds)
    with tempfile.TemporaryDirectory() as folder, BreakingKiwoom(tally, random.Random(seed + 1)) as server:
        with Crew(server, Path(folder) / "tokens.db", tally) as crew:
            _storm(chance, server, crew, tally, seconds, print_progress, haste)
        tally.broken += server.complaints
    tally.close()
    return tally


def _storm(chance, server, crew, tally, seconds, print_progress, haste):
    acts = {
        "revocation": (_REVOCATIONS, server.revoke_all),
        "kill": (_KILLS, lambda: crew.replace(chance)),
        "clock jump": (_JUMPS, lambda: crew.set_a_clock(chance)),
        "size": (_SIZES, crew.report_sizes),
    }
    if print_progress:
        acts["progress"] = (_PROGRESS, tally.print_progress)
    start = time.monotonic()
    due = {name: start + chance.uniform(0, longest) / haste for name, ((_, longest), _) in acts.items()}
    for end, reissue in ((start + seconds / 2, "same"), (start + seconds, "new")):
        server.reissue = reissue
        tally.begin(reissue)
        while (now := time.monotonic()) < end:
            name = min(due, key=due.get)
            if due[name] > now:
                time.sleep(min(due[name], end) - now)  # The moment is what is random.
                continue
            pause, act = acts[name]
            act()
            tally.happened(name)
            due[name] = time.monotonic() + chance.uniform(*pause) / haste
