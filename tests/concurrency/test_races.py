"""Three threads and one token, in every order of their steps, with up to two faults."""

import itertools
import threading

import pytest

from requests_kiwoom import Token, TokenRevokeError, TokenUnavailable
from requests_kiwoom.oauth import OAuthClient
from requests_kiwoom.origins import PRODUCTION, origin_of
from requests_kiwoom.secret import Secret
from requests_kiwoom.source import TokenSource
from requests_kiwoom.tokens import LIFETIME, HeldToken, epoch_to_kst
from tests.helpers.stepping import Deadlock, SteppedLock, every_schedule
from tests.helpers.threads import in_threads

NOW = 1_800_000_000.0
MOST_FAULTS = 2
#: What the three threads do, and what each may raise.
MAY_RAISE = {
    "current": (TokenUnavailable, KeyboardInterrupt),
    "replace": (TokenUnavailable, KeyboardInterrupt),
    "renew": (TokenUnavailable, TokenRevokeError, KeyboardInterrupt),
    "revoke": (TokenRevokeError, KeyboardInterrupt),
}


class Kiwoom:
    """Stands where the calls of au10001 and au10002 are made: each is two steps, and asks the schedule for a fault."""

    origin = PRODUCTION
    appkey = "fake-appkey"
    max_call_seconds = 13.05

    def __init__(self, schedule, reissue):
        self.schedule = schedule
        self.reissue = reissue
        self.faults = 0
        self.alive = None
        self.issued = {}
        self.revoked = set()
        self.calls = self.interrupted = self.in_flight = self.most_in_flight = 0

    def issue(self, now, seconds):
        self.calls += 1
        with self:
            self._fault(TokenUnavailable("au10001: no response"))
            if self.alive is None or self.reissue == "new" or self.alive.expires_epoch <= now:
                self.alive = Token(f"fake-token-{len(self.issued)}", epoch_to_kst(now + LIFETIME))
                self.issued[self.alive.value] = self.alive
            return self.alive

    def revoke(self, token):
        with self:
            self._fault(TokenRevokeError("au10002: no response"))
            if token != self.alive:
                raise TokenRevokeError("au10002 did not revoke the token", return_code=3)
            self.alive = None
            self.revoked.add(token.value)

    def _fault(self, error):
        if self.faults:
            kind = self.schedule.choose(3)
            self.faults -= kind > 0
            if kind == 1:
                raise error
            if kind == 2:
                self.interrupted += 1
                raise KeyboardInterrupt  # Ctrl-C, in the middle of the call.

    def __enter__(self):
        self.in_flight += 1
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        self.schedule.step()

    def __exit__(self, *args):
        self.in_flight -= 1


class HeldLock(SteppedLock):
    """A stepped lock with the interface of the source's own."""

    def hold(self, seconds, error):
        return self


class SteppedSource(TokenSource):
    """The source itself, in which a thread takes a step before it reads or publishes the held token."""

    def __init__(self, kiwoom):
        self.kiwoom = kiwoom
        self.schedule = kiwoom.schedule
        self.now = NOW
        self.revoked_when_read = {}
        super().__init__(kiwoom, clock=self.read_clock)
        self._lock = HeldLock(self.schedule)

    @property
    def _held(self):
        if not self._lock_is_mine():  # With the lock, no other thread publishes: one order is as good as another.
            self.schedule.step()
            self.revoked_when_read[threading.get_ident()] = set(self.kiwoom.revoked)
        return self._stepped_held

    @_held.setter
    def _held(self, held):
        self.schedule.step()
        self._stepped_held = held

    def program(self, name, *args):
        """A thread's work: call `name`; a token that was revoked before the thread read may not be returned."""

        def work():
            outcome = getattr(self, name)(*args)
            if isinstance(outcome, HeldToken):
                outcome = outcome.token
                assert outcome.value not in self.revoked_when_read.get(threading.get_ident(), ())
            return outcome

        return work

    def _lock_is_mine(self):
        return isinstance(self._lock, SteppedLock) and self._lock.is_mine

    def read_clock(self):
        return self.now


class Clocked(SteppedSource):
    """Takes a step before it reads the clock as well, which another thread puts on."""

    def expire(self):
        self.schedule.step()
        self.now += LIFETIME

    def read_clock(self):
        self.schedule.step()
        return self.now


def check(kiwoom, names, outcomes, rejected):
    assert kiwoom.most_in_flight <= 1
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(errors) == len({id(error) for error in errors})
    for name, outcome in zip(names, outcomes):
        if isinstance(outcome, Token):
            assert kiwoom.issued[outcome.value] == outcome
            assert name != "replace" or rejected != outcome.value
        elif outcome is None or isinstance(outcome, bool):
            assert name == ("revoke" if outcome is None else "renew")
        else:
            assert isinstance(outcome, MAY_RAISE[name])
    if {"renew", "revoke"}.isdisjoint(names):
        # One call for all of them; a failed one stands for all that come in its pause.
        assert kiwoom.calls <= 1 + kiwoom.interrupted
    if kiwoom.faults == MOST_FAULTS:
        # Nothing went wrong: the only error is au10002's, which refuses a token that was revoked.
        assert {TokenRevokeError} >= {type(error) for error in errors}


def check_afterwards(kiwoom, source, rejected=""):
    """A minute later the lock is free, and there is a token that Kiwoom takes."""
    kiwoom.faults = 0
    source.now += 61
    # If it was not replaced then, the rejected token is carried once more, and rejected.
    outcomes = in_threads(2, lambda: (source.current(), source.replace(rejected, "ka10001"))[1].token)
    assert [kiwoom.alive] * 2 == outcomes


@pytest.mark.once
@pytest.mark.parametrize("warm, reissue", [(False, "new"), (True, "same")])
@pytest.mark.parametrize("names", list(itertools.combinations_with_replacement(MAY_RAISE, 3)), ids="-".join)
def test_every_order_of_three_threads(names, warm, reissue, caplog):
    """In every order of steps, with up to two failed or interrupted calls, each thread gets what it may get."""
    caplog.set_level("CRITICAL", logger="requests_kiwoom")
    for schedule in every_schedule():
        kiwoom = Kiwoom(schedule, reissue)
        source = SteppedSource(kiwoom)
        rejected = source.current().token.value if warm else "fake-token-of-yesterday"
        source.now += 3600
        if "replace" in names:
            kiwoom.alive = None  # It is rejected because it was revoked from outside.
        kiwoom.calls, kiwoom.faults = 0, MOST_FAULTS
        arguments = {"replace": (rejected, "ka10001"), "renew": (False,)}
        programs = [source.program(name, *arguments.get(name, ())) for name in names]
        check(kiwoom, names, schedule.run(*programs), rejected)
        check_afterwards(kiwoom, source, rejected if "replace" in names else "")


@pytest.mark.once
@pytest.mark.parametrize("names", [("current", "current", "expire"), ("current", "replace", "expire")], ids="-".join)
def test_the_expiry_at_any_step(names, caplog):
    """The expiry passes between any two steps of two threads: each gets a token that was live when it looked."""
    caplog.set_level("CRITICAL", logger="requests_kiwoom")
    for schedule in every_schedule():
        kiwoom = Kiwoom(schedule, "same")
        source = Clocked(kiwoom)
        old = source.current().token
        kiwoom.faults = 1
        arguments = {"replace": ("fake-token-of-yesterday", "ka10001")}
        programs = [source.program(name, *arguments.get(name, ())) for name in names]
        outcomes = schedule.run(*programs)
        for outcome in outcomes[:2]:
            assert outcome in (old, kiwoom.alive) or isinstance(outcome, (TokenUnavailable, KeyboardInterrupt))
        assert kiwoom.calls <= 2 + kiwoom.interrupted
        check_afterwards(kiwoom, source)


def test_all_orders_are_tried():
    """Two threads of three steps each have 20 orders, and a question with two answers doubles them."""
    orders = []
    for schedule in every_schedule():
        order = []

        def program(name):
            for _ in range(3):
                schedule.step()
                order.append(name)

        schedule.run(lambda: program("a"), lambda: program("b"))
        orders.append("".join(order) + str(schedule.choose(2)))

    assert 40 == len(orders) == len(set(orders))


def test_a_lock_that_is_never_released_is_found():
    """Threads that wait for ever end a schedule with an error, not the test run with silence."""
    schedule = next(every_schedule())
    lock = SteppedLock(schedule)

    with pytest.raises(Deadlock, match="1 of 2 threads"):
        schedule.run(lock.__enter__, lock.__enter__)


def test_value_and_expiry_belong_together(server):
    """50 threads read 1,000 times each while the token expires four times: no read mixes two, none is expired."""
    keys = Secret(server.appkey), Secret(server.secretkey)
    source = TokenSource(OAuthClient(origin_of(server.url), *keys, None, (3.05, 10.0)), clock=server.clock)
    seen = []
    turns = itertools.count(1)

    def read():
        pairs = set()
        for turn in range(1000):
            asked_at = server.clock()
            token, authorization, _, _ = source.current()
            assert asked_at < token.expires_epoch
            pairs.add((token.value, authorization, token.expires_epoch, token.expires_at))
            if turn == 500 and next(turns) % 12 == 0:
                server.clock.advance(hours=24)
        seen.append(pairs)

    assert [None] * 50 == in_threads(50, read)

    every = set().union(*seen)
    assert 4 <= server.issues - 1 == len(every) - 1
    for value, authorization, expires, expires_at in every:
        assert f"Bearer {value}" == authorization and expires == expires_at.timestamp()
    assert len(every) == len({pair[0] for pair in every}) == len({pair[2] for pair in every})
