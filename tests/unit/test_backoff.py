"""How long au10001 is left alone, and the error it last failed with."""

import pytest

from requests_kiwoom import TokenUnavailable
from requests_kiwoom.backoff import LONGEST, Backoff
from requests_kiwoom.failing import Failing


def test_backoff_grows_and_clears():
    """Each pause is 1, 2, 4 ... times 1 to 1.5 s, up to 30 s; clear() starts over."""
    backoff = Backoff()
    now = 1000.0
    for least in (1, 2, 4, 8, 16, LONGEST, LONGEST):
        end = backoff.extend(now)
        assert least <= end - now <= min(least * 1.5, LONGEST)
        assert end - now == pytest.approx(backoff.remaining(now))
        now = end
        assert 0.0 == backoff.remaining(now + 0.001)
    backoff.extend(now)
    backoff.clear()

    assert 0.0 == backoff.remaining(now)
    assert backoff.extend(now) - now <= 1.5


def test_backoff_forgets():
    """A failure long past starts a new row; a clock set back ends a pause."""
    backoff = Backoff()
    backoff.extend(1000.0)
    assert 0.0 == backoff.remaining(999.0)
    backoff.extend(1001.0)
    backoff.extend(1300.9)
    assert 4 <= backoff.extend(1300.9) - 1300.9

    assert backoff.extend(1600.9) - 1600.9 <= 1.5


def test_a_pause_that_ends_while_it_is_looked_at(monkeypatch):
    """A signal handler may issue in the middle of anything: the error that was seen is the one that is raised."""
    failing = Failing()
    failing.note(TokenUnavailable("seen"), 0.0)
    monkeypatch.setattr(Backoff, "remaining", lambda backoff, now: failing.clear() or 1.0)

    with pytest.raises(TokenUnavailable, match="^seen$"):
        failing.raise_in_pause(0.5)


def test_an_error_that_is_not_noted_yet(monkeypatch):
    """A signal handler may ask in the middle of anything: the pause has begun, and there is no error to raise yet."""
    failing, extend, asked = Failing(), Backoff.extend, []

    def interrupted(backoff, now, at_least=0.0):
        end = extend(backoff, now, at_least)
        asked.append(failing.raise_in_pause(now))
        return end

    monkeypatch.setattr(Backoff, "extend", interrupted)
    failing.note(TokenUnavailable("the first"), 0.0)
    failing.clear()
    failing.note(TokenUnavailable("the second"), 0.0)

    assert [None, None] == asked
