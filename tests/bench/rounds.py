"""Rounds: every contender is timed in turn, again and again, so that a busy machine is busy for all of them."""

import gc
import statistics
import time


def interleave(contenders, rounds):
    """Time every contender in each of so many rounds, begun by another one each time.

    :param contenders: a function by name: it makes ready, and returns what is to be timed, and how many calls that is.
    :return: by name, the seconds a call took in each round.
    """
    names = list(contenders)
    seconds = {name: [] for name in names}
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            seconds[name].append(_timed(*contenders[name]()))
    return seconds


def _timed(work, calls):
    gc.collect(0)
    gc.disable()
    try:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) / calls
    finally:
        gc.enable()


def median(seconds, name):
    """A contender's median, in seconds a call."""
    return statistics.median(seconds[name])


def ratio(seconds, name, to):
    """The median over the rounds of one contender's time in units of another's in the same round."""
    return statistics.median(mine / other for mine, other in zip(seconds[name], seconds[to]))


def excess(seconds, name, over):
    """The median over the rounds of one contender's time less another's in the same round, in seconds a call."""
    return statistics.median(mine - other for mine, other in zip(seconds[name], seconds[over]))


def middle(runs, figure, *names):
    """The median over several runs of one of the figures above."""
    return statistics.median(figure(seconds, *names) for seconds in runs)
