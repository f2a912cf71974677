"""``WorkerPool``: starts, controls and kills the worker processes."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from .causes import Report

_ROOT = Path(__file__).parents[2]
_PROCESSES, _THREADS = 4, 8
#: Orders per second, of all workers together. The question is whether they arrive, not how many a machine can send.
_RATE = 300
#: Workers that run for the whole time, so that their memory can be compared; the others are killed and replaced.
_NEVER_KILLED = 2
#: Seconds in which a worker must start, and in which it must end after its standard input was closed.
_WORKER_TIMEOUT = 90


class WorkerPool:
    """A context manager: the workers that send orders to `server`, with a store at `path`."""

    def __init__(self, server, path, results):
        self._options = {"url": server.url, "keys": [server.appkey, server.secretkey], "path": str(path)}
        self._results = results

    def __enter__(self):
        self._workers = [_Worker(f"{number}.0", self._options, self._results) for number in range(_PROCESSES)]
        for worker in self._workers:
            if not worker.started.wait(_WORKER_TIMEOUT):
                raise RuntimeError(f"worker {worker.name} did not start")
        return self

    def __exit__(self, *args):
        for worker in self._workers:
            worker.process.stdin.close()
        for worker in self._workers:
            worker.wait_for_end()

    def request_sizes(self):
        """Ask each worker to report how much memory it uses."""
        for worker in self._workers:
            worker.send_line("size")

    def replace(self, chance):
        """Kill a worker, and start another in its place."""
        number = chance.randrange(_NEVER_KILLED, _PROCESSES)
        name, _, generation = self._workers[number].name.partition(".")
        self._workers[number].kill()
        self._workers[number] = _Worker(f"{name}.{int(generation) + 1}", self._options, self._results)

    def set_a_clock(self, chance):
        """Let a worker's clock jump by 9 hours: away from the right time, or back to it."""
        worker = chance.choice(self._workers)
        hours = -worker.hours_ahead or chance.choice((-9, 9))
        worker.hours_ahead += hours
        if worker.hours_ahead > 0:
            self._results.fast.add(worker.name)
        worker.send_line(str(hours))


class _Worker:
    def __init__(self, name, options, results):
        self.name = name
        #: By how many hours its clock is wrong; negative if it is slow.
        self.hours_ahead = 0
        self.started = threading.Event()
        self._results = results
        options = json.dumps({"name": name, "threads": _THREADS, "period": _PROCESSES * _THREADS / _RATE, **options})
        command, pipe = [sys.executable, "-m", "tests.soak.worker", options], subprocess.PIPE
        # By default, glibc gives each thread a heap of its own: they fill up one by one, and hide a leak.
        env = {**os.environ, "MALLOC_ARENA_MAX": "1"}
        self.process = subprocess.Popen(command, cwd=_ROOT, env=env, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send_line(self, line):
        try:
            self.process.stdin.write(line + "\n")
        except OSError:  # The worker ended by itself. kill() and wait_for_end() note that.
            pass

    def kill(self):
        if self.process.poll() is not None:
            status = self.process.returncode
            self._results.violations.append(f"worker {self.name} ended by itself, with status {status}")
        self._results.killed.add(self.name)
        self.process.kill()
        self.process.stdin.close()
        self._close()

    def wait_for_end(self):
        try:
            if status := self.process.wait(_WORKER_TIMEOUT):
                self._results.violations.append(f"worker {self.name} ended by itself, with status {status}")
        except subprocess.TimeoutExpired:
            self._results.violations.append(f"worker {self.name} did not end in {_WORKER_TIMEOUT} s: a thread hangs")
            self.process.kill()
        self._close()

    def _close(self):
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()

    def _read(self):
        for line in self.process.stdout:
            self.started.set()
            message = json.loads(line)
            if "order" in message:
                self._results.note_report(Report(**message))
            else:
                self._results.note_size(self.name, **message)
