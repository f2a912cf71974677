"""A scheduler that renews the token at 08:00 in Korea."""

import pytest

from requests_kiwoom.testing import faults
from requests_kiwoom.tokens import epoch_to_kst

TITLE = "A new token every morning: sched"


class Enough(Exception):
    """The test has seen what it wanted."""


def run_mornings(server, run, count):
    """Run the recipe until it has woken so often, on the server's clock; the times in Korea at which it woke."""
    read, woken = [], []

    def clock():
        read.append(server.clock())
        return read[-1]

    def sleep(seconds):
        if seconds > 0:
            if len(woken) == count:
                raise Enough
            server.clock.advance(seconds=seconds)
            # By the reading that it slept from: a busy machine may take its time after that.
            woken.append(epoch_to_kst(read[-1] + seconds + 0.5))

    with pytest.raises(Enough):
        on_the_clock = ("sched.scheduler(time.time, time.sleep)", "sched.scheduler(clock, sleep)")
        run(TITLE, on_the_clock, clock=clock, sleep=sleep)
    return woken


def test_renews_at_eight(server, auth, run):
    """Three mornings, 24 hours apart, each at 08:00 KST, each with another token that expires at 08:00 the next day."""
    # Noon: a token of 07:59 is new enough for the first morning.
    server.clock.advance(hours=12 - epoch_to_kst(server.clock()).hour)
    auth.token()

    woken = run_mornings(server, run, 3)

    assert ["08:00:00"] * 3 == [f"{moment:%H:%M:%S}" for moment in woken]
    assert [1, 1] == [(later.date() - earlier.date()).days for earlier, later in zip(woken, woken[1:])]
    assert 4 == server.issues
    assert 0 <= (auth.expires_at - woken[-1]).total_seconds() - 24 * 3600 + 60 <= 120


def test_failing_morning(server, auth, run):
    """A morning without Kiwoom is logged, and the next one comes."""
    server.fail(faults.MAINTENANCE)

    assert 2 == len(run_mornings(server, run, 2))
    assert server.token == auth.token()
