"""``serve``: a local Kiwoom server as a process of its own."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from websockets.sync.client import connect

from requests_kiwoom.cli.layout import display_width
from requests_kiwoom.cli.serve import describe
from requests_kiwoom.cli.shells import CMD, POWERSHELL, SH
from requests_kiwoom.testing import KiwoomServer
from tests.helpers.cli import COMMAND, environ, run
from tests.helpers.constants import PATH
from tests.helpers.ports import reserve_port
from tests.helpers.threads import in_threads

IS_WINDOWS = os.name == "nt"
posix = pytest.mark.skipif(IS_WINDOWS, reason="Windows ends a process at once, without a signal that it could handle")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")


class Serving:
    """Run ``serve`` in a process of its own; after the block, `status` is its exit status and `log` its stderr."""

    def __init__(self, *arguments, **variables):
        self._command = [*COMMAND, "serve", *arguments]
        self._env = environ(**variables)

    def __enter__(self):
        self.process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self._env, encoding="utf-8"
        )
        lines = []
        # The last line issues a token in this system's last shell, cmd.exe or sh. In both it begins with curl.
        while not lines or not lines[-1].startswith("  curl "):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            lines.append(line)
        self.introduction = "".join(lines)
        assignment = r"^  set (\w+)=(.+)$" if IS_WINDOWS else r"^  export (\w+)=(\S+)$"
        #: The variables that the output says to set, and its curl line.
        self.variables = dict(re.findall(assignment, self.introduction, re.MULTILINE))
        self.curl = lines[-1].strip()
        self.url = self.variables["KIWOOM_BASE_URL"]
        return self

    def __exit__(self, *exception):
        if IS_WINDOWS:
            self.process.terminate()
        else:
            self.process.send_signal(signal.SIGINT)
        out, self.log = self.process.communicate(timeout=30)
        assert "" == out.strip()
        self.status = self.process.returncode

    def run(self, *arguments):
        """Run a command with the variables that the output says to set."""
        return run(None, *arguments, **self.variables)


def issue_20_at_once(serving):
    """Return the return codes of 20 au10001 calls that start together."""
    keys = {name.lower()[7:]: serving.variables[name] for name in ("KIWOOM_APPKEY", "KIWOOM_SECRETKEY")}
    body = json.dumps({"grant_type": "client_credentials", **keys}).encode()
    return {response["return_code"] for response in in_threads(20, lambda: post(f"{serving.url}/oauth2/token", body))}


def test_commands_work_with_its_variables():
    """With its variables, `doctor` and `call` get sample responses; it logs each request, without keys and tokens."""
    with Serving() as serving:
        token = serving.run("token", "--reveal").out.strip()
        doctor = serving.run("doctor")
        ran = serving.run("call", "ka10001", PATH, "stk_cd=000660")
        serving.run("call", "ka10001", "/api/dostk/chart")
        assert {0} == issue_20_at_once(serving)

    assert serving.introduction.startswith("Kiwoom, production (실전), is served at http://127.0.0.1:")
    assert 0 == doctor.status
    assert (0, "", "000660") == (ran.status, ran.err, json.loads(ran.out)["stk_cd"])
    lines = serving.log.splitlines()
    assert lines[0].startswith("POST /oauth2/token au10001: HTTP 200, return_code 0")
    (call, wrong) = (line for line in lines if " ka10001 " in line)
    assert re.match(rf"POST {PATH} ka10001 token [0-9a-f]{{8}}: HTTP 200, return_code 0", call)
    assert re.match(r"POST /api/dostk/chart ka10001 token [0-9a-f]{8}: HTTP 200, return_code 1", wrong)
    for secret in (token, serving.variables["KIWOOM_APPKEY"], serving.variables["KIWOOM_SECRETKEY"]):
        assert secret not in serving.log


def test_websockets():
    """--websocket-port N serves WebSockets at this port, prints their address, and logs each message."""
    with reserve_port() as port, Serving("--websocket-port", str(port)) as serving:
        url = f"ws://127.0.0.1:{port}/api/dostk/websocket"
        token = serving.run("token", "--reveal").out.strip()
        with connect(url, open_timeout=30) as client:
            client.send(json.dumps({"trnm": "LOGIN", "token": token}))
            assert 0 == json.loads(client.recv(30))["return_code"]

    assert f"WebSockets: {url}\n" in serving.introduction
    assert "WebSocket /api/dostk/websocket connection 1 LOGIN token " in serving.log


@posix
def test_ctrl_c():
    """Ctrl-C ends it with status 130 and without a traceback."""
    with Serving() as serving:
        pass

    assert (130, "") == (serving.status, serving.log)


def test_tls_in_korean():
    """--tls serves https and names a CA file; SIGTERM, as docker sends it, ends the server and removes the file."""
    with Serving("--tls", "--lang", "ko") as serving:
        certificate = serving.variables["REQUESTS_CA_BUNDLE"]
        ran = serving.run("call", "ka10001", PATH)
        assert os.path.exists(certificate)
        serving.process.terminate()
        serving.process.wait(30)

    assert (0, "") == (ran.status, ran.err)
    assert serving.url.startswith("https://")
    assert "에서 키움(실전투자) 서버를 실행합니다." in serving.introduction
    assert IS_WINDOWS or 128 + signal.SIGTERM == serving.status
    assert IS_WINDOWS or not os.path.exists(certificate)


@pytest.mark.parametrize("arguments", [["--rate-limits"], ["--rate-limits", "bursts"]])
def test_rate_limits(arguments):
    """With --rate-limits, in both kinds, some of 20 simultaneous au10001 calls are refused."""
    with Serving(*arguments) as serving:
        assert {0, 5} == issue_20_at_once(serving)


@pytest.mark.parametrize("language, warning", [("en", "goes to Kiwoom instead"), ("ko", "키움 서버에 연결합니다")])
def test_the_introduction(language, warning):
    """The sentences at the start fit 80 columns, and say that mock=True connects to Kiwoom instead."""
    with Serving("--lang", language) as serving:
        text = serving.introduction

    assert "from_env(mock=True)" in text and warning in text
    assert 80 >= max(display_width(line) for line in text.splitlines() if not line.startswith("  "))


@pytest.fixture(scope="module")
def port():
    """The port that --port names."""
    with reserve_port() as port:
        yield port


@pytest.fixture(scope="module")
def serving(port, tmp_path_factory):
    """``serve`` with the options that do not exclude each other."""
    directory = tmp_path_factory.mktemp("data")
    (directory / "ka10002.json").write_text('{"stk_nm": "삼성전자"}', encoding="utf-8")
    with Serving("--port", str(port), "--mock", "--seed", "7", "--data", str(directory)) as serving:
        yield serving


class TestOptions:
    def test_port(self, serving, port):
        """--port N serves at this port."""
        assert f"http://127.0.0.1:{port}" == serving.url

    def test_mock(self, serving):
        """--mock serves mock trading, says so, and refuses the APIs that mock trading lacks."""
        assert "mock trading (모의투자)" in serving.introduction
        assert "[8104:" in serving.run("call", "ka01690", "/api/dostk/acnt").complaint

    def test_seed(self, serving):
        """--seed N selects the sample responses of this seed, which differ from those of 0."""
        quote = json.loads(serving.run("call", "ka10001", PATH).out)

        assert KiwoomServer(seed=7).sample("ka10001") == quote != KiwoomServer().sample("ka10001")

    def test_data(self, serving):
        """--data DIR makes ka10002.json the response of ka10002."""
        assert "삼성전자" == json.loads(serving.run("call", "ka10002", PATH).out)["stk_nm"]
        assert "Responses from files: ka10002\n" in serving.introduction


class TestWrongOptions:
    def test_port_that_is_taken(self):
        """A port that is taken is an error with its number, and status 1."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            ran = run(None, "serve", "--port", str(port))

        assert 1 == ran.status
        assert f"port {port} of 127.0.0.1 is not available" in ran.complaint

    @pytest.mark.parametrize("option", ["--port", "--websocket-port"])
    @pytest.mark.parametrize("port", ["-1", "65536", "http", "80.5"])
    def test_invalid_port(self, option, port):
        """An invalid port is a wrong argument, with exit status 2."""
        ran = run(None, "serve", f"{option}={port}")

        assert 2 == ran.status
        assert "a port is a number from 0 to 65535" in ran.complaint

    def test_tls_without_trustme(self, monkeypatch):
        """Without trustme, --tls names what to install."""
        monkeypatch.setitem(sys.modules, "trustme", None)

        ran = run(None, "serve", "--tls")

        assert 1 == ran.status
        assert "pip install trustme" in ran.complaint and "bug" not in ran.complaint

    @pytest.mark.parametrize(
        "name, content, reason",
        [("ka10001.json", "{", "is not JSON"), ("ka99999.json", "{}", "ka99999"), (None, "", "is not a directory")],
    )
    def test_wrong_data(self, tmp_path, name, content, reason):
        """A file that is not JSON or is named after no API, or a missing directory, is one error before it serves."""
        directory = tmp_path / "data"
        if name is not None:
            directory.mkdir()
            (directory / name).write_text(content)

        ran = run(None, "serve", "--data", str(directory))

        assert (1, "") == (ran.status, ran.out)
        assert reason in ran.complaint


class TestCommandsToPaste:
    @pytest.fixture
    def server(self):
        """A server with keys."""
        with KiwoomServer() as server:
            yield server

    @posix
    @needs_curl
    def test_sh(self, server):
        """The line for sh, pasted unchanged, issues a token."""
        line = SH.issue(server)
        response = subprocess.run(["sh", "-c", line], capture_output=True, timeout=30, env=environ()).stdout

        assert 0 == json.loads(response)["return_code"]

    @pytest.mark.skipif(not IS_WINDOWS, reason="only Windows has cmd.exe")
    @needs_curl
    def test_cmd(self, server):
        """The line for cmd.exe, pasted unchanged, issues a token."""
        done = subprocess.run(f"cmd.exe /d /c {CMD.issue(server)}", capture_output=True, timeout=30, env=environ())

        assert 0 == json.loads(done.stdout)["return_code"]

    @pytest.mark.parametrize("shell", [SH, CMD], ids=lambda shell: shell.name)
    def test_curl_is_the_request_of_the_specification(self, server, shell):
        """Header, body and address of the curl line are those that au10001 needs, in both kinds of quoting."""
        # Backslashes before quotation marks: curl.exe reads them as a shell does.
        curl, _, _, header, _, body, url = shlex.split(shell.issue(server))

        assert "curl" == curl
        assert 0 == post(url, body.encode(), dict([header.split(": ")]))["return_code"]

    def test_powershell(self, server):
        """The line for PowerShell has its body and content type in single quotation marks, which PowerShell keeps."""
        line = POWERSHELL.issue(server)
        content_type, body = re.findall("'(.+?)'", line)

        assert line.startswith("Invoke-RestMethod -Method Post -ContentType ")
        assert 0 == post(line.split()[-1], body.encode(), {"Content-Type": content_type})["return_code"]

    @pytest.mark.parametrize(
        "shell, assignment, token",
        [
            (SH, "export KIWOOM_BASE_URL=http://", "curl -s -H 'Content-Type: "),
            (CMD, "set KIWOOM_BASE_URL=http://", 'curl -s -H "Content-Type: '),
            (POWERSHELL, "$env:KIWOOM_BASE_URL = 'http://", "Invoke-RestMethod "),
        ],
    )
    def test_each_shell_has_its_own_block(self, server, shell, assignment, token):
        """Each block names its shell, and all its lines have the quoting of that shell."""
        text = describe(server, [], [shell])

        assert f"in another terminal ({shell.name}):\n  {assignment}" in text
        assert f"a token ({shell.name}):\n  {token}" in text

    def test_windows_has_two_blocks(self, server):
        """On Windows, a block for PowerShell comes before one for cmd.exe."""
        text = describe(server, [], [POWERSHELL, CMD])

        assert text.index("(PowerShell)") < text.index("$env:") < text.index("(cmd.exe)") < text.index("  set ")

    def test_tls(self):
        """With TLS, each shell's lines name the CA file to trust, in the quoting of that shell."""
        with KiwoomServer(tls=True) as server:
            for shell in (SH, CMD, POWERSHELL):
                assert shell.assign("REQUESTS_CA_BUNDLE", server.ca_bundle) in describe(server, [], [shell])
            curl = shlex.split(SH.issue(server))
            assert server.ca_bundle == curl[curl.index("--cacert") + 1]
            assert f' --cacert "{server.ca_bundle}" ' in CMD.issue(server)
            assert "python -m requests_kiwoom token --reveal" == POWERSHELL.issue(server)


def post(url, body, headers=None):
    """Send a request without this package; return the JSON of the response, whatever its status."""
    request = urllib.request.Request(url, body, headers or {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)
