"""Scenes from a token's life, each played by the plugin and by the peers that issue tokens on their own."""

from .load import at_once, steadily

TOKEN_CALL = 0.3


def first_use(world):
    """32 threads at once, without a token: token calls."""
    with world() as here:
        here.take(0.1)
        at_once(here.send)
        return f"{here.issues}"


def revoked(world, reissue):
    """The token is revoked, and 32 threads send at once: token calls / failed requests."""
    with world(reissue) as here:
        here.send()
        before = here.issues
        here.revoke_all()
        here.take(0.1)
        load = at_once(here.send)
        return f"{here.issues - before} / {load.failed}"


def last_minutes(world):
    """20 requests in the last 200 seconds of a token: token calls."""
    with world() as here:
        here.come_near_expiry()
        before = here.issues
        for _ in range(20):
            here.send()
        return f"{here.issues - before}"


def expiry(world, reissue):
    """The token expires a second into 4 seconds of load, a token call takes 300 ms: worst stall, token calls.

    The middle one of three plays, by its stall: that is the slowest of 800 requests.
    """
    plays = sorted(_expiry_once(world, reissue) for _ in range(3))
    return "{:.0f} ms, {}{}".format(*plays[1])


def _expiry_once(world, reissue):
    with world(reissue) as here:
        here.expire_in(1)
        before = here.issues
        here.take(TOKEN_CALL)
        load = steadily(here.send, 4)
        failed = f", {load.failed} failed" if load.failed else ""
        return load.worst * 1000, here.issues - before, failed


def refused(world):
    """Every token is refused, 160 requests in a row: token calls / sends."""
    with world() as here:
        here.refuse_every_token()
        for _ in range(160):
            try:
                here.send()
            except Exception:  # Each in its own way: what counts is what went out.
                pass
        return f"{here.issues} / {here.sends}"


def down(world):
    """The token endpoint answers 503 for 3 seconds of load: token calls."""
    with world() as here:
        here.go_down()
        steadily(here.send, 3)
        return f"{here.issues}"
