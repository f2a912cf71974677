"""``call_with_timeout``: a function runs with a wall-clock limit."""

import contextvars
import threading

import pytest

from requests_kiwoom.deadline import call_with_timeout

VARIABLE = contextvars.ContextVar("VARIABLE")


class Late:
    """A function that returns after the test calls :meth:`end`."""

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


def test_a_function_that_ends_in_time_returns_or_raises():
    """The result or the error of a function that ends in time reaches the caller, and nothing is undone."""
    undone = []

    assert 1 == call_with_timeout(lambda: 1, 60, "it did not end", undo=undone.append)
    with pytest.raises(ZeroDivisionError):
        call_with_timeout(lambda: 1 / 0, 60, "it did not end", undo=undone.append)
    assert [] == undone


def test_the_function_sees_the_caller_s_context_variables():
    """The function sees the caller's context variables, as tools that trace requests expect."""
    VARIABLE.set("the caller's")

    assert "the caller's" == call_with_timeout(VARIABLE.get, 60, "it did not end")


def test_the_thread_has_the_package_s_name():
    """The thread has the package's name, so that a thread that was left can be recognized in a list of threads."""
    assert "requests_kiwoom" == call_with_timeout(lambda: threading.current_thread().name, 60, "it did not end")


@pytest.mark.parametrize("convert", [str, int])
def test_a_late_result_is_undone(convert):
    """A result that comes too late is undone; an error of the undo is not raised."""
    late, undone = Late(lambda: "late"), []

    def undo(value):
        undone.append(value)
        convert(value)

    with pytest.raises(TimeoutError, match="^it did not end within 0.01 s$"):
        call_with_timeout(late, 0.01, "it did not end", undo=undo)
    assert [] == undone

    late.end()
    assert ["late"] == undone


def test_a_late_error_is_not_raised():
    """An error that comes too late is not raised, and nothing is undone."""
    late, undone = Late(lambda: 1 / 0), []
    with pytest.raises(TimeoutError):
        call_with_timeout(late, 0.01, "it did not end", undo=undone.append)

    late.end()

    assert [] == undone


def test_a_base_exception_reaches_the_caller():
    """A ``BaseException``, such as one that ends a test or a greenlet, is raised in the caller as well."""

    class Stop(BaseException):
        pass

    def work():
        raise Stop

    with pytest.raises(Stop):
        call_with_timeout(work, 60, "it did not end")


@pytest.mark.parametrize("convert", [str, int])
def test_a_result_at_the_moment_of_a_ctrl_c_is_undone(monkeypatch, convert):
    """A result that comes at the moment of a Ctrl-C is undone; the Ctrl-C is raised, even if the undo fails."""
    join, joined, undone = threading.Thread.join, threading.Event(), []

    def undo(value):
        undone.append(value)
        convert("late")

    def join_and_interrupt(thread, timeout=None):
        joined.set()
        join(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", join_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        call_with_timeout(lambda: joined.wait(60), 60, "it did not end", undo=undo)

    assert [True] == undone


def test_ctrl_c_leaves_a_function_that_still_runs(monkeypatch):
    """A Ctrl-C is raised while the function still runs, and its result is undone when it comes."""
    late, undone = Late(lambda: "late"), []

    def interrupt(thread, timeout=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "join", interrupt)
        with pytest.raises(KeyboardInterrupt):
            call_with_timeout(late, 60, "it did not end", undo=undone.append)
    assert [] == undone

    late.end()
    assert ["late"] == undone


def test_an_interrupt_inside_start_does_not_call_the_function_twice(monkeypatch):
    """An error of an interrupted ``start()`` is raised: it is not a lack of threads, and the thread may run."""
    calls = []

    def start(thread):
        raise RuntimeError("release unlocked lock")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        call_with_timeout(lambda: calls.append(1), 60, "it did not end")

    assert [] == calls


def test_at_interpreter_exit_the_caller_s_thread_runs_the_function(monkeypatch):
    """While the interpreter ends, a new thread would never run: the caller's thread runs the function."""
    monkeypatch.setattr("sys.is_finalizing", lambda: True)

    assert threading.current_thread() is call_with_timeout(threading.current_thread, 60, "it did not end")


@pytest.mark.parametrize("text", ["can't start new thread", "daemon threads are disabled in this (sub)interpreter"])
def test_without_a_new_thread_the_caller_s_thread_runs_the_function(monkeypatch, text):
    """At the process's limit of threads, and in a subinterpreter, the caller's thread runs the function."""

    def start(thread):
        raise RuntimeError(text)

    monkeypatch.setattr(threading.Thread, "start", start)

    assert threading.current_thread() is call_with_timeout(threading.current_thread, 60, "it did not end")


def test_the_error_s_text_rounds_the_seconds():
    """The error's text rounds the limit to two decimals, since the time that is left of a limit has many."""
    late = Late(lambda: None)
    with pytest.raises(TimeoutError, match="^it did not end within 0.02 s$"):
        call_with_timeout(late, 0.0234567, "it did not end")
    late.end()
