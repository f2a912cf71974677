"""Windows cannot be tried here: what it lacks is taken away."""

import os
import subprocess
import sys

import pytest

WITHOUT = """
import os, sys
for name in ("register_at_fork", "fork", "O_NOFOLLOW", "getuid", "geteuid", "fchmod", "forkpty", "chown"):
    if hasattr(os, name):
        delattr(os, name)
import requests
from requests_kiwoom import KiwoomAuth
appkey, secretkey, base_url = sys.argv[1:]
auth = KiwoomAuth(appkey, secretkey, base_url=base_url).for_api("ka10001")
print(requests.post(base_url + "/api/dostk/stkinfo", json={}, auth=auth).json()["return_code"])
auth.revoke()
print(requests.post(base_url + "/api/dostk/stkinfo", json={}, auth=auth).json()["return_code"])
"""


@pytest.mark.parametrize("encoding", ["cp949", "ascii", "utf-8"])
def test_import_and_use(server, encoding):
    """Without fork, modes and O_NOFOLLOW, and on a console of any encoding, the package imports and works."""
    command = [sys.executable, "-W", "error", "-c", WITHOUT, server.appkey, server.secretkey, server.url]
    environ = {**os.environ, "PYTHONIOENCODING": encoding}

    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ)

    assert ["0", "0"] == ran.stdout.split(), ran.stderr


def test_errors_print_on_a_korean_console(server, auth):
    """The error texts can be printed on a cp949 console."""
    from requests_kiwoom import oauth

    for text in (*oauth._ADVICE.values(), oauth._RATE_LIMITED, oauth._REDIRECTED, oauth._NOT_KIWOOM, oauth._LATER):
        text.encode("cp949")
