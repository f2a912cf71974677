"""``Tally``: what is counted, the table, and the promises.

The columns of the table:

requests
    Orders that a worker reported on.
rejected, au10001, resends
    Orders that came in with a dead token, and were told so; token calls; orders that came in a second time.
needless
    Token calls of a process that should have found a living token in the store, since that had arrived at a process.
    It has a reason if the server told it 401 for that very token, if its own clock was ever fast (to it, the token may
    have expired), or if the other process was killed (perhaps before it stored the token). Must be 0.
failed
    Orders that failed, and neither of the next two is to blame: must be 0.
server broke, revoked again
    Orders that failed, by who is to blame.
killed
    Orders that were on their way when their process was killed.
unknown
    Orders that were taken, and whose confirmation broke: they failed, but only the server knows that they did not.
worst stall
    The longest that a confirmed order took, less the delays that the server put on its own answers, in token calls of
    `TOKEN_CALL` seconds. 1 is the wait for one call.
grown by
    The most that the memory of a process grew which lived all the time: the median of its last samples (of one a
    second) less that of the first ones after the warm-up: a minute, or half the time if that is less than two.
descriptors
    Those that such a process had left over when its sessions were closed; in brackets the most it ever had.
"""

import statistics
import threading
import time
from collections import Counter, defaultdict

from .blame import BROKEN, REJECTED, REVOKED, SERVER, History, blame, worker_of
from .kiwoom import TOKEN_CALL

#: What a process may grow by, in KiB.
_GROWTH = 1024
_COUNTS = (
    *("requests", "rejected", "au10001", "needless", "resends"),
    *("failed", "server broke", "revoked again", "killed", "unknown"),
)
_BLAMED = {SERVER: "server broke", REVOKED: "revoked again", None: "failed"}


class _Order:
    """An order, counted in the row of the table that was current when it came up."""

    def __init__(self, row):
        self.row = row
        self.deliveries = []
        self.delay = 0.0


class Tally:
    """What happened in `seconds` seconds. Any thread may write into it while it lasts."""

    def __init__(self, seconds):
        self.start = time.time()
        self.rows = {}
        self._row = Counter()
        #: When each confirmed order began, and how long it took; what happened to the workers, after how many seconds.
        self.latencies, self.events = [], []
        #: A sentence for each promise that did not hold.
        self.broken = []
        #: The names of workers that were killed, and of those whose clock was ever fast.
        self.killed, self.fast = set(), set()
        self._warm_up = 60.0 if seconds >= 120 else seconds / 2
        self._lock = threading.Lock()
        #: Orders that were not reported on, by name; how often each was taken.
        self._orders, self._taken = {}, Counter()
        self._failures = []
        self._histories = defaultdict(History)
        #: By worker: time, KiB, descriptors. The first before it sends, the last after its sessions are closed.
        self._samples = defaultdict(list)

    def begin(self, name):
        """Count in the row `name` from now on."""
        with self._lock:
            if self.rows:
                self._row = Counter()
            else:
                self.start = time.time()  # What the workers sent before all of them had begun, counts as well.
            self.rows[name] = self._row
        self.happened(name)

    def happened(self, name):
        """Note what was done to the workers."""
        self.events.append((time.time() - self.start, name))

    def called(self, call):
        """The server answers an au10001 call."""
        with self._lock:
            history = self._histories[call.worker]
            history.calls.append(call._replace(rejected=history.rejected))
            history.rejected = False
            self._row["au10001"] += 1
            self._row["needless"] += call.living is not None and not self._needs(call)

    def delivered(self, name, delivery, taken, delay):
        """The server answers an order, which it took or not, `delay` seconds later than it could."""
        with self._lock:
            order = self._orders.setdefault(name, _Order(self._row))
            self._histories[worker_of(name)].add(delivery, again=bool(order.deliveries))
            order.row["resends"] += bool(order.deliveries)
            order.row["rejected"] += delivery.met == REJECTED
            order.row["unknown"] += taken and delivery.met == BROKEN
            order.deliveries.append(delivery)
            order.delay += delay
            self._taken[name] += taken

    def reported(self, report):
        """A worker says what came of an order."""
        with self._lock:
            order = self._orders.pop(report.order, None) or _Order(self._row)
            order.row["requests"] += 1
            if report.said is not None:
                self._failures.append((report, order))
                return
            if not self._taken[report.order]:
                self.broken.append(f"order {report.order} was confirmed and never taken")
            if len(order.deliveries) == 2:
                self._histories[report.worker].cured.append((order.deliveries[1].token, report.end))
            order.row["worst stall"] = max(order.row["worst stall"], (report.seconds - order.delay) / TOKEN_CALL)
            self.latencies.append((report.start, report.seconds))

    def sampled(self, worker, resident, descriptors):
        """A worker has so many KiB of memory, and so many descriptors."""
        self._samples[worker].append((time.time() - self.start, resident, descriptors))

    def _needs(self, call):
        living, holder = call.living
        told_it_is_dead = living in self._histories[call.worker].doubted
        return told_it_is_dead or call.worker in self.fast or holder in self.killed

    def print_progress(self):
        """Print a line: how far it is, and what happened so far."""
        with self._lock:
            orders, calls = (sum(row[name] for row in self.rows.values()) for name in ("requests", "au10001"))
            text = f"{orders} orders, {len(self._failures)} of them failed, {calls} token calls"
        print(f"{time.time() - self.start:4.0f} s: {text}", flush=True)

    # Afterwards.

    def close(self):
        """Find out who is to blame, and which promises did not hold."""
        for report, order in self._failures:
            culprit = blame(report, order.deliveries, self._histories[report.worker])
            order.row[_BLAMED[culprit]] += 1
            if culprit is None:
                met = ", ".join(f"{delivery.met} with token {delivery.token}" for delivery in order.deliveries)
                self.broken.append(f"order {report.order} failed ({met or 'never sent'}): {report.said}")
        for name, order in self._orders.items():
            order.row["killed"] += 1
            if worker_of(name) not in self.killed:
                self.broken.append(f"order {name} was sent, and its worker never said what came of it")
        self.broken += [f"order {name} was taken {times} times" for name, times in self._taken.items() if times > 1]
        if needless := sum(row["needless"] for row in self.rows.values()):
            self.broken.append(f"au10001 was called {needless} times though a living token was at hand")
        for worker, samples in self._survivors():
            grown, left = self._grown(samples), _left(samples)
            if grown > _GROWTH:
                self.broken.append(f"worker {worker} grew by {grown} KiB, more than {_GROWTH}")
            if left:
                self.broken.append(f"worker {worker} had {left:+} descriptors at the end, compared with its beginning")

    def print_table(self):
        """Print a line for each kind of token call, and one for all."""
        total = Counter()
        for row in self.rows.values():
            total.update(row)
        total["worst stall"] = max(row["worst stall"] for row in self.rows.values())
        survivors = [samples for _, samples in self._survivors()]
        grown, left = max(map(self._grown, survivors), default=0), max(map(_left, survivors), default=0)
        most = max((descriptors for samples in survivors for _, _, descriptors in samples), default=0)
        lines = [["au10001 gives", *_COUNTS, "worst stall", "grown by", "descriptors"]]
        lines += [[name, *_cells(row), "", ""] for name, row in self.rows.items()]
        lines.append(["total", *_cells(total), f"{grown} KiB", f"{left:+} ({most})"])
        widths = [max(map(len, column)) for column in zip(*lines)]
        lines.insert(1, ["-" * width for width in widths])
        for line in lines:
            print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)).rstrip())
        done = Counter(name for _, name in self.events if name not in (*self.rows, "size", "progress"))
        print("\n" + ", ".join(f"{count} {name}s" for name, count in sorted(done.items())))

    def _survivors(self):
        return [each for each in self._samples.items() if each[0].endswith(".0") and each[0] not in self.killed]

    def _grown(self, samples):
        warm = [resident for at, resident, _ in samples[1:-1] if at >= self._warm_up]
        some = min(10, len(warm) // 3)
        return int(statistics.median(warm[-some:]) - statistics.median(warm[:some])) if some else 0


def _left(samples):
    return samples[-1][2] - samples[0][2]


def _cells(row):
    return [*(str(row[name]) for name in _COUNTS), f"{row['worst stall']:.1f}"]
