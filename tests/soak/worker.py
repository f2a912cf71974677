"""A worker: a process whose threads send orders, and write one line of JSON about each to the standard output.

Lines on its standard input are commands. It stops when its standard input is closed.
"""

import gc
import importlib
import json
import os
import sys
import threading
import time

import requests

from requests_kiwoom import KiwoomAuth, SQLiteStore
from tests.helpers.local_clock import LocalClock

PATH, API_ID = "/api/dostk/ordr", "kt10000"
#: The header of an au10001 call that names its process.
NAME_HEADER = "x-worker"
#: An order that takes longer than this, in seconds, hangs.
_ORDER_TIMEOUT = 60


class Worker:
    """`threads` threads that share one session, and send an order every `period` seconds each."""

    def __init__(self, name, threads, period, url, keys, path):
        self._name = name
        self._period = period
        self._url = url + PATH
        self._stop = threading.Event()
        # Lent for the token calls, so that the server knows which process sends them.
        self._lent = requests.Session()
        self._lent.headers[NAME_HEADER] = name
        self._session = requests.Session()
        KiwoomAuth.clock = self._clock = LocalClock(time.time)
        auth = KiwoomAuth(*keys, base_url=url, store=SQLiteStore(path), session=self._lent)
        self._session.auth = auth.for_api(API_ID)
        self._threads = [threading.Thread(target=self._send_orders, args=(number,)) for number in range(threads)]

    def run(self):
        """Send orders until the standard input is closed."""
        # A process imports it at its first au10001 call, which may come late: that would look like a leak.
        importlib.import_module("dateutil.parser")
        report_size()
        for thread in self._threads:
            thread.start()
        for line in sys.stdin:
            if line == "size\n":
                report_size()
            else:
                self._clock.advance(hours=int(line))
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._session.close()
        self._lent.close()
        gc.collect()  # Exceptions of requests are in reference cycles, and hold connections.
        report_size()

    def _send_orders(self, thread):
        number, due = 0, time.monotonic() + self._period * thread / len(self._threads)
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._period, time.monotonic())
            number += 1
            self._send(f"{self._name}:{thread}.{number}")

    def _send(self, order):
        start, counter = time.time(), time.perf_counter()
        try:
            response = self._session.post(self._url, json={"order": order}, timeout=_ORDER_TIMEOUT)
            is_confirmed = _is_confirmed(response, order)
            error = None if is_confirmed else f"HTTP {response.status_code} {response.text[:100]!r}"
        except Exception as exception:  # Any exception is reported as the result of the order.
            error = f"{type(exception).__name__}: {str(exception)[:200]}"
        report(order=order, start=start, seconds=time.perf_counter() - counter, error=error)


def _is_confirmed(response, order):
    try:
        envelope = response.json()
    except ValueError:
        return False
    # The server may write numbers as strings.
    return int(envelope["return_code"]) == 0 and envelope["order"] == order


def report_size():
    """Report the memory of this process in KiB, and its descriptors; 0 where the system does not show them."""
    descriptors = len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0
    report(resident=_resident_kib(), descriptors=descriptors)


def _resident_kib():
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows.
        return 0
    # The peak, not the current size; on macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def report(**line):
    """Write `line` in a single call, so that neither another thread nor a SIGKILL can interrupt it."""
    os.write(1, json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    Worker(**json.loads(sys.argv[1])).run()
