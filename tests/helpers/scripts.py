"""Scripts that run in a process of their own, with a server's keys and address."""

import subprocess
import sys
import threading

PROLOGUE = """
import os, signal, sys, threading, time
import requests
from datetime import timedelta
from requests_kiwoom import KiwoomAuth, TokenUnavailable

class Clock:
    ahead = 0.0

    def __call__(self):
        return time.time() + self.ahead

    def advance(self, **duration):
        self.ahead += timedelta(**duration).total_seconds()

clock = KiwoomAuth.clock = Clock()
appkey, secretkey, base_url = sys.argv[1:]
url = base_url + "/api/dostk/stkinfo"
lent = requests.Session()
auth = KiwoomAuth(appkey, secretkey, base_url=base_url, session=lent)
"""


def run_script(script, server, prologue=PROLOGUE, warnings="error"):
    """Start a Python process that runs `script` with the server's keys and address."""
    command = [sys.executable, "-W", warnings, "-c", prologue + script, server.appkey, server.secretkey, server.url]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output_of(process):
    """Return the words that a process prints; it must exit with 0 and print nothing on stderr."""
    output, errors = process.communicate(timeout=120)
    assert ("", 0) == (errors, process.returncode)
    return output.split()


def hold_back(server):
    """Delay au10001's next response until the returned event is set, however slow the machine is."""
    let_go = threading.Event()

    def respond_later(request):
        let_go.wait(60)
        return server._issue(request)

    server.fail(respond_later)
    return let_go
