"""``call``: send one authenticated request, and print the response."""

import argparse
import codecs
import json
import shlex
import sys
from pathlib import Path
from typing import NoReturn

import requests
from urllib3.exceptions import LocationParseError

from requests_kiwoom import Envelope, KiwoomAuth, read_envelope

from . import texts
from .advice import advise
from .console import CommandError, print_error, print_json
from .options import register as register_options
from .store import shared_auth_from

#: Connect and read, in seconds.
_TIMEOUT = (3.05, 30.0)


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `call` one of the commands."""
    text = "Send one request with a live token, and print the response as JSON."
    parser = commands.add_parser(
        "call",
        help=text,
        description=f"{text} The exit status is 0 only for return_code 0. A call that places an order places it.",
        epilog="""\
examples:
  call ka10001 /api/dostk/stkinfo stk_cd=005930
  call ka10001 /api/dostk/stkinfo "@body.json"
""",
    )
    parser.add_argument("api_id", metavar="API_ID", help="the api-id (TR명) in the API guide, such as ka10001")
    parser.add_argument("path", metavar="PATH", help="its URL in the API guide, such as /api/dostk/stkinfo")
    parser.add_argument(
        "body",
        metavar="BODY",
        nargs="*",
        default=[],
        help="the body: FIELD=VALUE, as often as needed; or a JSON object; or @FILE (PowerShell needs the quotation"
        ' marks of "@FILE"); or - to read stdin. Without one: {}',
    )
    parser.add_argument("--cont-yn", metavar="Y", choices=["Y", "N"], help="from the response before (연속조회여부)")
    parser.add_argument("--next-key", metavar="KEY", help="from the response before (연속조회키)")
    register_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Send the request and print the response; 0 only for return_code 0."""
    path = _check_path(options.path)
    body = _read_body(options.body)
    auth = shared_auth_from(options).for_api(options.api_id)
    response = _send(auth, path, body, {"cont-yn": options.cont_yn, "next-key": options.next_key})
    envelope = read_envelope(response.content)
    if envelope is None:
        facts = {"api_id": options.api_id, "status": response.status_code}
        raise CommandError(texts.NOT_JSON.format(**facts, advice=texts.NOT_KIWOOM))
    print_json(envelope.payload)
    _print_continuation(response)
    if envelope.return_code != 0 or response.status_code != 200:
        _fail(options.api_id, response, envelope)
    return 0


def _check_path(path: str) -> str:
    if not path.startswith("/"):
        # Git Bash on Windows makes C:/Program Files/Git/api/... of /api/..., but leaves two slashes alone.
        raise CommandError(texts.BAD_PATH)
    if path.startswith("/oauth2/"):
        raise CommandError(texts.TOKEN_PATH)
    return path


def _read_body(arguments: "list[str]") -> bytes:
    first = arguments[0] if arguments else "{}"
    if len(arguments) > 1 or first[:1] not in ("{", "@", "-", "["):
        return _join_fields(arguments)
    if first == "-":
        content = b"" if sys.stdin is None else sys.stdin.buffer.read()
    elif first.startswith("@"):
        try:
            content = Path(first[1:]).read_bytes()
        except OSError as error:
            reason = error.strerror or error
            raise CommandError(texts.BODY_UNREADABLE.format(file=first[1:], reason=reason)) from None
    else:
        content = first.encode("utf-8", "surrogateescape")
    try:
        # Sent as it was written, without a BOM; what PowerShell 5.1 writes with > is UTF-16.
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise CommandError(texts.BAD_BODY.format())
    return text.encode()


def _join_fields(arguments: "list[str]") -> bytes:
    """Make a body of FIELD=VALUE, which no shell changes: Kiwoom's fields are all strings [spec]."""
    fields = dict(argument.partition("=")[::2] for argument in arguments)
    if len(fields) != len(arguments) or not all("=" in argument[1:] for argument in arguments):
        raise CommandError(texts.BAD_BODY.format())
    try:
        return json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # An argument that is not text in the locale's encoding.
        raise CommandError(texts.BAD_BODY.format()) from None


def _send(auth: KiwoomAuth, path: str, body: bytes, continuation: "dict[str, str | None]") -> requests.Response:
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    headers.update((name, value) for name, value in continuation.items() if value is not None)
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise CommandError(texts.BAD_NEXT_KEY)
    try:
        return requests.post(
            auth.base_url + path, data=body, headers=headers, auth=auth, timeout=_TIMEOUT, allow_redirects=False
        )
    except LocationParseError as error:  # requests lets it through: a proxy's host with an empty label, say.
        raise CommandError(texts.REQUEST_FAILED.format(reason=error)) from None


def _print_continuation(response: requests.Response) -> None:
    if response.headers.get("cont-yn", "").upper() == "Y":
        print_error(texts.MORE_PAGES.format(next_key=shlex.quote(response.headers.get("next-key", ""))))


def _fail(api_id: str, response: requests.Response, envelope: Envelope) -> NoReturn:
    status = response.status_code
    if envelope.return_code is None:
        raise CommandError(texts.NO_RETURN_CODE.format(api_id=api_id, status=status))
    # Code 0 with an HTTP error, and 20 (no data), are explained by Kiwoom's words alone.
    advice = texts.NOTHING if envelope.return_code in (0, 20) else advise(envelope.code, status)
    raise CommandError(
        texts.CALL_FAILED.format(
            api_id=api_id,
            status="" if status == 200 else f"HTTP {status}, ",
            return_code=envelope.return_code,
            return_msg=envelope.return_msg,
            advice=advice,
        )
    )
