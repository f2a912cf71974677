"""Renew the token at 08:00 in Korea, so that it does not expire while the market is open.

Needs nothing but the standard library. Run it in a thread or a process beside the bot:
``threading.Thread(target=schedule(auth).run, daemon=True).start()``. Prints::

    2 mornings at 08:00, 2 new tokens
"""

import logging
import sched
import time
from datetime import datetime, timedelta, timezone

from requests_kiwoom import KiwoomAuth, KiwoomAuthError
from requests_kiwoom.testing import KiwoomServer

KST = timezone(timedelta(hours=9))


def next_eight(now):
    """Return the next 08:00 in Korea after `now`; both in seconds since the epoch."""
    eight = datetime.fromtimestamp(now, KST).replace(hour=8, minute=0, second=0, microsecond=0)
    return (eight if eight.timestamp() > now else eight + timedelta(days=1)).timestamp()


def schedule(auth, clock=time.time, sleep=time.sleep):
    """Return a scheduler that renews the token every morning; its ``run()`` does not end."""
    mornings = sched.scheduler(clock, sleep)

    def renew():
        mornings.enterabs(next_eight(clock()), 0, renew)
        try:
            auth.renew()
        except KiwoomAuthError:
            logging.exception("no new token this morning; the old one stays in use")

    mornings.enterabs(next_eight(clock()), 0, renew)
    return mornings


def main():
    with KiwoomServer() as server:
        KiwoomAuth.clock = server.clock  # A demonstration does not wait two days.
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        mornings = schedule(auth, server.clock, lambda seconds: None)
        times, tokens = set(), set()
        for _ in range(2):
            server.clock.advance(seconds=next_eight(server.clock()) - server.clock() + 1)
            mornings.run(blocking=False)
            times.add(f"{datetime.fromtimestamp(server.clock(), KST):%H:%M}")
            tokens.add(auth.token())
        print(f"2 mornings at {' and '.join(times)}, {len(tokens)} new tokens")


if __name__ == "__main__":
    main()
