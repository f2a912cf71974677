"""What a store costs a request, and a new process."""

import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from requests_kiwoom.testing import KiwoomServer
from tests.helpers.constants import PATH
from tests.helpers.processes import build_auth
from tests.helpers.redis_server import NO_REDIS, RedisServer, find_redis_server

from .floor import fresh_requests
from .report import Row
from .rounds import interleave, ratio

_CALLS, _ROUNDS, _PROCESSES = 200, 300, 25

# Late imports are done before the clock starts.
_COLD = """
import sys, time
import dateutil.tz, redis, requests, sqlite3, zoneinfo
from requests_kiwoom import KiwoomAuth
from tests.helpers.processes import build_store
url, appkey, secretkey, where = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=url, store=build_store(int(where) if where.isdecimal() else where))
start = time.perf_counter()
auth.token()
sys.stdout.write(repr(time.perf_counter() - start))
"""


def measure():
    """Yield the rows."""
    with tempfile.TemporaryDirectory() as folder, KiwoomServer() as server:
        path = Path(folder) / "tokens.db"
        yield _measure_attaching(server, path)
        yield _measure_first_token("SQLite", server, path, 1.0)
        if find_redis_server() is None:
            print(f"  {NO_REDIS}")
            return
        with RedisServer() as redis_server:
            yield _measure_first_token("Redis", server, redis_server.port, 2.0)


def _measure_attaching(server, path):
    """Measure attaching a live token: the store is not read."""
    auths = {"without": build_auth(server, None), "with": build_auth(server, path)}
    for auth in auths.values():
        auth.token()
    seconds = interleave({name: partial(_prepare_attaching, auth) for name, auth in auths.items()}, _ROUNDS)
    times = ratio(seconds, "with", "without")
    return Row("attach with a store, relative to without one", f"{times:.3f}", "<= 1.05", times <= 1.05)


def _prepare_attaching(auth):
    requests = fresh_requests(_CALLS, {"api-id": "ka10001"}, auth.base_url + PATH)

    def work():
        for request in requests:
            auth(request)

    return work, _CALLS


def _measure_first_token(name, server, where, limit):
    """Measure how a new process gets the live token of another process."""
    build_auth(server, where).token()
    issues = server.issues
    command = [sys.executable, "-c", _COLD, server.url, server.appkey, server.secretkey, str(where)]
    taken = [float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(_PROCESSES)]
    assert issues == server.issues
    median = statistics.median(taken) * 1000
    what = f"the first token() of a process, from {name}, without imports"
    return Row(what, f"{median:.2f} ms (best {min(taken) * 1000:.2f})", f"<= {limit:g} ms", median <= limit)
