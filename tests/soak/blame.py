"""Who is to blame for an order that failed: the server, another revocation, or (``None``) the plugin.

An order may fail for these reasons alone:

1. The server broke its answer: the second one, if it was sent twice.
2. It was sent twice and rejected twice, and the second token was younger than the first, and dead as well.
3. It was not sent, or not again, since its process had no token for it and was leaving au10001 alone, as documented. So
   at some moment between its start and end, the latest au10001 call of its process (at most 30 s old)

   a. was one that the server broke; or
   b. had been made for a rejection, and the token that it gave was on probation: no order sent a second time with it
      since then had succeeded before this one began. And there is a reason: the server had said 401 to that token
      while it lived, or broke the answer to such an order (the server is to blame); or the token was dead when such an
      order came in (another revocation).
"""

from typing import NamedTuple

from requests_kiwoom.backoff import LONGEST

ACCEPTED, REJECTED, BROKEN = "accepted", "rejected", "broken"
SERVER, REVOKED = "the server", "another revocation"


class Delivery(NamedTuple):
    """An order that came in."""

    #: The number of the token that it carried: tokens are numbered in the order of their issue.
    token: int
    #: What became of it; broken: the server sent a fault.
    met: str
    #: Whether that fault was a 401, though the token lived.
    doubted: bool = False


class Call(NamedTuple):
    """An au10001 call."""

    worker: str
    #: When it was answered, in seconds since the epoch.
    at: float
    #: The number of the token; ``None`` if the server broke the answer.
    token: int | None
    #: The number of a token that lived then and had arrived at a process, and the name of that; ``None`` if none did.
    living: tuple[int, str] | None = None
    #: Whether the process may have made it for a rejection.
    rejected: bool = False


class Report(NamedTuple):
    """What a worker says about an order."""

    order: str
    start: float
    seconds: float
    #: What came instead of the confirmation; ``None`` if that came.
    said: str | None

    @property
    def end(self):
        return self.start + self.seconds

    @property
    def worker(self):
        return worker_of(self.order)


class History:
    """What happened to one worker."""

    def __init__(self):
        self.calls = []
        #: Deliveries that were the second of their order.
        self.resends = []
        #: The token of each order that succeeded the second time, and when.
        self.cured = []
        #: Tokens that were said to be dead, and lived.
        self.doubted = set()
        #: Whether an answer since the last call may have been a rejection: HTTP 401 shows even in a broken one.
        self.rejected = False

    def add(self, delivery, again):
        """An order came in, for the second time if `again`."""
        self.rejected |= delivery.met != ACCEPTED
        if delivery.doubted:
            self.doubted.add(delivery.token)
        if again:
            self.resends.append(delivery)


def worker_of(order):
    """Whose an order is."""
    return order.partition(":")[0]


def blame(failure, deliveries, history):
    """Who is to blame for `failure`, a report.

    :param deliveries: the order's, one after the other.
    """
    if deliveries and deliveries[-1].met == BROKEN:
        return SERVER
    if len(deliveries) == 2:
        first, second = deliveries
        return REVOKED if second.met == REJECTED and second.token > first.token else None
    nexts = [call.at for call in history.calls[1:]] + [float("inf")]
    for call, over in zip(history.calls, nexts):
        if call.at <= failure.end and failure.start < min(over, call.at + LONGEST):
            culprit = SERVER if call.token is None else _why_on_probation(call, failure, history)
            if culprit:
                return culprit
    return None


def _why_on_probation(call, failure, history):
    cured = any(token == call.token and call.at < at < failure.start for token, at in history.cured)
    if not call.rejected or cured:
        return None
    met = {delivery.met for delivery in history.resends if delivery.token == call.token}
    if BROKEN in met or call.token in history.doubted:
        return SERVER
    return REVOKED if REJECTED in met else None
