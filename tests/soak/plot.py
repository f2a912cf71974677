"""The latency of the orders over time as a chart, in a PNG file."""

import statistics
from collections import defaultdict

from matplotlib.figure import Figure

_COLOURS = {"revocation": "tab:red", "kill": "black", "clock jump": "tab:green"}


def draw(path, results):
    """Draw how long each confirmed order took, the median of each second, and the times of the events."""
    latencies = [(start - results.start, latency) for start, latency in results.latencies]
    seconds = defaultdict(list)
    for at, latency in latencies:
        seconds[at // 1].append(latency)
    medians = {second + 0.5: statistics.median(latencies) for second, latencies in sorted(seconds.items())}
    figure = Figure(figsize=(14, 5), layout="constrained")
    axes = figure.subplots()
    axes.scatter(*zip(*latencies), s=3, alpha=0.3, linewidths=0, label="a confirmed order")
    axes.plot(list(medians), list(medians.values()), color="tab:orange", label="median of a second")
    for kind, colour in _COLOURS.items():
        times = [at for at, name in results.events if name == kind]
        axes.vlines(times, 0, 0.06, colour, transform=axes.get_xaxis_transform(), label=kind)
    for at, name in results.events:
        if name in results.rows:
            axes.axvline(at, color="grey", linestyle="--")
            axes.text(at, 1.01, f" au10001 returns: {name}", transform=axes.get_xaxis_transform())
    axes.set_yscale("log")
    axes.set_xlabel("seconds since the start")
    axes.set_ylabel("seconds that an order took")
    figure.legend(loc="outside lower center", ncols=5, markerscale=3)
    figure.savefig(path, dpi=120)
