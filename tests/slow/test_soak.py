"""The soak, for six seconds; and its rules that say which side an error belongs to."""

import pytest

from tests.soak.blame import ACCEPTED, BROKEN, REJECTED, REVOKED, SERVER, Call, Delivery, History, Report, blame
from tests.soak.storm import soak
from tests.soak.tally import Tally


@pytest.mark.once
def test_nothing_is_lost_in_6_seconds():
    """Through faults, kills, revocations and clock jumps, no order is lost or taken twice, and nothing grows.

    ``python -m tests.soak --minutes 5`` does the same for longer.
    """
    tally = soak(6, seed=20241107, haste=4)

    assert [] == tally.broken
    assert {"same", "new"} == set(tally.rows)
    assert all(row["resends"] and row["server broke"] for row in tally.rows.values())
    assert {"revocation", "kill", "clock jump"} < {name for _, name in tally.events}


def failure(start=10.0):
    """An order of worker 0.0 that failed after a second."""
    return Report("0.0:1.1", start, 1.0, "HTTP 200 [8005:...]")


@pytest.mark.parametrize(
    "culprit, deliveries",
    [
        (SERVER, [Delivery(1, BROKEN)]),
        (SERVER, [Delivery(1, REJECTED), Delivery(2, BROKEN)]),
        (REVOKED, [Delivery(1, REJECTED), Delivery(2, REJECTED)]),
        (None, [Delivery(1, REJECTED), Delivery(1, REJECTED)]),
        (None, [Delivery(1, BROKEN, doubted=True), Delivery(2, ACCEPTED)]),
        (None, [Delivery(1, REJECTED)]),
        (None, []),
    ],
)
def test_blame_by_what_came_in(culprit, deliveries):
    """The server is to blame if it broke the last answer; another revocation, if a second and younger token died."""
    assert culprit == blame(failure(), deliveries, History())


@pytest.mark.parametrize(
    "culprit, calls",
    [
        (SERVER, [Call("0.0", 9.0, None)]),
        (SERVER, [Call("0.0", 10.5, None)]),
        (None, [Call("0.0", 11.5, None)]),  # It came later than the failure.
        (None, [Call("0.0", 9.0, None), Call("0.0", 9.5, 2)]),  # Another gave a token since.
        (None, [Call("0.0", -21.0, None)]),  # No pause is that long.
    ],
)
def test_blame_while_au10001_is_left_alone(culprit, calls):
    """An order that finds no token is the server's fault only while the last au10001 call is one that it broke."""
    history = History()
    history.calls += calls

    assert culprit == blame(failure(), [Delivery(1, REJECTED)], history)


@pytest.mark.parametrize(
    "culprit, resends, doubted, cured",
    [
        (REVOKED, [Delivery(2, REJECTED)], set(), []),
        (SERVER, [Delivery(2, BROKEN)], set(), []),
        (SERVER, [], {2}, []),
        (None, [], set(), []),
        (None, [Delivery(2, REJECTED)], set(), [(2, 9.5)]),
        (REVOKED, [Delivery(2, REJECTED)], set(), [(2, 8.5)]),
    ],
)
def test_blame_while_a_token_is_on_probation(culprit, resends, doubted, cured):
    """A token on probation excuses an order, until another one that was sent again with it has succeeded."""
    history = History()
    history.calls.append(Call("0.0", 9.0, 2, rejected=True))
    history.resends, history.doubted, history.cured = resends, doubted, cured

    assert culprit == blame(failure(), [Delivery(2, REJECTED)], history)


@pytest.fixture
def tally():
    """A tally that has begun, and knows one order that was taken and confirmed."""
    tally = Tally(20)
    tally.begin("same")
    tally.delivered("0.0:1.1", Delivery(1, ACCEPTED), True, 0.0)
    return tally


def test_an_order_that_is_confirmed_once_breaks_no_promise(tally):
    """An order that came in once, was taken and confirmed, is as promised."""
    tally.reported(Report("0.0:1.1", 10.0, 1.0, None))
    tally.close()

    assert [] == tally.broken


#: Worker 1.0 asks au10001 while token 1 lives, which arrived at worker 0.0.
A_CALL = Call("1.0", 9.0, 2, living=(1, "0.0"))


@pytest.mark.parametrize(
    "excuse",
    [
        lambda tally: tally.delivered("1.0:1.1", Delivery(1, BROKEN, doubted=True), False, 0.0),
        lambda tally: tally.fast.add("1.0"),
        lambda tally: tally.killed.add("0.0"),
    ],
)
def test_a_call_that_is_needed_breaks_no_promise(tally, excuse):
    """A process may ask for another token if it was told that this one is dead, is fast, or the holder was killed."""
    excuse(tally)
    tally.called(A_CALL)

    assert 0 == tally.rows["same"]["needless"]


@pytest.mark.parametrize(
    "promise, happen",
    [
        ("taken 2 times", lambda tally: tally.delivered("0.0:1.1", Delivery(1, ACCEPTED), True, 0.0)),
        ("never taken", lambda tally: tally.reported(Report("0.0:1.2", 10.0, 1.0, None))),
        ("failed (accepted with token 1)", lambda tally: tally.reported(failure())),
        ("never said what came of it", lambda tally: None),
        ("a living token was at hand", lambda tally: tally.called(A_CALL)),
        ("descriptors", lambda tally: [tally.sampled("0.0", 1000, descriptors) for descriptors in (4, 9, 5)]),
        ("grew by", lambda tally: grow(tally)),
    ],
)
def test_a_broken_promise_is_said(tally, promise, happen):
    """What was lost, doubled, asked for without need, or is left over at the end, is a sentence in `broken`."""
    happen(tally)
    tally.close()

    assert any(promise in sentence for sentence in tally.broken)


def grow(tally):
    """Let a worker grow by 100 KiB a second after its warm-up."""
    tally.start -= 10
    for second in range(30):
        tally.start -= 1
        tally.sampled("0.0", 1000 + 100 * second, 4)
