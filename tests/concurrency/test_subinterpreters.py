"""Isolated subinterpreters, where no daemon thread can start."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import _interpreters as interpreters
worker = interpreters.create()
code = f'''
import sys
sys.path[:] = {sys.path!r}
from requests_kiwoom import KiwoomAuth
import requests
appkey, secretkey, base_url = {sys.argv[1:]!r}
auth = KiwoomAuth(appkey, secretkey, base_url=base_url).for_api("ka10001")
for _ in range(2):
    answer = requests.post(base_url + "/api/dostk/stkinfo", json={{}}, auth=auth, timeout=20)
    print(answer.json()["return_code"], flush=True)
    auth.revoke()
'''
failure = interpreters.exec(worker, code)
if failure is not None:
    print(failure.formatted)
"""


@pytest.mark.skipif(sys.version_info < (3, 13), reason="isolated subinterpreters that import requests: 3.13 and later")
def test_a_request_in_a_subinterpreter(server):
    """A request in an isolated subinterpreter gets a token: the call is made in the caller's thread."""
    # The free-threaded Python that tests/platforms/pythons.sh builds lacks this module.
    pytest.importorskip("_interpreters", reason="this Python has no subinterpreters", exc_type=ImportError)
    command = [sys.executable, "-c", SCRIPT, server.appkey, server.secretkey, server.url]
    process = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert ["0", "0"] == process.stdout.split(), process.stdout + process.stderr
