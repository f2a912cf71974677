"""``Reply``: one answer; ``ReplyBook``: which API is answered what; ``Plans``: what comes in between."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, Union

from .received import ReceivedRequest

#: How every success ends [spec].
OK = {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}


class Ending(Enum):
    """How a connection breaks around an answer."""

    #: Reset before the first byte of the answer.
    RESET_BEFORE = "reset before the answer"
    #: Reset in the middle of the body.
    RESET_WITHIN = "reset within the answer"
    #: Reset when the next request comes in on it: the connection was kept alive, but not for long enough.
    RESET_AFTER = "reset after the answer"
    #: Closed in the middle of the body, in good order.
    TRUNCATED = "truncated answer"


class Reply(NamedTuple):
    """An answer of the server."""

    #: The body: bytes as they are, anything else as JSON.
    payload: Any
    status: int = 200
    headers: Mapping[str, str] = {}
    #: Seconds that it takes.
    delay: float = 0.0
    ending: Ending | None = None

    @property
    def return_code(self) -> object:
        """The envelope's ``return_code``; ``None`` without one."""
        return self.payload.get("return_code") if isinstance(self.payload, Mapping) else None

    def encode(self) -> bytes:
        """The body's bytes."""
        if isinstance(self.payload, bytes):
            return self.payload
        return json.dumps(self.payload, ensure_ascii=False).encode()


class Fault(NamedTuple):
    """What happens to an answer on its way. The request was processed all the same: an order was taken."""

    delay: float = 0.0
    ending: Ending | None = None

    def spoil(self, reply: Reply) -> Reply:
        """`reply`, with this happening to it."""
        return reply._replace(delay=reply.delay + self.delay, ending=self.ending)


#: Makes the answer to a request: an object (a success, unless it has a ``return_code``), or a :class:`Reply`.
Answerer = Callable[[ReceivedRequest], Union[Mapping[str, Any], Reply]]
#: What one call can be answered: the same, made beforehand, or the path of a JSON file.
Answer = Union[Mapping[str, Any], Reply, Answerer, "os.PathLike[str]"]


def as_reply(answer: "Mapping[str, Any] | Reply") -> Reply:
    """`answer` as it goes out: an object without a ``return_code`` is a success."""
    if isinstance(answer, Reply):
        return answer
    if not isinstance(answer, Mapping):
        raise TypeError(f"an answer must be a dict, a Reply, a callable or a pathlib.Path, not {type(answer).__name__}")
    return Reply(answer if "return_code" in answer else {**answer, **OK})


class ReplyBook:
    """What each API is answered, call by call; the last answer stays."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[Reply | Answerer]] = {}

    def write(self, api_id: str, answer: "Answer | Iterable[Answer]") -> None:
        """Answer `api_id` so from now on; several answers are for successive calls."""
        several = isinstance(answer, Iterable) and not isinstance(answer, (Mapping, Reply, os.PathLike))
        answers: Any = answer if several else [answer]
        prepared = deque(_prepare(each) for each in answers)
        if not prepared:
            raise ValueError(f"no answer is given for {api_id}")
        self._answers[api_id] = prepared

    def next(self, api_id: str) -> "Reply | Answerer | None":
        """What the next call is answered; ``None`` if nothing is written for it."""
        answers = self._answers.get(api_id)
        if answers is None:
            return None
        return answers.popleft() if len(answers) > 1 else answers[0]


def _prepare(answer: Answer) -> "Reply | Answerer":
    if isinstance(answer, os.PathLike):
        return as_reply(_read(Path(answer)))
    return answer if callable(answer) else as_reply(answer)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object, as Kiwoom's answers are")
    return content


#: What :meth:`KiwoomServer.fail` takes.
Plan = Union[Reply, Fault, Callable[[ReceivedRequest], Reply]]


class Plans:
    """What the next requests meet, each once: by api-id, by path, or whatever comes (``None``)."""

    def __init__(self) -> None:
        self._queues: dict[str | None, deque[Plan]] = {}

    def add(self, key: str | None, plans: Iterable[Plan]) -> None:
        """Keep `plans` for the next requests to `key`."""
        self._queues.setdefault(key, deque()).extend(plans)

    def take(self, request: ReceivedRequest) -> Plan | None:
        """What is planned for `request`, if anything."""
        for key in (request.called, request.route, None) if self._queues else ():
            queue = self._queues.get(key)
            if queue:
                return queue.popleft()
        return None
