"""``serve``: a Kiwoom in the foreground, as a process of its own."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import urllib.request

import pytest

from tests.helpers.cli import COMMAND, PATH, Ran, environ, run
from tests.helpers.tools import port_of_ones_own

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process, and other assignments")
pytestmark = posix

WITHOUT_TRUSTME = """
import runpy, sys
sys.modules["trustme"] = None
runpy.run_module("requests_kiwoom", run_name="__main__", alter_sys=True)
"""


class Serving:
    """A context manager: ``serve`` in a process of its own; afterwards its exit status and what it said on stderr."""

    def __init__(self, *arguments, **variables):
        self._command = [*COMMAND, "serve", *arguments]
        self._env = environ(**variables)

    def __enter__(self):
        self.process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self._env, encoding="utf-8"
        )
        lines = []
        while not lines or "/oauth2/token" not in lines[-1]:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            lines.append(line)
        self.introduction = "".join(lines)
        #: What it says to paste into another terminal, for this package and for any client.
        self.variables = dict(re.findall(r"^  export (\w+)=(\S+)$", self.introduction, re.MULTILINE))
        self.curl = lines[-1].strip()
        self.url = self.variables["KIWOOM_BASE_URL"]
        return self

    def __exit__(self, *exception):
        self.process.send_signal(signal.SIGINT)
        out, self.log = self.process.communicate(timeout=30)
        assert "" == out.strip()
        self.status = self.process.returncode

    def run(self, *arguments):
        """Run a command with the environment that it says to set."""
        return run(None, *arguments, **self.variables)


def test_what_it_prints_leads_to_a_first_answer():
    """The variables that it says to set are all that `call` needs."""
    with Serving() as serving:
        ran = serving.run("call", "ka10001", PATH, '{"stk_cd": "005930"}')

    assert (0, "") == (ran.status, ran.err)
    assert "ka10001" == json.loads(ran.out)["api_id"]
    assert serving.introduction.startswith("Playing Kiwoom, production (실전), at http://127.0.0.1:")


def test_doctor_finds_nothing_wrong_with_it():
    """It is as good as Kiwoom for every check."""
    with Serving() as serving:
        assert 0 == serving.run("doctor").status


def test_each_request_is_a_line_without_secrets():
    """One line a request on stderr: what was asked, and what was answered; no key and no token."""
    with Serving() as serving:
        token = serving.run("token", "--reveal").out.strip()
        serving.run("call", "ka10001", PATH)
        serving.run("call", "ka10001", "/api/dostk/chart")

    issue, again, call, _, wrong = serving.log.splitlines()
    assert issue.startswith("POST /oauth2/token au10001: HTTP 200, return_code 0")
    assert again.startswith("POST /oauth2/token au10001: HTTP 200, return_code 0")
    assert re.match(rf"POST {PATH} ka10001 token [0-9a-f]{{8}}: HTTP 200, return_code 0", call)
    assert re.match(r"POST /api/dostk/chart ka10001 token [0-9a-f]{8}: HTTP 200, return_code 1", wrong)
    for secret in (token, serving.variables["KIWOOM_APPKEY"], serving.variables["KIWOOM_SECRETKEY"]):
        assert secret not in serving.log


def test_ctrl_c_ends_it_cleanly():
    """Exit status 130, and no traceback."""
    with Serving() as serving:
        pass

    assert (130, "") == (serving.status, serving.log)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_its_curl_line_can_be_pasted():
    """The line issues a token as it stands."""
    with Serving() as serving:
        answer = subprocess.run(["sh", "-c", serving.curl], capture_output=True, timeout=30, env=environ()).stdout

    assert 0 == json.loads(answer)["return_code"]


def test_its_curl_line_is_the_specifications_request():
    """Without curl as well: header, body and address of the line are those that au10001 wants."""
    with Serving() as serving:
        curl, _, _, header, _, body, url = shlex.split(serving.curl)
        name, _, value = header.partition(": ")
        request = urllib.request.Request(url, body.encode(), {name: value})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            assert 0 == json.load(answer)["return_code"]

    assert "curl" == curl


def test_it_serves_the_port_that_is_asked_for():
    """--port N: there, and nowhere else."""
    with port_of_ones_own() as port, Serving("--port", str(port)) as serving:
        assert f"http://127.0.0.1:{port}" == serving.url


def test_a_port_that_is_taken_is_told():
    """A port in use: one line, exit status 1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ran = run(None, "serve", "--port", str(listener.getsockname()[1]))

    assert 1 == ran.status
    assert "cannot be had: Address already in use" in ran.complaint


@pytest.mark.parametrize("port", ["-1", "65536", "http", "80.5"])
def test_a_port_that_is_none_is_a_wrong_argument(port):
    """Exit status 2."""
    ran = run(None, "serve", f"--port={port}")

    assert 2 == ran.status
    assert "a port is a number from 0 to 65535" in ran.complaint


def test_it_plays_mock_trading():
    """--mock: it says so, and refuses what mock trading does not offer."""
    with Serving("--mock") as serving:
        ran = serving.run("call", "ka01690", "/api/dostk/acnt")

    assert "mock trading (모의투자)" in serving.introduction
    assert "[8104:" in ran.complaint


def test_it_speaks_tls():
    """--tls: https, with a CA file that it names; the file is gone afterwards."""
    with Serving("--tls") as serving:
        ran = serving.run("call", "ka10001", PATH)
        assert serving.url.startswith("https://")
        assert f" --cacert {serving.variables['REQUESTS_CA_BUNDLE']} " in serving.curl

    assert (0, "") == (ran.status, ran.err)
    assert not os.path.exists(serving.variables["REQUESTS_CA_BUNDLE"])


def test_a_service_manager_ends_it_cleanly():
    """SIGTERM, as systemd and docker send it, ends it, and nothing of --tls stays behind."""
    with Serving("--tls") as serving:
        certificate = serving.variables["REQUESTS_CA_BUNDLE"]
        assert os.path.exists(certificate)
        serving.process.terminate()
        serving.process.wait(30)

    assert 128 + signal.SIGTERM == serving.status
    assert not os.path.exists(certificate)


def test_tls_without_trustme_says_what_to_install():
    """The extra that is missing is named."""
    command = [COMMAND[0], "-c", WITHOUT_TRUSTME, "serve", "--tls"]
    done = subprocess.run(command, capture_output=True, timeout=60, env=environ())
    ran = Ran(done.returncode, done.stdout, done.stderr)

    assert 1 == ran.status
    assert 'pip install trustme' in ran.complaint


def test_it_answers_from_files(tmp_path):
    """--data DIR: ka10001.json is what ka10001 is answered."""
    (tmp_path / "ka10001.json").write_text('{"stk_nm": "삼성전자"}', encoding="utf-8")

    with Serving("--data", str(tmp_path)) as serving:
        ran = serving.run("call", "ka10001", PATH)

    assert "삼성전자" == json.loads(ran.out)["stk_nm"]
    assert "Answers from files: ka10001\n" in serving.introduction


@pytest.mark.parametrize(
    "name, content, reason",
    [("ka10001.json", "{", "is no JSON"), ("ka99999.json", "{}", "ka99999"), (None, "", "is no directory")],
)
def test_files_that_are_no_answers_are_told(tmp_path, name, content, reason):
    """A file that is no JSON, or of no API, or no directory at all: one line, before it serves."""
    directory = tmp_path / "data"
    if name is not None:
        directory.mkdir()
        (directory / name).write_text(content)

    ran = run(None, "serve", "--data", str(directory))

    assert (1, "") == (ran.status, ran.out)
    assert reason in ran.complaint
