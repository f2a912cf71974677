"""A worker: a process whose threads send orders, and write one line of JSON about each to the standard output.

Lines on its standard input tell it what to do besides; it stops when that ends.
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
#: Which process an au10001 call comes from.
NAME_HEADER = "x-worker"
#: An order that takes longer than this, in seconds, hangs.
_FOR_EVER = 60


class Worker:
    """`threads` threads, which share one session, and send an order each `period` seconds."""

    def __init__(self, name, threads, period, url, keys, path):
        self._name = name
        self._period = period
        self._url = url + PATH
        self._stop = threading.Event()
        # Lent for the token calls, so that the server can tell whose they are.
        self._lent = requests.Session()
        self._lent.headers[NAME_HEADER] = name
        self._session = requests.Session()
        KiwoomAuth.clock = self._clock = LocalClock(time.time)
        auth = KiwoomAuth(*keys, base_url=url, store=SQLiteStore(path), session=self._lent)
        self._session.auth = auth.for_api(API_ID)
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]

    def run(self):
        """Work until the standard input ends."""
        # It loads with the first au10001 call of a process, which may come late: that is no growth.
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
        gc.collect()  # Errors of requests lead in circles, and to connections.
        report_size()

    def _work(self, thread):
        number, due = 0, time.monotonic() + self._period * thread / len(self._threads)
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._period, time.monotonic())
            number += 1
            self._send(f"{self._name}:{thread}.{number}")

    def _send(self, order):
        start, begun = time.time(), time.perf_counter()
        try:
            answer = self._session.post(self._url, json={"order": order}, timeout=_FOR_EVER)
            said = None if _is_confirmed(answer, order) else f"HTTP {answer.status_code} {answer.text[:100]!r}"
        except Exception as error:  # Whatever it is, it is what came of the order.
            said = f"{type(error).__name__}: {str(error)[:200]}"
        report(order=order, start=start, seconds=time.perf_counter() - begun, said=said)


def _is_confirmed(answer, order):
    try:
        envelope = answer.json()
    except ValueError:
        return False
    # The server may write numbers as strings.
    return int(envelope["return_code"]) == 0 and envelope["order"] == order


def report_size():
    """Say how much memory this process has, in KiB, and how many descriptors; 0 where they cannot be found."""
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
    # The most that it ever had, on macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def report(**line):
    """Write `line` in one go, so that neither another thread nor a SIGKILL gets in between."""
    os.write(1, json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    Worker(**json.loads(sys.argv[1])).run()
