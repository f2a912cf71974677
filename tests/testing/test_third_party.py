"""Clients of other people's, unmodified and pinned, take the server for Kiwoom.

They are installed from the package index into a virtual environment of this run's own, and nothing of them is kept.
Where that cannot be done the test says why, and skips; ``pytest -m third_party`` runs these alone.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.third_party, pytest.mark.once]

KIWOOM_CLIENT = "kiwoom-client==0.4.0"
#: The vendor's own client.
KWCLI = "kwcli==1.0.3"

#: Calls once for each line that comes in.
CALLS = """
import json, sys
from kiwoom_client import KiwoomAPI

url, appkey, secretkey = sys.argv[1:]
api = KiwoomAPI(appkey, secretkey, base_url=url)
for line in sys.stdin:
    print(json.dumps(api.stock_info.basic_stock_info(stk_cd=line.strip())), flush=True)
"""


def environment(home, **more):
    """The environment of a client: what a program needs, and a home of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(home), "no_proxy": "*", "PYTHONUTF8": "1", **more}


def install(python, requirement, directory):
    """A virtual environment with `requirement`; the test skips if there can be none."""
    for command in (
        [python, "-m", "venv", str(directory)],
        [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile", requirement],
    ):
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=300)
        except (OSError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"{requirement} was not installed: {type(error).__name__}")
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
            pytest.skip(f"{requirement} was not installed: {said[0] if said else 'no reason is given'}")
    return directory / "bin"


@pytest.fixture(scope="module")
def kiwoom_client(tmp_path_factory):
    """The Python of an environment with kiwoom-client."""
    return install(sys.executable, KIWOOM_CLIENT, tmp_path_factory.mktemp("kiwoom-client")) / "python"


def python_3_13():
    """A Python 3.13 of pyenv's, or the one on the PATH; a shim of pyenv's can be there without a Python behind it."""
    root = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    return next(map(str, root.glob("versions/3.13.*/bin/python")), None) or shutil.which("python3.13")


@pytest.fixture(scope="module")
def kwcli(tmp_path_factory):
    """kwcli's command."""
    python = sys.executable if sys.version_info >= (3, 13) else python_3_13()
    if python is None:
        pytest.skip(f"{KWCLI} was not installed: it needs Python 3.13, which is not here")
    return install(python, KWCLI, tmp_path_factory.mktemp("kwcli")) / "kiwoomcli"


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_kiwoom_client(kiwoom_client, kiwoom, tmp_path, reissue):
    """kiwoom-client issues, calls, meets 8005, issues again and calls again, and hears no complaint."""
    server = kiwoom(reissue=reissue)
    server.reply("ka10001", lambda request: {"stk_cd": request.json()["stk_cd"]})
    client = subprocess.Popen(
        [str(kiwoom_client), "-c", CALLS, server.url, server.appkey, server.secretkey],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
        encoding="utf-8",
    )

    def call(code):
        client.stdin.write(code + "\n")
        client.stdin.flush()
        return json.loads(client.stdout.readline())["stk_cd"]

    with client:
        first = call("005930")
        server.revoke_all()
        second = call("000660")
        client.stdin.close()

    assert ("005930", "000660", 0) == (first, second, client.returncode)
    assert ["au10001", "ka10001", "ka10001", "au10001", "ka10001"] == [each.called for each in server.requests]
    assert [] == server.complaints
    server.assert_no_secrets_outside_oauth()


@pytest.fixture
def cli(request, kwcli, kiwoom, tmp_path):
    """kwcli, pointed at a server: PRD and MOCK are its own names for the two hosts."""
    mode = getattr(request, "param", "real")
    mock = mode == "demo"
    server = kiwoom(mock=mock)
    suffix = "_MOCK" if mock else ""
    names = {f"APP_KEY{suffix}": server.appkey, f"APP_SECRET{suffix}": server.secretkey, "KIWOOM_MODE": mode}
    environ = environment(tmp_path, **names, **{"MOCK" if mock else "PRD": server.url})

    def run(*arguments):
        done = subprocess.run([str(kwcli), *arguments], env=environ, capture_output=True, encoding="utf-8", timeout=120)
        assert 0 == done.returncode, done.stderr
        return done.stdout

    run.server = server
    return run


@pytest.mark.parametrize("cli", ["real", "demo"], indirect=True)
def test_kwcli(cli):
    """The vendor's client issues, calls, meets 8005, issues and calls again, in two runs with one token file."""
    cli.server.reply("ka10001", {"stk_nm": "삼성전자"})
    ask = "domestic", "stocks", "info", "--code", "005930", "--format", "json"

    first = cli(*ask)
    cli.server.revoke_all()
    second = cli(*ask)

    assert ["삼성전자"] * 2 == [json.loads(answer)["stk_nm"] for answer in (first, second)]
    called = ["au10001", "ka10001", "ka10001", "au10001", "ka10001"]
    assert called == [each.called for each in cli.server.requests]
    assert [] == cli.server.complaints
    cli.server.assert_no_secrets_outside_oauth()


def test_kwcli_follows_pages(cli):
    """The vendor's client follows continuation to the end."""
    rows = [{"dt": f"202601{day:02}", "cur_prc": "1"} for day in range(1, 8)]
    cli.server.reply_pages("ka10081", "stk_dt_pole_chart_qry", rows, size=3)

    shown = cli("domestic", "candles", "daily", "--code", "005930", "--date", "20260107", "--pages", "0")

    assert 3 == len(cli.server.requests.to("ka10081"))
    assert all(row["dt"] in shown for row in rows)


def test_kwcli_revokes(cli):
    """The vendor's client revokes its token, and au10002 believes it."""
    cli("domestic", "stocks", "info", "--code", "005930")
    cli("auth", "revoke")

    assert (1, None) == (cli.server.revokes, cli.server.token)
