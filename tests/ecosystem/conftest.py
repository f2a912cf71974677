import importlib.util
import os
import pathlib
from collections.abc import Callable, Iterator

import pytest
import requests

from requests_kiwoom import KiwoomAuth

LIBRARIES = (
    ["dotenv", "httpx", "keyring", "pandas", "requests_cache", "requests_mock", "requests_ratelimiter"]
    + ["requests_toolbelt", "responses", "sentry_sdk", "vcr", "websockets"]
)
MISSING = [library for library in LIBRARIES if importlib.util.find_spec(library) is None]

#: Without the libraries, the tests here are not even imported.
collect_ignore_glob = ["test_*.py"] if MISSING and os.environ.get("TOX_ENV_NAME") != "ecosystem" else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MISSING:
        terminalreporter.write_line(
            f"tests/ecosystem was left out: pip install -e '.[test,ecosystem]' brings {', '.join(MISSING)}"
        )


@pytest.fixture(autouse=True)
def use_own_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Run each test in a directory of its own, which gets its files."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def session(auth: KiwoomAuth) -> Iterator[requests.Session]:
    """A session with the auth."""
    with requests.Session() as session:
        session.auth = auth
        yield session


@pytest.fixture
def written() -> Callable[[], bytes]:
    """A function that returns all bytes of all files that the test has written so far."""
    return lambda: b"".join(path.read_bytes() for path in pathlib.Path().rglob("*") if path.is_file())
