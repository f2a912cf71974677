"""One store, many real processes, one Kiwoom server."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import pytest

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import Reply
from tests.helpers.processes import Crew, build_auth, build_store
from tests.helpers.stores import key_of, post
from tests.helpers.threads import over_and_over, wait_for
from tests.stores import kills

PROCESSES, THREADS = 8, 8
# A fork is cheap; programs that share nothing but the store have a test of their own.
METHOD = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"


@pytest.fixture(scope="module")
def crew():
    """Eight processes that do the same thing at the same time."""
    with Crew(PROCESSES, METHOD) as crew:
        yield crew


@pytest.fixture(params=["sqlite", "redis"])
def where(request, tmp_path):
    """Where the store is: a path, or the port of a Redis."""
    return tmp_path / "tokens.db" if request.param == "sqlite" else request.getfixturevalue("redis_port")


@pytest.fixture
def build_auths(crew, server, where):
    """Builds an auth without a token in each process."""

    def build(**options):
        crew.all("build", server.url, server.appkey, server.secretkey, where, **options)

    return build


def flatten(results):
    return [code for codes in results for code in codes]


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_64_threads_share_one_issue_and_one_after_a_revocation(server, crew, build_auths, reissue):
    """64 threads in 8 processes make one au10001 call at the start and one after a revocation; no request fails."""
    server.reissue = reissue
    server.latency = 0.2
    build_auths()

    assert [0] * PROCESSES * THREADS == flatten(crew.all("send", THREADS))
    assert 1 == server.issues

    server.revoke_all()
    assert [0] * PROCESSES * THREADS == flatten(crew.all("send", THREADS))
    assert 2 == server.issues
    assert 1 == len(set(crew.all("token")))


def test_8_processes_that_renew_share_one_revoke_and_one_issue(server, crew, build_auths):
    """When 8 processes renew at once, one revoke and one issue serve all."""
    server.clock.advance(hours=-1)  # The token is an hour old,
    build_auths()
    crew.all("send", 1)
    server.clock.advance(hours=1)  # and the next one will be new.

    crew.all("renew")

    assert (2, 1) == (server.issues, server.revokes)
    assert 1 == len(set(crew.all("token")))


@pytest.mark.parametrize("hours", [9, -9])
@pytest.mark.parametrize("reissue", ["same", "new"])
def test_a_clock_9_hours_off_costs_no_request_and_no_issue(server, crew, build_auths, reissue, hours):
    """A clock that is 9 hours off (KST taken for UTC, or the reverse) fails no request and costs no second issue."""
    server.reissue = reissue
    build_auths()
    crew.some([0], "set_clock", hours=hours)
    try:
        for _ in range(2):
            assert [0] * PROCESSES * 2 == flatten(crew.all("send", 2))
        assert 1 == server.issues

        server.revoke_all()
        assert [0] * PROCESSES * 2 == flatten(crew.all("send", 2))
        assert 2 == server.issues
    finally:
        crew.some([0], "set_clock", hours=-hours)


def test_a_clock_ahead_of_the_expiry_costs_few_issues_and_no_request(server, crew, build_auths):
    """A process that takes a live token for an expired one calls au10001 now and then; no request fails."""
    server.clock.advance(hours=-16)  # The token is 16 hours old, and expires in another 8.
    build_auths()
    crew.some([1], "send", 1)
    server.clock.advance(hours=16)
    issues = server.issues
    crew.some([0], "set_clock", hours=9)
    try:
        for _ in range(3):
            assert [0] * PROCESSES * 2 == flatten(crew.all("send", 2))
        assert server.issues - issues <= 6
    finally:
        crew.some([0], "set_clock", hours=-9)


def test_8_processes_time_out_if_the_token_endpoint_hangs(server, crew, build_auths):
    """If the token endpoint hangs, 8 processes get an error at their timeout, before it responds."""
    build_auths(timeout=0.3)
    let_go, responded = threading.Event(), []

    def hang(request):
        if not let_go.wait(30):
            responded.append(request)
        return Reply({}, status=500)

    server.fail(*[hang] * 2 * PROCESSES)
    try:
        results = flatten(crew.all("send", 1))
        assert [] == responded
    finally:
        let_go.set()

    assert ["TokenUnavailable"] * PROCESSES == [result.partition("(")[0] for result in results]


@pytest.mark.parametrize("when", ["before the answer", "after the answer"])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_after_the_lock_holder_is_killed_the_next_process_issues(server, where, when):
    """After a process is killed while it holds the lock, the next one issues, and the store works."""
    context = multiprocessing.get_context("spawn")
    child = context.Process(
        target=issue_and_be_killed if when == "after the answer" else send_once,
        args=(server.url, server.appkey, server.secretkey, where),
    )
    if when == "before the answer":

        def kill(request):
            child.kill()
            return Reply({})

        server.fail(kill)
    child.start()
    child.join(60)
    child.close()
    assert 1 == server.issues

    auth = build_auth(server, where, timeout=(0.5, 2.5))
    assert 0 == post(auth)
    assert 2 == server.issues
    if not isinstance(where, int):
        assert auth.token() == build_store(where).load(key_of(server)).value


def send_once(url, appkey, secretkey, where):
    post(KiwoomAuth(appkey, secretkey, base_url=url, store=build_store(where), timeout=(0.5, 0.5)))


def issue_and_be_killed(url, appkey, secretkey, where):
    """Issue a token, and be killed before it is stored."""

    class KilledAfterIssue:
        def __init__(self, store):
            self.load, self.discard, self._store = store.load, store.discard, store

        def update(self, key, issue, *, wait):
            def issue_and_kill(stored):
                issue(stored)
                os.kill(os.getpid(), signal.SIGKILL)

            return self._store.update(key, issue_and_kill, wait=wait)

    post(KiwoomAuth(appkey, secretkey, base_url=url, store=KilledAfterIssue(build_store(where)), timeout=(0.5, 0.5)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_random_kills_cost_no_request_and_at_most_one_issue_each(tmp_path):
    """Random kills damage no file, fail no request of another process, and cost at most one au10001 call each.

    ``python -m tests.stores.kills`` does the same 200 times.
    """
    report = kills.run(15, tmp_path / "tokens.db", seed=20241107)

    assert {0} == report.codes
    assert "ok" == report.integrity
    assert report.most_issues <= 2


PROGRAM = """
import sys, requests
from requests_kiwoom import KiwoomAuth, SQLiteStore
url, appkey, secretkey, path = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=url, store=SQLiteStore(path))
print(requests.post(url + "/api/dostk/stkinfo", auth=auth.for_api("ka10001"), json={}).json()["return_code"])
"""


def test_programs_that_share_only_the_path_share_one_issue(server, tmp_path):
    """Four programs that share nothing but the path make one au10001 call."""
    server.latency = 0.2
    command = [sys.executable, "-c", PROGRAM, server.url, server.appkey, server.secretkey, str(tmp_path / "tokens.db")]

    programs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]

    assert [b"0"] * 4 == [program.communicate(timeout=60)[0].strip() for program in programs]
    assert 1 == server.issues


@pytest.mark.parametrize("breakage", ["deleted", "opened to others", "truncated", "noise"])
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="an open file cannot be replaced here")
def test_a_file_that_breaks_fails_no_request_of_8_threads(server, tmp_path, caplog, breakage):
    """No request of 8 threads fails when the file breaks while tokens are revoked."""
    path = tmp_path / "tokens.db"
    breaks = {
        "deleted": lambda: path.unlink(missing_ok=True),
        "opened to others": lambda: path.chmod(0o644),
        "truncated": lambda: os.truncate(path, 5000),
        "noise": lambda: path.write_bytes(os.urandom(12288)),
    }
    auth = build_auth(server, path)
    auth.token()
    server.clock.stop()  # After a minute, a warning may come again.
    with over_and_over(8, lambda: post(auth)) as codes:
        for _ in range(2):
            breaks[breakage]()
            server.clock.advance(seconds=2)
            server.revoke_all()
            wait_for(codes, 30)

    assert {0} == set(codes)
    warnings = [record.getMessage() for record in caplog.records if "store failed" in record.getMessage()]
    assert len(warnings) == len(set(warnings))
    if breakage in ("opened to others", "noise"):  # The other two leave a file that SQLite can use.
        assert warnings
