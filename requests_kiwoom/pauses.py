"""``ApiPauses``: APIs that reject every new token, for which au10001 is not called until a pause ends."""

from typing import NamedTuple

from .backoff import LONGEST, Backoff
from .exceptions import TokenUnavailable
from .secret import mask
from .tokens import Clock, Token, fingerprint

#: The name under which :meth:`KiwoomAuth.token` reports a rejection: it counts as an API of its own.
TOKEN_CALL = "token()"

#: The most pauses that are kept: 8 of them take less than 2 kB.
_MOST_PAUSES = 8

_WAY_OUT = "Another one will be requested after a pause; auth.renew(force=True) replaces it now."


class Trial(NamedTuple):
    """A token that was issued because an API rejected another one. If the API rejects it, too, the API is the cause."""

    value: str
    api_id: str
    #: Seconds since the epoch: a rejection after that is the token's fault.
    until: float


class ApiPauses:
    """The pauses of the APIs of one key pair. An API that rejects every token does not hold up the others.

    :param clock: seconds since the epoch.
    """

    __slots__ = ("_clock", "_trial", "_pauses")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: The last token that was issued for a rejection, until its API accepts it.
        self._trial: Trial | None = None
        #: By api-id.
        self._pauses: dict[str, Backoff] = {}

    def __repr__(self) -> str:
        return f"<ApiPauses {' '.join(self._pauses)}>"

    def __bool__(self) -> bool:
        """Whether an accepted response matters: an API rejected a token lately."""
        return self._trial is not None or bool(self._pauses)

    def note_accepted(self, api_id: str) -> None:
        """End the pause of an API that accepted a token. The caller needs no lock."""
        self._pauses.pop(api_id, None)
        trial = self._trial
        if trial is not None and trial.api_id == api_id:
            self._trial = None

    def note_issued(self, token: Token, api_id: str) -> None:
        """Begin the trial of `token`, which was issued because `api_id` rejected another one."""
        # An API ends its trial with an accepted response. What a program does with token() is not seen: there, a token
        # that lived longer than the pause that would follow was accepted.
        length = self._pauses.get(api_id, Backoff()).next_length if api_id == TOKEN_CALL else LONGEST
        self._trial = Trial(token.value, api_id, self._clock() + length)

    def note_rejected(self, rejected: str, api_id: str) -> None:
        """Note that `api_id` rejected the current token.

        :raises TokenUnavailable: if it was on trial for this API: a pause begins.
        """
        rejected, trial = mask(rejected), self._trial
        if trial is not None and (trial.value, trial.api_id) == (rejected, api_id) and self._clock() <= trial.until:
            raise self.start(api_id, f"{api_id} rejected the new token {fingerprint(rejected)}, too")

    def start(self, api_id: str, what: str) -> TokenUnavailable:
        """Begin a pause, longer than the last one, and return the error that says so.

        :param what: the first sentence of its text, without the full stop.
        """
        now = self._clock()
        self._trial = None
        pause = self._pauses.pop(api_id, Backoff()).after_failure(now)
        while len(self._pauses) >= _MOST_PAUSES:
            del self._pauses[min(self._pauses, key=lambda other: self._pauses[other].remaining(now))]
        self._pauses[api_id] = pause
        return TokenUnavailable(f"{what}. {_WAY_OUT}", retry_after=pause.remaining(now))

    def check(self, api_id: str | None) -> None:
        """Raise an error if a pause of `api_id` is running.

        :raises TokenUnavailable: with the time that is left.
        """
        remaining = self._pauses.get(api_id or "", Backoff()).remaining(self._clock())
        if remaining:
            raise TokenUnavailable(f"{api_id} rejects every token. {_WAY_OUT}", retry_after=remaining)
