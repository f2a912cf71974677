"""``Options``: how a server behaves."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from .replies import Reply

_ALLOWED: dict[str, tuple[object, ...]] = {
    "reissue": ("same", "new"),
    "rejection": (8005, 401, "top", 8003, 8031, 8103),
}
_HIGHEST = {"latency": 3600.0, "chaos": 1.0}


@dataclass(kw_only=True, eq=False, repr=False)
class Options:
    """How a server behaves. Each option can be changed at any time, by setting the attribute."""

    #: Whether this is mock trading (모의투자): other keys, 1 call a second, and `production_only` is not offered.
    mock: bool = False
    #: ``"same"``: au10001 hands out the same token while one lives [vendor, captured]; ``"new"``: each call gives a new
    #: one that kills the old [disputed].
    reissue: str = "same"
    #: How a dead token is answered: ``8005`` in HTTP 200 [captured]; ``401``, that in HTTP 401 [vendor]; ``"top"``,
    #: with 8005 as the ``return_code`` itself [vendor]; or the codes ``8003``, ``8031`` or ``8103``.
    rejection: int | str = 8005
    #: Whether every ``return_code`` is a string, ``"0"`` for ``0`` [vendor].
    numbers_as_strings: bool = False
    #: Seconds that au10001 and au10002 take.
    latency: float = 0.0
    #: Whether calls are counted: 5 a second of each API, 1 on mock, 2 of au10001; HTTP 429 with 1700 [captured].
    rate_limits: bool = False
    #: The IP addresses that are registered for the key: au10001 refuses others with 8050 [captured], all else with
    #: 8040 [assumed]. ``None``: every address is.
    allowed_ips: Collection[str] | None = None
    #: The APIs that mock trading refuses with 8104; of ka01690 that is [captured].
    production_only: Collection[str] = ("ka01690",)
    #: What everything is answered: ``faults.MAINTENANCE``, ``faults.FIREWALL`` or another :class:`Reply`.
    outage: Reply | None = None
    #: The share of requests, from 0 to 1, that meet a fault, one of those in ``faults`` at random.
    chaos: float = 0.0
    #: Whether an ill-behaved request is refused. It is noted in `complaints` in any case.
    strict: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        # Whether the constructor sets it or a test does, later.
        if name in _ALLOWED and value not in _ALLOWED[name]:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, _ALLOWED[name]))}, not {value!r}")
        if name in _HIGHEST and not 0 <= value <= _HIGHEST[name]:
            raise ValueError(f"{name} must be a number from 0 to {_HIGHEST[name]:g}, not {value!r}")
        super().__setattr__(name, value)
