"""What the tests of the command line need: the command as a process of its own, in a pipe or on a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.constants import PATH

_UNWANTED = ("NO_COLOR", "TERM", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONUNBUFFERED")
COMMAND = [sys.executable, "-m", "requests_kiwoom"]

# Makes its stdin the terminal of its session, so that Ctrl-C typed there is a signal, and becomes the command.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def environ(server: KiwoomServer | None = None, **more: str) -> dict[str, str]:
    """An environment without what the tester's own says on Kiwoom, proxies and colours; with `server`, its keys."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KIWOOM_") and not name.lower().endswith("_proxy") and name not in _UNWANTED
    }
    if server is not None:
        others.update(KIWOOM_BASE_URL=server.url, KIWOOM_APPKEY=server.appkey, KIWOOM_SECRETKEY=server.secretkey)
    return {**others, "PYTHONIOENCODING": "utf-8", **more}


class Ran:
    """What came of a command."""

    def __init__(self, status: int, out: bytes, err: bytes, encoding: str = "utf-8") -> None:
        self.status = status
        self.out = out.decode(encoding).replace("\r\n", "\n")
        self.err = err.decode(encoding).replace("\r\n", "\n")

    @property
    def complaint(self) -> str:
        """The one line on stderr."""
        assert 1 == len(self.err.splitlines()), self.err
        return self.err


def run(server: KiwoomServer | None, *arguments: str, stdin: bytes = b"", **variables: str) -> Ran:
    """Run the command in pipes, with the keys of `server` in its environment."""
    env = environ(server, **variables)
    done = subprocess.run([*COMMAND, *arguments], input=stdin, capture_output=True, timeout=60, env=env)
    return Ran(done.returncode, done.stdout, done.stderr, env["PYTHONIOENCODING"])


def run_on_terminal(server: KiwoomServer | None, *arguments: str, typed: bytes = b"", **variables: str) -> Ran:
    """Run the command on a terminal of its own, where `typed` is typed as soon as it asks something.

    What it prints on stdout and stderr comes as one text, as a user sees it.
    """
    import pty  # Here: Windows has none.

    terminal, inner = pty.openpty()
    command = [sys.executable, "-SE", "-c", TAKE_TERMINAL, *COMMAND, *arguments]
    env = environ(server, **{"TERM": "xterm", **variables})
    process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, start_new_session=True, env=env)
    os.close(inner)
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # How Linux says that the other end is closed.
            break
        if not piece:
            break
        seen += piece
        if typed and seen.endswith(b"[y/N] "):
            os.write(terminal, typed)
    os.close(terminal)
    return Ran(process.wait(60), seen, b"")


def refuse(
    server: KiwoomServer, msg: str, return_code: int = 3, status: int = 200, path: str = "/oauth2/token"
) -> None:
    """Let the next call to `path` be answered with this envelope."""
    server.fail(Reply({"return_msg": msg, "return_code": return_code}, status=status), path=path)


def answer(server: KiwoomServer, payload: Any, headers: dict[str, str] | None = None, status: int = 200) -> None:
    """Let the next request to the API be answered with this, as JSON or as bytes."""
    server.fail(Reply(payload, status, headers or {}), path=PATH)


def write_key_files(server: KiwoomServer, directory: Path) -> dict[str, str]:
    """The two key files of the portal, with the BOM and line end that some have; the variables that name them."""
    files = {"KIWOOM_APPKEY_FILE": "12345678_appkey.txt", "KIWOOM_SECRETKEY_FILE": "12345678_secretkey.txt"}
    for (variable, name), key in zip(files.items(), (server.appkey, server.secretkey), strict=True):
        (directory / name).write_bytes(b"\xef\xbb\xbf" + key.encode() + b"\r\n")
        files[variable] = str(directory / name)
    return files


def sent_body(server: KiwoomServer) -> Any:
    """The JSON that the last request carried."""
    return json.loads(server.requests[-1].body)
