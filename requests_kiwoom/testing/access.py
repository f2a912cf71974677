"""``Access``: au10001, au10002, and which tokens are accepted."""

import secrets
import threading
from dataclasses import dataclass, field
from typing import Optional

from ..tokens import epoch_to_kst
from .clock import Clock
from .errors import refusal
from .options import Options
from .rate_limits import RateLimits
from .received import ReceivedRequest
from .replies import OK, Reply
from .token_life import TokenLife


@dataclass(kw_only=True, eq=False, repr=False)
class Access(Options):
    """The keys and the token of one environment. Methods with a leading underscore need the lock."""

    #: The server of the other environment, with its own keys: its keys are refused here with 8030, its tokens with
    #: 8031, and the other way round. Both have one clock.
    beside: Optional["Access"] = None
    #: The clock of tokens, and of the ``Date`` header.
    clock: Clock = field(default_factory=Clock)
    #: The only key pair that is accepted.
    appkey: str = field(init=False)
    secretkey: str = field(init=False)
    #: How often au10001 was called.
    issues: int = field(init=False, default=0)
    #: How often au10002 was called.
    revokes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.beside is not None:
            if self.beside.mock == self.mock:
                raise ValueError("one of the two plays production and the other mock trading: mock=True for one")
            self.beside.beside, self.clock = self, self.beside.clock
        kind = "fake-mock" if self.mock else "fake"
        self.appkey = f"{kind}-appkey-{secrets.token_urlsafe(23)}"
        self.secretkey = f"{kind}-secretkey-{secrets.token_urlsafe(21)}"
        self._tokens = TokenLife(self.clock)
        self._limits = RateLimits(self.clock)
        self._lock = threading.Lock()

    @property
    def token(self) -> str | None:
        """The live token, if there is one."""
        live = self._tokens.live()
        return live.value if live else None

    def revoke_all(self) -> None:
        """Revoke the token, as another program with the same key would."""
        with self._lock:
            self._tokens.revoke()

    def _issue(self, request: ReceivedRequest) -> Reply:
        """Respond to au10001."""
        refused = self._refuse_rate("au10001") or self._refuse_keys(request) or self._refuse_grant(request)
        if refused:
            return refused
        issued = self._tokens.issue(request.client, replace=self.reissue == "new")
        expires_dt = epoch_to_kst(issued.expires_epoch).strftime("%Y%m%d%H%M%S")
        return Reply({"expires_dt": expires_dt, "token_type": "bearer", "token": issued.value, **OK})

    def _revoke(self, request: ReceivedRequest) -> Reply:
        """Respond to au10002."""
        refused = self._refuse_keys(request)
        if refused:
            return refused
        token = request.json().get("token")
        if not token:
            return refusal(8016)
        if token != self.token:
            return refusal(8015, reason="Token이 유효하지 않습니다")
        self._tokens.revoke()
        return Reply(OK)

    def _refuse_token(self, request: ReceivedRequest) -> Reply | None:
        """Return the error that the ``authorization`` header of `request` gets, if any."""
        authorization = request.headers.get("authorization")
        if authorization is None:
            return refusal(1513)
        kind, *token = authorization.split() or [""]
        if kind.lower() != "bearer" or len(token) > 1:
            return refusal(1514)
        if not token:
            return refusal(1516)
        if not self._is_registered(request.client):
            return refusal(8040)
        if self.beside is not None and token[0] in self.beside._tokens.ever:
            return refusal(8031)
        live = self._tokens.live()
        if live is None or token[0] != live.value:
            return self._reject()
        return None if request.client == live.client else refusal(8010)

    def _refuse_rate(self, api_id: str) -> Reply | None:
        if not self.rate_limits:
            return None
        limit = self._limits.exceeded(api_id, self.mock, self.rate_limits == "bursts")
        return None if limit is None else refusal(1700, limit=limit, api_id=api_id)

    def _refuse_keys(self, request: ReceivedRequest) -> Reply | None:
        try:
            body = request.json()
            keys = body["appkey"], body["secretkey"]
        except (ValueError, TypeError, KeyError):
            return refusal(8020)
        if not all(keys):
            return refusal(8020)
        if keys == (self.appkey, self.secretkey):
            return None
        other = self.beside
        return refusal(8030 if other is not None and keys == (other.appkey, other.secretkey) else 8001)

    def _refuse_grant(self, request: ReceivedRequest) -> Reply | None:
        grant_type = request.json().get("grant_type")
        if grant_type != "client_credentials":
            return refusal(8012 if grant_type else 8011)
        return None if self._is_registered(request.client) else refusal(8050)

    def _is_registered(self, client: str) -> bool:
        return self.allowed_ips is None or client in self.allowed_ips

    def _reject(self) -> Reply:
        if self.rejection == 401:
            return refusal(8005, status=401)
        if self.rejection == "top":
            return Reply({**refusal(8005).payload, "return_code": 8005})
        return refusal(self.rejection)
