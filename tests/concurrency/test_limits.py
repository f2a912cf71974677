"""A process that runs out of threads or file descriptors; late imports."""

import sys

import pytest

from tests.helpers.scripts import output_of, run_script

IMPORTING = """
before = set(sys.modules)
auth.token()
print(requests.post(url, json={}, auth=auth.for_api("ka10001")).json()["return_code"])
auth.renew()
auth.revoke()
names = ("requests_kiwoom", "dateutil", "contextvars", "_contextvars", "sqlite3")
print(sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in names))
lent.close()
"""


def test_nothing_is_imported_once_an_auth_is_built(server):
    """An auth imports nothing after it is built: a child that is forked during an import could wait for it for ever."""
    assert ["0", "[]"] == output_of(run_script(IMPORTING, server))


# No threads left.

THREADLESS = """
threading.stack_size(1 << 46)  # More than the address space has.
print(requests.post(url, json={}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses a stack of 64 TiB for certain")
def test_the_token_call_uses_the_current_thread_if_none_can_start(server):
    """A process that can start no thread, for instance while it ends, makes the token call in the current thread."""
    assert ["0"] == output_of(run_script(THREADLESS, server))


# No file descriptors left.

EXHAUSTED = """
import resource

def lowest_free():
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free() + {free}, hard))
error = None
try:
    auth.token()
except Exception as caught:
    error = caught
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(type(error).__name__, "Too many open files" in str(error))
clock.advance(seconds=61)
print(requests.post(url, json={{}}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


def test_without_a_file_descriptor_token_unavailable_says_so(server):
    """Without a file descriptor, ``TokenUnavailable`` says so; a minute later, with one, a request succeeds."""
    pytest.importorskip("resource", reason="Windows has no such limit")

    assert ["TokenUnavailable", "True", "0"] == output_of(run_script(EXHAUSTED.format(free=0), server))


def test_a_token_call_takes_one_file_descriptor(server):
    """A token call takes one file descriptor: that of its connection."""
    pytest.importorskip("resource", reason="Windows has no such limit")

    assert ["NoneType", "False", "0"] == output_of(run_script(EXHAUSTED.format(free=1), server))


LEAKING = """
import gc
from requests_kiwoom import KiwoomAuthError
from tests.helpers.pythons import collect

other = KiwoomAuth(appkey, secretkey, base_url=base_url)
wrong = KiwoomAuth(appkey, "fake-wrong", base_url=base_url)

def round():
    answer = requests.post(url, json={}, auth=other.for_api("ka10001"), stream=True)
    print(answer.json()["return_code"])
    auth.renew()
    auth.revoke()  # The next request of the other is rejected.
    try:
        wrong.token()
    except KiwoomAuthError:
        pass

def open_descriptors():
    gc.collect()  # A streamed answer and its session are a circle.
    collect()
    return len(os.listdir("/proc/self/fd"))

round()
count = open_descriptors()
for _ in range(30):
    clock.advance(seconds=61)
    round()
print(open_descriptors() - count)
lent.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_file_descriptor_is_kept(server):
    """30 rounds of issues, rejections, renewals, revocations and refusals leave no file descriptor open."""
    assert ["0"] * 31 + ["0"] == output_of(run_script(LEAKING, server))
