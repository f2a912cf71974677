"""A real Redis server on a free loopback port."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack

import redis

from tests.helpers.ports import port_of_ones_own

NO_REDIS = "no redis-server on the PATH: apt-get install redis-server, or brew install redis"


def find_redis_server() -> str | None:
    """The Redis server of this machine."""
    return shutil.which("redis-server")


class RedisServer:
    """A context manager: a Redis that keeps nothing on disk. It can be killed, and started again at the same port."""

    def __init__(self) -> None:
        self._kept = ExitStack()
        self.port = self._kept.enter_context(port_of_ones_own())
        self.client = redis.Redis("127.0.0.1", self.port, socket_timeout=5)

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.kill()
        self.client.close()
        self._kept.close()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        binary = find_redis_server()
        assert binary is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, cwd=os.sep)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.client.ping()
                return
            except redis.RedisError:
                # A slow machine may have to be asked very often; one that ended by itself will not answer.
                if self.stopped or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)  # Nothing tells when a server begins to listen.

    @property
    def stopped(self) -> bool:
        """Whether it was killed, or ended by itself."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill it: connections break, and what it held is lost."""
        self._process.kill()
        self._process.wait(60)

    def pause(self) -> None:
        """Stop it: connections stay, and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it answer again."""
        self._process.send_signal(signal.SIGCONT)
