"""``Service``: what Kiwoom answers, without a socket."""

import os
import random
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..oauth import REVOKE_PATH, TOKEN_PATH
from ..tokens import epoch_to_kst
from . import faults
from .catalogue import api_paths, check_api_id
from .clock import Clock
from .life import TokenLife
from .limits import RateLimits
from .manners import complaint_about
from .options import Options
from .pages import Pages
from .received import ReceivedRequest, Requests
from .refusals import refusal
from .replies import OK, Answer, Fault, Plan, Plans, Reply, ReplyBook, as_reply
from .secrecy import leaks


@dataclass(kw_only=True, eq=False, repr=False)
class Service(Options):
    """What Kiwoom answers to a request.

    Besides the :class:`Options`:
    """

    #: The other environment, with keys of its own: its keys are refused here with 8030, its tokens with 8031, and the
    #: other way round. The two share one clock.
    beside: Optional["Service"] = None
    #: The clock that tokens live by, and the one of the ``Date`` header.
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        if self.beside is not None:
            if self.beside.mock == self.mock:
                raise ValueError("one of the two plays production and the other mock trading: mock=True for one")
            self.beside.beside, self.clock = self, self.beside.clock
        kind = "fake-mock" if self.mock else "fake"
        #: The only key pair that is accepted.
        self.appkey = f"{kind}-appkey-{secrets.token_urlsafe(23)}"
        self.secretkey = f"{kind}-secretkey-{secrets.token_urlsafe(21)}"
        #: What came in.
        self.requests = Requests()
        #: One sentence for each ill-behaved request.
        self.complaints: list[str] = []
        #: How often au10001 was called, and au10002.
        self.issues = 0
        self.revokes = 0
        self._life = TokenLife(self.clock)
        self._limits = RateLimits(self.clock)
        self._book = ReplyBook()
        self._plans = Plans()
        self._lock = threading.Lock()

    def reply(self, api_id: str, answer: "Answer | Iterable[Answer]") -> None:
        """Answer one API so from now on; without this, its answer is a success that says the api-id.

        :param answer: an object, which is a success unless it has a ``return_code``; a :class:`Reply`; the
            :class:`~pathlib.Path` of a JSON file; a callable that gets the :class:`ReceivedRequest` and makes one of
            the first two; or a list of these for successive calls, the last of which stays.
        :raises ValueError: if Kiwoom has no such api-id, or the file holds no JSON object.
        """
        with self._lock:
            self._book.write(check_api_id(api_id), answer)

    def reply_pages(self, api_id: str, field: str, rows: Iterable[Mapping[str, Any]], *, size: int = 100) -> None:
        """Answer one API with a list, `size` rows a page, by continuation (연속조회).

        :param field: what the list is called in the answer.
        """
        self.reply(api_id, Pages(field, rows, size))

    def reply_from(self, directory: "str | os.PathLike[str]") -> list[str]:
        """Answer each API that has a file ``<api-id>.json`` in `directory` with what is in it; which ones are those.

        :raises ValueError: if `directory` is none, or a file in it is named after no API, or holds no JSON object.
        """
        if not Path(directory).is_dir():
            raise ValueError(f"{directory} is no directory: give one with files such as ka10001.json")
        files = sorted(Path(directory).glob("*.json"))
        for file in files:
            self.reply(file.stem, file)
        return [file.stem for file in files]

    def fail(self, *plans: Plan, path: str | None = TOKEN_PATH, api_id: str | None = None) -> None:
        """Let the next requests meet `plans`, one each, in that order.

        :param plans: each a :class:`Reply`, which is given instead of the true answer; a callable that gets the
            :class:`ReceivedRequest` and makes one; or a :class:`Fault`, which befalls the true answer.
        :param path: whom they are for, if `api_id` does not say; ``None`` for the next requests whatever they are.
        :raises TypeError: if a plan is none of these.
        :raises ValueError: if Kiwoom has no such api-id.
        """
        for plan in plans:
            if not isinstance(plan, (Reply, Fault)) and not callable(plan):
                raise TypeError(f"a plan must be a Reply, a callable, or one of faults, not {type(plan).__name__}")
        if api_id is not None and api_id not in api_paths():
            raise ValueError(f"{api_id!r} is none of Kiwoom's api-ids: see requests_kiwoom/testing/api_ids.tsv")
        with self._lock:
            self._plans.add(path if api_id is None else api_id, plans)

    @property
    def token(self) -> str | None:
        """The token that lives, if any."""
        living = self._life.living()
        return living.value if living else None

    def revoke_all(self) -> None:
        """Kill the token from outside, as another program with the same key would."""
        with self._lock:
            self._life.end()

    def assert_no_secrets_outside_oauth(self) -> None:
        """Raise an ``AssertionError`` if a key or token came in where it does not belong; it does not show which.

        Keys belong in the body of au10001 and au10002, a token in the ``authorization`` header and the body of au10002.
        """
        with self._lock:
            received, tokens = self.requests[:], set(self._life.ever)
        found = leaks(received, {"the appkey": self.appkey, "the secretkey": self.secretkey}, tokens)
        if found:
            raise AssertionError("; ".join(found))

    def answer(self, request: ReceivedRequest) -> Reply:
        """What is said to a request."""
        with self._lock:
            self.requests.append(request)
            self.issues += request.route == TOKEN_PATH
            self.revokes += request.route == REVOKE_PATH
            number = len(self.requests)
            complaint = complaint_about(request, (self.appkey, self.secretkey), self._life.ever)
            if complaint is not None:
                self.complaints.append(f"request {number}: {complaint.text}")
            plan = self._plans.take(request)
        if plan is None:
            plan = self.outage or (faults.any_fault(request.route) if self._is_unlucky() else None)
        refused = complaint.reply if complaint is not None and self.strict else None
        reply = self._carry_out(plan, request, refused)
        if self.latency and request.route in (TOKEN_PATH, REVOKE_PATH):
            reply = reply._replace(delay=reply.delay + self.latency)
        return _with_strings(reply) if self.numbers_as_strings else reply

    def _is_unlucky(self) -> bool:
        return self.chaos > 0 and random.random() < self.chaos

    def _carry_out(self, plan: Plan | None, request: ReceivedRequest, refused: Reply | None) -> Reply:
        if isinstance(plan, Fault):
            return plan.spoil(refused or self._process(request))
        if isinstance(plan, Reply):
            return plan
        if plan is not None:
            return plan(request)
        return refused or self._process(request)

    def _process(self, request: ReceivedRequest) -> Reply:
        with self._lock:
            if request.route == TOKEN_PATH:
                return self._issue(request)
            if request.route == REVOKE_PATH:
                return self._revoke(request)
            refused = self._refuse_token(request) or self._refuse_call(request)
            api_id = request.api_id or ""
            written = None if refused else self._book.next(api_id)
        if refused:
            return refused
        # Outside of the lock: a callable may take its time, and may call this server.
        reply = written(request) if callable(written) else written
        reply = as_reply({"api_id": api_id, **OK} if reply is None else reply)
        return reply._replace(headers={"api-id": api_id, "cont-yn": "N", "next-key": "", **reply.headers})

    # Below this line the lock is held.

    def _issue(self, request: ReceivedRequest) -> Reply:
        limit = self._limits.exceeded("au10001", self.mock) if self.rate_limits else None
        if limit is not None:
            return refusal(1700, limit=limit, api_id="au10001")
        refused = self._refuse_keys(request) or self._refuse_grant(request)
        if refused:
            return refused
        issued = self._life.issue(request.client, anew=self.reissue == "new")
        expires_dt = epoch_to_kst(issued.expires).strftime("%Y%m%d%H%M%S")
        body = {"expires_dt": expires_dt, "token_type": "bearer", "token": issued.value, **OK}
        return Reply(body, headers={"api-id": "au10001"})

    def _refuse_grant(self, request: ReceivedRequest) -> Reply | None:
        grant_type = request.json().get("grant_type")
        if grant_type != "client_credentials":
            return refusal(8012 if grant_type else 8011)
        return None if self._is_registered(request) else refusal(8050)

    def _revoke(self, request: ReceivedRequest) -> Reply:
        refused = self._refuse_keys(request)
        if refused:
            return refused
        token, living = request.json().get("token"), self._life.living()
        if not token:
            return refusal(8016)
        if living is None or token != living.value:
            return refusal(8015, reason="Token이 유효하지 않습니다")
        self._life.end()
        return Reply(OK, headers={"api-id": "au10002"})

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

    def _is_registered(self, request: ReceivedRequest) -> bool:
        return self.allowed_ips is None or request.client in self.allowed_ips

    def _refuse_token(self, request: ReceivedRequest) -> Reply | None:
        authorization = request.headers.get("authorization")
        if authorization is None:
            return refusal(1513)
        kind, *token = authorization.split() or [""]
        if kind.lower() != "bearer" or len(token) > 1:
            return refusal(1514)
        if not token:
            return refusal(1516)
        if not self._is_registered(request):
            return refusal(8040)
        if self.beside is not None and token[0] in self.beside._life.ever:
            return refusal(8031)
        living = self._life.living()
        if living is None or token[0] != living.value:
            return self._reject()
        return None if request.client == living.client else refusal(8010)

    def _reject(self) -> Reply:
        if self.rejection == 401:
            return refusal(8005, status=401)
        if self.rejection == "top":
            payload = {**refusal(8005).payload, "return_code": 8005}
            return Reply(payload)
        return refusal(int(self.rejection))

    def _refuse_call(self, request: ReceivedRequest) -> Reply | None:
        api_id = request.api_id
        if not api_id:
            return refusal(1501)
        if api_id not in api_paths():
            return refusal(1505, api_id=api_id)
        if api_paths()[api_id] != request.route:
            return refusal(1504, api_id=api_id, path=request.route)
        if self.mock and api_id in self.production_only:
            return refusal(8104)
        limit = self._limits.exceeded(api_id, self.mock) if self.rate_limits else None
        return None if limit is None else refusal(1700, limit=limit, api_id=api_id)


def _with_strings(reply: Reply) -> Reply:
    if reply.return_code is None:
        return reply
    return reply._replace(payload={**reply.payload, "return_code": str(reply.return_code)})
