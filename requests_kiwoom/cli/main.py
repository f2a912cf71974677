"""``main``: reads the arguments, runs one command, gives its exit status."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from requests.exceptions import RequestException

from requests_kiwoom import KiwoomAuthError, TokenIssueError, TokenRevokeError, __version__

from . import call, console, demo, doctor, serve, token
from .cures import cure_of
from .options import log_to_stderr

logger = logging.getLogger("requests_kiwoom")

#: Exit statuses; 2 is a wrong argument, as everywhere.
_FAILED, _INTERRUPTED, _BROKEN_PIPE = 1, 130, 141

_EPILOG = """\
From two key files to a first answer:
  export KIWOOM_APPKEY_FILE=..._appkey.txt KIWOOM_SECRETKEY_FILE=..._secretkey.txt
      (set NAME=... in cmd.exe, $env:NAME = "..." in PowerShell)
  %(prog)s doctor
  %(prog)s call ka10001 /api/dostk/stkinfo '{"stk_cd": "005930"}'

environment:
  KIWOOM_APPKEY, KIWOOM_SECRETKEY            the keys (앱키, 시크릿키), which are never arguments
  KIWOOM_APPKEY_FILE, KIWOOM_SECRETKEY_FILE  the portal's key files instead
  KIWOOM_MOCK                                1: mock trading (모의투자), like --mock
  KIWOOM_BASE_URL                            another server, like --base-url
  KIWOOM_STORE                               a file like --store, or redis://:PASSWORD@HOST:PORT/0

exit status: 0 done, 1 not done (one line on stderr says why), 2 wrong arguments, 130 Ctrl-C, 141 the
reader of a pipe has left
"""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        # An option that is spelt out today still means the same tomorrow.
        super().__init__(allow_abbrev=False, **options)

    def print_help(self, file: Any = None) -> None:
        # argparse would swallow what goes wrong here, a full disk say.
        print(self.format_help(), end="", file=file)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {console.one_line(message)}; --help says more\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name (``None``: those of this process); return the exit status."""
    try:
        console.prepare()
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (TokenIssueError, TokenRevokeError) as error:
        console.tell(_explained(error))
    except (KiwoomAuthError, console.Problem) as error:
        console.tell(f"error: {error}")
    except RequestException as error:
        console.tell(f"error: no answer came: {error}. `doctor` shows where it fails")
    except BrokenPipeError:
        # The reader has had enough, `head` say.
        console.silence(sys.stdout)
        return _BROKEN_PIPE
    except OSError as error:
        console.silence(sys.stdout)
        console.tell(f"error: the output could not be written: {error.strerror or error}")
    except Exception as error:
        logger.error("where it happened:", exc_info=True)
        console.tell(f"error: {type(error).__name__}: {error}. This is a bug of ours; --verbose shows where")
    return _FAILED


def _run(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        if options.run is None:
            parser.print_help()
            return 0
        if getattr(options, "verbose", False):
            log_to_stderr()
        return int(options.run(options))
    except SystemExit as end:
        # Not past main(), which flushes: --help into a closed pipe is to end as quietly as anything else.
        return int(end.code or 0)


def _parser() -> argparse.ArgumentParser:
    is_script = Path(sys.argv[0]).stem == "requests-kiwoom"
    parser = _Parser(
        prog="requests-kiwoom" if is_script else "python -m requests_kiwoom",
        description="Issues and keeps the access token (접근토큰) of Kiwoom Securities' REST API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"requests_kiwoom {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in (doctor, token, call, serve, demo):
        command.add_to(commands)
    return parser


def _explained(error: TokenIssueError | TokenRevokeError) -> str:
    """The vendor's words and what to do, in the words of the command line."""
    if error.return_msg is None or error.return_code == 0:
        return f"error: {error}"
    call = "au10002" if isinstance(error, TokenRevokeError) else "au10001"
    return f"error: {call} was answered with return_code {error.return_code}: {error.return_msg}. {cure_of(error)}"
