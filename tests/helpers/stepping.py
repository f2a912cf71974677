"""Run threads one step at a time, in every possible order."""

import threading
from collections.abc import Callable, Iterator
from typing import Any


class Deadlock(AssertionError):
    """No thread can take another step."""


class Schedule:
    """One order in which threads take their steps, and one outcome of each choice that a step makes.

    A thread calls :meth:`step` before it does something that other threads can see. That call chooses the next thread
    to run. :func:`every_schedule` yields all schedules.
    """

    def __init__(self, choices: list[int]) -> None:
        self._choices = choices
        #: Each choice and the number of its options, in order.
        self.taken: list[tuple[int, int]] = []
        self._gates: dict[int, threading.Semaphore] = {}
        self._wants: dict[int, SteppedLock] = {}
        self._arriving: int | None = None
        self._arrived = threading.Semaphore(0)
        self._over = threading.Event()

    def choose(self, options: int) -> int:
        """Return a number below `options`; each number is returned in some schedule."""
        at = len(self.taken)
        chosen = self._choices[at] if at < len(self._choices) else 0
        self.taken.append((chosen, options))
        return chosen

    def run(self, *programs: Callable[[], Any]) -> list[Any]:
        """Run each program in a thread of its own; return what each returned or raised."""
        outcomes: list[Any] = [None] * len(programs)

        def body(number: int) -> None:
            self._arriving = threading.get_ident()
            try:
                outcomes[number] = programs[number]()
            except BaseException as error:
                outcomes[number] = error
            del self._gates[threading.get_ident()]
            self._pass_on()

        threads = [threading.Thread(target=body, args=(number,), daemon=True) for number in range(len(programs))]
        for thread in threads:
            # Before its first step, a thread does nothing that others can see: the order does not matter yet.
            thread.start()
            assert self._arrived.acquire(timeout=30)
        self._pass_on()
        if not self._over.wait(30) or self._gates:
            waiting = f"{len(self._gates)} of {len(programs)} threads wait for ever"
            raise Deadlock(f"{waiting}; the choices were {self.taken}")
        for thread in threads:
            thread.join(30)
        return outcomes

    def step(self, wants: "SteppedLock | None" = None) -> None:
        """Let the next thread run; return when it is this thread's turn and the lock that it wants is free."""
        me = threading.get_ident()
        if wants is not None:
            self._wants[me] = wants
        if me == self._arriving:
            self._arriving = None
            self._gates[me] = threading.Semaphore(0)
            self._arrived.release()
            assert self._gates[me].acquire(timeout=60)
        elif me in self._gates and self._pass_on() != me:
            assert self._gates[me].acquire(timeout=60)
        self._wants.pop(me, None)

    def _pass_on(self) -> int | None:
        ready = [it for it in self._gates if it not in self._wants or self._wants[it].owner is None]
        if not ready:
            self._over.set()
            return None
        chosen = ready[self.choose(len(ready)) if len(ready) > 1 else 0]
        if chosen != threading.get_ident():
            self._gates[chosen].release()
        return chosen


class SteppedLock:
    """A reentrant lock. A schedule never runs a thread that waits for it."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._lock = threading.RLock()
        self._depth = 0
        self.owner: int | None = None

    @property
    def is_mine(self) -> bool:
        return self.owner == threading.get_ident()

    def __enter__(self) -> None:
        if not self.is_mine:
            self._schedule.step(wants=self)
        # For a thread of the schedule it is free now; a thread outside of the schedule may have to wait.
        assert self._lock.acquire(timeout=30)
        self.owner = threading.get_ident()
        self._depth += 1

    def __exit__(self, *args: object) -> None:
        self._depth -= 1
        if not self._depth:
            self.owner = None
        self._lock.release()


def every_schedule() -> Iterator[Schedule]:
    """Yield every possible schedule; the caller runs each one before it asks for the next."""
    choices: list[int] = []
    while True:
        schedule = Schedule(choices)
        yield schedule
        taken = schedule.taken
        # The last choice that has another option takes that option; all choices before it stay.
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return
        choices = [chosen for chosen, _ in taken[:-1]] + [taken[-1][0] + 1]
