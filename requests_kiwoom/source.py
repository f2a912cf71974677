"""``TokenSource``: where a token comes from, in this order: memory, the store, Kiwoom.

"Obtain" means: the store; else, unless a pause is running, au10001 under the store's lock.

=============================  ======================================  ==============================================
token in memory                a request needs a token                 that token was rejected
=============================  ======================================  ==============================================
none, or expired               obtain                                  obtain
live                           use it                                  if another thread replaced it, use the new one;
                                                                       otherwise obtain another
overdue: past its expiry, by   use it; after 30 s obtain, and keep it  obtain another
this clock, when it was issued if that fails
=============================  ======================================  ==============================================
"""

import logging
import math
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from .backoff import Backoff, LastFailure
from .exceptions import TokenIssueError, TokenRevokeError, TokenUnavailable
from .locks import ProcessLock
from .oauth import OAuthClient
from .origins import Origin
from .stores import TokenStore
from .stores.guarded import GuardedStore, NoStore, store_key
from .tokens import LIFETIME, Authorization, Token, fingerprint, is_plausible

logger = logging.getLogger(__name__)

#: Seconds that an overdue token is used before au10001 is asked again.
_OVERDUE_USE = 30.0
#: A token whose remaining life is within so many seconds of 24 hours counts as new.
_NEW_WITHIN = 60.0
#: The most pauses that are kept, and the most trials: 8 pauses take less than 2 kB.
_MOST_APIS = 8

_Entry = TypeVar("_Entry")

#: The name under which :meth:`KiwoomAuth.token` reports a rejection: it counts as an API of its own.
TOKEN_CALL = "token()"

_BUSY = "Another thread was busy with the token for the longest time that one token call may take. Try again."
_WAY_OUT = "Another one will be requested after a pause; auth.renew(force=True) replaces it now."


class HeldToken(NamedTuple):
    """The current token, as requests get it."""

    token: Token
    #: The value of the ``Authorization`` header, marked with the source's key.
    authorization: Authorization
    #: Seconds since the epoch until which it is used: its expiry, or 30 s after a moment if it is overdue.
    use_until: float
    #: Whether it was past its expiry, by this clock, when it was issued.
    is_overdue: bool


class Trial(NamedTuple):
    """An API rejected a token, and another was issued. If it rejects the current one, too, the API is the cause."""

    #: The token that the API rejected.
    rejected: str
    #: Seconds since the epoch: a rejection after that is the token's fault.
    until: float


def _with_entry(entries: dict[str, _Entry], api_id: str, entry: _Entry) -> dict[str, _Entry]:
    """Return a copy that ends with `entry`, and lacks the first one if there are too many.

    A copy, since :meth:`TokenSource.note_accepted` removes entries without the lock.
    """
    others = [(name, other) for name, other in entries.copy().items() if name != api_id]
    return dict([*others[-(_MOST_APIS - 1) :], (api_id, entry)])


class TokenSource:
    """Holds the current token of one key pair, and lets one thread at a time obtain another.

    The current token is published by one assignment and read without a lock. A thread that finds it missing, expired or
    rejected takes the lock, looks again, and obtains one; the others wait, and get the token or an error of their own.
    With a `store`, the same holds for the processes that share it. No caller waits longer than one token call may take.

    :param oauth: calls au10001 and au10002.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self, oauth: OAuthClient, store: TokenStore | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._oauth = oauth
        self._clock = clock
        #: Names the key pair and the origin, without showing them.
        self.key = store_key(oauth.origin, oauth.appkey)
        self._store = NoStore() if store is None else GuardedStore(store, self.key, clock)
        #: The current token; ``None`` before the first one and during a revoke.
        self._held: HeldToken | None = None
        #: The token that was rejected or revoked last: a store may still hold it.
        self._last_rejected: str | None = None
        #: The trials of APIs that rejected a token and accepted none since, by api-id.
        self._trials: dict[str, Trial] = {}
        #: The pauses of APIs that rejected new tokens, by api-id.
        self._pauses: dict[str, Backoff] = {}
        #: au10001's last error, and the pause after it.
        self._failure = LastFailure()
        self._lock = ProcessLock()

    def __repr__(self) -> str:
        return f"<TokenSource {self.__dict__.get('_oauth')}>"

    @property
    def origin(self) -> Origin:
        """The origin of the requests that the tokens are for."""
        return self._oauth.origin

    @property
    def held(self) -> Token | None:
        """The token that requests got last; its expiry may have passed."""
        held = self._held
        return held.token if held is not None else None

    @property
    def is_watching(self) -> bool:
        """Whether an accepted response matters: an API rejected a token lately."""
        return bool(self._trials or self._pauses)

    def current(self) -> HeldToken:
        """Return the live token; obtain one if there is none.

        :raises TokenIssueError: if none can be obtained.
        """
        held = self._held
        if held is not None and self._clock() < held.use_until:
            return held
        deadline = time.monotonic() + self._oauth.max_call_seconds
        with self._lock.hold(self._oauth.max_call_seconds, TokenUnavailable(_BUSY)):
            return self._live() or self._obtain_or_keep_overdue(deadline)

    def replace(self, rejected: str, api_id: str) -> HeldToken:
        """Return another token than `rejected`: the current one if another thread replaced it, or one obtained now.

        :param api_id: the API that rejected it.
        :raises TokenIssueError: if none can be obtained, or not for this API until a pause ends.
        """
        deadline = time.monotonic() + self._oauth.max_call_seconds
        with self._lock.hold(self._oauth.max_call_seconds, TokenUnavailable(_BUSY)):
            live = self._live()
            if live is not None and live.token.value != rejected:
                return live
            self._last_rejected = rejected
            self._raise_if_api_is_the_cause(rejected, api_id)
            held = self._obtain(deadline, api_id)
            if held.token.value == rejected:
                what = f"au10001 returned token {held.token.fingerprint} again, which {api_id} just rejected"
                raise self._start_pause(api_id, what)
            return held

    def note_accepted(self, api_id: str) -> None:
        """End the pause of an API that accepted a token."""
        # Without the lock: a thread that has its response does not wait for another thread's token call.
        self._pauses.pop(api_id, None)
        self._trials.pop(api_id, None)

    def is_own(self, authorization: "str | bytes") -> bool:
        """Return whether this source made the header value `authorization`, of whatever age the token is."""
        if isinstance(authorization, Authorization):
            return authorization.source_key == self.key
        held = self._held  # A program may have turned the value into a plain string.
        return held is not None and held.authorization == authorization

    def renew(self, force: bool) -> bool:
        """Make the current token one with its full 24 hours: revoke the one that has less, and issue.

        :param force: revoke the current token even if it is new.
        :return: whether the current token is another one now.
        :raises TokenIssueError: no token could be issued, before or after the revoke.
        :raises TokenRevokeError: au10002 gave no response; the token is kept.
        """
        with self._lock.hold(self._oauth.max_call_seconds, TokenUnavailable(_BUSY)):
            before = self.held
            self._raise_in_pause()
            held = self._store.update(lambda stored: self._renew(stored, force).token, 3 * self._oauth.max_call_seconds)
            if not self._is_new(held):
                logger.warning("renew(): Kiwoom returned an older token %s", held)
            return held != before

    def revoke(self) -> None:
        """Revoke the token that is held or stored, for every process that uses the key; without one, do nothing.

        :raises TokenRevokeError: au10002 did not revoke it; the token is kept.
        """
        with self._lock.hold(self._oauth.max_call_seconds, TokenRevokeError(_BUSY)):
            # The store's first: another process may have replaced the one that is held here.
            token = self._acceptable(self._store.load()) or self.held
            if token is not None:
                self._revoke(token)
                self._store.discard(token)
                logger.info("token %s revoked", token.fingerprint)

    # Below this line the lock is held. Memory first, then the store, then Kiwoom.

    def _live(self) -> HeldToken | None:
        held = self._held
        return held if held is not None and self._clock() < held.use_until else None

    def _obtain_or_keep_overdue(self, deadline: float) -> HeldToken:
        try:
            return self._obtain(deadline)
        except TokenUnavailable:
            held = self._held
            if held is None or not held.is_overdue:
                raise
            # By Kiwoom's clock it was live: a wrong local clock costs a few calls, never a request.
            self._held = held._replace(use_until=self._clock() + _OVERDUE_USE)
            return self._held

    def _obtain(self, deadline: float, rejected_by: str | None = None) -> HeldToken:
        stored = self._acceptable(self._store.load())
        if stored is not None:
            return self._publish(stored)
        self._raise_in_pause(rejected_by)
        published: list[HeldToken] = []

        def issue(stored: Token | None) -> Token:
            # While this process waited for the store's lock, another one may have stored a token.
            token = self._acceptable(stored) or self._call_au10001(deadline - time.monotonic(), rejected_by)
            published.append(self._publish(token))
            return token

        # Half of the time for the store's lock, so that half is left for a call without the store.
        self._store.update(issue, (deadline - time.monotonic()) / 2)
        return published[-1]

    def _renew(self, stored: Token | None, force: bool) -> HeldToken:
        # Published at once: if au10002 gives no response, this is the token that is put back.
        held = self._publish(self._acceptable(stored) or self._live_token() or self._call_au10001())
        if self._is_new(held.token) and held.token.value != self._last_rejected and not force:
            return held
        try:
            self._revoke(held.token)
        except TokenRevokeError as error:
            if error.return_code is None:
                raise
            # Kiwoom refused: the token was invalid already; if not, au10001 returns it again.
            logger.warning("renew(): %s", error)
        return self._publish(self._call_au10001())

    def _live_token(self) -> Token | None:
        live = self._live()
        return live.token if live is not None else None

    def _raise_if_api_is_the_cause(self, rejected: str, api_id: str) -> None:
        trial = self._trials.get(api_id)
        if trial is not None and trial.rejected != rejected and self._clock() <= trial.until:
            raise self._start_pause(api_id, f"{api_id} rejected the new token {fingerprint(rejected)}, too")

    def _raise_in_pause(self, rejected_by: str | None = None) -> None:
        now = self._clock()
        pause = self._pauses.get(rejected_by or "")
        if pause is not None and pause.remaining(now):
            raise TokenUnavailable(f"{rejected_by} rejects every token. {_WAY_OUT}", retry_after=pause.remaining(now))
        error = self._failure.error_in_pause(now)
        if error is not None:
            raise error

    def _start_pause(self, api_id: str, what: str) -> TokenUnavailable:
        now = self._clock()
        self._trials.pop(api_id, None)
        pause = self._pauses.get(api_id, Backoff()).after_failure(now)
        self._pauses = _with_entry(self._pauses, api_id, pause)
        return TokenUnavailable(f"{what}. {_WAY_OUT}", retry_after=pause.remaining(now))

    def _acceptable(self, stored: Token | None) -> Token | None:
        """Return the stored token if it can be the current one."""
        now, held = self._clock(), self._held
        # Its record may come from any code: it is checked as au10001's response is.
        if not isinstance(stored, Token) or not is_plausible(stored, now) or stored.value == self._last_rejected:
            return None
        # After an outage a store may hold an older token.
        if held is not None and stored.expires_epoch < held.token.expires_epoch:
            return None
        # Rejected, it had been used past its expiry by this clock: the clock is ahead of Kiwoom's.
        is_clock_ahead = held is not None and held.is_overdue and held.token.value == self._last_rejected
        if stored.expires_epoch <= now and not is_clock_ahead:
            return None
        if held is None or stored != held.token:
            logger.info("using token %s from the store, expires %s", stored.fingerprint, stored.expires_at)
        return stored

    def _revoke(self, token: Token) -> None:
        """Revoke `token`; meanwhile, requests that need one wait for the next."""
        held, self._held = self._held, None
        try:
            self._oauth.revoke(token)
        except BaseException:
            self._held = held
            raise
        self._last_rejected = token.value

    def _call_au10001(self, seconds: float | None = None, rejected_by: str | None = None) -> Token:
        """Call au10001; a failure starts a pause.

        :param seconds: limit of the call; ``None``: what one call may take.
        """
        try:
            token = self._oauth.issue(self._clock(), self._oauth.max_call_seconds if seconds is None else seconds)
        except TokenIssueError as error:
            now = self._clock()
            self._failure = self._failure.followed_by(error, now)
            if isinstance(error, TokenUnavailable):
                error.retry_after = self._failure.backoff.remaining(now)
            logger.warning("%s", error)
            raise
        self._failure = LastFailure()
        if rejected_by is not None and self._last_rejected is not None:
            trial = Trial(self._last_rejected, self._trial_end(rejected_by))
            self._trials = _with_entry(self._trials, rejected_by, trial)
        logger.info("token %s issued, expires %s", token.fingerprint, token.expires_at)
        return token

    def _trial_end(self, api_id: str) -> float:
        # An API ends its trial with an accepted response. What a login did with token() is not seen: there, a token
        # that lives longer than the pause that would follow was accepted.
        if api_id != TOKEN_CALL:
            return math.inf
        return self._clock() + self._pauses.get(api_id, Backoff()).next_length

    def _publish(self, token: Token) -> HeldToken:
        now = self._clock()
        is_overdue = token.expires_epoch <= now
        use_until = now + _OVERDUE_USE if is_overdue else token.expires_epoch
        held = HeldToken(token, Authorization(token.authorization, self.key), use_until, is_overdue)
        self._held = held
        return held

    def _is_new(self, token: Token) -> bool:
        return abs(token.expires_epoch - self._clock() - LIFETIME) <= _NEW_WITHIN
