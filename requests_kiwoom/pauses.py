"""``ApiPauses``: APIs that reject every new token, for which au10001 is not called until a pause ends.

After an API rejected a token and another was issued, the API is on trial: if it rejects that one, too, a pause begins.
"""

from typing import NamedTuple

from .backoff import LONGEST, Backoff
from .exceptions import TokenUnavailable
from .secret import mask
from .tokens import Clock, fingerprint

#: The name under which :meth:`KiwoomAuth.token` reports a rejection: it counts as an API of its own.
TOKEN_CALL = "the login with token()"

#: The most APIs that are kept: 8 take less than 2 kB.
_MOST_APIS = 8

_WAY_OUT = "au10001 is not called again until a pause ends; auth.renew(force=True) replaces the token now."


class ApiState(NamedTuple):
    """An API that rejected a token and accepted none since."""

    #: The token that it rejected before the current one was issued; ``None`` if a pause followed.
    rejected: str | None = None
    #: When its trial ends, in seconds since the epoch. If it rejects another token before, the API is the cause.
    trial_until: float = 0.0
    #: The pause that began when the API rejected a new token.
    pause: Backoff = Backoff()


_ACCEPTING = ApiState()


class ApiPauses:
    """The pauses of the APIs of one key pair. An API that rejects every token does not hold up the others.

    All methods but :meth:`note_accepted` are called with the token source's lock held.

    :param clock: seconds since the epoch.
    """

    __slots__ = ("_clock", "states")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: By api-id. While it is empty, an accepted response means nothing.
        self.states: dict[str, ApiState] = {}

    def __repr__(self) -> str:
        return f"<ApiPauses {' '.join(self.states)}>"

    def note_accepted(self, api_id: str) -> None:
        """End the trial and the pause of an API that accepted a token."""
        # Without the lock: a thread that has its response does not wait for another thread's token call.
        self.states.pop(api_id, None)

    def note_issued(self, rejected: str, api_id: str) -> None:
        """Begin a trial: a token was issued because `api_id` rejected another one."""
        # An API ends its trial with a success. The responses to a login with token() are not seen: there, a token that
        # lived longer than the next pause was accepted.
        pause = self._state(api_id).pause
        length = pause.next_length if api_id == TOKEN_CALL else LONGEST
        self._set(api_id, ApiState(mask(rejected), self._clock() + length, pause))

    def note_rejected(self, rejected: str, api_id: str) -> None:
        """Note that `api_id` rejected the current token.

        :raises TokenUnavailable: if this ends its trial: a pause begins.
        """
        rejected, state = mask(rejected), self._state(api_id)
        if state.rejected not in (None, rejected) and self._clock() <= state.trial_until:
            raise self.start(api_id, f"{api_id} rejected the new token {fingerprint(rejected)}, too")

    def start(self, api_id: str, what: str) -> TokenUnavailable:
        """Begin a pause, longer than the last one, and return the error that says so.

        :param what: the first sentence of its text, without the full stop.
        """
        now = self._clock()
        pause = self._state(api_id).pause.after_failure(now)
        self._set(api_id, ApiState(pause=pause))
        return TokenUnavailable(f"{what}. {_WAY_OUT}", retry_after=pause.remaining(now))

    def check(self, api_id: str) -> None:
        """Raise an error if a pause of `api_id` is running.

        :raises TokenUnavailable: with the time that is left.
        """
        remaining = self._state(api_id).pause.remaining(self._clock())
        if remaining:
            raise TokenUnavailable(f"{api_id} rejects every token. {_WAY_OUT}", retry_after=remaining)

    def _state(self, api_id: str) -> ApiState:
        return self.states.get(api_id, _ACCEPTING)

    def _set(self, api_id: str, state: ApiState) -> None:
        # Another dict: note_accepted() takes a state away without the lock. The newest stand last, and stay.
        others = [(name, other) for name, other in self.states.copy().items() if name != api_id]
        self.states = dict([*others[-(_MOST_APIS - 1) :], (api_id, state)])
