"""A loopback port that no other server gets meanwhile."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def port_of_ones_own() -> Iterator[int]:
    """A loopback port for a server that names it; meanwhile Linux gives it to no program that asks for any port."""
    with socket.socket() as holder:
        if sys.platform == "linux":
            # With this on both sides, programs that name a port share it, as long as one side does not listen.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port
