"""``call``: one authenticated request, and what came of it."""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import requests

from requests_kiwoom import Envelope, KiwoomAuth, read_envelope

from .console import Problem, can_print, tell
from .cures import NOT_KIWOOM, cure
from .options import add_to as add_options_to
from .store import shared_auth_from

#: Connect and read, in seconds.
_TIMEOUT = (3.05, 30.0)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `call` one of the commands."""
    text = "Send one request with a live token, and print the answer as JSON."
    parser = commands.add_parser(
        "call",
        help=text,
        description=f"{text} The exit status is 0 only for return_code 0. A call that places an order places it.",
        epilog="""example: call ka10001 /api/dostk/stkinfo '{"stk_cd": "005930"}'""",
    )
    parser.add_argument("api_id", metavar="API_ID", help="the api-id (TR명) in the API guide, such as ka10001")
    parser.add_argument("path", metavar="PATH", help="its URL in the API guide, such as /api/dostk/stkinfo")
    parser.add_argument(
        "body",
        metavar="JSON",
        nargs="?",
        default="{}",
        help="the body: a JSON object; @FILE: read from a file; -: from stdin. Without one: {}",
    )
    parser.add_argument("--cont-yn", metavar="Y", choices=["Y", "N"], help="as the answer before said (연속조회여부)")
    parser.add_argument("--next-key", metavar="KEY", help="as the answer before said (연속조회키)")
    add_options_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Send the request and print the answer; 0 only for return_code 0."""
    path = _checked_path(options.path)
    body = _read_body(options.body)
    auth = shared_auth_from(options).for_api(options.api_id)
    answer = _send(auth, path, body, {"cont-yn": options.cont_yn, "next-key": options.next_key})
    envelope = read_envelope(answer.content)
    if envelope is None:
        raise Problem(f"{options.api_id} was answered with HTTP {answer.status_code} and no JSON object. {NOT_KIWOOM}")
    print(_readable(envelope.payload), flush=True)
    _tell_continuation(answer)
    if envelope.return_code == 0 and answer.status_code == 200:
        return 0
    raise Problem(_complaint(options.api_id, answer, envelope))


def _checked_path(path: str) -> str:
    if not path.startswith("/"):
        # Git Bash on Windows makes C:/Program Files/Git/api/... of /api/..., but leaves two slashes alone.
        raise Problem("PATH begins with a slash, such as /api/dostk/stkinfo (in Git Bash on Windows: with two)")
    if path.startswith("/oauth2/"):
        raise Problem("the token's own calls are the commands token, renew and revoke")
    return path


def _read_body(argument: str) -> bytes:
    if argument == "-":
        content = b"" if sys.stdin is None else sys.stdin.buffer.read()
    elif argument.startswith("@"):
        try:
            content = Path(argument[1:]).read_bytes()
        except OSError as error:
            raise Problem(f"the body cannot be read from {argument[1:]}: {error.strerror or error}") from None
    else:
        content = argument.encode("utf-8", "surrogateescape")
    try:
        # Sent as it was written, without the BOM that Windows editors put before it.
        text = content.decode("utf-8-sig")
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise Problem(
            """the body is no JSON object in UTF-8, such as {"stk_cd": "005930"}; where the shell eats its quotation"""
            " marks, put it into a file and say @FILE"
        )
    return text.encode()


def _send(auth: KiwoomAuth, path: str, body: bytes, continuation: dict[str, str | None]) -> requests.Response:
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    headers.update((name, value) for name, value in continuation.items() if value is not None)
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise Problem("--next-key is what the answer before said, which is ASCII: copy it from there")
    return requests.post(
        auth.base_url + path, data=body, headers=headers, auth=auth, timeout=_TIMEOUT, allow_redirects=False
    )


def _readable(payload: Any) -> str:
    text = json.dumps(payload, ensure_ascii=False, indent=2)
    # \uXXXX is JSON as well.
    return text if can_print(text) else json.dumps(payload, indent=2)


def _tell_continuation(answer: requests.Response) -> None:
    if answer.headers.get("cont-yn", "").upper() == "Y":
        next_key = shlex.quote(answer.headers.get("next-key", ""))
        tell(f"There is more (연속조회): say the same with --cont-yn Y --next-key {next_key}")


def _complaint(api_id: str, answer: requests.Response, envelope: Envelope) -> str:
    if envelope.return_code is None:
        return f"{api_id} was answered with HTTP {answer.status_code} and no return_code: see the answer itself"
    status = "" if answer.status_code == 200 else f"HTTP {answer.status_code}, "
    told = "" if envelope.return_code in (0, 20) else f" {cure(envelope.code, answer.status_code)}"
    return f"{api_id} was answered with {status}return_code {envelope.return_code}: {envelope.return_msg}.{told}"
