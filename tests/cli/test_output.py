"""What every command does with its output, its errors and Ctrl-C."""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from importlib.metadata import entry_points

import pytest

from requests_kiwoom import __version__
from requests_kiwoom.cli.main import main
from requests_kiwoom.testing import Reply
from tests.helpers.cli import COMMAND, PATH, answer, environ, run, run_on_terminal

COMMANDS = ["doctor", "token", "renew", "revoke", "call", "serve", "demo"]
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no pty, no sh and no SIGINT for one process")

INTERRUPTED_DEMO = """
import os, runpy, signal
from requests_kiwoom.testing import KiwoomServer
KiwoomServer.revoke_all = lambda self: os.kill(os.getpid(), signal.SIGINT)
runpy.run_module("requests_kiwoom", run_name="__main__", alter_sys=True)
"""

AS_A_SCRIPT = """
import sys
from requests_kiwoom.cli.main import main
sys.argv[0] = "bin/requests-kiwoom"
sys.exit(main())
"""

WITH_A_BUG = """
import runpy
from requests_kiwoom import KiwoomAuth
KiwoomAuth.token = lambda self: {}["nothing"]
runpy.run_module("requests_kiwoom", run_name="__main__", alter_sys=True)
"""


def in_shell(server, line, *arguments, **variables):
    """Run the command in a shell, with `line` after it."""
    command = ["sh", "-c", f'"$@" {line}', "sh", *COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, env=environ(server, **variables))


@pytest.mark.parametrize("arguments", [[], ["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_is_printed_even_in_ascii(arguments):
    """The help comes on stdout, without an error, though the console has no Korean."""
    ran = run(None, *arguments, PYTHONIOENCODING="ascii")

    assert (0, "") == (ran.status, ran.err)
    assert ran.out.startswith("usage: ")


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_help_has_the_korean_terms(encoding):
    """Beside the English words stand those of the portal, wherever they can be shown."""
    assert "access token (접근토큰)" in run(None, PYTHONIOENCODING=encoding).out


def test_there_is_a_script():
    """`requests-kiwoom` is the same command, and its help calls it so."""
    (script,) = entry_points(group="console_scripts", name="requests-kiwoom")
    assert main is script.load()

    ran = subprocess.run([sys.executable, "-c", AS_A_SCRIPT, "--help"], capture_output=True, timeout=60, env=environ())
    assert ran.stdout.startswith(b"usage: requests-kiwoom [-h]")
    assert b"  requests-kiwoom doctor" in ran.stdout


def test_the_help_names_every_command():
    """No command has to be known from elsewhere."""
    out = run(None).out

    assert all(f"\n    {name} " in out for name in COMMANDS)


def test_the_version():
    """--version says which one this is, for a bug report."""
    assert f"requests_kiwoom {__version__}\n" == run(None, "--version").out


def test_a_bug_is_one_line_as_well(server):
    """What nobody thought of: one line, exit status 1, and the traceback only with --verbose."""
    command = [sys.executable, "-c", WITH_A_BUG, "token"]
    ran = subprocess.run(command, capture_output=True, timeout=60, env=environ(server))

    assert 1 == ran.returncode
    assert [b"error: KeyError: 'nothing'. This is a bug of ours; --verbose shows where"] == ran.stderr.splitlines()

    ran = subprocess.run([*command, "--verbose"], capture_output=True, timeout=60, env=environ(server))
    assert b"Traceback" in ran.stderr


@pytest.mark.parametrize("arguments", [["unknown"], ["call"], ["call", "ka10001"], ["token", "--reve"], ["--mock"]])
def test_wrong_arguments_are_one_line(arguments):
    """Exit status 2, one line that points to --help; an abbreviated option is a wrong one."""
    ran = run(None, *arguments)

    assert 2 == ran.status
    assert ran.complaint.endswith("; --help says more\n")


def test_a_console_in_cp949_shows_korean(server):
    """A Korean Windows console gets the answer in its own encoding."""
    answer(server, {"stk_nm": "삼성전자", "return_code": 0})

    assert '"stk_nm": "삼성전자"' in run(server, "call", "ka10001", PATH, PYTHONIOENCODING="cp949").out


@pytest.mark.parametrize("encoding, name", [("ascii", "삼성전자"), ("cp949", "삼성 ½ 😀"), ("utf-8", "\ud800")])
def test_what_an_encoding_lacks_is_escaped_as_json(server, encoding, name):
    """What stdout cannot show is still the same JSON."""
    answer(server, json.dumps({"stk_nm": name, "return_code": 0}).encode())

    ran = run(server, "call", "ka10001", PATH, PYTHONIOENCODING=encoding)

    assert (0, "") == (ran.status, ran.err)
    assert name == json.loads(ran.out)["stk_nm"]


def test_an_error_in_ascii_is_one_line(server):
    """The vendor's Korean words do not break a console without Korean."""
    ran = run(server, "token", KIWOOM_SECRETKEY="fake-secretkey-wrong", PYTHONIOENCODING="ascii")

    assert 1 == ran.status
    assert "[8001:App Key\\uc640 Secret Key" in ran.complaint


@posix
@pytest.mark.parametrize("arguments", [["token"], ["call", "ka10001", PATH], ["renew"], ["--help"], ["doctor"]])
def test_a_closed_stdout_is_told_before_anything_is_sent(server, arguments):
    """Without a stdout nothing is done that nobody would see: one line, exit status 1."""
    ran = in_shell(server, ">&-", *arguments)

    assert 1 == ran.returncode
    assert 1 == len(ran.stderr.splitlines())
    assert ran.stderr.startswith(b"error: stdout is closed, so there is nowhere to print to;")
    assert [] == server.requests


@posix
def test_a_closed_stderr_changes_nothing(server):
    """What would be said there is not said; it does not end up in the output."""
    assert 0 == in_shell(server, "2>&-", "token").returncode

    failed = in_shell(server, "2>&-", "token", "--base-url", "http://127.0.0.1:9")
    assert (1, b"", b"") == (failed.returncode, failed.stdout, failed.stderr)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_a_full_disk_for_stderr_changes_no_exit_status(server):
    """An error that cannot be told is still one: exit status 1, and the output stays as it was."""
    ran = in_shell(server, "2>/dev/full", "call", "no-api-id-at-all", PATH)

    assert (1, b"") == (ran.returncode, ran.stdout)


def test_importing_it_runs_nothing():
    """A tool that imports every module of the package, pydoc say, starts no command."""
    assert importlib.import_module("requests_kiwoom.__main__").main is main


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [["token"], ["--help"], ["demo"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(server, arguments, unbuffered):
    """Output that cannot be written: one line, exit status 1, whether it is buffered or not."""
    ran = in_shell(server, ">/dev/full", *arguments, PYTHONUNBUFFERED=unbuffered)

    assert 1 == ran.returncode
    assert [b"error: the output could not be written: No space left on device"] == ran.stderr.splitlines()


@posix
@pytest.mark.parametrize("arguments", [["token"], ["--help"], ["demo"], ["doctor"], ["serve"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_had_enough_ends_it_quietly(server, arguments, unbuffered):
    """A pipe whose reader is gone: no word, and the exit status of a program that SIGPIPE ended."""
    reader, writer = os.pipe()
    os.close(reader)
    command, env = [*COMMAND, *arguments], environ(server, PYTHONUNBUFFERED=unbuffered)
    ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60, env=env)
    os.close(writer)

    assert (141, b"") == (ran.returncode, ran.stderr)


@posix
@pytest.mark.parametrize("arguments", [["token"], ["renew"], ["revoke", "--yes"], ["call", "ka10001", PATH]])
def test_ctrl_c_in_mid_call_ends_with_130(server, arguments):
    """Ctrl-C while au10001 is on its way: exit status 130, and not a word."""
    begun, ended = threading.Event(), threading.Event()

    def interrupt(request):
        begun.wait(30)
        process.send_signal(signal.SIGINT)
        ended.wait(30)
        return Reply({})

    server.fail(interrupt)
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(server)
    )
    begun.set()
    out, err = process.communicate(timeout=60)
    ended.set()

    assert (130, b"") == (process.returncode, err)


@posix
def test_ctrl_c_ends_the_demo_with_130():
    """Ctrl-C in the middle of the walk: exit status 130, no traceback."""
    command = [sys.executable, "-c", INTERRUPTED_DEMO, "demo"]
    ran = subprocess.run(command, capture_output=True, timeout=60, env=environ())

    assert (130, b"") == (ran.returncode, ran.stderr)
    assert b"\n 3  " in ran.stdout


@posix
def test_a_terminal_gets_colours(server):
    """On a terminal doctor's findings are coloured."""
    assert "\033[32mok" in run_on_terminal(server, "doctor").out


@posix
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(server, variables):
    """NO_COLOR and a dumb terminal are honoured."""
    ran = run_on_terminal(server, "doctor", **variables)

    assert 0 == ran.status
    assert "\033" not in ran.out
