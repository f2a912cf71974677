"""A token's life: expiries, revocations, renewals and failures in any order, with a model of what may follow."""

import threading

import pytest
import requests
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from requests.adapters import HTTPAdapter

from requests_kiwoom import KiwoomAuth, KiwoomAuthError, TokenRevokeError
from requests_kiwoom.oauth import REVOKE_PATH, TOKEN_PATH
from requests_kiwoom.testing import KiwoomServer, Reply, faults, refusal
from tests.helpers.constants import PATH
from tests.helpers.leaks import everything_in
from tests.helpers.threads import in_threads

#: No pause of au10001 is longer, in seconds.
LONGEST_PAUSE = 61
FAILURES = [
    Reply(b"", 500),
    Reply(b"<html>", 400),
    Reply({"token": "fake token", "token_type": "bearer", "expires_dt": "20261122000000"}),
    refusal(1700),
    refusal(8001),
    refusal(8050),
    Reply({}, 429, {"Retry-After": "60"}),
    faults.RESET_BEFORE,
    faults.TRUNCATED,
]


class Counting(HTTPAdapter):
    """Sends as usual, counts how many requests are in flight at once, and keeps the paths of those sent once more."""

    def __init__(self):
        super().__init__()
        self.in_flight = self.most_in_flight = 0
        self.retries = []
        self._thread = threading.local()  # Each token call has a thread of its own.

    def send(self, request, **kwargs):
        if is_retry := getattr(self._thread, "is_broken", False):
            self.retries.append(request.path_url)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return super().send(request, **kwargs)
        except requests.ConnectionError:
            self._thread.is_broken = not is_retry
            raise
        finally:
            self.in_flight -= 1


class Life(RuleBasedStateMachine):
    """One auth, its view, its server, and the time by which the server's failures and their pauses have ended."""

    def __init__(self):
        super().__init__()
        self.server = KiwoomServer(strict=False).__enter__()
        self.server.clock.stop()
        self.token_calls, self.lent = Counting(), requests.Session()
        self.lent.mount("http://", self.token_calls)
        keys = self.server.appkey, self.server.secretkey
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(KiwoomAuth, "clock", self.server.clock)
            self.auth = KiwoomAuth(*keys, base_url=self.server.url, session=self.lent)
        self.session = requests.Session()
        self.session.auth = self.auth.for_api("ka10001")
        self.planned = {TOKEN_PATH: 0, REVOKE_PATH: 0}
        self.tokens = set()
        self.calm_from = 0.0

    def teardown(self):
        self.session.close()
        self.lent.close()
        self.server.__exit__()

    # The model: whether a failure is allowed.

    @property
    def is_calm(self):
        """Whether no failure is planned, and no pause after an earlier one can be running."""
        return not any(self.planned.values()) and self.server.clock() >= self.calm_from

    def attempt(self, work):
        """Return what `work` returns or raises, and the paths that it called; check the calls, and update the model.

        A token call whose connection breaks is sent once more: this is one call.
        """
        calls, sent, retries = self.server.issues, len(self.server.requests), len(self.token_calls.retries)
        before = dict(self.planned)
        try:
            outcome = work()
        except Exception as error:
            outcome = error
        made = [request.route for request in self.server.requests[sent:]]
        for path in before:
            self.planned[path] = max(0, before[path] - made.count(path))
        if before != self.planned or isinstance(outcome, Exception):
            self.calm_from = self.server.clock() + LONGEST_PAUSE
        assert self.server.issues - calls == made.count(TOKEN_PATH)
        for path in self.token_calls.retries[retries:]:
            made.remove(path)
        assert not isinstance(outcome, Exception) or isinstance(outcome, KiwoomAuthError)
        return outcome, made

    def post(self):
        return self.session.post(self.server.url + PATH, json={})

    # What may happen.

    @rule(seconds=st.sampled_from([0.5, 1, 5, 30, 61]))
    def time_passes(self, seconds):
        self.server.clock.advance(seconds=seconds)

    @rule()
    def the_token_expires(self):
        self.server.clock.advance(hours=24)

    @rule()
    def another_program_revokes(self):
        self.server.revoke_all()

    @rule(plans=st.lists(st.sampled_from(FAILURES), min_size=1, max_size=2))
    def au10001_will_fail(self, plans):
        self.server.fail(*plans)
        self.planned[TOKEN_PATH] += len(plans)

    @rule(plan=st.sampled_from([*FAILURES, refusal(8015)]))
    def au10002_will_fail(self, plan):
        self.server.fail(plan, path=REVOKE_PATH)
        self.planned[REVOKE_PATH] += 1

    @rule(reissue=st.sampled_from(["same", "new"]), rejection=st.sampled_from([8005, 401, "top", 8103]))
    def kiwoom_changes_its_responses(self, reissue, rejection):
        self.server.reissue, self.server.rejection = reissue, rejection

    # What a program does.

    @rule()
    def send(self):
        calm = self.is_calm
        outcome, made = self.attempt(self.post)
        assert made.count(PATH) <= 2 and made.count(TOKEN_PATH) <= 2
        if calm:
            assert "0" == str(outcome.json()["return_code"])
        if isinstance(outcome, Exception):
            assert made.count(PATH) <= 1
        elif len(outcome.history) == 1:
            assert 2 == made.count(PATH)
        self.outcome = outcome

    @rule()
    def renew(self):
        calm = self.is_calm
        outcome, made = self.attempt(self.auth.renew)
        assert made.count(REVOKE_PATH) <= 1 and made.count(TOKEN_PATH) <= 2
        if calm:
            assert isinstance(outcome, bool)
        if outcome is False and REVOKE_PATH not in made and TOKEN_PATH not in made:
            assert abs(self.auth.expires_at.timestamp() - self.server.clock() - 86400) <= 61
        self.outcome = outcome

    @rule()
    def revoke(self):
        held = self.auth.expires_at
        outcome, made = self.attempt(self.auth.revoke)
        assert [REVOKE_PATH] * (held is not None) == made
        # Either it is revoked and forgotten, or the caller gets an error, since it may be live, and it is kept.
        assert (outcome is None) == (self.auth.expires_at is None)
        assert outcome is None or isinstance(outcome, TokenRevokeError) and held == self.auth.expires_at
        self.outcome = outcome

    @rule()
    def a_login_is_refused(self):
        calm, refused = self.is_calm, self.server.token or "fake-token-of-yesterday"
        self.server.revoke_all()
        outcome, made = self.attempt(lambda: self.auth.token(rejected=refused))
        assert made.count(TOKEN_PATH) <= 1 and outcome != refused
        if calm:
            assert isinstance(outcome, str)
        self.calm_from = max(self.calm_from, self.server.clock() + LONGEST_PAUSE)  # The new token is on trial.

    @rule(count=st.integers(2, 4), is_revoked=st.booleans())
    def several_threads_send(self, count, is_revoked):
        calm = self.is_calm
        if is_revoked:
            self.server.revoke_all()
        outcomes, made = self.attempt(lambda: in_threads(count, self.post))
        assert made.count(PATH) <= 2 * count
        assert all(isinstance(outcome, (requests.Response, KiwoomAuthError)) for outcome in outcomes)
        if calm:
            assert ["0"] * count == [str(outcome.json()["return_code"]) for outcome in outcomes]
            assert made.count(TOKEN_PATH) <= 2
        else:
            self.calm_from = self.server.clock() + LONGEST_PAUSE

    @rule(data=st.data())
    def several_threads_do_anything(self, data):
        actions = [self.post, self.auth.renew, self.auth.revoke, self.auth.token, self.server.revoke_all]
        actions = data.draw(st.lists(st.sampled_from(actions), min_size=2, max_size=4))
        pending = iter(actions)
        outcomes, made = self.attempt(lambda: in_threads(len(actions), lambda: next(pending)()))
        assert made.count(PATH) <= 2 * len(actions)
        for outcome in outcomes:
            assert not isinstance(outcome, Exception) or isinstance(outcome, KiwoomAuthError)
        self.calm_from = self.server.clock() + LONGEST_PAUSE

    # What always holds.

    @invariant()
    def one_token_call_at_a_time(self):
        assert self.token_calls.most_in_flight <= 1

    @invariant()
    def no_error_shows_a_secret(self):
        outcome = vars(self).pop("outcome", None)
        self.tokens |= {token for token in (self.server.token, *(r.token for r in self.server.requests)) if token}
        secrets = [self.server.appkey, self.server.secretkey, *self.tokens]
        if isinstance(outcome, Exception):
            assert not any(secret in text for text in everything_in(outcome) for secret in secrets)

    @invariant()
    def secrets_are_sent_only_where_they_belong(self):
        self.server.assert_no_secrets_outside_oauth()

    @rule()
    def requests_work_after_the_longest_pause(self):
        """After the longest pause, a request always succeeds."""
        # Not a precondition: the plans that are left depend on the order of threads, and Hypothesis' draws must not.
        if any(self.planned.values()):
            return
        self.server.clock.advance(seconds=LONGEST_PAUSE)
        assert "0" == str(self.post().json()["return_code"])


def test_any_order_of_events_in_a_token_s_life():
    """In any order of events, no call is made too often, each failure is raised, and requests work again afterwards."""
    run_state_machine_as_test(
        Life,
        settings=settings(derandomize=True, database=None, deadline=None, max_examples=25, stateful_step_count=25),
    )
