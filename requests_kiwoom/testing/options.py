"""``Options``: how a server behaves."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .replies import Reply

Reissue = Literal["same", "new"]
Rejection = Literal[8005, 401, "top", 8003, 8031, 8103]
Limits = Literal[False, True, "bursts"]

_ALLOWED: dict[str, tuple[object, ...]] = {
    "reissue": get_args(Reissue),
    "rejection": get_args(Rejection),
    "rate_limits": get_args(Limits),
}
_HIGHEST = {"latency": 3600.0, "chaos": 1.0, "ping_interval": 86400.0}


@dataclass(kw_only=True, eq=False, repr=False)
class Options:
    """How a server behaves. Each option is an attribute too, which a test can change at any time."""

    #: Whether this is mock trading (모의투자): other keys, 1 call a second, and `production_only` is not offered.
    mock: bool = False
    #: ``"same"``: au10001 returns the live token again [vendor, captured]; ``"new"``: each call issues a new token and
    #: revokes the old one [disputed].
    reissue: Reissue = "same"
    #: The response to a rejected token: ``8005`` in HTTP 200 [captured]; ``401``, the same in HTTP 401 [vendor];
    #: ``"top"``, with 8005 as the ``return_code`` itself [vendor]; or the codes ``8003``, ``8031`` or ``8103``.
    rejection: Rejection = 8005
    #: Whether every ``return_code`` is a string, ``"0"`` for ``0`` [vendor].
    numbers_as_strings: bool = False
    #: Whether responses have a ``Content-Length``. Kiwoom sends chunks instead [captured].
    content_length: bool = False
    #: Seconds that au10001 and au10002 take.
    latency: float = 0.0
    #: Whether calls are limited, with HTTP 429 and 1700 [captured]. ``True``: 5 a second of each API, 1 on mock, 2 of
    #: au10001 [captured]. ``"bursts"``: 1 a second of each API, and 2 after a pause [disputed].
    rate_limits: Limits = False
    #: The IP addresses that are registered for the key: au10001 refuses others with 8050 [captured], other APIs with
    #: 8040 [assumed]. ``None``: every address is registered.
    allowed_ips: Collection[str] | None = None
    #: The APIs that mock trading refuses with 8104; for ka01690 that is [captured].
    production_only: Collection[str] = ("ka01690",)
    #: The response to everything: ``faults.MAINTENANCE``, ``faults.FIREWALL`` or another :class:`Reply`.
    outage: Reply | None = None
    #: The share of requests, from 0 to 1, that meet a fault, one of those in ``faults`` at random.
    chaos: float = 0.0
    #: Whether a malformed request is refused. It is noted in `complaints` in any case.
    strict: bool = True
    #: The seed of sample responses: the same seed gives the same values.
    seed: int = 0
    #: Seconds between two PING messages on a WebSocket [assumed]; 0 for none.
    ping_interval: float = 60.0
    #: Called with one line about each request and message, without keys and tokens.
    log: Callable[[str], object] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ALLOWED and value not in _ALLOWED[name]:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, _ALLOWED[name]))}, not {value!r}")
        if name in _HIGHEST and not 0 <= value <= _HIGHEST[name]:
            raise ValueError(f"{name} must be a number from 0 to {_HIGHEST[name]:g}, not {value!r}")
        super().__setattr__(name, value)
