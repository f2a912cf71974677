"""Rounds: all contenders are timed in turn, again and again, so that a busy machine slows down all of them."""

import gc
import statistics
import time


def interleave(contenders, rounds):
    """Time every contender in each of `rounds` rounds; each round begins with another contender.

    :param contenders: by name, a function that prepares, and returns the function to time and its number of calls.
    :return: by name, the seconds per call in each round.
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
    """Return a contender's median, in seconds per call."""
    return statistics.median(seconds[name])


def ratio(seconds, name, to):
    """Return the median over the rounds of one contender's time divided by another's in the same round."""
    return statistics.median(mine / other for mine, other in zip(seconds[name], seconds[to]))


def excess(seconds, name, over):
    """Return the median over the rounds of one contender's time minus another's in the same round, per call."""
    return statistics.median(mine - other for mine, other in zip(seconds[name], seconds[over]))


def median_of_runs(runs, figure, *names):
    """Return the median over several runs of one of the figures above."""
    return statistics.median(figure(seconds, *names) for seconds in runs)
