"""A signal handler that sends requests ("cancel everything") while its own thread is busy with the token."""

import dis
import signal
import sys
from contextlib import suppress
from itertools import count

import pytest
import requests

from requests_kiwoom import KiwoomAuth, KiwoomAuthError
from requests_kiwoom import source as source_module
from tests.helpers.scripts import output_of, run_script
from tests.helpers.stores import DictStore
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
def test_a_handler_can_send_while_its_thread_is_busy(server, work, store):
    """A handler can send with this auth and another one while its thread is busy; the thread can send afterwards."""
    server.latency = 0.0 if work == "discard" else 0.4
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


class BeforeAttribute:
    """A trace function: calls `handler` before the token source reads or sets an attribute for the `number`-th time.

    That is when a signal handler can change what the interrupted code is about to read.
    """

    def __init__(self, number, handler):
        self.left = number
        self._handler = handler

    def __call__(self, frame, event, argument):
        if frame.f_code.co_filename != source_module.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and "ATTR" in dis.opname[frame.f_code.co_code[frame.f_lasti]]:
            self.left -= 1
            if self.left == 0:
                self._handler()
        return self


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="only CPython traces single instructions")
@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="3.12 traces no instruction of the first call")
@pytest.mark.parametrize("before", ["first", "live", "expired", "rejected", "replaced in the store"])
def test_a_handler_can_revoke_at_any_moment(server, url, before):
    """A request whose token a handler revokes ends with a response, or an error of the package; the next succeeds."""
    for number in count(1):
        store = DictStore()
        auth, other = (
            KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=store).for_api("ka10001")
            for _ in range(2)
        )
        if before != "first":
            auth.token()
        if before in ("expired", "replaced in the store"):
            server.clock.advance(hours=24)
        if before == "replaced in the store":
            other.token()
        if before == "rejected":
            server.revoke_all()

        def revoke():
            with suppress(KiwoomAuthError):
                auth.revoke()

        trace = BeforeAttribute(number, revoke)
        others = sys.gettrace()
        sys.settrace(trace)
        try:
            with suppress(KiwoomAuthError):
                requests.post(url, json={}, auth=auth)
        finally:
            sys.settrace(others)

        assert 0 == requests.post(url, json={}, auth=auth).json()["return_code"]
        if trace.left > 0:
            break
    assert number > 2
