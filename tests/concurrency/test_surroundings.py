"""Whatever a program runs it in: executors, event loops, greenlets, interrupts, an exit, no file descriptors left."""

import asyncio
import multiprocessing
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from requests_kiwoom import TokenRefused
from tests.helpers.tools import in_threads

PROLOGUE = """
import os, signal, sys, threading, time
import requests
from requests_kiwoom import KiwoomAuth, TokenUnavailable
appkey, secretkey, base_url = sys.argv[1:]
url = base_url + "/api/dostk/stkinfo"
lent = requests.Session()
auth = KiwoomAuth(appkey, secretkey, base_url=base_url, session=lent)
"""


def python(script, server, prologue=PROLOGUE, warnings="error"):
    """A Python process that runs a script, with the server's keys and address."""
    command = [sys.executable, "-W", warnings, "-c", prologue + script, server.appkey, server.secretkey, server.url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output_of(process):
    """What a process prints; it ends in order, and says nothing on stderr."""
    output, errors = process.communicate(timeout=120)
    assert ("", 0) == (errors, process.returncode)
    return output.split()


def post(session, url):
    return session.post(url, json={}).json()["return_code"]


def hold_back(server):
    """Let au10001's next answer wait for the event that this returns, however slow the machine is."""
    let_go = threading.Event()

    def answer(request):
        let_go.wait(60)
        return server._issue(request)

    server.fail(answer)
    return let_go


# Executors and event loops.


def test_a_thread_pool(server, session, url):
    """100 requests of 16 worker threads, with a revocation in their midst: all succeed, with 2 issues."""
    with ThreadPoolExecutor(16) as pool:
        before = [pool.submit(post, session, url) for _ in range(50)]
        before[25].result()
        server.revoke_all()
        after = [pool.submit(post, session, url) for _ in range(50)]

        assert [0] * 100 == [future.result() for future in before + after]
    assert 2 == server.issues


def refused(session, url):
    session.auth.renew()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
# From 3.12 on, Python warns of a fork in a process with threads; the server has some.
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_a_process_pool(server, session, url, method):
    """A worker of a process pool sends with the session that it gets, and its ``TokenRefused`` comes back whole."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        assert 0 == pool.submit(post, session, url).result()
        server.allowed_ips = []
        with pytest.raises(TokenRefused, match="Register this machine") as caught:
            pool.submit(refused, session, url).result()

    assert 8050 == caught.value.code


def test_asyncio(server, session, url):
    """20 requests at once by ``asyncio.to_thread`` succeed, before and after a revocation, with one issue each."""

    async def all_at_once():
        return await asyncio.gather(*(asyncio.to_thread(post, session, url) for _ in range(20)))

    assert [0] * 20 == asyncio.run(all_at_once())
    server.revoke_all()
    assert [0] * 20 == asyncio.run(all_at_once())
    assert 2 == server.issues


def test_a_cancelled_task(server, session, url):
    """A task that is cancelled while its thread issues leaves a token behind, and the next request uses it."""
    let_go = hold_back(server)

    async def cancel():
        task = asyncio.create_task(asyncio.to_thread(post, session, url))
        while not server.issues:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        let_go.set()

    asyncio.run(cancel())

    assert 0 == post(session, url)
    assert 1 == server.issues


GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent
"""
GREENLETS = """
other = KiwoomAuth(appkey, secretkey, base_url=base_url)
with requests.Session() as session:
    session.auth = auth.for_api("ka10001")
    for _ in range(2):
        jobs = [gevent.spawn(session.post, url, json={}) for _ in range(20)]
        gevent.joinall(jobs, raise_error=True)
        print(*(job.value.json()["return_code"] for job in jobs))
        other.token()
        other.revoke()
lent.close()
"""


def test_gevent(server):
    """20 greenlets at once succeed, before and after a revocation, with one issue for all of them."""
    pytest.importorskip("gevent", reason="the test extra has it for the Pythons that it has wheels for")

    assert ["0"] * 40 == output_of(python(GREENLETS, server, GEVENT + PROLOGUE))
    assert 4 == server.issues  # Two of them are of the program that revokes.


@pytest.fixture
def restless():
    """Threads take turns every microsecond."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_that_switch_all_the_time(server, session, url, restless):
    """With a switch interval of a microsecond, 8 threads that meet 5 expiries and 5 revocations all succeed."""
    for turn in range(10):
        if turn % 2:
            server.revoke_all()
        else:
            server.clock.advance(hours=24)

        assert [0] * 8 == in_threads(8, lambda: post(session, url))
    assert 10 == server.issues


# Interrupts and exits.

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
issuing.join()
print(requests.post(url, json={}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole group")
def test_ctrl_c_while_another_thread_issues(server):
    """Ctrl-C reaches a thread that waits for another's issue; that goes on, and its token is used."""
    let_go = hold_back(server)
    with python(WAITING, server) as process:
        assert "waiting\n" == process.stdout.readline()
        while not server.issues:
            pass  # Until the other thread is in the middle of its call.
        process.send_signal(signal.SIGINT)
        assert "interrupted\n" == process.stdout.readline()
        let_go.set()

        assert ["0"] == output_of(process)
    assert 1 == server.issues


RENEWING = """
auth.token()
ahead = 3600
auth._source._now = lambda: time.time() + ahead
try:
    auth.renew()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(requests.post(url, json={}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole group")
def test_ctrl_c_in_the_middle_of_a_renewal(server):
    """Ctrl-C while renew() revokes: whether or not the token is dead, the next request goes through."""
    server.latency = 0.7
    with python(RENEWING, server) as process:
        while not server.revokes:
            pass  # Until au10002 is under way.
        process.send_signal(signal.SIGINT)

        assert ["interrupted", "0"] == output_of(process)


LEAVING = """
threading.Thread(target=auth.token, daemon=True).start()
while not threading.active_count() > 2:
    time.sleep(0.01)
print("leaving")
"""


def test_an_exit_in_the_middle_of_an_issue(server):
    """A program that ends while a daemon thread issues ends in order, and at once."""
    server.latency = 5

    assert ["leaving"] == output_of(python(LEAVING, server))


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


def test_a_token_call_while_the_interpreter_ends(server):
    """A finalizer that revokes the token while the interpreter ends does so, and the process ends."""
    # What the interpreter takes apart at its end it may leave open.
    assert ["revoked"] == output_of(python(AT_THE_END, server, warnings="ignore"))
    assert 1 == server.revokes


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
    """A process that is forked off while another thread imports would wait for that thread, if it imports the same."""
    assert ["0", "[]"] == output_of(python(IMPORTING, server))


# No threads left.

THREADLESS = """
threading.stack_size(1 << 46)  # More than the address space has.
print(requests.post(url, json={}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stack of 64 TiB may be had")
def test_no_thread_left(server):
    """A process that can start no more threads, as while it ends, makes the token call in the one that it has."""
    assert ["0"] == output_of(python(THREADLESS, server))


# No file descriptors left.

EXHAUSTED = """
import resource

def lowest_free():
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor

ahead = 0
auth._source._now = lambda: time.time() + ahead
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free() + {free}, hard))
error = None
try:
    auth.token()
except Exception as caught:
    error = caught
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(type(error).__name__, "Too many open files" in str(error))
ahead = 61
print(requests.post(url, json={{}}, auth=auth.for_api("ka10001")).json()["return_code"])
lent.close()
"""


def test_no_file_descriptor_left(server):
    """Without a file descriptor there is ``TokenUnavailable``, which says so; with one, a minute later, a token."""
    pytest.importorskip("resource", reason="Windows has no such limit")

    assert ["TokenUnavailable", "True", "0"] == output_of(python(EXHAUSTED.format(free=0), server))


def test_one_file_descriptor_left(server):
    """A token call takes one file descriptor: that of its connection."""
    pytest.importorskip("resource", reason="Windows has no such limit")

    assert ["NoneType", "False", "0"] == output_of(python(EXHAUSTED.format(free=1), server))


LEAKING = """
import gc
from requests_kiwoom import KiwoomAuthError

ahead = 0
other = KiwoomAuth(appkey, secretkey, base_url=base_url)
wrong = KiwoomAuth(appkey, "fake-wrong", base_url=base_url)
for each in (auth, other, wrong):
    each._source._now = lambda: time.time() + ahead

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
    return len(os.listdir("/proc/self/fd"))

round()
count = open_descriptors()
for _ in range(30):
    ahead += 61
    round()
print(open_descriptors() - count)
lent.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_file_descriptor_is_kept(server):
    """30 rounds of issues, rejections, renewals, revocations and refusals leave no file descriptor open."""
    assert ["0"] * 31 + ["0"] == output_of(python(LEAKING, server))
