"""Interrupt work by a signal at random moments; run scripts in a process that coverage does not measure."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn


def interrupt(work: Callable[[], Any], times: int) -> None:
    """Run `work` again and again, and interrupt it by a signal, `times` times, at random moments."""

    def raise_interrupt(signum: int, frame: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, raise_interrupt)
    try:
        for _ in range(times):
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, random.uniform(2e-6, 6e-5))
                while True:
                    work()
    finally:
        signal.signal(signal.SIGALRM, before)


def run_without_coverage(script: str, *arguments: str) -> str:
    """Return what `script` prints in a process without coverage, whose own lock could stay locked after a signal."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=120).stdout
