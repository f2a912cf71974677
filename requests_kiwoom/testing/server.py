"""``KiwoomServer``: a Kiwoom on loopback, which answers as the real one is known to."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from ..oauth import REVOKE_PATH, TOKEN_PATH
from ..tokens import LIFETIME, epoch_to_kst
from .clock import Clock

_OK = {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}


class ReceivedRequest(NamedTuple):
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def api_id(self) -> str | None:
        """Its ``api-id`` header."""
        return self.headers.get("api-id")

    @property
    def token(self) -> str | None:
        """The bearer token that it carried."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" and token else None

    def json(self) -> Any:
        """Its body, read as JSON."""
        return json.loads(self.body)


class Reply(NamedTuple):
    """An answer of the server."""

    payload: Any
    status: int = 200
    headers: dict[str, str] = {}


class KiwoomServer:
    """A context manager: a Kiwoom on a free loopback port, for as long as the ``with`` block lasts.

    :param reissue: ``"same"``: au10001 hands out the same token while one lives [vendor, captured]; ``"new"``: each
        call gives a new one that kills the old [disputed].
    :param rejection: how a dead token is answered: ``8005`` in HTTP 200 [captured], or HTTP ``401``.
    :param latency: seconds that au10001 takes.
    """

    def __init__(self, *, reissue: str = "same", rejection: int = 8005, latency: float = 0.0) -> None:
        self.reissue = reissue
        self.rejection = rejection
        self.latency = latency
        self.appkey = "fake-appkey-" + secrets.token_urlsafe(23)
        self.secretkey = "fake-secretkey-" + secrets.token_urlsafe(21)
        self.clock = Clock()
        self.requests: list[ReceivedRequest] = []
        #: How often au10001 was called, and au10002.
        self.issues = 0
        self.revokes = 0
        #: Answers for what comes next, by path: each is used once.
        self._scripted: dict[str, list[Callable[[ReceivedRequest], Reply] | Reply]] = {}
        self._token: str | None = None
        self._expires = 0
        self._lock = threading.Lock()

    def __enter__(self) -> "KiwoomServer":
        self._httpd = _Httpd(("127.0.0.1", 0), _Handler)
        self._httpd.kiwoom = self
        self.url = f"http://127.0.0.1:{self._httpd.server_address[1]}"
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def revoke_all(self) -> None:
        """Kill the token from outside, as another program with the same key would."""
        with self._lock:
            self._token = None

    def fail(self, *replies: Reply | Callable[[ReceivedRequest], Reply], path: str = TOKEN_PATH) -> None:
        """Answer the next requests to `path` with `replies`, one each."""
        self._scripted.setdefault(path, []).extend(replies)

    def answer(self, request: ReceivedRequest) -> Reply:
        """What the server says to a request."""
        with self._lock:
            self.requests.append(request)
            self.issues += request.path == TOKEN_PATH
            self.revokes += request.path == REVOKE_PATH
            scripted = self._scripted.get(request.path)
            planned = scripted.pop(0) if scripted else None
        if request.path in (TOKEN_PATH, REVOKE_PATH) and self.latency:
            time.sleep(self.latency)
        if planned is not None:
            return planned(request) if callable(planned) else planned
        with self._lock:
            if request.path == TOKEN_PATH:
                return self._issue(request)
            if request.path == REVOKE_PATH:
                return self._revoke(request)
            return self._serve(request)

    def _issue(self, request: ReceivedRequest) -> Reply:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        if self._token is None or self.clock() >= self._expires or self.reissue == "new":
            self._token = secrets.token_urlsafe(64)
            self._expires = int(self.clock() + LIFETIME)
        expires_dt = epoch_to_kst(self._expires).strftime("%Y%m%d%H%M%S")
        return Reply({"expires_dt": expires_dt, "token_type": "bearer", "token": self._token, **_OK})

    def _revoke(self, request: ReceivedRequest) -> Reply:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        if request.json().get("token") == self._token:
            self._token = None
            return Reply(_OK)
        return Reply(_error(3, 8015, "Token 폐기에 실패했습니다"))

    def _refusal(self, request: ReceivedRequest) -> Reply | None:
        try:
            body = request.json()
        except ValueError:
            return Reply(_error(2, 1511, "입력 값 오류입니다"))
        if not isinstance(body, dict) or not body.get("appkey") or not body.get("secretkey"):
            return Reply(_error(2, 8020, "입력파라미터로 appkey 또는 secretkey가 들어오지 않았습니다."))
        if (body["appkey"], body["secretkey"]) != (self.appkey, self.secretkey):
            return Reply(_error(3, 8001, "App Key와 Secret Key 검증에 실패했습니다"))
        return None

    def _serve(self, request: ReceivedRequest) -> Reply:
        if "authorization" not in request.headers:
            return Reply(_error(3, 1513, "Http header에 authorization 필드가 없습니다"))
        if request.token is None:
            return Reply(_error(3, 1514, "Http header의 authorization 필드 형식이 맞지 않습니다"))
        if request.token != self._token or self.clock() >= self._expires:
            rejected = _error(3, 8005, "Token이 유효하지 않습니다")
            return Reply(rejected, status=401) if self.rejection == 401 else Reply(rejected)
        if not request.api_id:
            return Reply(_error(2, 1501, "API ID가 존재하지 않습니다"))
        names = ("api-id", "cont-yn", "next-key")
        echoed = {name: request.headers[name] for name in names if name in request.headers}
        return Reply({"api_id": request.api_id, **_OK}, headers=echoed)


def _error(return_code: int, code: int, text: str) -> dict[str, Any]:
    kind = {2: "입력 값 오류입니다", 3: "인증에 실패했습니다"}[return_code]
    return {"return_msg": f"{kind}[{code}:{text}]", "return_code": return_code}


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    kiwoom: KiwoomServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Httpd

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self._read_chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.kiwoom.answer(ReceivedRequest(self.command, self.path, headers, body))
        payload = reply.payload
        content = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        head = {"Content-Type": "application/json;charset=UTF-8", "Content-Length": str(len(content)), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(f"{n}: {v}" for n, v in head.items())]
        # In one write: two, and Nagle's algorithm holds the second back until the first is acknowledged.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + content)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:
        pass
