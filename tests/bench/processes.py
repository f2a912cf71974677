"""Processes: several that start without a token, and share a store."""

import os
import subprocess
import sys
import tempfile

from requests_kiwoom.testing import KiwoomServer

from .service import TokenService

_LATENCY = 0.2

_PLUGIN = """
import sys
from requests_kiwoom import KiwoomAuth, SQLiteStore
path, url, appkey, secretkey = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=url, store=SQLiteStore(path))
print("ready", flush=True)
sys.stdin.readline()
auth.token()
"""

_MSAL_EXTENSIONS = """
import sys
from tests.bench.peers import ask_by_msal_extensions
path, url = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
ask_by_msal_extensions(url, path)
"""


def count_issues():
    """Count the token calls of 8 processes that need a token at once, with the plugin."""
    with KiwoomServer(latency=_LATENCY) as server:
        _run(_PLUGIN, server.url, server.appkey, server.secretkey)
        return server.issues


def count_issues_of_msal_extensions():
    """Count the same with msal and msal-extensions."""
    with TokenService(latency=_LATENCY) as service:
        _run(_MSAL_EXTENSIONS, service.url)
        return service.issues


def _run(script, *arguments, count=8):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", script, os.path.join(folder, "tokens"), *arguments]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
        ]
        for process in processes:
            process.stdout.readline()
        for process in processes:
            process.stdin.close()
        for process in processes:
            if process.wait(60):
                raise RuntimeError("a process got no token")
