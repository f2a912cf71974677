"""Third-party clients, unmodified and pinned, use the local Kiwoom server in place of Kiwoom.

Only ``python -m pytest -m third_party`` runs these tests. Each client is installed from the package index into a
virtual environment of this run. If that fails, the test is skipped and says why.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.third_party, pytest.mark.timeout(900)]

ROOT = pathlib.Path(__file__).parents[2]
#: What tests.slow.clients.stage needs besides the client.
STAGE = ("requests", "python-dateutil", "trustme", "websockets")
ALL = {"issue", "quote", "chart", "order", "holdings", "limited", "websocket", "rejected"}
#: By requirement: the module that uses the client, and the steps that the client itself cannot do.
CLIENTS = {
    "kiwoom-client==0.4.0": ("kiwoom_client", set()),
    "kwcli==1.0.3": ("kwcli", {"limited"}),
    "kiwoom-playground==0.3.6": ("kiwoom_playground", {"limited"}),
    "kiwoom-cli==2.14.0": ("kiwoom_cli_", {"limited", "rejected"}),
    "kiwoom-mcp==0.1.2": ("kiwoom_mcp_", {"limited", "rejected"}),
    "kiwoomrest==0.0.3": ("kiwoomrest", {"limited", "rejected"}),
    "kiwoom-restful==0.4.0": ("kiwoom_restful", {"limited", "rejected"}),
    "kiwoom-rest-api==0.1.12": ("kiwoom_rest_api", {"limited", "rejected", "websocket"}),
    "kiwoom-rest-trade==0.1.6": ("kiwoom_rest_trade", {"chart", "limited", "rejected", "websocket"}),
    "pyheroapi==0.4.3": ("pyheroapi_", {"chart", "holdings", "rejected"}),
    "kiwoompy==0.1.6": ("kiwoompy_", {"chart", "limited", "websocket", "rejected"}),
}
#: The complaints that a client causes: the words with which they begin.
COMPLAINTS = {
    "kiwoom-rest-api==0.1.12": "a key is in a header",
    "kiwoompy==0.1.6": "<ReceivedMessage REG on connection ",
}


def find_python():
    """Return a Python 3.13 or later, which some clients need: this one, or one from pyenv or the PATH."""
    if sys.version_info >= (3, 13):
        return sys.executable
    root = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    return next(map(str, root.glob("versions/3.13.*/bin/python")), None) or shutil.which("python3.13")


def install(requirement, directory):
    """Return the Python of a virtual environment with `requirement`; skip the test if it cannot be installed."""
    python = find_python()
    if python is None:
        pytest.skip("there is no Python 3.13")
    own = directory / "bin" / "python"
    pip = str(own), "-m", "pip", "install", "--quiet", "--no-compile", requirement, *STAGE
    for command in ((python, "-m", "venv", str(directory)), pip):
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=300)
        except (OSError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"{requirement} was not installed: {type(error).__name__}")
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
            pytest.skip(f"{requirement} was not installed: {errors[0] if errors else 'pip gave no reason'}")
    return own


@pytest.mark.parametrize("requirement", CLIENTS)
def test_client_does_all_steps_that_it_can(requirement, tmp_path):
    """A client does every step on the local server, except for those that it cannot do at all."""
    module, cannot = CLIENTS[requirement]
    python = install(requirement, tmp_path / "venv")
    home = tmp_path / "home"
    home.mkdir()
    # A home directory of its own, without the proxies and keys of this machine.
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}

    ran = subprocess.run(
        [python, "-W", "ignore", "-m", "tests.slow.clients.stage", module],
        cwd=home,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
    results = json.loads(ran.stdout)
    complaints = results.pop("complaints")
    assert ALL - cannot == {name for name, result in results.items() if result == "ok"}, results
    assert {requirement} & set(COMPLAINTS) == ({requirement} if complaints else set()), complaints
    assert all(complaint.startswith(COMPLAINTS[requirement]) for complaint in complaints)
