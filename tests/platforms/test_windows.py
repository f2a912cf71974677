"""What is different on Windows. Nearly all tests run elsewhere, too, with what Windows lacks removed."""

import _thread
import subprocess
import sys
import threading

import pytest
import requests

from requests_kiwoom import KiwoomAuth, SQLiteStore
from requests_kiwoom.codes import CODES
from requests_kiwoom.testing import Reply
from tests.helpers.cli import environ, write_key_files
from tests.helpers.constants import PATH
from tests.helpers.threads import until

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


@pytest.mark.parametrize("encoding", ["cp949", "ascii"])
def test_the_package_works_without_what_windows_lacks(server, encoding):
    """Without fork, owners and O_NOFOLLOW, and on a console of any encoding, requests succeed."""
    command = [sys.executable, "-W", "error", "-c", WITHOUT, server.appkey, server.secretkey, server.url]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environ(PYTHONIOENCODING=encoding))

    assert ["0", "0"] == ran.stdout.split(), ran.stderr


@pytest.mark.parametrize("number", CODES)
def test_advice_prints_on_a_korean_console(number):
    """What a code means and what to do about it can be printed in code page 949."""
    code = CODES[number]

    for text in (code.meaning, code.advice, code.meaning_ko, code.advice_ko):
        text.encode("cp949")


@pytest.mark.skipif(sys.platform != "win32", reason="the code page of a console is Windows' own")
def test_the_code_page_is_949():
    """The tests run in code page 949, which users in Korea have."""
    assert "cp949" == subprocess.run(
        [sys.executable, "-c", "import locale; print(locale.getpreferredencoding())"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()


def test_a_response_in_a_pipe_is_utf_8(server):
    """``call`` writes Korean as UTF-8 if its stdout is no terminal, whatever the code page or the locale."""
    server.fail(Reply({"stk_nm": "삼성전자 뷁", "return_code": 0, "return_msg": ""}), path=PATH)
    command = [sys.executable, "-m", "requests_kiwoom", "call", "ka10001", PATH]
    # On Windows the code page decides. Elsewhere the locale does: C is the only one that every machine has.
    locale = {} if sys.platform == "win32" else {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    variables = environ(server, **locale)
    del variables["PYTHONIOENCODING"]

    ran = subprocess.run(command, capture_output=True, timeout=100, env=variables)

    assert "삼성전자 뷁" in ran.stdout.decode("utf-8"), ran.stderr


@pytest.mark.skipif(sys.platform != "win32", reason="tests/cli/test_demo.py runs it elsewhere")
def test_the_demo_runs():
    """The demo ends with status 0 and reports nothing on stderr."""
    command = [sys.executable, "-m", "requests_kiwoom", "demo"]

    ran = subprocess.run(command, capture_output=True, timeout=100, env=environ())

    assert (0, b"") == (ran.returncode, ran.stderr)


def test_keys_from_files(server, monkeypatch, tmp_path):
    """The portal's key files, with a BOM and CR/LF, are read by way of the environment."""
    for name, value in write_key_files(server, tmp_path).items():
        monkeypatch.setenv(name, value)
    auth = KiwoomAuth.from_env(base_url=server.url)

    response = requests.post(server.url + PATH, json={}, auth=auth.for_api("ka10001"), timeout=60)

    assert 0 == response.json()["return_code"]


def test_ctrl_c_ends_a_wait(server, auth):
    """Ctrl-C ends the wait for au10001 although no signal wakes the waiting thread, as on Windows."""
    released = threading.Event()
    server.fail(lambda request: released.wait(100) and Reply({}), path="/oauth2/token")
    patient = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, timeout=(1000, 1000))

    def interrupt():
        until(lambda: server.issues)
        _thread.interrupt_main()  # Sets the flag that Ctrl-C sets, and wakes no thread.

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            patient.token()
    finally:
        released.set()
        thread.join(60)


UPDATES = """
import sys
from requests_kiwoom import SQLiteStore, Token
from requests_kiwoom.tokens import epoch_to_kst
store = SQLiteStore(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()

def count(stored):
    return Token(f"fake-token-{int(stored.value.rsplit('-')[-1]) + 1 if stored else 1}", epoch_to_kst(1_800_000_000))

for _ in range(50):
    store.update("key", count, wait=90)
"""


def test_two_processes_share_a_sqlite_file(tmp_path):
    """Each of 100 updates of one SQLite file by two processes at once is stored."""
    path = str(tmp_path / "tokens.db")
    command = [sys.executable, "-W", "error", "-c", UPDATES, path]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(2)]
    assert ["ready\n"] * 2 == [process.stdout.readline() for process in processes]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()

    assert [""] * 2 == [process.communicate(timeout=100)[1] for process in processes]
    assert "fake-token-100" == SQLiteStore(path).load("key").value
