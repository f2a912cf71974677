"""Run the command line for tests: in this process, in a process of its own, or on a terminal."""

import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import EllipsisType
from typing import Any
from unittest import mock

from requests_kiwoom.cli.main import main
from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.constants import PATH

_UNWANTED = ("NO_COLOR", "TERM", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONUNBUFFERED", "WT_SESSION")
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG", "LANGUAGE")
COMMAND = [sys.executable, "-m", "requests_kiwoom"]

# Makes stdin its controlling terminal, so that a typed Ctrl-C sends a signal, and then executes the command.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def environ(server: KiwoomServer | None = None, **more: str) -> dict[str, str]:
    """Return an English environment with a server's keys, without the tester's Kiwoom, proxy and colour settings."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KIWOOM_")
        and not name.lower().endswith("_proxy")
        and name not in _UNWANTED
        and name not in _LOCALE
    }
    if server is not None:
        others.update(KIWOOM_BASE_URL=server.url, KIWOOM_APPKEY=server.appkey, KIWOOM_SECRETKEY=server.secretkey)
    return {**others, "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8", **more}


class Ran:
    """The exit status and the output of a command."""

    def __init__(self, status: int, out: bytes, err: bytes, encoding: str = "utf-8") -> None:
        self.status = status
        self.encoding = encoding
        self.out = out.decode(encoding).replace("\r\n", "\n")
        self.err = err.decode(encoding).replace("\r\n", "\n")

    @property
    def complaint(self) -> str:
        """The one error on stderr, which may be wrapped, as one line."""
        first, *others = self.err.splitlines()
        assert all(line.startswith("  ") for line in others), self.err
        return " ".join([first, *(line.strip() for line in others)]) + "\n"


class Stream(io.TextIOWrapper):
    """A stream in memory. With `is_terminal`, it says that it is a terminal."""

    def __init__(self, content: bytes = b"", *, encoding: str = "utf-8", is_terminal: bool = False) -> None:
        self.bytes = io.BytesIO(content)
        super().__init__(self.bytes, encoding=encoding, newline="\n", write_through=True)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def run(
    server: KiwoomServer | None,
    *arguments: str,
    stdin: bytes | None = b"",
    stdout: Stream | None | EllipsisType = ...,
    is_terminal: bool = False,
    code_page: str | None = None,
    **variables: str,
) -> Ran:
    """Run the command in this process, with the keys of `server` in its environment.

    :param stdin: what the command reads from stdin; ``None``: it has no stdin.
    :param stdout: where the command prints; by default, into the returned object; ``None``: it has no stdout.
    :param is_terminal: whether all three streams say that they are a terminal.
    :param code_page: their encoding; by default that of PYTHONIOENCODING, which is UTF-8 unless `variables` set it.
    """
    env = environ(server, **variables)
    if code_page is not None:
        del env["PYTHONIOENCODING"]
    encoding = code_page or env["PYTHONIOENCODING"]
    out, err = (Stream(encoding=encoding, is_terminal=is_terminal) for _ in range(2))
    shown = out if isinstance(stdout, EllipsisType) else stdout
    typed = None if stdin is None else Stream(stdin, encoding=encoding, is_terminal=is_terminal)
    with mock.patch.multiple(sys, stdin=typed, stdout=shown, stderr=err), _environment(env):
        status = main(arguments)
    # The command call may write UTF-8, whatever the code page is.
    return Ran(status, out.bytes.getvalue(), err.bytes.getvalue(), out.encoding)


def run_process(server: KiwoomServer | None, *arguments: str, stdin: Any = subprocess.DEVNULL, **variables: str) -> Ran:
    """Run the command in a process of its own, with the file `stdin`; its output goes into pipes."""
    env = environ(server, **variables)
    done = subprocess.run([*COMMAND, *arguments], stdin=stdin, capture_output=True, timeout=60, env=env)
    return Ran(done.returncode, done.stdout, done.stderr, env["PYTHONIOENCODING"])


def run_on_terminal(server: KiwoomServer | None, *arguments: str, typed: bytes = b"", **variables: str) -> Ran:
    """Run the command on a terminal of its own; type `typed` as soon as it asks a question.

    Its stdout and stderr are returned as one text, as a user sees them.
    """
    import pty  # Imported here: Windows has no such module.

    terminal, inner = pty.openpty()
    command = [sys.executable, "-SE", "-c", TAKE_TERMINAL, *COMMAND, *arguments]
    env = environ(server, **{"TERM": "xterm", **variables})
    process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, start_new_session=True, env=env)
    os.close(inner)
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # This is how Linux reports that the other end is closed.
            break
        if not piece:
            break
        seen += piece
        if typed and seen.endswith(b"[y/N] "):
            os.write(terminal, typed)
    os.close(terminal)
    return Ran(process.wait(60), seen, b"")


@functools.cache
def demo() -> Ran:
    """Run ``demo`` in a process of its own, once for all tests."""
    return run_process(None, "demo")


def refuse(
    server: KiwoomServer, msg: str, return_code: int = 3, status: int = 200, path: str = "/oauth2/token"
) -> None:
    """Make this envelope the next response of `path`."""
    server.fail(Reply({"return_msg": msg, "return_code": return_code}, status=status), path=path)


def answer(server: KiwoomServer, payload: Any, headers: dict[str, str] | None = None, status: int = 200) -> None:
    """Make `payload`, as JSON or as bytes, the next response of the API."""
    server.fail(Reply(payload, status, headers or {}), path=PATH)


def write_key_files(server: KiwoomServer, directory: Path, mode: int = 0o600) -> dict[str, str]:
    """Write the portal's two key files, with a BOM and line end as some have; return the variables that name them."""
    files = {"KIWOOM_APPKEY_FILE": "12345678_appkey.txt", "KIWOOM_SECRETKEY_FILE": "12345678_secretkey.txt"}
    for (variable, name), key in zip(files.items(), (server.appkey, server.secretkey), strict=True):
        (directory / name).write_bytes(b"\xef\xbb\xbf" + key.encode() + b"\r\n")
        (directory / name).chmod(mode)
        files[variable] = str(directory / name)
    return files


def sent_body(server: KiwoomServer) -> Any:
    """Return the JSON that the last request carried."""
    return json.loads(server.requests[-1].body)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    handler = signal.getsignal(signal.SIGTERM)
    with mock.patch.dict(os.environ, variables, clear=True):
        yield
    signal.signal(signal.SIGTERM, handler)  # The command serve sets a handler of its own.
