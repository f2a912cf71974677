"""``ApiPauses``: APIs that reject every new token, for which au10001 is not called until a pause ends."""

from typing import NamedTuple, TypeVar

from .backoff import LONGEST, Backoff
from .exceptions import TokenUnavailable
from .secret import mask
from .tokens import Clock, fingerprint

#: The name under which :meth:`KiwoomAuth.token` reports a rejection: it counts as an API of its own.
TOKEN_CALL = "token()"

#: The most pauses that are kept, and the most trials: 8 pauses take less than 2 kB.
_MOST_APIS = 8

_Entry = TypeVar("_Entry")

_WAY_OUT = "Another one will be requested after a pause; auth.renew(force=True) replaces it now."


class Trial(NamedTuple):
    """An API rejected a token, and another was issued. If it rejects the current one, too, the API is the cause."""

    #: The token that the API rejected.
    rejected: str
    #: Seconds since the epoch: a rejection after that is the token's fault.
    until: float


class ApiPauses:
    """The pauses of the APIs of one key pair. An API that rejects every token does not hold up the others.

    All methods but :meth:`note_accepted` are called with the token source's lock held.

    :param clock: seconds since the epoch.
    """

    __slots__ = ("_clock", "_trials", "_pauses")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: The trials of APIs that rejected a token and accepted none since, by api-id.
        self._trials: dict[str, Trial] = {}
        #: The pauses of APIs that rejected new tokens, by api-id.
        self._pauses: dict[str, Backoff] = {}

    def __repr__(self) -> str:
        return f"<ApiPauses {' '.join(self._pauses)}>"

    def __bool__(self) -> bool:
        """Whether an accepted response matters: an API rejected a token lately."""
        return bool(self._trials or self._pauses)

    def note_accepted(self, api_id: str) -> None:
        """End the pause of an API that accepted a token."""
        # Without the lock: a thread that has its response does not wait for another thread's token call.
        self._pauses.pop(api_id, None)
        self._trials.pop(api_id, None)

    def note_issued(self, rejected: str, api_id: str) -> None:
        """Begin a trial: a token was issued because `api_id` rejected another one."""
        # An API ends its trial with an accepted response. What a program does with token() is not seen: there, a token
        # that lived longer than the pause that would follow was accepted.
        length = self._pauses.get(api_id, Backoff()).next_length if api_id == TOKEN_CALL else LONGEST
        self._trials = _with_entry(self._trials, api_id, Trial(mask(rejected), self._clock() + length))

    def note_rejected(self, rejected: str, api_id: str) -> None:
        """Note that `api_id` rejected the current token.

        :raises TokenUnavailable: if this ends its trial: a pause begins.
        """
        rejected, trial = mask(rejected), self._trials.get(api_id)
        if trial is not None and trial.rejected != rejected and self._clock() <= trial.until:
            raise self.start(api_id, f"{api_id} rejected the new token {fingerprint(rejected)}, too")

    def start(self, api_id: str, what: str) -> TokenUnavailable:
        """Begin a pause, longer than the last one, and return the error that says so.

        :param what: the first sentence of its text, without the full stop.
        """
        now = self._clock()
        self._trials.pop(api_id, None)
        pause = self._pauses.get(api_id, Backoff()).after_failure(now)
        self._pauses = _with_entry(self._pauses, api_id, pause)
        return TokenUnavailable(f"{what}. {_WAY_OUT}", retry_after=pause.remaining(now))

    def check(self, api_id: str | None) -> None:
        """Raise an error if a pause of `api_id` is running.

        :raises TokenUnavailable: with the time that is left.
        """
        remaining = self._pauses.get(api_id or "", Backoff()).remaining(self._clock())
        if remaining:
            raise TokenUnavailable(f"{api_id} rejects every token. {_WAY_OUT}", retry_after=remaining)


def _with_entry(entries: dict[str, _Entry], api_id: str, entry: _Entry) -> dict[str, _Entry]:
    """Return a copy that ends with `entry`, and lacks the first one if there are too many.

    A copy, since :meth:`ApiPauses.note_accepted` removes entries without the lock.
    """
    others = [(name, other) for name, other in entries.copy().items() if name != api_id]
    return dict([*others[-(_MOST_APIS - 1) :], (api_id, entry)])
