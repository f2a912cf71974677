"""``main``: read the arguments, run one command, return its exit status."""

import argparse
import contextlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from requests.exceptions import RequestException

from requests_kiwoom import KiwoomAuthError, TokenIssueError, TokenRevokeError, __version__

from . import call, console, demo, doctor, explain, serve, texts, token
from .advice import advise_on
from .language import Text, use_language
from .layout import wrap
from .options import log_to_stderr, register_language
from .texts_explain import EXCEPTIONS

logger = logging.getLogger("requests_kiwoom.cli")

#: Exit statuses; 2 is a wrong argument, as everywhere.
_FAILED, _INTERRUPTED, _BROKEN_PIPE = 1, 130, 141

_EPILOG = """\
From two key files to a first response:
  sh          export KIWOOM_APPKEY_FILE=..._appkey.txt
              export KIWOOM_SECRETKEY_FILE=..._secretkey.txt
  cmd.exe     set KIWOOM_APPKEY_FILE=..._appkey.txt         (no quotation marks)
  PowerShell  $env:KIWOOM_APPKEY_FILE = "..._appkey.txt"
then, in each of them:
  %(prog)s doctor
  %(prog)s call ka10001 /api/dostk/stkinfo stk_cd=005930

environment:
  KIWOOM_APPKEY, KIWOOM_SECRETKEY            the keys (앱키, 시크릿키)
  KIWOOM_APPKEY_FILE, KIWOOM_SECRETKEY_FILE  the portal's key files instead
  KIWOOM_MOCK                                1: mock trading (모의투자)
  KIWOOM_BASE_URL                            another server, like --base-url
  KIWOOM_STORE                               a file like --store, or
                                             redis://:PASSWORD@HOST:PORT/0

exit status: 0 done, 1 not done (stderr says why), 2 wrong arguments,
130 Ctrl-C, 141 the reader of a pipe has left
"""


class _Formatter(argparse.HelpFormatter):
    """Breaks lines by their width: a Korean character takes two columns. A text with line breaks stays as it is."""

    def _split_lines(self, text: str, width: int) -> "list[str]":
        return wrap(text, columns=width).splitlines()

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else wrap(text, columns=width)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        # An option that is spelt out today still means the same tomorrow.
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **options)

    def print_help(self, file: Any = None) -> None:
        # argparse would swallow what goes wrong here, a full disk say.
        print(self.format_help(), end="", file=file)

    def error(self, message: str) -> NoReturn:
        self.exit(2, wrap(f"{self.prog}: {console.one_line(message)}; --help says more", indent="  ") + "\n")


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run the command that `arguments` name (``None``: those of this process); return the exit status."""
    with contextlib.ExitStack() as logging_to_stderr:
        try:
            use_language(None)
            console.prepare()
            status = _run(arguments, logging_to_stderr)
            sys.stdout.flush()
            return status
        except KeyboardInterrupt:
            return _INTERRUPTED
        except (TokenIssueError, TokenRevokeError) as error:
            _print_error(_explain(error))
        except KiwoomAuthError as error:
            _print_error(_describe(error))
        except console.CommandError as error:
            _print_error(error)
        except RequestException as error:
            _print_error(texts.REQUEST_FAILED.format(reason=error))
        except OSError as error:
            console.silence(sys.stdout)
            if console.is_closed_pipe(error):
                return _BROKEN_PIPE
            _print_error(texts.OUTPUT_FAILED.format(reason=error.strerror or error))
        except Exception as error:
            logger.error("where it happened:", exc_info=True)
            _print_error(texts.BUG.format(reason=f"{type(error).__name__}: {error}"))
        return _FAILED


def _run(arguments: "Sequence[str] | None", logging_to_stderr: contextlib.ExitStack) -> int:
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        use_language(getattr(options, "lang", None))
        if options.run is None:
            parser.print_help()
            return 0
        logging_to_stderr.enter_context(log_to_stderr(getattr(options, "verbose", False)))
        return int(options.run(options))
    except SystemExit as end:
        # Not past main(), which flushes: --help into a closed pipe ends as quietly as anything else.
        return int(end.code or 0)


def _parser() -> argparse.ArgumentParser:
    is_script = Path(sys.argv[0]).stem == "requests-kiwoom"
    parser: argparse.ArgumentParser = _Parser(
        prog="requests-kiwoom" if is_script else "python -m requests_kiwoom",
        description="Issues and keeps the access token (접근토큰) of Kiwoom Securities' REST API.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"requests_kiwoom {__version__}")
    register_language(parser)
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    doctor.register(commands)
    explain.register(commands)
    token.register(commands)
    call.register(commands)
    serve.register(commands)
    demo.register(commands)
    return parser


def _print_error(message: "Text | Exception") -> None:
    console.print_error(texts.ERROR.format(message=message), wrapped=True)


def _describe(error: KiwoomAuthError) -> Text:
    name = type(error).__name__
    return texts.RAISED.format(reason=error, name=name, meaning=EXCEPTIONS[name][0])


def _explain(error: "TokenIssueError | TokenRevokeError") -> Text:
    """Kiwoom's words, and what to do, in the user's language."""
    if error.return_msg is None or error.return_code == 0:
        return _describe(error)
    return texts.RESPONDED.format(
        call="au10002" if isinstance(error, TokenRevokeError) else "au10001",
        return_code=error.return_code,
        return_msg=error.return_msg,
        advice=advise_on(error),
    )
