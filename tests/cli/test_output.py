"""What every command does with its output, its errors and Ctrl-C."""

import ctypes
import errno
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from importlib.metadata import entry_points

import pytest

from requests_kiwoom import KiwoomAuth, __version__
from requests_kiwoom.cli import console
from requests_kiwoom.cli.layout import display_width
from requests_kiwoom.cli.main import main
from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.cli import (
    COMMAND,
    PATH,
    Stream,
    answer,
    environ,
    run,
    run_on_terminal,
    run_process,
    write_key_files,
)

COMMANDS = ["doctor", "explain", "token", "renew", "revoke", "call", "serve", "demo"]
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no pty, no sh and no SIGINT for one process")


def run_in_shell(server, line, *arguments, **variables):
    """Run the command in a shell, with `line` after it."""
    command = ["sh", "-c", f'"$@" {line}', "sh", *COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, env=environ(server, **variables))


@pytest.mark.parametrize("arguments", [[], ["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_is_printed_even_in_ascii(arguments):
    """The help is printed on stdout, without an error, even if the console cannot show Korean."""
    ran = run(None, *arguments, PYTHONIOENCODING="ascii")

    assert (0, "") == (ran.status, ran.err)
    assert ran.out.startswith("usage: ")


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_help_has_the_korean_terms(encoding):
    """The help shows the portal's Korean terms beside the English words, in encodings that have them."""
    assert "access token (접근토큰)" in run(None, PYTHONIOENCODING=encoding).out


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_the_help_fits_80_columns(arguments):
    """Every line of the help fits 80 columns, of which a Korean character takes two."""
    out = run(None, *arguments, "--help", COLUMNS="80").out

    assert 80 >= max(map(display_width, out.splitlines()))


def test_the_examples_in_the_help_work_in_every_shell():
    """The examples have no quotation marks of sh, and no &&, which PowerShell 5.1 does not know."""
    out = run(None).out

    assert "  python -m requests_kiwoom call ka10001 /api/dostk/stkinfo stk_cd=005930\n" in out
    assert not {"'", "&"} & set(out.partition("From two key files")[2].partition("environment:")[0])


def test_the_script_runs_the_same_command(monkeypatch):
    """The script `requests-kiwoom` is the same command, and its help shows this name."""
    (script,) = entry_points(group="console_scripts", name="requests-kiwoom")
    assert main is script.load()
    monkeypatch.setattr(sys, "argv", ["bin/requests-kiwoom"])

    out = run(None).out

    assert out.startswith("usage: requests-kiwoom [-h]")
    assert "  requests-kiwoom doctor" in out


def test_the_help_names_every_command():
    """The help lists every command."""
    out = run(None).out

    assert all(f"\n    {name} " in out for name in COMMANDS)


def test_version_option():
    """--version prints the version of the package, for a bug report."""
    assert f"requests_kiwoom {__version__}\n" == run(None, "--version").out


def test_an_unexpected_exception_is_one_error(server, monkeypatch):
    """An unexpected exception is one error with exit status 1; its traceback is printed only with --verbose."""
    monkeypatch.setattr(KiwoomAuth, "token", lambda self: {}["nothing"])

    ran = run(server, "token")
    assert 1 == ran.status
    assert "error: KeyError: 'nothing'. This is a bug in requests_kiwoom; --verbose shows where\n" == ran.complaint

    assert "Traceback" in run(server, "token", "--verbose").err


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("arguments", [["token"], ["call", "ka10001", PATH], ["call", "ka10001", "x"], ["revoke"]])
def test_an_error_fits_80_columns(server, language, arguments):
    """An error is broken between words to fit 80 columns, in both languages; its other lines are indented."""
    ran = run(server, *arguments, "--lang", language, KIWOOM_SECRETKEY="fake-secretkey-wrong")

    first, *others = ran.err.splitlines()
    assert others
    assert first.startswith(("error: ", "오류: "))
    assert all(line.startswith("  ") for line in others)
    assert 80 >= max(map(display_width, [first, *others]))


@pytest.mark.parametrize("arguments", [["unknown"], ["call"], ["call", "ka10001"], ["token", "--reve"], ["--mock"]])
def test_wrong_arguments_are_one_error(arguments):
    """Wrong arguments are one error that refers to --help, with exit status 2; abbreviated options are wrong, too."""
    ran = run(None, *arguments)

    assert 2 == ran.status
    assert ran.complaint.endswith("; --help says more\n")


def test_the_module_is_a_program():
    """python -m requests_kiwoom runs the command and exits with its status."""
    ran = run_process(None, "explain", "nothing")

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: ")


@posix
def test_a_console_in_cp949_shows_korean(server):
    """A Korean Windows console gets the response in its own encoding."""
    answer(server, {"stk_nm": "삼성전자", "return_code": 0})

    assert '"stk_nm": "삼성전자"' in run(server, "call", "ka10001", PATH, is_terminal=True, code_page="cp949").out


@pytest.mark.parametrize("arguments", [["call", "ka10001", PATH], ["doctor", "--json"]])
@pytest.mark.parametrize(
    "options, encoding",
    [
        pytest.param({}, "utf-8", id="file"),
        pytest.param({"is_terminal": True}, "cp949", id="terminal", marks=posix),
        pytest.param({"PYTHONIOENCODING": "cp949"}, "cp949", id="PYTHONIOENCODING"),
    ],
)
def test_json_in_a_file_is_utf_8(server, arguments, options, encoding):
    """Under code page 949, JSON in a file or a pipe is UTF-8, unless PYTHONIOENCODING names another encoding."""
    code_page = {} if "PYTHONIOENCODING" in options else {"code_page": "cp949"}

    ran = run(server, *arguments, **code_page, **options)

    assert (0, encoding) == (ran.status, ran.encoding)
    json.loads(ran.out)


def test_an_error_in_a_file_after_json_is_utf_8(server):
    """Under code page 949, the error after a JSON response is UTF-8 as well: both may go into one file."""
    ran = run(server, "call", "ka10001", "/api/dostk/chart", "--lang", "ko", code_page="cp949")

    assert (1, "utf-8") == (ran.status, ran.encoding)
    assert ran.complaint.startswith("오류: ka10001 호출에 실패했습니다")


@posix
def test_an_error_on_a_console_after_json_in_a_file(server):
    """If the JSON goes into a file and the error to a console, the error has the console's encoding."""
    file = Stream(encoding="cp949")

    arguments = ["call", "ka10001", "/api/dostk/chart", "--lang", "ko"]
    ran = run(server, *arguments, stdout=file, is_terminal=True, code_page="cp949")

    assert ("utf-8", "cp949") == (file.encoding, ran.encoding)
    assert ran.complaint.startswith("오류: ka10001 호출에 실패했습니다")


@pytest.mark.parametrize("encoding, name", [("ascii", "삼성전자"), ("cp949", "삼성 ½ 😀"), ("utf-8", "\ud800")])
def test_what_an_encoding_lacks_is_escaped_as_json(server, encoding, name):
    """Characters that stdout's encoding lacks are escaped, so that the output is still the same JSON."""
    answer(server, json.dumps({"stk_nm": name, "return_code": 0}).encode())

    ran = run(server, "call", "ka10001", PATH, PYTHONIOENCODING=encoding)

    assert (0, "") == (ran.status, ran.err)
    assert name == json.loads(ran.out)["stk_nm"]


def test_korean_in_an_error_is_escaped_in_ascii(server):
    """Korean words in Kiwoom's message are escaped on a console that cannot show them."""
    ran = run(server, "token", KIWOOM_SECRETKEY="fake-secretkey-wrong", PYTHONIOENCODING="ascii")

    assert 1 == ran.status
    assert "[8001:App Key\\uc640 Secret Key" in ran.complaint


@pytest.mark.parametrize("arguments", [["token"], ["call", "ka10001", PATH], ["renew"], ["--help"], ["doctor"]])
def test_without_a_stdout_nothing_is_sent(server, arguments):
    """Without a stdout a command ends with one error and exit status 1, and sends nothing."""
    ran = run(server, *arguments, stdout=None)

    assert 1 == ran.status
    assert ran.complaint.startswith("error: stdout is closed, so nothing can be printed;")
    assert [] == server.requests


@posix
def test_a_stdout_that_the_shell_closed_is_no_stdout(server):
    """A stdout that the shell closed with >&- is the same as no stdout."""
    ran = run_in_shell(server, ">&-", "token")

    assert (1, []) == (ran.returncode, server.requests)
    assert ran.stderr.startswith(b"error: stdout is closed, so nothing can be printed;")


@posix
def test_an_error_for_a_closed_stderr_is_not_printed_on_stdout(server):
    """If stderr is closed, an error is not printed, and stdout stays empty."""
    failed = run_in_shell(server, "2>&-", "token", "--base-url", "http://127.0.0.1:9")
    assert (1, b"", b"") == (failed.returncode, failed.stdout, failed.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a device that is always full")
def test_a_full_disk_for_stderr_changes_no_exit_status(server):
    """If an error cannot be written to stderr, the exit status is still 1, and stdout stays empty."""
    ran = run_in_shell(server, "2>/dev/full", "call", "no-api-id-at-all", PATH)

    assert (1, b"") == (ran.returncode, ran.stdout)


def test_importing_the_module_runs_no_command():
    """A tool that imports every module of the package, such as pydoc, starts no command."""
    assert importlib.import_module("requests_kiwoom.__main__").main is main


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments, unbuffered", [(["token"], ""), (["--help"], "1")])
def test_a_full_disk_is_one_error(server, arguments, unbuffered):
    """Output that cannot be written is one error with exit status 1, whether it is buffered or not."""
    ran = run_in_shell(server, ">/dev/full", *arguments, PYTHONUNBUFFERED=unbuffered)

    assert 1 == ran.returncode
    assert [b"error: the output could not be written: No space left on device"] == ran.stderr.splitlines()


@posix
@pytest.mark.parametrize("command", ["token", "serve"])
def test_a_pipe_without_a_reader_ends_it_with_141(server, command):
    """If the reader of the pipe has left, nothing is printed, and the exit status is that of SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [*COMMAND, command]
    ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60, env=environ(server))
    os.close(writer)

    assert (141, b"") == (ran.returncode, ran.stderr)


@posix
def test_ctrl_c_during_au10001_ends_with_130(server):
    """Ctrl-C during an au10001 call ends the command with exit status 130, and nothing is printed on stderr."""
    begun, ended = threading.Event(), threading.Event()

    def interrupt(request):
        begun.wait(30)
        process.send_signal(signal.SIGINT)
        ended.wait(30)
        return Reply({})

    server.fail(interrupt)
    process = subprocess.Popen(
        [*COMMAND, "token"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(server)
    )
    begun.set()
    out, err = process.communicate(timeout=60)
    ended.set()

    assert (130, b"") == (process.returncode, err)


def test_ctrl_c_ends_the_demo_with_130(monkeypatch):
    """Ctrl-C during the demo ends it with exit status 130 and no traceback."""

    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(KiwoomServer, "revoke_all", interrupt)

    ran = run(None, "demo")

    assert (130, "") == (ran.status, ran.err)


@posix
def test_a_terminal_gets_colours(server):
    """On a terminal doctor's findings are coloured."""
    assert "\033[32mok" in run_on_terminal(server, "doctor").out


@posix
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_a_terminal_without_colours_gets_none(server, variables):
    """With NO_COLOR, on a dumb terminal and without a terminal, the output has no colours."""
    ran = run(server, "doctor", is_terminal=bool(variables), **variables)

    assert 0 == ran.status
    assert "\033" not in ran.out


@posix
@pytest.mark.parametrize("status, code", [("ok", 32), ("warn", 33), ("FAIL", 31), ("-", 2)])
def test_each_status_has_its_colour(server, tmp_path, status, code):
    """ok is green, warn yellow, FAIL red, and - dim; the columns are the same as without colours."""
    variables = write_key_files(server, tmp_path, 0o644)
    arguments = ["doctor", "--store", str(tmp_path)] if status == "FAIL" else ["doctor"]

    out = run(server, *arguments, is_terminal=True, KIWOOM_APPKEY="", KIWOOM_SECRETKEY="", **variables).out

    assert f"\033[{code}m{status}\033[0m{' ' * (6 - len(status))}" in out


class FakeWindll:
    """What Windows returns for a handle: whether it is a console."""

    def __init__(self, *consoles):
        self.consoles = consoles
        self.kernel32 = self

    def GetStdHandle(self, number):
        return number

    def GetConsoleMode(self, handle, mode):
        return handle in self.consoles


@pytest.mark.parametrize("consoles, is_console", [((-10, -11, -12), True), ((), False)])
def test_on_windows_revoke_asks_only_at_a_console(server, monkeypatch, consoles, is_console):
    """On Windows isatty() is true for NUL as well, so revoke asks only at a console."""
    monkeypatch.setattr(ctypes, "windll", FakeWindll(*consoles), raising=False)
    monkeypatch.setattr(Stream, "fileno", lambda self: 0)

    ran = run(server, "revoke", stdin=b"y\n", is_terminal=True)

    assert (is_console, not is_console) == (ran.status == 0, "pass --yes" in ran.err)


@pytest.mark.parametrize("is_windows, status", [(True, 141), (False, 1)])
def test_on_windows_a_closed_pipe_is_an_invalid_argument(server, monkeypatch, is_windows, status):
    """On Windows EINVAL from stdout means that the reader of the pipe has left; elsewhere it is an error."""

    def write(self, text):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(console, "IS_WINDOWS", is_windows)
    monkeypatch.setattr(console, "silence", lambda stream: None)

    class Broken(Stream):
        pass

    Broken.write = write
    ran = run(server, "token", stdout=Broken())

    assert (status, is_windows) == (ran.status, ran.err == "")


@pytest.mark.parametrize("terminal, is_colourful", [("WT_SESSION", True), ("ANOTHER", False)])
def test_on_windows_only_windows_terminal_has_colours(server, monkeypatch, terminal, is_colourful):
    """On Windows only Windows Terminal gets colours: an older console prints the escape sequences."""
    monkeypatch.setattr(console, "IS_WINDOWS", True)
    monkeypatch.delattr(ctypes, "windll", raising=False)

    ran = run(server, "doctor", is_terminal=True, **{terminal: "1"})

    assert is_colourful == ("\033[32m" in ran.out)
