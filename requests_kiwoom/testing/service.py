"""``Service``: Kiwoom's responses to requests, without a socket."""

import os
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ..oauth import REVOKE_PATH, TOKEN_PATH
from . import faults
from .access import Access
from .catalogue import api_paths, check_api_id, check_known, is_served
from .errors import refusal
from .leaks import find_leaks
from .log_lines import redact
from .pages import Pages
from .received import Messages, ReceivedRequest, Requests, read_json
from .replies import OK, Fault, Plan, Plans, Reply, ReplyBook, Response, as_reply
from .request_checks import check_request
from .samples import make_sample

#: What browsers are told [captured].
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "api-id,cont-yn,next-key,resp-cnt,user-data",
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


@dataclass(kw_only=True, eq=False, repr=False)
class Service(Access):
    """Kiwoom's responses to requests, and what a test sets and reads."""

    #: The received requests.
    requests: Requests = field(init=False, default_factory=Requests)
    #: The received WebSocket messages.
    messages: Messages = field(init=False, default_factory=Messages)
    #: One sentence for each malformed request or message.
    complaints: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._book = ReplyBook()
        self._plans = Plans()
        self._orders = count(1)
        self._handshakes: list[ReceivedRequest] = []

    def reply(self, api_id: str, response: "Response | Iterable[Response]") -> None:
        """Set the response of one API. Without this, it is a sample.

        :param response: an object, which is a success unless it has a ``return_code``; a :class:`Reply`; the
            :class:`~pathlib.Path` of a JSON file; a callable that gets the :class:`ReceivedRequest` and returns one of
            the first two; or a list of these for successive calls, the last of which stays.
        :raises ValueError: if Kiwoom has no such api-id, or the file holds no JSON object.
        """
        with self._lock:
            self._book.write(check_api_id(api_id), response)

    def reply_pages(self, api_id: str, field: str, rows: Iterable[Mapping[str, Any]], *, size: int = 100) -> None:
        """Set a list as the response of one API, `size` rows a page, by continuation (연속조회).

        :param field: the name of the list in the response.
        :raises ValueError: if Kiwoom has no such api-id.
        """
        self.reply(api_id, Pages(field, rows, size, make_sample(check_api_id(api_id), None, 0, self.seed)))

    def reply_from(self, directory: "str | os.PathLike[str]") -> list[str]:
        """Set the response of each API that has a file ``<api-id>.json`` in `directory`; return their api-ids.

        :raises ValueError: if `directory` does not exist, or a file in it is named after no API, or holds no JSON
            object.
        """
        if not Path(directory).is_dir():
            raise ValueError(f"{directory} is not a directory: give one with files such as ka10001.json")
        files = sorted(Path(directory).glob("*.json"))
        for file in files:
            self.reply(file.stem, file)
        return [file.stem for file in files]

    def sample(self, api_id: str, *, rows: int = 1) -> dict[str, Any]:
        """Return a response with Kiwoom's field names and plausible values, to be changed and given to :meth:`reply`.

        An API whose fields are unknown has a success without fields.

        :param rows: the number of rows in each list.
        :raises ValueError: if Kiwoom has no such api-id.
        """
        return self._sample(check_api_id(api_id), None, rows)

    def fail(
        self, *plans: Plan, path: str | None = TOKEN_PATH, api_id: str | None = None, trnm: str | None = None
    ) -> None:
        """Let the next requests meet `plans`, one each, in that order.

        :param plans: each a :class:`Reply`, which replaces the true response; a callable that gets the
            :class:`ReceivedRequest` and returns one; or a :class:`Fault`, which spoils the true response.
        :param path: the path of the requests; ``None`` for the next ones whatever they are. That of a WebSocket is
            for its handshake.
        :param api_id: the API of the requests, in place of `path`.
        :param trnm: the kind of the WebSocket messages, in place of `path`: ``"LOGIN"`` or another. Their plans are
            no callables.
        :raises TypeError: if a plan is none of these.
        :raises ValueError: if Kiwoom has no such api-id.
        """
        for plan in plans:
            if not isinstance(plan, (Reply, Fault)) and (trnm or not callable(plan)):
                raise TypeError(f"a plan must be a Reply, a callable, or one of faults, not {type(plan).__name__}")
        if api_id is not None:
            check_known(api_id)
        with self._lock:
            self._plans.add(f"trnm {trnm}" if trnm else api_id or path, plans)

    def assert_no_secrets_outside_oauth(self) -> None:
        """Raise an ``AssertionError`` if a key or token was sent where it does not belong; it does not show which.

        Keys belong in the body of au10001 and au10002; a token in the ``authorization`` header, in the body of
        au10002, and in the LOGIN of a WebSocket.
        """
        with self._lock:
            requests, messages = [*self.requests, *self._handshakes], self.messages[:]
            keys = {"the appkey": self.appkey, "the secretkey": self.secretkey}
            tokens = set(self._tokens.ever)
        leaks = find_leaks(requests, messages, keys, tokens)
        if leaks:
            raise AssertionError("; ".join(leaks))

    def respond(self, request: ReceivedRequest) -> Reply:
        """Record a request, and return the response to it."""
        with self._lock:
            self.requests.append(request)
            self.issues += request.route == TOKEN_PATH
            self.revokes += request.route == REVOKE_PATH
            complaints = list(check_request(request, (self.appkey, self.secretkey), self._tokens.ever))
            self.complaints += [f"request {len(self.requests)}: {complaint.text}" for complaint in complaints]
            plan = self._plan_for(request.called, request)
        refused = next((complaint.reply for complaint in complaints if complaint.reply), None) if self.strict else None
        reply = self._carry_out(plan, request, refused)
        if self.latency and request.route in (TOKEN_PATH, REVOKE_PATH):
            reply = reply._replace(delay=reply.delay + self.latency)
        return with_strings(reply) if self.numbers_as_strings else reply

    def _redact(self, line: str) -> str:
        with self._lock:
            secrets = [self.appkey, self.secretkey, *self._tokens.ever]
        return redact(line, secrets)

    def _plan_for(self, name: str | None, request: ReceivedRequest) -> Plan | None:
        plan = self._plans.take(name, request.route, None) or self.outage
        if plan is None and self.chaos > 0 and random.random() < self.chaos:
            return faults.any_fault(request.route)
        return plan

    def _carry_out(self, plan: Plan | None, request: ReceivedRequest, refused: Reply | None) -> Reply:
        if plan is None or isinstance(plan, Fault):
            reply = _with_headers(refused or self._process(request), request)
            return reply if plan is None else plan.spoil(reply)
        reply = plan if isinstance(plan, Reply) else plan(request)
        # A page of a gateway or a firewall has none of Kiwoom's headers.
        return reply if isinstance(reply.payload, bytes) else _with_headers(reply, request)

    def _process(self, request: ReceivedRequest) -> Reply:
        with self._lock:
            if request.route == TOKEN_PATH:
                return self._issue(request)
            if request.route == REVOKE_PATH:
                return self._revoke(request)
            refused = self._refuse_token(request) or self._refuse_call(request)
            if refused:
                return refused
            api_id = request.api_id or ""
            chosen = self._book.next(api_id)
        # Outside of the lock: a callable may take its time, and may use this server.
        response = chosen(request) if callable(chosen) else chosen
        return as_reply(self._sample(api_id, request) if response is None else response)

    def _refuse_call(self, request: ReceivedRequest) -> Reply | None:
        api_id = request.api_id
        if not api_id:
            return refusal(1501)
        if api_id not in api_paths():
            return refusal(1505, api_id=api_id)
        if not is_served(api_id, request.route):
            return refusal(1504, api_id=api_id, path=request.route)
        if self.mock and api_id in self.production_only:
            return refusal(8104)
        return self._refuse_rate(api_id)

    def _sample(self, api_id: str, request: ReceivedRequest | None, rows: int = 1) -> dict[str, Any]:
        sample = make_sample(api_id, request and read_json(request), rows, self.seed)
        if "ord_no" in sample:
            sample["ord_no"] = f"{next(self._orders):07}"
        return {**sample, **OK}


def _with_headers(reply: Reply, request: ReceivedRequest) -> Reply:
    """Return `reply` with the headers that Kiwoom sends [captured, on a success; assumed, on an error]."""
    lists = [value for value in reply.payload.values() if isinstance(value, list)] if _is_object(reply) else []
    headers = {
        "api-id": request.called or "",
        "cont-yn": "N",
        "next-key": "",
        "resp-cnt": str(len(lists[0])) if lists else "0",
        "user-data": "",
        **_CORS,
    }
    return reply._replace(headers={**headers, **reply.headers})


def _is_object(reply: Reply) -> bool:
    return isinstance(reply.payload, Mapping)


def with_strings(reply: Reply) -> Reply:
    """Return `reply` with its ``return_code`` as a string."""
    if reply.return_code is None:
        return reply
    return reply._replace(payload={**reply.payload, "return_code": str(reply.return_code)})
