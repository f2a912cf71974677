"""Memory: what an auth with its token keeps."""

import gc
import sys
import tracemalloc
from types import FunctionType, ModuleType

import requests

from .worlds import plugin_world

_COUNT = 200


def bytes_each(make):
    """Return the bytes that one more object from `make` takes."""
    make()  # The first object loads and caches what all of them share.
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


def bytes_of_a_pause(count=200):
    """Return the bytes that an auth keeps for each API that rejects every token."""
    with plugin_world() as world:
        world.send()
        world.reject_every_token()
        before = _reachable_bytes(world.auth)
        for number in range(count):
            world.send(f"ka{number:05}")
        return (_reachable_bytes(world.auth) - before) / count


def bytes_of_a_replaced_token(count=500):
    """Return the bytes that an auth keeps for each token that it has used and replaced."""
    with plugin_world(reissue="new") as world:
        world.send()
        before = _reachable_bytes(world.auth)
        for _ in range(count):
            world.renew()
        return (_reachable_bytes(world.auth) - before) / count


def _reachable_bytes(thing):
    """Return the bytes of an object and of all that it refers to, except code and sessions."""
    seen, todo, total = set(), [thing], 0
    while todo:
        item = todo.pop()
        if id(item) not in seen and not isinstance(item, (type, ModuleType, FunctionType, requests.Session)):
            seen.add(id(item))
            total += sys.getsizeof(item)
            todo += gc.get_referents(item)
    return total
