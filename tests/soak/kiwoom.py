"""``BreakingKiwoom``: a Kiwoom whose answers break on their way, and which tells whose."""

import threading
import time

from requests_kiwoom.testing import KiwoomServer, Reply, faults, refusal

from .blame import ACCEPTED, BROKEN, REJECTED, Call, Delivery
from .worker import API_ID, NAME_HEADER

#: How long au10001 takes, in seconds: the unit in which a stall is counted.
TOKEN_CALL = 0.2
#: How old a token is, in hours, that another program had before: by a clock that is 9 hours fast, it has expired.
_AGE = 16
#: The share of answers that break: to orders, and to au10001; and of those that are late.
_BROKEN_ORDERS, _BROKEN_CALLS, _LATE = 0.01, 0.1, 0.01
#: The order is taken, a token is issued; only the answer suffers.
_AFTERWARDS = (faults.RESET_BEFORE, faults.RESET_WITHIN, faults.TRUNCATED)
#: The token lives.
_WRONG_401 = refusal(8005, status=401)
#: In the place of an answer.
_INSTEAD = (
    faults.MAINTENANCE,
    faults.FIREWALL,
    faults.TOO_MANY_REQUESTS,
    *map(faults.server_error, (500, 502, 503)),
    _WRONG_401,
)
_REJECTIONS = (8005, 401, "top", 8003, 8031, 8103)


class BreakingKiwoom(KiwoomServer):
    """Takes orders, and tells `tally` about each request.

    ``RESET_AFTER`` is not among its faults: that befalls the next request on the connection, which the server never
    reads, so its owner could not be told.
    """

    def __init__(self, tally, chance):
        super().__init__(latency=TOKEN_CALL)
        self._tally = tally
        self._chance = chance
        # No token dies while a request is looked at: it was dead, or it lived.
        self._one_by_one = threading.Lock()
        self._numbers = {None: 0}
        #: Where each token arrived last.
        self._holders = {}
        self.reply(API_ID, lambda request: {"order": request.json()["order"]})

    def revoke_all(self):
        """Kill the token, and reject dead ones in another way from now on."""
        with self._one_by_one:
            super().revoke_all()
            self.rejection = self._chance.choice(_REJECTIONS)
            self.numbers_as_strings = self._chance.random() < 0.5

    def respond(self, request):
        with self._one_by_one:
            self.requests.clear()  # They would be kept for ever.
            return self._issued(request) if request.called == "au10001" else self._ordered(request)

    def _issued(self, request):
        fault, worker = self._fault(_BROKEN_CALLS), request.headers[NAME_HEADER]
        holder = self._holders.get(self.token)
        living = (self._number(self.token), holder) if holder else None
        age = _AGE if self.reissue == "same" else 0
        self.clock.advance(hours=-age)
        reply = self._reply(request, fault)
        self.clock.advance(hours=age)
        if fault in _INSTEAD:
            reply = reply._replace(delay=TOKEN_CALL)
        if not _breaks(fault):
            self._holders[self.token] = worker
        # One that gets lost kills another one all the same.
        number = self._number(self.token)
        given = None if _breaks(fault) else number
        self._tally.called(Call(worker, time.time() + reply.delay, given, living))
        return reply

    def _ordered(self, request):
        fault, dead = self._fault(_BROKEN_ORDERS), request.token != self.token
        if fault is _WRONG_401 and dead:
            fault = None  # It would not be wrong.
        reply = self._reply(request, fault)
        met = BROKEN if _breaks(fault) else REJECTED if dead else ACCEPTED
        delivery = Delivery(self._number(request.token), met, doubted=fault is _WRONG_401)
        taken = not dead and fault not in _INSTEAD
        self._tally.delivered(request.json()["order"], delivery, taken, reply.delay)
        return reply

    def _fault(self, share):
        if self._chance.random() < share:
            return self._chance.choice(_AFTERWARDS + _INSTEAD)
        return faults.latency(self._chance.uniform(0.01, 0.5)) if self._chance.random() < _LATE else None

    def _reply(self, request, fault):
        if isinstance(fault, Reply):
            return fault
        reply = super().respond(request)
        return fault.spoil(reply) if fault else reply

    def _number(self, token):
        """Tokens are numbered in the order of their issue."""
        return self._numbers.setdefault(token, len(self._numbers))


def _breaks(fault):
    return fault in _AFTERWARDS or fault in _INSTEAD
