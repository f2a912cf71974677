"""Imports: what `import` of a package costs a program that has imported `requests`."""

import os
import subprocess
import sys
import tempfile
from statistics import median

_SCRIPT = """
import sys, time
import requests
start = time.perf_counter()
import {module}
sys.stdout.write(repr(time.perf_counter() - start))
"""


def measure(modules, rounds=7):
    """Return seconds by module: the median of `rounds` new processes each, in turn, with the bytecode cached."""
    seconds = {module: [] for module in modules}
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(rounds + 1):
            for module in modules:
                seconds[module].append(_import(module, cache))
    # The first process of each module wrote the bytecode.
    return {module: median(taken[1:]) for module, taken in seconds.items()}


def _import(module, cache):
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-X", f"pycache_prefix={cache}", "-c", _SCRIPT.format(module=module)]
    return float(subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout)
