"""A loopback port that no other server gets for a while."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserve_port() -> Iterator[int]:
    """Reserve a loopback port until the block ends: Linux gives it to no program that asks for any free port."""
    with socket.socket() as holder:
        if sys.platform == "linux":
            # With this option on both sockets, a server can bind to the port, too: this socket does not listen.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port
