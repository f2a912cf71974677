"""A scheduler that renews the token at 08:00 in Korea."""

import pytest

from requests_kiwoom.testing import faults
from requests_kiwoom.tokens import epoch_to_kst
from tests.recipes.mornings import schedule


class EnoughMornings(Exception):
    """Ends the scheduler: the test has seen the mornings that it needs."""


def run_mornings(server, auth, count):
    """Run the scheduler on the server's clock until it has woken `count` times; return when it woke, in Korean time."""
    woken = []

    def sleep(seconds):
        if seconds > 0:
            if len(woken) == count:
                raise EnoughMornings
            # Half a second more: time passes between the scheduler's reading of the clock and this one.
            server.clock.advance(seconds=seconds + 0.5)
            woken.append(epoch_to_kst(server.clock()))

    with pytest.raises(EnoughMornings):
        schedule(auth, server.clock, sleep).run()
    return woken


def test_renews_at_eight(server, auth):
    """Three mornings, 24 hours apart, at 08:00 KST, each with another token that expires at 08:00 the next day."""
    # Start at noon: a token issued at 07:59 would still be new on the first morning.
    server.clock.advance(hours=12 - epoch_to_kst(server.clock()).hour)
    server.clock.stop()
    auth.token()

    woken = run_mornings(server, auth, 3)

    assert ["08:00"] * 3 == [f"{moment:%H:%M}" for moment in woken]
    assert [1, 1] == [(later.date() - earlier.date()).days for earlier, later in zip(woken, woken[1:])]
    assert 4 == server.issues
    assert 0 <= (auth.expires_at - woken[-1]).total_seconds() - 24 * 3600 + 60 <= 120


def test_failing_morning(server, auth):
    """The scheduler goes on after a morning on which Kiwoom was not available."""
    server.fail(faults.MAINTENANCE)

    assert 2 == len(run_mornings(server, auth, 2))
    assert server.token == auth.token()
