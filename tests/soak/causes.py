"""The cause of a failed order: the server, another revocation, or (``None``) the plugin.

An order may fail only for these reasons:

1. The server broke its response: the second response, if the order was resent.
2. It was resent and rejected both times. The second token was issued after the first one, and was not live either.
3. It was not sent, or not resent, because its process had no token for it and did not call au10001 during a pause, as
   documented. So at some moment between the start and the end of the order, the latest au10001 call of its process (at
   most 30 s old)

   a. was one whose response the server broke; or
   b. was made for a rejection, and its token was on trial: before this order began, no order that was resent with the
      token had succeeded. A trial needs a cause, too. It is the server, if it returned 401 for the token while the
      token was live, or broke the response to an order that was resent with it. It is another revocation, if the token
      was not live when such an order arrived.
"""

from typing import NamedTuple

from requests_kiwoom.backoff import LONGEST

ACCEPTED, REJECTED, BROKEN = "accepted", "rejected", "broken"
SERVER, REVOKED = "the server", "another revocation"


class Delivery(NamedTuple):
    """An order that arrived at the server."""

    #: The number of the token that it carried: tokens are numbered in the order of their issue.
    token: int
    #: What the server did with it; broken: the server sent a fault.
    outcome: str
    #: Whether that fault was a 401 for a live token.
    is_false_401: bool = False


class Call(NamedTuple):
    """An au10001 call."""

    worker: str
    #: When the server responded, in seconds since the epoch.
    at: float
    #: The number of the token; ``None`` if the server broke the response.
    token: int | None
    #: The number of the token that was live then, and the name of the process that received it; ``None`` if no process
    #: did.
    live: tuple[int, str] | None = None
    #: Whether the process may have made the call for a rejection.
    is_after_rejection: bool = False


class Report(NamedTuple):
    """What a worker reports about an order."""

    order: str
    start: float
    seconds: float
    #: What the worker got in place of the confirmation; ``None`` if the order was confirmed.
    error: str | None

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
        #: Of each order that succeeded when it was resent: the token, and the time.
        self.resend_successes = []
        #: Tokens that the server rejected while they were live.
        self.falsely_rejected = set()
        #: Whether a response since the last call may have been a rejection: a broken one may show HTTP 401, too.
        self.has_rejection = False

    def add(self, delivery, is_resend):
        """Note that an order arrived at the server."""
        self.has_rejection |= delivery.outcome != ACCEPTED
        if delivery.is_false_401:
            self.falsely_rejected.add(delivery.token)
        if is_resend:
            self.resends.append(delivery)


def worker_of(order):
    """Return the name of the worker that sent an order."""
    return order.partition(":")[0]


def find_cause(failure, deliveries, history):
    """Return the cause of `failure`, a report.

    :param deliveries: those of the order, in the order in which they arrived.
    """
    if deliveries and deliveries[-1].outcome == BROKEN:
        return SERVER
    if len(deliveries) == 2:
        first, second = deliveries
        return REVOKED if second.outcome == REJECTED and second.token > first.token else None
    nexts = [call.at for call in history.calls[1:]] + [float("inf")]
    for call, over in zip(history.calls, nexts):
        if call.at <= failure.end and failure.start < min(over, call.at + LONGEST):
            cause = SERVER if call.token is None else _cause_of_trial(call, failure, history)
            if cause:
                return cause
    return None


def _cause_of_trial(call, failure, history):
    has_succeeded = any(token == call.token and call.at < at < failure.start for token, at in history.resend_successes)
    if not call.is_after_rejection or has_succeeded:
        return None
    outcomes = {delivery.outcome for delivery in history.resends if delivery.token == call.token}
    if BROKEN in outcomes or call.token in history.falsely_rejected:
        return SERVER
    return REVOKED if REJECTED in outcomes else None
