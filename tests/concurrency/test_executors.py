"""Thread pools, process pools, event loops and greenlets."""

import asyncio
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from requests_kiwoom import TokenRefused
from tests.helpers.scripts import PROLOGUE, hold_back, output_of, run_script
from tests.helpers.threads import in_threads, until


def post(session, url):
    return session.post(url, json={}).json()["return_code"]


# Executors and event loops.


def test_a_thread_pool_shares_one_issue_before_and_after_a_revocation(server, session, url):
    """100 requests of 16 worker threads, with a revocation in between, all succeed with 2 issues."""
    with ThreadPoolExecutor(16) as pool:
        before = [pool.submit(post, session, url) for _ in range(50)]
        before[25].result(60)
        server.revoke_all()
        after = [pool.submit(post, session, url) for _ in range(50)]

        assert [0] * 100 == [future.result(60) for future in before + after]
    assert 2 == server.issues


def renew(session, url):
    session.auth.renew()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
# From 3.12 on, Python warns of a fork in a process with threads; the server has some.
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_a_process_pool_can_send_and_return_errors(server, session, url, method):
    """A worker of a process pool sends with a pickled session, and its ``TokenRefused`` keeps its text and code."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        assert 0 == pool.submit(post, session, url).result(60)
        server.allowed_ips = []
        with pytest.raises(TokenRefused, match="Register this machine") as caught:
            pool.submit(renew, session, url).result(60)

    assert 8050 == caught.value.code


def test_asyncio_threads_share_one_issue(server, session, url):
    """20 requests at once by ``asyncio.to_thread`` succeed, before and after a revocation, with one issue each time."""

    async def all_at_once():
        return await asyncio.gather(*(asyncio.to_thread(post, session, url) for _ in range(20)))

    assert [0] * 20 == asyncio.run(all_at_once())
    server.revoke_all()
    assert [0] * 20 == asyncio.run(all_at_once())
    assert 2 == server.issues


def test_the_token_of_a_cancelled_task_is_used(server, session, url):
    """If a task is cancelled while its thread issues, the next request uses the token of that issue."""
    let_go = hold_back(server)

    async def cancel():
        task = asyncio.create_task(asyncio.to_thread(post, session, url))
        await asyncio.to_thread(until, lambda: server.issues)
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


def test_gevent_greenlets_share_one_issue(server):
    """20 greenlets at once succeed, before and after a revocation, with one issue each time."""
    pytest.importorskip("gevent", reason="needs gevent: pip install requests-kiwoom[gevent]")

    assert ["0"] * 40 == output_of(run_script(GREENLETS, server, GEVENT + PROLOGUE))
    assert 4 == server.issues  # Two of them are of `other`, which revokes.


@pytest.fixture
def fast_switching():
    """Makes Python switch threads every microsecond."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_8_threads_that_switch_every_microsecond_succeed(server, session, url, fast_switching):
    """With a switch interval of a microsecond, all requests of 8 threads succeed, with one issue for each token."""
    for turn in range(10):
        if turn % 2:
            server.revoke_all()
        else:
            server.clock.advance(hours=24)

        assert [0] * 8 == in_threads(8, lambda: post(session, url))
    assert 10 == server.issues
