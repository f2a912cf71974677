"""How Pythons differ: CPython with a GIL, CPython without one, PyPy."""

import gc
import sys

import pytest

IS_CPYTHON = sys.implementation.name == "cpython"
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

# CPython looks for signals only after a jump backwards and at a call, not between any two bytecodes of the package.
needs_cpythons_signals = pytest.mark.skipif(
    not IS_CPYTHON, reason="PyPy runs signal handlers at every bytecode: no lock can be safe from an interrupt there"
)
needs_c_fork = pytest.mark.skipif(
    sys.platform != "linux" or not IS_CPYTHON or not HAS_GIL,
    reason="fork() without Python's fork hooks: only CPython with a GIL, on Linux, runs on in such a child",
)


def collect() -> None:
    """Close objects that nothing refers to; CPython has closed them already, unless they refer to themselves."""
    if not IS_CPYTHON:
        for _ in range(3):  # A finalizer may release an object that has a finalizer, too.
            gc.collect()
