"""The soak test for six seconds, and its rules that find the cause of a failed order."""

import pytest

from tests.soak.causes import ACCEPTED, BROKEN, REJECTED, REVOKED, SERVER, Call, Delivery, History, Report, find_cause
from tests.soak.results import Results
from tests.soak.schedule import soak


@pytest.mark.once
def test_no_order_is_lost_or_accepted_twice_in_6_seconds():
    """With faults, kills, revocations and clock jumps, no order is lost or accepted twice, and no memory leaks.

    ``python -m tests.soak --minutes 5`` does the same for longer.
    """
    results = soak(6, seed=20241107, frequency=4)

    assert [] == results.violations
    assert {"same", "new"} == set(results.rows)
    assert all(row["resends"] and row["server fault"] for row in results.rows.values())
    assert {"revocation", "kill", "clock jump"} < {name for _, name in results.events}


def failure(start=10.0):
    """Return the report of an order of worker 0.0 that failed after a second."""
    return Report("0.0:1.1", start, 1.0, "HTTP 200 [8005:...]")


@pytest.mark.parametrize(
    "cause, deliveries",
    [
        (SERVER, [Delivery(1, BROKEN)]),
        (SERVER, [Delivery(1, REJECTED), Delivery(2, BROKEN)]),
        (REVOKED, [Delivery(1, REJECTED), Delivery(2, REJECTED)]),
        (None, [Delivery(1, REJECTED), Delivery(1, REJECTED)]),
        (None, [Delivery(1, BROKEN, is_false_401=True), Delivery(2, ACCEPTED)]),
        (None, [Delivery(1, REJECTED)]),
        (None, []),
    ],
)
def test_cause_by_the_deliveries_of_an_order(cause, deliveries):
    """The cause is the server if it broke the last response, a revocation if it rejected a second, newer token."""
    assert cause == find_cause(failure(), deliveries, History())


@pytest.mark.parametrize(
    "cause, calls",
    [
        (SERVER, [Call("0.0", 9.0, None)]),
        (SERVER, [Call("0.0", 10.5, None)]),
        (None, [Call("0.0", 11.5, None)]),  # This call is later than the failure.
        (None, [Call("0.0", 9.0, None), Call("0.0", 9.5, 2)]),  # A later call returned a token.
        (None, [Call("0.0", -21.0, None)]),  # No pause is as long as that.
    ],
)
def test_server_is_the_cause_while_au10001_is_in_a_pause(cause, calls):
    """The server is the cause of an order without a token only if it broke the latest au10001 call."""
    history = History()
    history.calls += calls

    assert cause == find_cause(failure(), [Delivery(1, REJECTED)], history)


@pytest.mark.parametrize(
    "cause, resends, falsely_rejected, resend_successes",
    [
        (REVOKED, [Delivery(2, REJECTED)], set(), []),
        (SERVER, [Delivery(2, BROKEN)], set(), []),
        (SERVER, [], {2}, []),
        (None, [], set(), []),
        (None, [Delivery(2, REJECTED)], set(), [(2, 9.5)]),
        (REVOKED, [Delivery(2, REJECTED)], set(), [(2, 8.5)]),
    ],
)
def test_cause_while_a_token_is_on_trial(cause, resends, falsely_rejected, resend_successes):
    """A token on trial explains a failed order, until another order was resent with it and succeeded."""
    history = History()
    history.calls.append(Call("0.0", 9.0, 2, is_after_rejection=True))
    history.resends = resends
    history.falsely_rejected, history.resend_successes = falsely_rejected, resend_successes

    assert cause == find_cause(failure(), [Delivery(2, REJECTED)], history)


@pytest.fixture
def results():
    """Return results with one row, and one order that was accepted and not yet reported on."""
    results = Results(20)
    results.start_row("same")
    results.note_delivery("0.0:1.1", Delivery(1, ACCEPTED), True, 0.0)
    return results


def test_an_order_that_is_confirmed_once_is_no_violation(results):
    """An order that arrived, was accepted and confirmed once violates no guarantee."""
    results.note_report(Report("0.0:1.1", 10.0, 1.0, None))
    results.evaluate()

    assert [] == results.violations


#: Worker 1.0 calls au10001 while token 1 is live, which worker 0.0 received.
CALL = Call("1.0", 9.0, 2, live=(1, "0.0"))


@pytest.mark.parametrize(
    "add_reason",
    [
        lambda results: results.note_delivery("1.0:1.1", Delivery(1, BROKEN, is_false_401=True), False, 0.0),
        lambda results: results.fast.add("1.0"),
        lambda results: results.killed.add("0.0"),
    ],
)
def test_a_necessary_au10001_call_is_no_violation(results, add_reason):
    """An au10001 call is necessary after a 401, with a fast clock, or if the worker with the token was killed."""
    add_reason(results)
    results.note_token_call(CALL)

    assert 0 == results.rows["same"]["unnecessary"]


@pytest.mark.parametrize(
    "sentence, happen",
    [
        ("accepted 2 times", lambda results: results.note_delivery("0.0:1.1", Delivery(1, ACCEPTED), True, 0.0)),
        ("never accepted", lambda results: results.note_report(Report("0.0:1.2", 10.0, 1.0, None))),
        ("failed (accepted with token 1)", lambda results: results.note_report(failure())),
        ("never reported on it", lambda results: None),
        ("a live token was stored", lambda results: results.note_token_call(CALL)),
        ("descriptors", lambda results: [results.note_size("0.0", 1000, descriptors) for descriptors in (4, 9, 5)]),
        ("grew by", lambda results: grow(results)),
    ],
)
def test_each_violation_is_listed(results, sentence, happen):
    """Lost or repeated orders, unnecessary au10001 calls and leaks are listed in `violations`."""
    happen(results)
    results.evaluate()

    assert any(sentence in violation for violation in results.violations)


def grow(results):
    """Let a worker grow by 100 KiB per second after its warm-up."""
    results.start -= 10
    for second in range(30):
        results.start -= 1
        results.note_size("0.0", 1000 + 100 * second, 4)
