"""``SHELLS``: how to set a variable and to issue a token, in the shells of this system."""

import json
import shlex
from collections.abc import Callable
from typing import NamedTuple

from requests_kiwoom.testing import KiwoomServer

from .console import IS_WINDOWS

_JSON = "Content-Type: application/json;charset=UTF-8"


class Shell(NamedTuple):
    """One shell."""

    name: str
    #: Makes the line that sets a variable.
    assign: Callable[[str, str], str]
    #: Makes the line that issues a token.
    issue: Callable[[KiwoomServer], str]


def _body(server: KiwoomServer) -> str:
    return json.dumps(
        {"grant_type": "client_credentials", "appkey": server.appkey, "secretkey": server.secretkey}
    )


def _issue_in_sh(server: KiwoomServer) -> str:
    trusting = ["--cacert", server.ca_bundle] if server.tls else []
    return shlex.join(["curl", "-s", *trusting, "-H", _JSON, "-d", _body(server), f"{server.url}/oauth2/token"])


def _issue_in_cmd(server: KiwoomServer) -> str:
    trusting = f' --cacert "{server.ca_bundle}"' if server.tls else ""
    # curl.exe reads a backslash before a quotation mark; cmd.exe itself has no quoting for it.
    return f'curl -s{trusting} -H "{_JSON}" -d {json.dumps(_body(server))} {server.url}/oauth2/token'


def _issue_in_powershell(server: KiwoomServer) -> str:
    if server.tls:
        # Invoke-RestMethod cannot trust a file, and up to 7.2 quotation marks in the arguments of curl.exe get lost.
        return "python -m requests_kiwoom token --reveal"
    return (
        "Invoke-RestMethod -Method Post -ContentType 'application/json;charset=UTF-8'"
        f" -Body '{_body(server)}' {server.url}/oauth2/token"
    )


SH = Shell("sh", lambda name, value: f"export {name}={shlex.quote(value)}", _issue_in_sh)
CMD = Shell("cmd.exe", lambda name, value: f"set {name}={value}", _issue_in_cmd)
POWERSHELL = Shell("PowerShell", lambda name, value: f"$env:{name} = '{value}'", _issue_in_powershell)

#: Those of this system.
SHELLS = (POWERSHELL, CMD) if IS_WINDOWS else (SH,)
