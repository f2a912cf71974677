"""Interrupts, signals and exits in the middle of a token call."""

import signal
import subprocess
import sys

import pytest

from tests.helpers.pythons import IS_CPYTHON
from tests.helpers.scripts import hold_back, output_of, run_script
from tests.helpers.threads import until

WAITING = """
issuing = threading.Thread(target=auth.token)
issuing.start()
while threading.active_count() < 3:  # Until it makes its call, in a third thread: from then on it has the lock.
    time.sleep(0.01)
try:
    print("waiting", flush=True)
    auth.token()
except KeyboardInterrupt:
    print("interrupted", flush=True)
issuing.join(60)
print(requests.post(url, json={}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole group")
def test_ctrl_c_interrupts_the_wait_for_another_thread_s_issue(server):
    """Ctrl-C interrupts a thread that waits for another thread's issue; the issue goes on, and its token is used."""
    let_go = hold_back(server)
    with run_script(WAITING, server) as process:
        assert "waiting\n" == process.stdout.readline()
        until(lambda: server.issues)  # Until the other thread is in the middle of its call.
        process.send_signal(signal.SIGINT)
        assert "interrupted\n" == process.stdout.readline()
        let_go.set()

        assert ["0"] == output_of(process)
    assert 1 == server.issues


RENEWING = """
auth.token()
clock.advance(hours=1)
try:
    auth.renew()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(requests.post(url, json={}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole group")
def test_after_ctrl_c_during_renew_the_next_request_succeeds(server):
    """After Ctrl-C while renew() revokes, the next request succeeds, whether the token was revoked or not."""
    server.latency = 0.7
    with run_script(RENEWING, server) as process:
        until(lambda: server.revokes)  # Until au10002 is under way.
        process.send_signal(signal.SIGINT)

        assert ["interrupted", "0"] == output_of(process)


SIGNAL = """
import os, signal, sys, threading, requests
from requests_kiwoom import KiwoomAuth
appkey, secretkey, base_url = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=base_url)

def cancel_all_orders(*args):
    answer = requests.post(base_url + "/api/dostk/ordr", json={}, auth=auth.for_api("kt10003"))
    print(answer.json()["return_code"], flush=True)

signal.signal(signal.SIGTERM, cancel_all_orders)
print("ready", flush=True)
print(requests.post(base_url + "/api/dostk/ordr", json={}, auth=auth.for_api("kt10000")).json()["return_code"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows delivers no SIGTERM")
def test_a_signal_handler_during_an_issue_can_send(server):
    """A signal handler can send a request while its own thread issues: it does not wait for itself."""
    server.latency = 0.7
    command = [sys.executable, "-c", SIGNAL, server.appkey, server.secretkey, server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert "ready" == process.stdout.readline().strip()
        until(lambda: server.issues)  # Until the issue is under way.
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=120)

    assert ["0", "0"] == output.split()


INTERRUPT = """
import signal, sys, requests
from requests_kiwoom import KiwoomAuth
appkey, secretkey, base_url = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=base_url)
try:
    auth.token()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(requests.post(base_url + "/api/dostk/ordr", json={}, auth=auth.for_api("kt10000")).json()["return_code"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole group")
def test_after_ctrl_c_during_an_issue_the_next_request_succeeds(server):
    """Ctrl-C during an issue leaves the lock free, and the next request succeeds."""
    server.latency = 0.7
    command = [sys.executable, "-c", INTERRUPT, server.appkey, server.secretkey, server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        until(lambda: server.issues)  # Until the issue is under way.
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=120)

    assert ["interrupted", "0"] == output.split()


LEAVING = """
threading.Thread(target=auth.token, daemon=True).start()
while not threading.active_count() > 2:
    time.sleep(0.01)
print("leaving")
"""


def test_a_program_can_exit_during_an_issue(server):
    """A program that ends while a daemon thread issues exits without an error."""
    server.latency = 5

    assert ["leaving"] == output_of(run_script(LEAVING, server))


AT_THE_END = """
class Trader:
    def __init__(self, auth):
        self.auth, self.itself = auth, self  # A circle, which is collected when the interpreter ends.

    def __del__(self):
        self.auth.revoke()
        print("revoked")

auth.token()
trader = Trader(auth)
del trader
"""


@pytest.mark.skipif(not IS_CPYTHON, reason="PyPy runs no finalizer when it ends")
def test_a_finalizer_can_revoke_while_the_interpreter_ends(server):
    """A finalizer can revoke the token while the interpreter ends, and the process ends."""
    # While it ends, the interpreter may leave resources open.
    assert ["revoked"] == output_of(run_script(AT_THE_END, server, warnings="ignore"))
    assert 1 == server.revokes


AT_EXIT = """
import atexit, sys, requests
from requests_kiwoom import KiwoomAuth
appkey, secretkey, base_url = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=base_url)

@atexit.register
def cancel_all_orders():
    print(requests.post(base_url + "/api/dostk/ordr", json={}, auth=auth.for_api("kt10003")).json()["return_code"])
"""


def test_an_exit_handler_can_send_a_request(server):
    """An exit handler can send a request, and have a token issued for it."""
    command = [sys.executable, "-c", AT_EXIT, server.appkey, server.secretkey, server.url]

    assert ["0"] == subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.split()
