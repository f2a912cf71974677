"""``call_with_timeout``: a function with a wall-clock limit."""

import contextvars
import threading

import pytest

from requests_kiwoom.deadline import call_with_timeout

VARIABLE = contextvars.ContextVar("VARIABLE")


class Late:
    """Work that is done when the test says so."""

    def __init__(self, work):
        self._work = work
        self._begun, self._released = threading.Event(), threading.Event()

    def __call__(self):
        self._thread = threading.current_thread()
        self._begun.set()
        self._released.wait(60)
        return self._work()

    def end(self):
        self._begun.wait(60)
        self._released.set()
        self._thread.join(60)


def test_what_the_work_returns_and_raises():
    """Work that ends in time gives what it returns or raises, and nothing is undone."""
    undone = []

    assert 1 == call_with_timeout(lambda: 1, 60, "it did not end", undo=undone.append)
    with pytest.raises(ZeroDivisionError):
        call_with_timeout(lambda: 1 / 0, 60, "it did not end", undo=undone.append)
    assert [] == undone


def test_the_caller_s_context():
    """The work sees the caller's context variables, as what traces requests expects."""
    VARIABLE.set("the caller's")

    assert "the caller's" == call_with_timeout(VARIABLE.get, 60, "it did not end")


def test_the_thread_s_name():
    """A thread that is left with its work can be told in a list of threads."""
    assert "requests_kiwoom" == call_with_timeout(lambda: threading.current_thread().name, 60, "it did not end")


@pytest.mark.parametrize("undoing", [str, int])
def test_too_late(undoing):
    """A result that comes too late is undone; an error of that is not raised."""
    late, undone = Late(lambda: "late"), []

    def undo(value):
        undone.append(value)
        undoing(value)

    with pytest.raises(TimeoutError, match="^it did not end within 0.01 s$"):
        call_with_timeout(late, 0.01, "it did not end", undo=undo)
    assert [] == undone

    late.end()
    assert ["late"] == undone


def test_an_error_that_is_too_late():
    """An error that comes too late is not raised, and there is nothing to undo."""
    late, undone = Late(lambda: 1 / 0), []
    with pytest.raises(TimeoutError):
        call_with_timeout(late, 0.01, "it did not end", undo=undone.append)

    late.end()

    assert [] == undone


def test_what_is_no_exception_gets_through():
    """What ends a test or a greenlet ends the caller, and not only the thread."""

    class Stop(BaseException):
        pass

    def work():
        raise Stop

    with pytest.raises(Stop):
        call_with_timeout(work, 60, "it did not end")


@pytest.mark.parametrize("undoing", [str, int])
def test_an_interrupt_when_it_has_come(monkeypatch, undoing):
    """A result that comes in the moment of a Ctrl-C is undone; the Ctrl-C is raised, whether that works or not."""
    join, joined, undone = threading.Thread.join, threading.Event(), []

    def undo(value):
        undone.append(value)
        undoing("late")

    def interrupted(thread, timeout=None):
        joined.set()
        join(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_with_timeout(lambda: joined.wait(60), 60, "it did not end", undo=undo)

    assert [True] == undone


def test_an_interrupt_while_the_thread_starts(monkeypatch):
    """What an interrupt makes of start() is not taken for a lack of threads: the work is not done twice."""
    done = []

    def start(thread):
        raise RuntimeError("release unlocked lock")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        call_with_timeout(lambda: done.append(1), 60, "it did not end")

    assert [] == done


def test_while_the_interpreter_ends(monkeypatch):
    """Where a thread would never run, the work is done in the one that asks."""
    monkeypatch.setattr("sys.is_finalizing", lambda: True)

    assert threading.current_thread() is call_with_timeout(threading.current_thread, 60, "it did not end")


@pytest.mark.parametrize("text", ["can't start new thread", "daemon threads are disabled in this (sub)interpreter"])
def test_where_no_thread_can_start(monkeypatch, text):
    """At the process's limit of threads, and in a subinterpreter, the caller's own thread does the work."""

    def start(thread):
        raise RuntimeError(text)

    monkeypatch.setattr(threading.Thread, "start", start)

    assert threading.current_thread() is call_with_timeout(threading.current_thread, 60, "it did not end")


def test_the_text_rounds_the_seconds():
    """What is left of a limit has many digits; the text has two."""
    late = Late(lambda: None)
    with pytest.raises(TimeoutError, match="^it did not end within 0.02 s$"):
        call_with_timeout(late, 0.0234567, "it did not end")
    late.end()
