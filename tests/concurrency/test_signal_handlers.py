"""A signal handler that sends requests ("cancel everything") while its own thread is busy with the token."""

import signal
import sys

import pytest

from tests.helpers.scripts import output_of, run_script
from tests.helpers.threads import until

HANDLER = """
from requests_kiwoom import SQLiteStore
import tempfile
path = tempfile.mkdtemp() + "/tokens.db"
store = SQLiteStore(path) if STORE else None
auth = KiwoomAuth(appkey, secretkey, base_url=base_url, store=store, timeout=(5, 20))
other = KiwoomAuth(appkey, secretkey, base_url=base_url, store=store, timeout=(5, 20))
handled = []

def cancel_everything(signum, frame):
    for each in (auth, other):
        answer = requests.post(url, json={}, auth=each.for_api("ka10001"), timeout=20)
        handled.append(answer.json()["return_code"])

signal.signal(signal.SIGUSR1, cancel_everything)
if WORK != "token":
    auth.token()
if STORE and WORK == "discard":
    class Slow:
        def load(self, key): return store.load(key)
        def update(self, key, issue, *, wait): return store.update(key, issue, wait=wait)
        def discard(self, key, token):
            os.kill(os.getpid(), signal.SIGUSR1)
            return store.discard(key, token)
    auth = KiwoomAuth(appkey, secretkey, base_url=base_url, store=Slow(), timeout=(5, 20))
    auth.token()
print("ready", flush=True)
work = {"token": auth.token, "revoke": auth.revoke, "discard": auth.revoke, "renew": lambda: auth.renew(force=True)}
work[WORK]()
print(*handled)
print(requests.post(url, json={}, auth=auth.for_api("ka10001"), timeout=20).json()["return_code"])
lent.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows delivers no SIGUSR1")
@pytest.mark.parametrize("store", [False, True], ids=["alone", "store"])
@pytest.mark.parametrize("work", ["token", "revoke", "renew", "discard"])
def test_a_handler_that_sends_while_its_thread_is_busy(server, work, store):
    """The handler's two requests, of this auth and of another one, are sent; its thread goes on and can send, too."""
    server.latency = 0.0 if work == "discard" else 1.0
    with run_script(f"WORK, STORE = {work!r}, {store}\n" + HANDLER, server) as process:
        assert "ready\n" == process.stdout.readline()
        if work != "discard":
            until(lambda: server.issues if work == "token" else server.revokes)
            process.send_signal(signal.SIGUSR1)
        output = output_of(process)

    if work == "discard" and not store:
        assert ["0"] == output
    else:
        assert ["0", "0", "0"] == output
