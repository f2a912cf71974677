"""``serve``: a local Kiwoom server in the foreground, for clients in any language."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from requests_kiwoom.testing import KiwoomServer

from . import texts_serve as texts
from .console import CommandError, is_closed_pipe, print_error
from .layout import wrap
from .options import register_language
from .shells import SHELLS, Shell


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `serve` one of the commands."""
    text = "Run a local Kiwoom server with its own keys until Ctrl-C, to try a client in any language (테스트용 서버)."
    parser = commands.add_parser("serve", help=text, description=text)
    parser.add_argument("--port", metavar="N", type=_port, default=0, help="the port; without it, any that is free")
    parser.add_argument(
        "--websocket-port",
        metavar="N",
        type=_port,
        help="serve WebSockets too, at this port, 0 for any (needs pip install websockets)",
    )
    parser.add_argument("--mock", action="store_true", help="mock trading (모의투자) instead of production (실전)")
    parser.add_argument("--tls", action="store_true", help="https and wss (needs pip install trustme)")
    parser.add_argument(
        "--rate-limits",
        nargs="?",
        choices=("bursts",),
        const=True,
        default=False,
        metavar="bursts",
        help="refuse more than 5 calls a second of each API, 1 on mock; with bursts: 1 a second, 2 after a pause",
    )
    parser.add_argument("--data", metavar="DIR", help="respond to API_ID with DIR/API_ID.json, such as ka10001.json")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="other values in the sample responses")
    register_language(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> NoReturn:
    """Serve until the process ends; print one line about each request, without keys and tokens."""
    # With the default, which ends the process at once, the file of --tls would stay.
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
    server = KiwoomServer(
        port=options.port,
        websocket_port=options.websocket_port,
        mock=options.mock,
        tls=options.tls,
        rate_limits=options.rate_limits,
        seed=options.seed,
        log=print_error,
    )
    try:
        files = server.reply_from(_check_directory(options.data)) if options.data else []
        with server:
            print(describe(server, files, SHELLS), flush=True)
            while True:
                # Unlike the wait for a lock, Ctrl-C ends it on Windows too.
                time.sleep(3600)
    except (ValueError, ModuleNotFoundError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        if is_closed_pipe(error):
            raise
        raise CommandError(error.strerror or str(error)) from None


def describe(server: KiwoomServer, files: Sequence[str], shells: Sequence[Shell]) -> str:
    """Return what a user needs to call a server that runs: where it is, and commands to paste.

    :param files: the API ids with a response from a file.
    :param shells: the shells whose commands are shown.
    """
    kind = texts.MOCK if server.mock else texts.PRODUCTION
    lines = [wrap(str(texts.SERVING.format(kind=kind, url=server.url)))]
    if server.websocket_port is not None:
        lines.append(str(texts.WEBSOCKET.format(url=server.websocket_url)))
    if files:
        lines.append(str(texts.FILES.format(api_ids=", ".join(files))))
    variables = {
        "KIWOOM_BASE_URL": server.url,
        "KIWOOM_APPKEY": server.appkey,
        "KIWOOM_SECRETKEY": server.secretkey,
        **({"REQUESTS_CA_BUNDLE": server.ca_bundle} if server.tls else {}),
    }
    for shell in shells:
        lines += ["", str(texts.THIS_PACKAGE.format(shell=shell.name))]
        lines += [f"  {shell.assign(name, value)}" for name, value in variables.items()]
        lines += ["  python -m requests_kiwoom call ka10001 /api/dostk/stkinfo stk_cd=005930"]
        lines += [wrap(str(texts.NOT_WITH_MOCK))]
        lines += ["", str(texts.ANYTHING_ELSE.format(shell=shell.name)), f"  {shell.issue(server)}"]
    return "\n".join([*lines, ""])


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _check_directory(directory: str) -> str:
    if not os.path.isdir(directory):
        raise CommandError(texts.NOT_A_DIRECTORY.format(path=directory))
    return directory
