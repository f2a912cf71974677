"""``Crew``: the worker processes, seen from outside."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from .blame import Report

_ROOT = Path(__file__).parents[2]
_PROCESSES, _THREADS = 4, 8
#: Orders a second, all together: whether they arrive is the question, not how many a machine bears.
_RATE = 300
#: So many live all the time, so that their memory can be compared; the others are killed and replaced.
_SPARED = 2
#: Seconds in which a worker begins, or ends when it is told to.
_PATIENCE = 90


class Crew:
    """A context manager: the workers that send orders to `server`, with a store at `path`."""

    def __init__(self, server, path, tally):
        self._where = {"url": server.url, "keys": [server.appkey, server.secretkey], "path": str(path)}
        self._tally = tally

    def __enter__(self):
        self._workers = [_Worker(f"{number}.0", self._where, self._tally) for number in range(_PROCESSES)]
        for worker in self._workers:
            if not worker.begun.wait(_PATIENCE):
                raise RuntimeError(f"worker {worker.name} did not begin")
        return self

    def __exit__(self, *args):
        for worker in self._workers:
            worker.process.stdin.close()
        for worker in self._workers:
            worker.end()

    def report_sizes(self):
        """Have each worker say how much memory it has."""
        for worker in self._workers:
            worker.tell("size")

    def replace(self, chance):
        """Kill a worker, and start another in its place."""
        number = chance.randrange(_SPARED, _PROCESSES)
        name, _, life = self._workers[number].name.partition(".")
        self._workers[number].kill()
        self._workers[number] = _Worker(f"{name}.{int(life) + 1}", self._where, self._tally)

    def set_a_clock(self, chance):
        """Let a clock jump by 9 hours: away from the right time, or back to it."""
        worker = chance.choice(self._workers)
        hours = -worker.off or chance.choice((-9, 9))
        worker.off += hours
        if worker.off > 0:
            self._tally.fast.add(worker.name)
        worker.tell(str(hours))


class _Worker:
    def __init__(self, name, where, tally):
        self.name = name
        #: By how many hours its clock is wrong.
        self.off = 0
        self.begun = threading.Event()
        self._tally = tally
        options = json.dumps({"name": name, "threads": _THREADS, "period": _PROCESSES * _THREADS / _RATE, **where})
        command, pipe = [sys.executable, "-m", "tests.soak.worker", options], subprocess.PIPE
        # By default, glibc gives each thread a heap of its own: they fill up one by one, and hide what leaks.
        env = {**os.environ, "MALLOC_ARENA_MAX": "1"}
        self.process = subprocess.Popen(command, cwd=_ROOT, env=env, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tell(self, line):
        try:
            self.process.stdin.write(line + "\n")
        except OSError:  # It has ended by itself: that is noted when it was to end.
            pass

    def kill(self):
        if self.process.poll() is not None:
            self._tally.broken.append(f"worker {self.name} ended by itself, with status {self.process.returncode}")
        self._tally.killed.add(self.name)
        self.process.kill()
        self.process.stdin.close()
        self._close()

    def end(self):
        try:
            if status := self.process.wait(_PATIENCE):
                self._tally.broken.append(f"worker {self.name} ended by itself, with status {status}")
        except subprocess.TimeoutExpired:
            self._tally.broken.append(f"worker {self.name} did not end within {_PATIENCE} s: a thread hangs")
            self.process.kill()
        self._close()

    def _close(self):
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()

    def _read(self):
        for line in self.process.stdout:
            self.begun.set()
            said = json.loads(line)
            if "order" in said:
                self._tally.reported(Report(**said))
            else:
                self._tally.sampled(self.name, **said)
