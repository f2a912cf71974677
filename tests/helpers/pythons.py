"""How Pythons differ: CPython with a GIL, CPython without one, PyPy."""

import gc
import sys

import pytest

IS_CPYTHON = sys.implementation.name == "cpython"
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

# Between two bytecodes of the package, where CPython looks for signals only after a jump backwards and at a call.
needs_cpythons_signals = pytest.mark.skipif(
    not IS_CPYTHON, reason="PyPy runs signal handlers at every bytecode: no lock can be safe from an interrupt there"
)
needs_c_fork = pytest.mark.skipif(
    sys.platform != "linux" or not IS_CPYTHON or not HAS_GIL,
    reason="fork() without Python's fork hooks: only CPython with a GIL, on Linux, runs on in such a child",
)


def collect() -> None:
    """Close what nothing refers to any more; CPython has closed it already, unless it refers to itself."""
    if not IS_CPYTHON:
        for _ in range(3):  # A finalizer may let go of something that has one.
            gc.collect()
