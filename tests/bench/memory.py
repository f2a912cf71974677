"""Memory: what an auth with its token keeps."""

import gc
import tracemalloc

_COUNT = 200


def bytes_each(make):
    """The bytes that one more of what `make` returns takes."""
    make()  # What it loads or caches for all of them.
    kept = []
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept += [make() for _ in range(_COUNT)]
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    finally:
        tracemalloc.stop()
