# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""What users' code looks like to type checkers. Nothing here runs: mypy and pyright, both strict, read it.

A ``type: ignore`` marks what a checker must refuse; both report one that is not needed.
"""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from typing_extensions import assert_type

import requests_kiwoom
from requests_kiwoom import (
    Envelope,
    KiwoomAuth,
    KiwoomAuthError,
    SQLiteStore,
    Token,
    TokenIssueError,
    TokenRefused,
    TokenRevokeError,
    TokenStore,
    TokenUnavailable,
    read_envelope,
)
from requests_kiwoom.testing import KiwoomServer, ReceivedRequest, Reply

URL = "https://api.kiwoom.com/api/dostk/stkinfo"


def constructor(session: requests.Session) -> None:
    """Keys are text or paths, a timeout is one number or two, and other types are refused."""
    assert_type(KiwoomAuth("my-appkey", "my-secretkey"), KiwoomAuth)
    KiwoomAuth(Path("12345678_appkey.txt"), Path("12345678_secretkey.txt"), mock=True, timeout=5)
    KiwoomAuth("my-appkey", "my-secretkey", session=session, timeout=(3.05, 10), resend=False)
    KiwoomAuth("my-appkey", "my-secretkey", store=SQLiteStore("tokens.sqlite"), base_url="https://gateway.example")
    assert_type(KiwoomAuth.from_env(mock=True), KiwoomAuth)

    KiwoomAuth("my-appkey")  # type: ignore[call-arg]
    KiwoomAuth("my-appkey", b"my-secretkey")  # type: ignore[arg-type]
    KiwoomAuth("my-appkey", None)  # type: ignore[arg-type]
    KiwoomAuth("my-appkey", "my-secretkey", True)  # type: ignore[call-arg]
    KiwoomAuth("my-appkey", "my-secretkey", store="tokens.sqlite")  # type: ignore[arg-type]
    KiwoomAuth("my-appkey", "my-secretkey", timeout=None)  # type: ignore[arg-type]


def requests_accepts_an_auth(auth: KiwoomAuth) -> None:
    """``auth=`` accepts an auth and its views, and so does ``Session.auth``."""
    assert_type(auth.for_api("ka10001"), KiwoomAuth)
    requests.post(URL, auth=auth, headers={"api-id": "ka10001"}, json={"stk_cd": "005930"})
    requests.post(URL, auth=auth.for_api("ka10001", resend=False), json={"stk_cd": "005930"})
    with requests.Session() as session:
        session.auth = auth
        session.post(URL, auth=auth.for_api("ka10001"), stream=True)
    request = requests.Request("POST", URL, auth=auth).prepare()
    assert_type(auth(request), requests.PreparedRequest)

    auth.for_api(10001)  # type: ignore[arg-type]
    auth.for_api("ka10001", False)  # type: ignore[call-arg]


def tokens(auth: KiwoomAuth) -> None:
    """A token is text, its expiry a ``datetime`` or ``None``."""
    assert_type(auth.token(), str)
    assert_type(auth.token(rejected="refused"), str)
    assert_type(auth.expires_at, datetime | None)
    assert_type(auth.base_url, str)
    auth.renew()
    auth.revoke()

    auth.expires_at.timestamp()  # type: ignore[union-attr]  # It may be None.
    auth.base_url = "https://api.kiwoom.com"  # type: ignore[misc]


def errors(auth: KiwoomAuth) -> None:
    """An error has numbers and Kiwoom's message; every one is an error of requests."""
    try:
        auth.renew()
    except TokenRefused as error:
        assert_type(error.code, int | None)
        assert_type(error.return_code, int | None)
        assert_type(error.return_msg, str | None)
    except TokenUnavailable as error:
        assert_type(error.retry_after, float | None)
        connection: requests.ConnectionError = error
        del connection
    except TokenRevokeError as error:
        assert_type(error.code, int | None)
    except KiwoomAuthError as error:
        parent: requests.RequestException = error
        del parent
    issue: type[TokenIssueError] = TokenRefused
    wrong: tuple[type[ValueError], ...] = (
        requests_kiwoom.MissingApiId,
        requests_kiwoom.InvalidApiId,
        requests_kiwoom.WrongEnvironment,
        requests_kiwoom.InsecureTransport,
    )
    del issue, wrong


def records(body: bytes, moment: datetime) -> None:
    """A token and an envelope are records."""
    token = Token("fake-token", moment)
    assert_type(token.value, str)
    assert_type(token.expires_at, datetime)
    envelope = read_envelope(body)
    assert_type(envelope, Envelope | None)
    if envelope is not None:
        assert_type(envelope.payload, dict[str, Any])
        assert_type(envelope.return_code, int | None)
        assert_type(envelope.return_msg, str)
        assert_type(envelope.code, int | None)
        assert_type(envelope.rejects_token, bool)


def stores(path: Path) -> None:
    """``store=`` accepts the stores that come with the package."""
    text: TokenStore = SQLiteStore("tokens.sqlite")
    other: TokenStore = SQLiteStore(path)
    assert_type(text.load("key"), Token | None)
    del other


def testing() -> None:
    """The testing kit is typed as well."""
    with KiwoomServer(rejection=401) as server:
        assert_type(server, KiwoomServer)
        assert_type(server.url, str)
        assert_type(server.appkey, str)
        assert_type(server.issues, int)
        assert_type(server.requests[0], ReceivedRequest)
        server.fail(Reply({"return_code": 3}))
        server.reply("ka10001", lambda request: {"stk_cd": request.json()["stk_cd"]})
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
    with contextlib.suppress(KiwoomAuthError):
        auth.token()
