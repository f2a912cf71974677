"""``FaultyKiwoom``: a Kiwoom server that breaks some of its responses, and records which ones."""

import threading
import time

from requests_kiwoom.testing import KiwoomServer, Reply, faults, refusal

from .causes import ACCEPTED, BROKEN, REJECTED, Call, Delivery
from .worker import API_ID, NAME_HEADER

#: How long au10001 takes, in seconds: the unit in which a stall is measured.
TOKEN_CALL = 0.2
#: The age in hours of a token that au10001 returns, as if another program had issued it. By a clock that is 9 hours
#: fast, it has expired.
_AGE = 16
#: The shares of responses that break: of orders, and of au10001; and the share of responses that are late.
_BROKEN_ORDERS, _BROKEN_CALLS, _LATE = 0.01, 0.1, 0.01
#: The order is accepted, or a token is issued; only the response is broken.
_RESPONSE_FAULTS = (faults.RESET_BEFORE, faults.RESET_WITHIN, faults.TRUNCATED)
#: Sent for a live token.
_FALSE_401 = refusal(8005, status=401)
#: Sent in place of a response: the request is not processed.
_REPLACEMENTS = (
    faults.MAINTENANCE,
    faults.FIREWALL,
    faults.TOO_MANY_REQUESTS,
    *map(faults.server_error, (500, 502, 503)),
    _FALSE_401,
)
_REJECTIONS = (8005, 401, "top", 8003, 8031, 8103)


class FaultyKiwoom(KiwoomServer):
    """Accepts orders, and adds each request to `results`.

    ``RESET_AFTER`` is not among its faults: it breaks the next request on the connection. The server never reads that
    request, so it cannot record whose it was.
    """

    def __init__(self, results, chance):
        super().__init__(latency=TOKEN_CALL)
        self._results = results
        self._chance = chance
        # No token is revoked while a request is processed: it is live or revoked all the time.
        self._request_lock = threading.Lock()
        self._numbers = {None: 0}
        #: By token: the worker that received it last.
        self._holders = {}
        self.reply(API_ID, lambda request: {"order": request.json()["order"]})

    def revoke_all(self):
        """Revoke the token, and reject revoked tokens with another code from now on."""
        with self._request_lock:
            super().revoke_all()
            self.rejection = self._chance.choice(_REJECTIONS)
            self.numbers_as_strings = self._chance.random() < 0.5

    def respond(self, request):
        with self._request_lock:
            self.requests.clear()  # Otherwise they would all be kept.
            return self._respond_to_au10001(request) if request.called == "au10001" else self._respond_to_order(request)

    def _respond_to_au10001(self, request):
        fault, worker = self._choose_fault(_BROKEN_CALLS), request.headers[NAME_HEADER]
        holder = self._holders.get(self.token)
        live = (self._number(self.token), holder) if holder else None
        age = _AGE if self.reissue == "same" else 0
        self.clock.advance(hours=-age)
        reply = self._reply(request, fault)
        self.clock.advance(hours=age)
        if fault in _REPLACEMENTS:
            reply = reply._replace(delay=TOKEN_CALL)
        if not _breaks_response(fault):
            self._holders[self.token] = worker
        # A new token revokes the one before, even if the response is lost.
        number = self._number(self.token)
        returned = None if _breaks_response(fault) else number
        self._results.note_token_call(Call(worker, time.time() + reply.delay, returned, live))
        return reply

    def _respond_to_order(self, request):
        fault, is_revoked = self._choose_fault(_BROKEN_ORDERS), request.token != self.token
        if fault is _FALSE_401 and is_revoked:
            fault = None  # For a revoked token, HTTP 401 is no fault.
        reply = self._reply(request, fault)
        outcome = BROKEN if _breaks_response(fault) else REJECTED if is_revoked else ACCEPTED
        delivery = Delivery(self._number(request.token), outcome, is_false_401=fault is _FALSE_401)
        is_accepted = not is_revoked and fault not in _REPLACEMENTS
        self._results.note_delivery(request.json()["order"], delivery, is_accepted, reply.delay)
        return reply

    def _choose_fault(self, share):
        if self._chance.random() < share:
            return self._chance.choice(_RESPONSE_FAULTS + _REPLACEMENTS)
        return faults.latency(self._chance.uniform(0.01, 0.5)) if self._chance.random() < _LATE else None

    def _reply(self, request, fault):
        if isinstance(fault, Reply):
            return fault
        reply = super().respond(request)
        return fault.spoil(reply) if fault else reply

    def _number(self, token):
        """Return the number of a token: they are numbered in the order of their issue."""
        return self._numbers.setdefault(token, len(self._numbers))


def _breaks_response(fault):
    return fault in _RESPONSE_FAULTS or fault in _REPLACEMENTS
