"""``Results``: the counts, the table, and the guarantees that were violated.

The columns of the table:

requests
    Orders that a worker reported on.
rejected, au10001, resends
    Orders that arrived with a revoked token, and were rejected for that; au10001 calls; orders that arrived again.
unnecessary
    au10001 calls of a process that should have found a live token in the store, since a process had received one. Such
    a call is necessary if the server returned 401 to the process for that very token, if the clock of the process was
    ever fast (by its clock, the token may have expired), or if the process that received the token was killed (perhaps
    before it stored the token). Must be 0.
failed
    Orders that failed, though neither of the next two columns is the cause: must be 0.
server fault, revoked again
    Orders that failed for this cause.
killed
    Orders that were on their way when their process was killed.
unknown
    Orders that the server accepted, and whose confirmation it broke: they failed, but the worker cannot know that they
    were accepted.
worst stall
    The longest time that a confirmed order took, less the delays of the server's responses, in au10001 calls of
    `TOKEN_CALL` seconds. 1 is the wait for one call.
memory growth
    The most that the memory of a process grew, of those that ran the whole time: the median of its last samples (one
    for each second), less the median of the first samples after the warm-up. The warm-up is one minute, or half of the
    time if that is less than two minutes.
descriptors
    Descriptors that such a process had left after its sessions were closed; in brackets the most that it ever had.
"""

import statistics
import threading
import time
from collections import Counter, defaultdict

from .causes import BROKEN, REJECTED, REVOKED, SERVER, History, find_cause, worker_of
from .kiwoom import TOKEN_CALL

#: By how much the memory of a process may grow, in KiB.
_MOST_GROWTH = 1024
_COUNTS = (
    *("requests", "rejected", "au10001", "unnecessary", "resends"),
    *("failed", "server fault", "revoked again", "killed", "unknown"),
)
_COLUMNS = {SERVER: "server fault", REVOKED: "revoked again", None: "failed"}


class _Order:
    """An order. It is counted in the row of the table that was current when it first appeared."""

    def __init__(self, row):
        self.row = row
        self.deliveries = []
        self.delay = 0.0


class Results:
    """What happened in `seconds` seconds. Any thread may call the ``note_`` methods before :meth:`evaluate`."""

    def __init__(self, seconds):
        self.start = time.time()
        self.rows = {}
        self._row = Counter()
        #: For each confirmed order: its start and latency. For each event: the seconds since the start, and its name.
        self.latencies, self.events = [], []
        #: A sentence for each guarantee that was violated.
        self.violations = []
        #: The names of the workers that were killed, and of those whose clock was ever fast.
        self.killed, self.fast = set(), set()
        self._warm_up = 60.0 if seconds >= 120 else seconds / 2
        self._lock = threading.Lock()
        #: Orders that no worker reported on yet, by name; how often each order was accepted.
        self._orders, self._accepted = {}, Counter()
        self._failures = []
        self._histories = defaultdict(History)
        #: By worker: time, KiB, descriptors. The first sample is taken before its first order, the last one after its
        #: sessions were closed.
        self._samples = defaultdict(list)

    def start_row(self, name):
        """Count in the row `name` from now on."""
        with self._lock:
            if self.rows:
                self._row = Counter()
            else:
                self.start = time.time()  # Orders that were sent before all workers had started count, too.
            self.rows[name] = self._row
        self.note_event(name)

    def note_event(self, name):
        """Note an event, such as a kill."""
        self.events.append((time.time() - self.start, name))

    def note_token_call(self, call):
        """Note an au10001 call that the server responds to."""
        with self._lock:
            history = self._histories[call.worker]
            history.calls.append(call._replace(is_after_rejection=history.has_rejection))
            history.has_rejection = False
            self._row["au10001"] += 1
            self._row["unnecessary"] += call.live is not None and not self._is_necessary(call)

    def note_delivery(self, name, delivery, is_accepted, delay):
        """Note an order that arrived. The server accepted it or not, and delays its response by `delay` seconds."""
        with self._lock:
            order = self._orders.setdefault(name, _Order(self._row))
            self._histories[worker_of(name)].add(delivery, is_resend=bool(order.deliveries))
            order.row["resends"] += bool(order.deliveries)
            order.row["rejected"] += delivery.outcome == REJECTED
            order.row["unknown"] += is_accepted and delivery.outcome == BROKEN
            order.deliveries.append(delivery)
            order.delay += delay
            self._accepted[name] += is_accepted

    def note_report(self, report):
        """Note a worker's report on an order."""
        with self._lock:
            order = self._orders.pop(report.order, None) or _Order(self._row)
            order.row["requests"] += 1
            if report.error is not None:
                self._failures.append((report, order))
                return
            if not self._accepted[report.order]:
                self.violations.append(f"order {report.order} was confirmed and never accepted")
            if len(order.deliveries) == 2:
                self._histories[report.worker].resend_successes.append((order.deliveries[1].token, report.end))
            order.row["worst stall"] = max(order.row["worst stall"], (report.seconds - order.delay) / TOKEN_CALL)
            self.latencies.append((report.start, report.seconds))

    def note_size(self, worker, resident, descriptors):
        """Note a worker's memory in KiB, and the number of its descriptors."""
        self._samples[worker].append((time.time() - self.start, resident, descriptors))

    def _is_necessary(self, call):
        live, holder = call.live
        is_falsely_rejected = live in self._histories[call.worker].falsely_rejected
        return is_falsely_rejected or call.worker in self.fast or holder in self.killed

    def print_progress(self):
        """Print a line: the seconds since the start, and the counts so far."""
        with self._lock:
            orders, calls = (sum(row[name] for row in self.rows.values()) for name in ("requests", "au10001"))
            text = f"{orders} orders, {len(self._failures)} of them failed, {calls} token calls"
        print(f"{time.time() - self.start:4.0f} s: {text}", flush=True)

    # After the workers ended.

    def evaluate(self):
        """Find the cause of each failed order, and the guarantees that were violated."""
        for report, order in self._failures:
            cause = find_cause(report, order.deliveries, self._histories[report.worker])
            order.row[_COLUMNS[cause]] += 1
            if cause is None:
                outcomes = ", ".join(f"{delivery.outcome} with token {delivery.token}" for delivery in order.deliveries)
                self.violations.append(f"order {report.order} failed ({outcomes or 'never sent'}): {report.error}")
        for name, order in self._orders.items():
            order.row["killed"] += 1
            if worker_of(name) not in self.killed:
                self.violations.append(f"order {name} was sent, and its worker never reported on it")
        for name, times in self._accepted.items():
            if times > 1:
                self.violations.append(f"order {name} was accepted {times} times")
        if unnecessary := sum(row["unnecessary"] for row in self.rows.values()):
            self.violations.append(f"au10001 was called {unnecessary} times though a live token was stored")
        for worker, samples in self._long_lived():
            growth, left = self._growth_of(samples), _descriptors_left(samples)
            if growth > _MOST_GROWTH:
                self.violations.append(f"worker {worker} grew by {growth} KiB, more than {_MOST_GROWTH}")
            if left:
                self.violations.append(f"worker {worker} had {left:+} descriptors at the end, compared with its start")

    def print_table(self):
        """Print a row for each kind of au10001, and one for the total."""
        total = Counter()
        for row in self.rows.values():
            total.update(row)
        total["worst stall"] = max(row["worst stall"] for row in self.rows.values())
        long_lived = [samples for _, samples in self._long_lived()]
        growth = max(map(self._growth_of, long_lived), default=0)
        left = max(map(_descriptors_left, long_lived), default=0)
        most = max((descriptors for samples in long_lived for _, _, descriptors in samples), default=0)
        lines = [["au10001 returns", *_COUNTS, "worst stall", "memory growth", "descriptors"]]
        lines += [[name, *_cells(row), "", ""] for name, row in self.rows.items()]
        lines.append(["total", *_cells(total), f"{growth} KiB", f"{left:+} ({most})"])
        widths = [max(map(len, column)) for column in zip(*lines)]
        lines.insert(1, ["-" * width for width in widths])
        for line in lines:
            print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)).rstrip())
        events = Counter(name for _, name in self.events if name not in (*self.rows, "size", "progress"))
        print("\n" + ", ".join(f"{count} {name}s" for name, count in sorted(events.items())))

    def _long_lived(self):
        return [each for each in self._samples.items() if each[0].endswith(".0") and each[0] not in self.killed]

    def _growth_of(self, samples):
        warm = [resident for at, resident, _ in samples[1:-1] if at >= self._warm_up]
        count = min(10, len(warm) // 3)
        return int(statistics.median(warm[-count:]) - statistics.median(warm[:count])) if count else 0


def _descriptors_left(samples):
    return samples[-1][2] - samples[0][2]


def _cells(row):
    return [*(str(row[name]) for name in _COUNTS), f"{row['worst stall']:.1f}"]
