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
import time

from .backoff import LastFailure
from .exceptions import TokenIssueError, TokenRevokeError, TokenUnavailable
from .locks import ProcessLock
from .oauth import OAuthClient
from .pauses import ApiPauses
from .stores import TokenStore
from .stores.guarded import GuardedStore, NoStore, store_key
from .tokens import Authorization, Clock, HeldToken, Token, hold, is_new, is_plausible

logger = logging.getLogger(__name__)

_BUSY = "Another thread or process was busy for the longest time that one token call may take. Try again."


class TokenSource:
    """Holds the current token of one key pair, and lets one thread at a time obtain another.

    The current token is published by one assignment and read without a lock. A thread that finds it missing, expired or
    rejected takes the lock, looks again, and obtains one; the others wait, and get the token or an error of their own.
    So do the processes that share a `store`. No request waits longer than one token call may take.

    :param oauth: calls au10001 and au10002.
    :param clock: seconds since the epoch.
    """

    __slots__ = ("_oauth", "_clock", "origin", "key", "_store", "_held", "_last_rejected", "pauses", "_failed", "_lock")

    def __init__(self, oauth: OAuthClient, store: TokenStore | None = None, *, clock: Clock = time.time) -> None:
        self._oauth = oauth
        self._clock = clock
        #: The origin of the requests that the tokens are for.
        self.origin = oauth.origin
        #: Names the key pair and the origin, without showing them.
        self.key = store_key(oauth.origin, oauth.appkey)
        self._store = NoStore() if store is None else GuardedStore(store, self.key, clock)
        #: The current token; ``None`` before the first one, and from a revoke to the next.
        self._held: HeldToken | None = None
        #: The token that was rejected or revoked last: a store may still hold it.
        self._last_rejected: str | None = None
        #: The APIs that reject new tokens.
        self.pauses = ApiPauses(clock)
        #: au10001's last error, and the pause after it.
        self._failed = LastFailure()
        self._lock = ProcessLock()

    def __repr__(self) -> str:
        return f"<TokenSource {getattr(self, '_oauth', None)}>"

    @property
    def held(self) -> Token | None:
        """The token that requests got last; its expiry may have passed."""
        held = self._held
        return held.token if held is not None else None

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
            self.pauses.note_rejected(rejected, api_id)
            held = self._obtain(deadline, api_id)
            if held.token.value == rejected:
                again = f"au10001 returned token {held.token.fingerprint} again"
                raise self.pauses.start(api_id, f"{again}, which {api_id} just rejected")
            return held

    def is_own(self, authorization: "str | bytes") -> bool:
        """Return whether this source made the header value `authorization`, even if its token has expired."""
        if isinstance(authorization, Authorization):
            return authorization.source_key == self.key
        held = self._held  # A program may have turned the value into a plain string.
        return held is not None and held.authorization == authorization

    def renew(self, force: bool) -> bool:
        """Make the current token one with its full 24 hours: revoke the one that has less, and issue.

        :param force: revoke the current token even if it is new.
        :return: whether the current token is another one now.
        :raises TokenIssueError: no token could be issued.
        :raises TokenRevokeError: au10002 gave no response; the token is kept.
        """
        longest = self._oauth.max_call_seconds
        with self._lock.hold(longest, TokenUnavailable(_BUSY)):
            before = self.held
            self._failed.check(self._clock())
            try:
                # There are up to three calls, and update() allows for twice the wait.
                held = self._store.update(lambda stored: self._renew(stored, force).token, 1.5 * longest)
            except TokenIssueError:
                self._discard_revoked()
                raise
            if not is_new(held, self._clock()):
                logger.warning("renew(): Kiwoom returned an older token %s", held)
            return held != before

    def revoke(self) -> None:
        """Revoke the token that is held or stored, for every process that uses the key; without one, do nothing.

        :raises TokenRevokeError: au10002 did not revoke it; the token is kept.
        """
        with self._lock.hold(self._oauth.max_call_seconds, TokenRevokeError(_BUSY)):
            # The store's first: another process may have replaced the one here. A store that fails counts as empty.
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
            return self._publish(held.token)  # By Kiwoom's clock it was live.

    def _obtain(self, deadline: float, rejected_by: str | None = None) -> HeldToken:
        stored = self._acceptable(self._store.load())
        if stored is not None:
            return self._publish(stored)
        if rejected_by is not None:
            self.pauses.check(rejected_by)
        self._failed.check(self._clock())
        published: list[HeldToken] = []

        def issue(stored: Token | None) -> Token:
            # While this process waited for the store's lock, another one may have stored a token.
            token = self._acceptable(stored) or self._call_au10001(deadline - time.monotonic(), rejected_by)
            published.append(self._publish(token))
            return token

        # Half of the time for the store's lock, so that half is left for a call without the store.
        self._store.update(issue, max(0.0, deadline - time.monotonic()) / 2)
        return published[-1]

    def _renew(self, stored: Token | None, force: bool) -> HeldToken:
        # Published at once: if au10002 gives no response, this is the token that is put back.
        live = self._live()
        held = self._publish(self._acceptable(stored) or (live.token if live else self._call_au10001()))
        if is_new(held.token, self._clock()) and held.token.value != self._last_rejected and not force:
            return held
        try:
            self._revoke(held.token)
        except TokenRevokeError as error:
            if error.return_code is None:
                raise
            # Kiwoom refused: the token was invalid already; if not, au10001 returns it again.
            logger.warning("renew(): %s", error)
        return self._publish(self._call_au10001())

    def _discard_revoked(self) -> None:
        """Remove the token from the store that renew() revoked before it could issue another."""
        stored = self._store.load()
        if stored is not None and stored.value == self._last_rejected:
            self._store.discard(stored)

    def _acceptable(self, stored: Token | None) -> Token | None:
        """Return the stored token if it can be the current one."""
        now, held = self._clock(), self._held
        # Its record may come from any code: it is checked as au10001's response is.
        if not isinstance(stored, Token) or not is_plausible(stored, now) or stored.value == self._last_rejected:
            return None
        # After an outage a store may hold an older token.
        if held is not None and stored.expires_epoch < held.token.expires_epoch:
            return None
        # The rejected token looked expired when it was issued: this clock is ahead of Kiwoom's.
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
        longest = self._oauth.max_call_seconds
        if seconds is not None and seconds < longest / 10:
            raise TokenUnavailable(_BUSY)  # Cut off, the call would start a pause for all.
        try:
            token = self._oauth.issue(self._clock(), longest if seconds is None else seconds)
        except TokenIssueError as error:
            self._failed = self._failed.followed_by(error, self._clock())
            logger.warning("%s", error)
            raise
        self._failed = LastFailure()
        if rejected_by is not None and self._last_rejected is not None:
            self.pauses.note_issued(self._last_rejected, rejected_by)
        logger.info("token %s issued, expires %s", token.fingerprint, token.expires_at)
        return token

    def _publish(self, token: Token) -> HeldToken:
        self._held = held = hold(token, self.key, self._clock())
        return held
