"""The two clients of ``demo``: lines by hand, and this package, on the same local server."""

import os
import subprocess
import sys
import tempfile
import time
from types import SimpleNamespace
from typing import Any, Protocol

import requests
from requests import Response

from requests_kiwoom import KiwoomAuth, TokenUnavailable
from requests_kiwoom.testing import KiwoomServer

from .by_hand import LINES

API = "ka10001"
PATH = "/api/dostk/stkinfo"
BODY = {"stk_cd": "005930"}


class Client(Protocol):
    """A program that sends requests to the local server."""

    def restart(self) -> None:
        """Forget the token, as a program that starts anew."""

    def send(self) -> bool:
        """Send one request; return whether it succeeded."""

    def start_programs(self, count: int) -> "list[bool]":
        """Start programs that share nothing but what the client can share, and let each send one request."""


class HandWrittenClient:
    """Runs :data:`LINES`, on a computer whose clock is the server's and whose time zone is UTC."""

    #: The last response that was not a success.
    rejection: Response

    def __init__(self, server: KiwoomServer) -> None:
        self._server = server
        self._session = requests.Session()
        # A proxy or a netrc entry of the user's is not for a server on loopback.
        self._session.trust_env = False
        #: What the lines define.
        self._names: dict[str, Any] = {}

    def restart(self) -> None:
        self._names = {}
        exec(LINES, self._names)
        self._names["KEYS"].update(appkey=self._server.appkey, secretkey=self._server.secretkey)
        self._names.update(HOST=self._server.url, requests=self._session, time=SimpleNamespace(strftime=self._strftime))

    def send(self) -> bool:
        try:
            response: Response = self._names["post"](PATH, API, json=BODY)
        except KeyError:  # issued["token"]
            return False
        if not _is_success(response):
            self.rejection = response
        return _is_success(response)

    def start_programs(self, count: int) -> "list[bool]":
        results = []
        for _ in range(count):
            self.restart()
            results.append(self.send())
        return results

    def close(self) -> None:
        self._session.close()

    def _strftime(self, form: str) -> str:
        return time.strftime(form, time.gmtime(self._server.clock()))


class PackageClient:
    """Uses this package."""

    #: Why the last request that got no token got none.
    error: TokenUnavailable

    def __init__(self, server: KiwoomServer) -> None:
        self._server = server
        self._session = requests.Session()
        self._session.trust_env = False
        self._auth: KiwoomAuth = self._new_auth()

    def restart(self) -> None:
        self._auth = self._new_auth()

    def send(self) -> bool:
        try:
            response = self._session.post(self._server.url + PATH, json=BODY, auth=self._auth)
        except TokenUnavailable as error:
            self.error = error
            return False
        return _is_success(response)

    def start_programs(self, count: int) -> "list[bool]":
        command = [sys.executable, "-m", "requests_kiwoom", "call", API, PATH]
        environ = {name: value for name, value in os.environ.items() if not name.upper().startswith("KIWOOM_")}
        environ |= {"KIWOOM_APPKEY": self._server.appkey, "KIWOOM_SECRETKEY": self._server.secretkey}
        environ |= {"KIWOOM_BASE_URL": self._server.url, "NO_PROXY": "*", "no_proxy": "*"}
        with tempfile.TemporaryDirectory() as folder:
            environ["KIWOOM_STORE"] = os.path.join(folder, "tokens.db")
            silent = subprocess.DEVNULL
            processes = [
                subprocess.Popen(command, env=environ, stdin=silent, stdout=silent, stderr=silent)
                for _ in range(count)
            ]
            return [process.wait() == 0 for process in processes]

    def close(self) -> None:
        self._session.close()

    def _new_auth(self) -> KiwoomAuth:
        class Auth(KiwoomAuth):
            clock = self._server.clock

        server = self._server
        auth = Auth(server.appkey, server.secretkey, base_url=server.url, session=self._session)
        return auth.for_api(API)


def _is_success(response: Response) -> bool:
    return response.ok and response.json()["return_code"] == 0
