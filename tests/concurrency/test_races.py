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
MAX_FAULTS = 2
#: What the three threads do, and what each may raise.
MAY_RAISE = {
    "current": (TokenUnavailable, KeyboardInterrupt),
    "replace": (TokenUnavailable, KeyboardInterrupt),
    "renew": (TokenUnavailable, TokenRevokeError, KeyboardInterrupt),
    "revoke": (TokenRevokeError, KeyboardInterrupt),
}


class Kiwoom:
    """Replaces au10001 and au10002: other threads can run during a call, and the schedule decides if it fails."""

    origin = PRODUCTION
    appkey = "fake-appkey"
    max_call_seconds = 13.05

    def __init__(self, schedule, reissue):
        self.schedule = schedule
        self.reissue = reissue
        self.faults = 0
        self.live_token = None
        self.issued = {}
        self.revoked = set()
        self.calls = self.interrupted = self.in_flight = self.most_in_flight = 0

    def issue(self, now, seconds):
        self.calls += 1
        with self:
            self._fault(TokenUnavailable("au10001: no response"))
            if self.live_token is None or self.reissue == "new" or self.live_token.expires_epoch <= now:
                self.live_token = Token(f"fake-token-{len(self.issued)}", epoch_to_kst(now + LIFETIME))
                self.issued[self.live_token.value] = self.live_token
            return self.live_token

    def revoke(self, token):
        with self:
            self._fault(TokenRevokeError("au10002: no response"))
            if token != self.live_token:
                raise TokenRevokeError("au10002 did not revoke the token", return_code=3)
            self.live_token = None
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
    """A stepped lock with the interface of the source's lock."""

    def hold(self, seconds, error):
        return self


class SteppedSource(TokenSource):
    """A token source in which a thread takes a step before it reads or publishes the held token."""

    def __init__(self, kiwoom):
        self.kiwoom = kiwoom
        self.schedule = kiwoom.schedule
        self.now = NOW
        self.revoked_when_read = {}
        super().__init__(kiwoom, clock=self.read_clock)
        self._lock = HeldLock(self.schedule)

    @property
    def _held(self):
        if not self._lock_is_mine():  # With the lock held, no other thread publishes: the order does not matter.
            self.schedule.step()
            self.revoked_when_read[threading.get_ident()] = set(self.kiwoom.revoked)
        return self._stepped_held

    @_held.setter
    def _held(self, held):
        self.schedule.step()
        self._stepped_held = held

    def program(self, name, *args):
        """Return a thread's work: call `name`, and check that no token is returned that was revoked before the read."""

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


class SourceWithSteppedClock(SteppedSource):
    """Takes a step before it reads the clock as well; another thread advances the clock."""

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
        # One call serves all threads; after a failed call, a pause keeps the others from calling.
        assert kiwoom.calls <= 1 + kiwoom.interrupted
    if kiwoom.faults == MAX_FAULTS:
        # Nothing went wrong: the only error is au10002's, which refuses a token that was revoked.
        assert {TokenRevokeError} >= {type(error) for error in errors}


def check_afterwards(kiwoom, source, rejected=""):
    """Check that a minute later the lock is free, and that a token is obtained that Kiwoom accepts."""
    kiwoom.faults = 0
    source.now += 61
    # If the rejected token was not replaced before, a request carries it once more, and it is rejected again.
    outcomes = in_threads(2, lambda: (source.current(), source.replace(rejected, "ka10001"))[1].token)
    assert [kiwoom.live_token] * 2 == outcomes


@pytest.mark.once
@pytest.mark.parametrize("warm, reissue", [(False, "new"), (True, "same")])
@pytest.mark.parametrize("names", list(itertools.combinations_with_replacement(MAY_RAISE, 3)), ids="-".join)
def test_three_threads_get_a_valid_outcome_in_every_order(names, warm, reissue, caplog):
    """In every order of steps, with up to two failed or interrupted calls, each thread gets a valid outcome."""
    caplog.set_level("CRITICAL", logger="requests_kiwoom")
    for schedule in every_schedule():
        kiwoom = Kiwoom(schedule, reissue)
        source = SteppedSource(kiwoom)
        rejected = source.current().token.value if warm else "fake-token-of-yesterday"
        source.now += 3600
        if "replace" in names:
            kiwoom.live_token = None  # The token is rejected because another client revoked it.
        kiwoom.calls, kiwoom.faults = 0, MAX_FAULTS
        arguments = {"replace": (rejected, "ka10001"), "renew": (False,)}
        programs = [source.program(name, *arguments.get(name, ())) for name in names]
        check(kiwoom, names, schedule.run(*programs), rejected)
        check_afterwards(kiwoom, source, rejected if "replace" in names else "")


@pytest.mark.once
@pytest.mark.parametrize("names", [("current", "current", "expire"), ("current", "replace", "expire")], ids="-".join)
def test_the_token_can_expire_at_any_step(names, caplog):
    """If the token expires between any two steps of two threads, each gets a token that was live when it looked."""
    caplog.set_level("CRITICAL", logger="requests_kiwoom")
    for schedule in every_schedule():
        kiwoom = Kiwoom(schedule, "same")
        source = SourceWithSteppedClock(kiwoom)
        old = source.current().token
        kiwoom.faults = 1
        arguments = {"replace": ("fake-token-of-yesterday", "ka10001")}
        programs = [source.program(name, *arguments.get(name, ())) for name in names]
        outcomes = schedule.run(*programs)
        for outcome in outcomes[:2]:
            assert outcome in (old, kiwoom.live_token) or isinstance(outcome, (TokenUnavailable, KeyboardInterrupt))
        assert kiwoom.calls <= 2 + kiwoom.interrupted
        check_afterwards(kiwoom, source)


def test_all_orders_are_tried():
    """Two threads of three steps each have 20 orders, and a choice of two doubles them."""
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
    """Threads that wait for ever end a schedule with an error; the test run does not hang."""
    schedule = next(every_schedule())
    lock = SteppedLock(schedule)

    with pytest.raises(Deadlock, match="1 of 2 threads"):
        schedule.run(lock.__enter__, lock.__enter__)


def test_value_and_expiry_belong_together(server):
    """50 threads read 1,000 times each during four expiries: no read mixes two tokens, and no token has expired."""
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
