"""What the recipes stand on: a server that plays production, and the keys that a README can show."""

import importlib.util
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.origins import parse_base_url
from requests_kiwoom.testing import KiwoomServer
from tests.helpers.documents import README, blocks, section

LIBRARIES = (
    ["dotenv", "keyring", "pandas", "requests_cache", "requests_mock", "requests_ratelimiter", "requests_toolbelt"]
    + ["responses", "vcr", "websockets"]
)
MISSING = [library for library in LIBRARIES if importlib.util.find_spec(library) is None]

#: Without the libraries, the tests here are not even imported.
collect_ignore_glob = ["test_*.py"] if MISSING else []

Run = Callable[..., dict[str, Any]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MISSING:
        terminalreporter.write_line(
            f"tests/ecosystem was left out: pip install -e '.[test,ecosystem]' brings {', '.join(MISSING)}"
        )


@pytest.fixture
def server(server: KiwoomServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> KiwoomServer:
    """The server in place of production, with the README's keys; files go to a directory of the test's own."""
    server.appkey, server.secretkey = "my-appkey", "my-secretkey"
    monkeypatch.setattr("requests_kiwoom.auth.PRODUCTION", parse_base_url(server.url))
    monkeypatch.chdir(tmp_path)
    return server


@pytest.fixture
def session(auth: KiwoomAuth) -> Iterator[requests.Session]:
    """A session that carries the auth."""
    with requests.Session() as session:
        session.auth = auth
        yield session


@pytest.fixture
def run(server: KiwoomServer, auth: KiwoomAuth, session: requests.Session) -> Run:
    """Runs the recipe with that heading, and gives the names it leaves; `replaced` pairs change its text first."""

    def run(title: str, *replaced: tuple[str, str], **names: Any) -> dict[str, Any]:
        code = "\n".join(block for _, block in blocks(*section(title)))
        for old, new in (("https://api.kiwoom.com", server.url), *replaced):
            assert old in code or old == "https://api.kiwoom.com"
            code = code.replace(old, new)
        namespace = {"requests": requests, "KiwoomAuth": KiwoomAuth, "auth": auth, "session": session, **names}
        exec(compile(code, f"{README}: {title}", "exec"), namespace)
        return namespace

    return run


@pytest.fixture
def bytes_of() -> Callable[[], bytes]:
    """All bytes of all files that a test left in its directory."""
    return lambda: b"".join(path.read_bytes() for path in pathlib.Path().rglob("*") if path.is_file())


@pytest.fixture
def no_keys_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without our variables, put back afterwards, whatever a test sets in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIWOOM_")}
    monkeypatch.setattr(os, "environ", kept)
