"""Scenes from a token's life, each run with the plugin and with the peers that issue tokens on their own."""

from .load import send_at_once, send_steadily

TOKEN_CALL = 0.3


def first_use(world):
    """Send from 32 threads at once, without a token; return the token calls."""
    with world() as running:
        running.set_latency(0.1)
        send_at_once(running.send)
        return f"{running.issues}"


def revoked(world, reissue):
    """Revoke the token, and send from 32 threads at once; return the token calls / failed requests."""
    with world(reissue) as running:
        running.send()
        before = running.issues
        running.revoke_all()
        running.set_latency(0.1)
        load = send_at_once(running.send)
        return f"{running.issues - before} / {load.failed}"


def last_minutes(world):
    """Send 20 requests in the last 200 seconds of a token; return the token calls."""
    with world() as running:
        running.come_near_expiry()
        before = running.issues
        for _ in range(20):
            running.send()
        return f"{running.issues - before}"


def expiry(world, reissue):
    """Let the token expire after 1 of 4 seconds of load; return the worst stall and the token calls of 300 ms.

    Of three runs, the one with the median stall counts. The stall is the time of the slowest of 800 requests.
    """
    runs = sorted(_run_expiry_once(world, reissue) for _ in range(3))
    return "{:.0f} ms, {}{}".format(*runs[1])


def _run_expiry_once(world, reissue):
    with world(reissue) as running:
        running.expire_in(1)
        before = running.issues
        running.set_latency(TOKEN_CALL)
        load = send_steadily(running.send, 4)
        failed = f", {load.failed} failed" if load.failed else ""
        return load.worst * 1000, running.issues - before, failed


def rejected(world):
    """Reject every token, and send 160 requests in a row; return the token calls / sends."""
    with world() as running:
        running.reject_every_token()
        for _ in range(160):
            try:
                running.send()
            except Exception:  # Each peer fails in its own way; only what was sent counts.
                pass
        return f"{running.issues} / {running.sends}"


def down(world):
    """Let the token endpoint return 503 for 3 seconds of load; return the token calls."""
    with world() as running:
        running.go_down()
        send_steadily(running.send, 3)
        return f"{running.issues}"
