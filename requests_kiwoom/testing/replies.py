"""``Reply``: one response; ``ReplyBook``: the responses that a test set; ``Plans``: what the next requests meet."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Union

from .http.wire import Ending
from .received import ReceivedRequest

#: How every success ends [spec].
OK = {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}


class Reply(NamedTuple):
    """A response of the server."""

    #: The body: `bytes` are sent as they are, anything else as JSON.
    payload: Any
    status: int = 200
    headers: Mapping[str, str] = {}
    #: Seconds until it is sent.
    delay: float = 0.0
    ending: Ending | None = None

    @property
    def return_code(self) -> object:
        """The envelope's ``return_code``; ``None`` without one."""
        return self.payload.get("return_code") if isinstance(self.payload, Mapping) else None

    def encode(self) -> bytes:
        """Return the body's bytes."""
        if isinstance(self.payload, bytes):
            return self.payload
        return json.dumps(self.payload, ensure_ascii=False).encode()


class Fault(NamedTuple):
    """What happens to a response on its way. Kiwoom processed the request all the same: an order was accepted."""

    #: Seconds.
    delay: float = 0.0
    ending: Ending | None = None

    def spoil(self, reply: Reply) -> Reply:
        """Return `reply` with this fault."""
        return reply._replace(delay=reply.delay + self.delay, ending=self.ending)


#: Makes the response to a request: an object (a success, unless it has a ``return_code``), or a :class:`Reply`.
Responder = Callable[[ReceivedRequest], Union[Mapping[str, Any], Reply]]
#: The response to one call: the same, made beforehand, or the path of a JSON file.
Response = Union[Mapping[str, Any], Reply, Responder, "os.PathLike[str]"]


def as_reply(response: "Mapping[str, Any] | Reply") -> Reply:
    """Return `response` as a `Reply`. An object without a ``return_code`` is a success."""
    if isinstance(response, Reply):
        return response
    if not isinstance(response, Mapping):
        kind = type(response).__name__
        raise TypeError(f"a response must be a dict, a Reply, a callable or a pathlib.Path, not {kind}")
    return Reply(response if "return_code" in response else {**response, **OK})


class ReplyBook:
    """The responses of each API, call by call; the last one stays."""

    def __init__(self) -> None:
        self._responses: dict[str, deque[Reply | Responder]] = {}

    def write(self, api_id: str, response: "Response | Iterable[Response]") -> None:
        """Set the response of `api_id`; several are for successive calls."""
        are_several = isinstance(response, Iterable) and not isinstance(response, (Mapping, Reply, os.PathLike))
        responses: Any = response if are_several else [response]
        prepared = deque(_prepare(each) for each in responses)
        if not prepared:
            raise ValueError(f"no response is given for {api_id}")
        self._responses[api_id] = prepared

    def next(self, api_id: str) -> "Reply | Responder | None":
        """Return the response to the next call; ``None`` if a test set none."""
        responses = self._responses.get(api_id)
        if responses is None:
            return None
        return responses.popleft() if len(responses) > 1 else responses[0]


def _prepare(response: Response) -> "Reply | Responder":
    if isinstance(response, os.PathLike):
        return as_reply(_read(Path(response)))
    return response if callable(response) else as_reply(response)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object, as Kiwoom's responses are")
    return content


#: What :meth:`KiwoomServer.fail` takes.
Plan = Union[Reply, Fault, Callable[[ReceivedRequest], Reply]]


class Plans:
    """What happens to the next requests, each once: by api-id, ``trnm`` or path, or to any request (``None``)."""

    def __init__(self) -> None:
        self._queues: dict[str | None, deque[Plan]] = {}

    def add(self, key: str | None, plans: Iterable[Plan]) -> None:
        """Keep `plans` for the next requests to `key`."""
        self._queues.setdefault(key, deque()).extend(plans)

    def take(self, *keys: str | None) -> Plan | None:
        """Return the plan for a request that any of `keys` names, and drop it."""
        for key in keys if self._queues else ():
            queue = self._queues.get(key)
            if queue:
                return queue.popleft()
        return None
