"""The table's figures as a chart, in a PNG file."""

from matplotlib.figure import Figure

from . import attach, growth
from .peers import WARM
from .rounds import median, ratio


def draw(path):
    """Write the cost of attaching, peer by peer, and how it grows with threads and accounts."""
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_attaching(left)
    _draw_growth(right)
    figure.savefig(path, dpi=120)


def _draw_attaching(axes):
    seconds = attach.measure_attaching({name: make() for name, make in WARM.items()})
    floors = {name: round(ratio(seconds, name, "floor"), 2) for name in seconds}
    bars = axes.barh(list(floors), list(floors.values()))
    axes.bar_label(bars, padding=3)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set_title("attaching, in floors, on fresh requests")


def _draw_growth(axes):
    seconds = growth.measure()
    for accounts in growth.ACCOUNTS:
        rates = [1e-3 / median(seconds, (threads, accounts)) for threads in growth.THREADS]
        axes.plot(growth.THREADS, rates, marker="o", label=f"{accounts} accounts" if accounts > 1 else "1 account")
    axes.set_xscale("log", base=2)
    axes.set_xticks(growth.THREADS, [str(threads) for threads in growth.THREADS])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("threads")
    axes.set_title("attached requests, thousands per second in all")
    axes.legend()
