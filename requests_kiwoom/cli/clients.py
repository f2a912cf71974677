"""The two clients of ``demo``: lines by hand, and this package, on the same local server."""

import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol

import requests
from requests import Response

from requests_kiwoom import KiwoomAuth, TokenUnavailable
from requests_kiwoom.testing import KiwoomServer

from . import by_hand
from .by_hand import ByHand

API = "ka10001"
PATH = "/api/dostk/stkinfo"
BODY = {"stk_cd": "005930"}

_EPOCH = datetime(1970, 1, 1)


class Client(Protocol):
    """A program that sends requests to the local server."""

    def restart(self) -> None:
        """Forget the token, as a program that starts anew."""

    def send(self) -> bool:
        """Send one request; return whether it succeeded."""

    def start_programs(self, count: int) -> "list[bool]":
        """Start programs that share nothing but what the client can share, and let each send one request."""


class HandWrittenClient:
    """Uses :class:`ByHand`, on a computer whose clock is the server's and whose time zone is UTC."""

    #: The last response that was not a success.
    rejection: Response

    def __init__(self, server: KiwoomServer) -> None:
        self._server = server
        self._client = ByHand()

    def restart(self) -> None:
        self._client.close()
        self._client = ByHand()
        # A proxy or a netrc entry of the user's is not for a server on loopback.
        self._client.trust_env = False
        self._client.host = self._server.url
        keys = {"appkey": self._server.appkey, "secretkey": self._server.secretkey}
        self._client.keys = {"grant_type": "client_credentials", **keys}

    def send(self) -> bool:
        try:
            response = self._client.call(PATH, API, BODY)
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
        self._client.close()


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


class clock_in_utc:
    """While it is entered, :class:`ByHand` reads the server's clock, as a computer in UTC shows it."""

    def __init__(self, server: KiwoomServer) -> None:
        class Datetime(datetime):
            @classmethod
            def now(cls, tz: "tzinfo | None" = None) -> Any:
                return _EPOCH + timedelta(seconds=server.clock())

        self._datetime = Datetime

    def __enter__(self) -> None:
        setattr(by_hand, "datetime", self._datetime)

    def __exit__(self, *args: object) -> None:
        setattr(by_hand, "datetime", datetime)


def _is_success(response: Response) -> bool:
    return response.ok and response.json()["return_code"] == 0
