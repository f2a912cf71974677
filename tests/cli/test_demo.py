"""The demo, as a process of its own: what it prints, and that it fails if a step does not hold."""

import os
import re
import subprocess
import sys

import pytest

# Each test starts a process that plays a whole life, and none of it depends on the Python.
pytestmark = pytest.mark.once

# What Windows lacks of `os`, taken away before anything else is imported.
WITHOUT_POSIX = """
import os, runpy, sys
for name in ("register_at_fork", "fork", "O_NOFOLLOW", "getuid", "geteuid", "fchmod"):
    if hasattr(os, name):
        delattr(os, name)
sys.argv[0] = "requests_kiwoom"
runpy.run_module("requests_kiwoom", run_name="__main__", alter_sys=True)
"""

# A Kiwoom whose revocation revokes nothing.
WITHOUT_REVOCATION = """
import runpy, sys
from requests_kiwoom.testing import KiwoomServer
KiwoomServer.revoke_all = lambda self: None
runpy.run_module("requests_kiwoom", run_name="__main__", alter_sys=True)
"""

# A plugin that puts its headers on a request to anybody.
WITHOUT_ORIGINS = """
import runpy, sys
from requests_kiwoom import KiwoomAuth
KiwoomAuth._is_ours = lambda self, url: True
runpy.run_module("requests_kiwoom", run_name="__main__", alter_sys=True)
"""

# A step that raises what nobody thought of.
WITH_A_BUG = """
import runpy, sys
from requests_kiwoom.testing import KiwoomServer
KiwoomServer.revoke_all = property()
runpy.run_module("requests_kiwoom", run_name="__main__", alter_sys=True)
"""


def python(*arguments, **environ):
    """Run Python on `arguments`, with `environ` added to the environment."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environ},
    )


def walked(result):
    """The steps that a demo printed: number, requests, au10001 calls."""
    rows = re.findall(r"^ *(\d+)  .*?  +(\S.*?)  +(\d+)\r?$", result.stdout.decode(), re.MULTILINE)
    return [(int(number), sent, int(issues)) for number, sent, issues in rows]


WALK = [
    (1, "au10001, ka10001", 1),
    (2, "au10001, 10 x ka10001", 2),
    (3, "au10001, ka10001", 3),
    (4, "ka10001, au10001, ka10001", 4),
    (5, "ka10001, au10001, ka10001", 5),
    (6, "ka10001, au10001, ka10001", 6),
    (7, "a bare one", 6),
    (8, "au10001, 4 x ka10001", 7),
]


def test_it_walks_through_a_tokens_life():
    """Each step prints the requests that went out and the au10001 calls so far, and the exit status is 0."""
    result = python("-m", "requests_kiwoom", "demo")

    assert b"" == result.stderr
    assert 0 == result.returncode
    assert WALK == walked(result)


def test_its_columns_are_aligned():
    """Header and steps have the same width, which fits a terminal of 80 columns."""
    lines = python("-m", "requests_kiwoom", "demo").stdout.decode().splitlines()

    assert 1 == len({len(line) for line in lines[:9]})
    assert 80 >= len(lines[0])


@pytest.mark.parametrize("encoding", ["cp949", "ascii"])
@pytest.mark.parametrize("arguments", [["demo"], []], ids=["demo", "help"])
def test_it_prints_in_any_encoding(arguments, encoding):
    """A console of cp949, or of ASCII, prints the demo and the help without an error."""
    result = python("-m", "requests_kiwoom", *arguments, PYTHONIOENCODING=encoding)

    assert b"" == result.stderr
    assert 0 == result.returncode


def test_it_runs_without_what_windows_lacks():
    """Without os.register_at_fork and what else Windows has not, the walk is the same."""
    result = python("-c", WITHOUT_POSIX, "demo")

    assert b"" == result.stderr
    assert 0 == result.returncode
    assert WALK == walked(result)


def test_a_proxy_in_the_environment_does_not_matter():
    """A company's proxy is not asked for a server on loopback."""
    result = python("-m", "requests_kiwoom", "demo", http_proxy="http://127.0.0.1:9", no_proxy="")

    assert b"" == result.stderr
    assert 0 == result.returncode


@pytest.mark.parametrize(
    "broken, step, reason",
    [
        (WITHOUT_REVOCATION, 4, "the rejected answers are [], and not one of HTTP 200 with 8005"),
        (WITHOUT_ORIGINS, 7, "went out: one with authorization and api-id; should have: a bare one"),
        (WITH_A_BUG, 4, "AttributeError: "),
    ],
    ids=["no rejection", "a token for another server", "an error"],
)
def test_a_step_that_does_not_hold_fails_loudly(broken, step, reason):
    """The walk ends at a step that does not do what it says, names it, and the exit status is 1."""
    result = python("-c", broken, "demo")

    assert 1 == result.returncode
    assert WALK[: step - 1] == walked(result)
    assert re.match(rf"step {step} \(.*\) does not hold: {re.escape(reason)}", result.stderr.decode())
    assert 1 == len(result.stderr.splitlines())


def test_no_argument_prints_the_help():
    """Without an argument, the help is printed and the exit status is 0."""
    result = python("-m", "requests_kiwoom")

    assert 0 == result.returncode
    assert result.stdout.startswith(b"usage: ")
    assert b"demo" in result.stdout


def test_it_needs_no_keys_and_ignores_them():
    """What the environment says about the user's own keys has no part in it."""
    result = python("-m", "requests_kiwoom", "demo", KIWOOM_APPKEY="", KIWOOM_MOCK="nonsense")

    assert 0 == result.returncode
