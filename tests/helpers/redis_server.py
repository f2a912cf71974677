"""A real Redis server on a free loopback port."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack

import redis

from tests.helpers.ports import reserve_port

NO_REDIS = "no redis-server on the PATH: apt-get install redis-server, or brew install redis"


def find_redis_server() -> str | None:
    """Return the path of this machine's Redis server, if it has one."""
    return shutil.which("redis-server")


class RedisServer:
    """A context manager: a Redis that keeps nothing on disk. It can be killed, and started again at the same port."""

    def __init__(self) -> None:
        self._kept = ExitStack()
        self.port = self._kept.enter_context(reserve_port())
        self.client = redis.Redis("127.0.0.1", self.port, socket_timeout=5)

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.kill()
        self.client.close()
        self._kept.close()

    def start(self) -> None:
        """Start it, and wait until it responds."""
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
                # On a slow machine this may take many tries; a server that ended by itself will not respond.
                if self.is_stopped or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)  # There is no event for a server that begins to listen.

    @property
    def is_stopped(self) -> bool:
        """Whether it was killed or ended by itself."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill it: its connections break, and its data is lost."""
        self._process.kill()
        self._process.wait(60)

    def pause(self) -> None:
        """Suspend it: its connections stay, but it does not respond."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it respond again."""
        self._process.send_signal(signal.SIGCONT)
