"""``serve``: a Kiwoom on loopback in the foreground, for clients in any language."""

import argparse
import json
import os
import signal
import sys
import time
from typing import NoReturn

from requests_kiwoom.testing import KiwoomServer

from .console import Problem, tell


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `serve` one of the commands."""
    text = "Play Kiwoom on this machine, with keys of its own, until Ctrl-C: to try a client in any language."
    parser = commands.add_parser("serve", help=text, description=text)
    parser.add_argument("--port", metavar="N", type=_port, default=0, help="the port; without it, any that is free")
    parser.add_argument("--mock", action="store_true", help="play mock trading (모의투자) instead of production (실전)")
    parser.add_argument("--tls", action="store_true", help='speak https; needs pip install trustme')
    parser.add_argument("--data", metavar="DIR", help="answer API_ID with DIR/API_ID.json, such as ka10001.json")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> NoReturn:
    """Serve until somebody ends it; say who calls, without keys and tokens."""
    # With the default, which ends the process at once, the file of --tls would stay.
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
    server = KiwoomServer(port=options.port, mock=options.mock, tls=options.tls, log=tell)
    try:
        files = server.reply_from(_checked_directory(options.data)) if options.data else []
        with server:
            print(_introduction(server, files), flush=True)
            while True:
                # Unlike the wait for a lock, Ctrl-C ends it on Windows too.
                time.sleep(3600)
    except (ValueError, ModuleNotFoundError) as error:
        raise Problem(str(error)) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Problem(error.strerror or str(error)) from None


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _checked_directory(directory: str) -> str:
    if not os.path.isdir(directory):
        raise Problem(f"{directory} is no directory: --data wants one with files such as ka10001.json")
    return directory


def _introduction(server: KiwoomServer, files: list[str]) -> str:
    kind = "mock trading (모의투자)" if server.mock else "production (실전)"
    variables = {
        "KIWOOM_BASE_URL": server.url,
        "KIWOOM_APPKEY": server.appkey,
        "KIWOOM_SECRETKEY": server.secretkey,
        **({"REQUESTS_CA_BUNDLE": server.ca_bundle} if server.tls else {}),
    }
    return "\n".join(
        (
            f"Playing Kiwoom, {kind}, at {server.url} until Ctrl-C. Below: who calls.",
            *([f"Answers from files: {', '.join(files)}"] if files else []),
            "",
            "For this package, in another terminal:",
            *(f"  {_assignment(name, value)}" for name, value in variables.items()),
            """  python -m requests_kiwoom call ka10001 /api/dostk/stkinfo""",
            "",
            "For anything else, a token (접근토큰):",
            f"  {_curl(server)}",
            "",
        )
    )


def _assignment(name: str, value: str) -> str:
    return f'$env:{name} = "{value}"' if os.name == "nt" else f"export {name}={value}"


def _curl(server: KiwoomServer) -> str:
    body = {"grant_type": "client_credentials", "appkey": server.appkey, "secretkey": server.secretkey}
    # Quoted so that sh and cmd.exe both take it.
    quoted = json.dumps(json.dumps(body))
    trusting = f" --cacert {server.ca_bundle}" if server.tls else ""
    return f'curl -s{trusting} -H "Content-Type: application/json;charset=UTF-8" -d {quoted} {server.url}/oauth2/token'
