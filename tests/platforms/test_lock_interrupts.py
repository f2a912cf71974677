"""No lock stays locked after an interrupt at any moment: CPython 3.14 can skip an ``__exit__`` (gh-148874)."""

import sys

import pytest

from tests.helpers.interrupts import run_without_coverage
from tests.helpers.pythons import needs_cpythons_signals

INTERRUPTS = 1500

# The main thread takes a lock over and over and is interrupted; after each interrupt another thread takes the lock. It
# gets five seconds: many times what it needs, and less than the package waits for a lock.
SCRIPT = """
import queue, sys, threading
from requests_kiwoom import KiwoomAuth, SQLiteStore
from tests.helpers.interrupts import interrupt
interrupts, what, path, *keys, base_url = sys.argv[1:]
auth = KiwoomAuth(*keys, base_url=base_url)
store = SQLiteStore(path)
work = {
    "auth": lambda: auth.token(rejected="another-token"),
    "store": lambda: store.load("key"),
}[what]
work()
asked, responded = queue.Queue(), queue.Queue()

def serve():
    while asked.get(timeout=60):
        work()
        responded.put(True)

threading.Thread(target=serve, daemon=True).start()
for number in range(int(interrupts)):
    interrupt(work, 1)
    asked.put(True)
    try:
        responded.get(timeout=5)
    except queue.Empty:
        sys.exit(f"locked after {number + 1} interrupts")
asked.put(False)
print("free")
"""


@needs_cpythons_signals
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer that sends a signal")
@pytest.mark.parametrize("what", ["auth", "store"])
def test_a_lock_is_free_after_an_interrupt(server, tmp_path, what):
    """After each of 1,500 interrupts, another thread can take the lock of an auth, or of a SQLite store."""
    arguments = [str(INTERRUPTS), what, str(tmp_path / "tokens"), server.appkey, server.secretkey, server.url]

    assert "free\n" == run_without_coverage(SCRIPT, *arguments)
