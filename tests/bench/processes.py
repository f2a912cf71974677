"""Processes: several that start without a token, and share a store."""

import os
import subprocess
import sys
import tempfile

from requests_kiwoom.testing import KiwoomServer

_SCRIPT = """
import sys
from requests_kiwoom import KiwoomAuth, SQLiteStore
path, url, appkey, secretkey = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=url, store=SQLiteStore(path))
sys.stdin.readline()
auth.token()
"""


def issues(count=8):
    """The au10001 calls of so many processes that need a token at once."""
    with tempfile.TemporaryDirectory() as folder, KiwoomServer(latency=0.2) as server:
        path = os.path.join(folder, "tokens.sqlite")
        command = [sys.executable, "-c", _SCRIPT, path, server.url, server.appkey, server.secretkey]
        processes = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(count)]
        for process in processes:
            process.stdin.write("go\\n")
            process.stdin.flush()
        for process in processes:
            process.stdin.close()
            if process.wait(60):
                raise RuntimeError("a process got no token")
        return server.issues
