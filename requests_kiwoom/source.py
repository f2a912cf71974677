"""``TokenSource``: which token is current, when a new one is issued, by whom."""

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .backoff import Backoff
from .exceptions import TokenIssueError, TokenRevokeError, TokenUnavailable
from .failing import Failing
from .origins import Origin
from .stores.guarded import GuardedStore, NoStore, store_key
from .tokens import LIFETIME, Token, fingerprint, is_plausible

if TYPE_CHECKING:
    from .oauth import OAuthClient
    from .stores import TokenStore

logger = logging.getLogger("requests_kiwoom")

_WAY_OUT = "It is asked for another after a pause; auth.renew() revokes the token and issues a new one now."

#: A token whose remaining life is within so many seconds of 24 hours counts as new.
_FULL_TO = 60.0
#: So many tokens are remembered as handed out: more than are issued while one request is under way.
_REMEMBERED = 256


class Lease:
    """The current token, and until when it is used (seconds since the epoch)."""

    # Read for every request: a named tuple takes twice as long.
    __slots__ = ("token", "until")

    def __init__(self, token: Token, until: float) -> None:
        self.token = token
        self.until = until


class TokenSource:
    """Holds the current token of one key pair, and lets one thread at a time issue another.

    The current token is published by one assignment and read without a lock. Whoever finds it missing, expired or
    rejected takes the lock, looks again, and issues; the others wait, and get what came of it: a token, or an
    exception of their own. With a `store`, the same holds for the processes that share it.
    """

    def __init__(
        self, oauth: "OAuthClient", store: "TokenStore | None" = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._oauth = oauth
        self._now = clock
        self._store = store
        self._lease: Lease | None = None
        # The token that was rejected or revoked last: a store may hold it still.
        self._dead: str | None = None
        # Fingerprints of the tokens that were current here, the last one last.
        self._handed_out: tuple[str, ...] = ()
        # au10001 fails; a token was rejected, and the next is not accepted yet; one had expired when it was handed out.
        self._failing = Failing()
        self.probation = Backoff()
        self._expiring = Backoff()
        self._begin_locking()

    @property
    def origin(self) -> Origin:
        """Whom the tokens are for."""
        return self._oauth.origin

    @property
    def held(self) -> Token | None:
        """The token that was handed out last, if any; its expiry may have passed."""
        lease = self._lease
        return lease.token if lease else None

    def current(self) -> Token:
        """The live token; issued first, if there is none.

        :raises TokenIssueError: if none is to be had.
        """
        lease = self._lease
        if lease is not None and self._now() < lease.until:
            return lease.token
        with self._lock:
            return self._live() or self._issue_or_prolong()

    def replace(self, rejected: str) -> Token:
        """A token other than `rejected`; issued, unless somebody was faster.

        :raises TokenIssueError: if none is to be had.
        """
        with self._lock:
            live = self._live()
            if live is not None and live.value != rejected:
                return live
            return self._replace(rejected)

    def handed_out(self, value: str) -> bool:
        """Whether the token `value` is, or was, the current one here; or else somebody else put it on a request."""
        return fingerprint(value) in self._handed_out

    def accepted(self, value: str) -> None:
        """Note that Kiwoom took a request with the token `value`: the next rejection is news again."""
        # Without the lock: nobody who has an answer waits for somebody else's token call.
        held = self.held
        if held is not None and held.value == value:
            self.probation.clear()

    def renew(self) -> None:
        """Make the current token one with its full 24 hours: revoke the one that has less, and issue.

        :raises TokenIssueError: no token could be issued, before or after.
        :raises TokenRevokeError: au10002 gave no answer; the token is kept.
        """
        with self._lock:
            self._failing.raise_in_pause(self._now())
            token = self._publish(self._shared.update(self._renewed, 3 * self._oauth.longest_call))
            self.probation.clear()
            if not self._is_full(token):
                logger.warning("renew(): token %s is not new, it expires %s", token.fingerprint, token.expires_at)

    def revoke(self) -> None:
        """Kill the token that is held or stored, for every process that uses the key; without one, do nothing.

        :raises TokenRevokeError: au10002 did not do it; the token is kept.
        """
        with self._lock:
            # The store's first: another process may have replaced the one that is held here.
            token = self._adopted(self._shared.load()) or self._live() or self.held
            if token is not None:
                self._withdraw(token)
                self._shared.discard(token)
                # The token on probation is gone: the next one need not wait for it.
                self.probation.clear()
                logger.info("token %s was revoked", token.fingerprint)

    # Below this line the lock is held.

    def _live(self) -> Token | None:
        lease = self._lease
        return lease.token if lease is not None and self._now() < lease.until else None

    def _issue(self, rejected: str | None = None) -> Token:
        adopted = self._adopted(self._shared.load())
        if adopted is not None:
            return self._publish(adopted)
        self._raise_while_rejecting(rejected)
        self._failing.raise_in_pause(self._now())
        wait = self._oauth.longest_call
        return self._publish(self._shared.update(lambda stored: self._obtained(stored, rejected), wait))

    def _issue_or_prolong(self) -> Token:
        try:
            return self._issue()
        except TokenUnavailable as error:
            lease = self._lease
            if lease is None or lease.until == lease.token.expires_epoch:
                raise
            # Handed out as expired, it was live by Kiwoom's clock: a wrong clock costs a few calls, never a request.
            self._lease = Lease(lease.token, self._now() + (error.retry_after or 0.0))
            return lease.token

    def _replace(self, rejected: str) -> Token:
        self._dead = rejected
        token = self._issue(rejected)
        if token.value == rejected:
            pause = self.probation.remaining(self._now())
            raise TokenUnavailable(
                f"au10001 handed out token {token.fingerprint} again, which was just rejected. {_WAY_OUT}",
                retry_after=pause,
            )
        return token

    def _adopted(self, stored: Token | None) -> Token | None:
        """The stored token, if it can be the current one."""
        now = self._now()
        # A store is anybody's code, and its record anybody's: it is checked as au10001's answer is.
        if not isinstance(stored, Token) or not is_plausible(stored, now):
            return None
        if stored.expires_epoch <= now and not self._clock_is_ahead():
            return None
        # A store that was away comes back with an old token.
        if stored.value == self._dead or (self.held is not None and stored.expires_epoch < self.held.expires_epoch):
            return None
        if stored != self.held:
            logger.info("token %s, which expires %s, is the store's", stored.fingerprint, stored.expires_at)
        return stored

    def _clock_is_ahead(self) -> bool:
        """Whether the token that was just rejected seemed to have expired when it was handed out, and was used."""
        lease = self._lease
        return lease is not None and lease.until != lease.token.expires_epoch and lease.token.value == self._dead

    def _obtained(self, stored: Token | None, rejected: str | None = None) -> Token:
        token = self._adopted(stored)
        if token is None:
            token = self._called()
            if rejected is not None:
                # On probation until a request with it is accepted.
                self.probation.extend(self._now())
        return token

    def _renewed(self, stored: Token | None) -> Token:
        # Published at once: if au10002 gives no answer, this is the token that is put back.
        token = self._publish(self._adopted(stored) or self._live() or self._called())
        if self._is_full(token) and token.value != self._dead:
            return token
        try:
            self._withdraw(token)
        except TokenRevokeError as error:
            if error.return_code is None:
                raise
            # It may have died already; if it did not, au10001 hands it out again.
            logger.warning("renew(): %s", error)
        return self._called()

    def _withdraw(self, token: Token) -> None:
        """Revoke `token`; requests that need one wait meanwhile for what comes next."""
        lease, self._lease = self._lease, None
        try:
            self._oauth.revoke(token)
        except TokenRevokeError:
            self._lease = lease
            raise
        self._dead = token.value

    def _publish(self, token: Token) -> Token:
        now = self._now()
        if token.expires_epoch > now:
            self._expiring.clear()
            until = token.expires_epoch
        else:
            # expires_dt has whole seconds, and this clock may be wrong: a token just handed out is used for a while.
            until = self._expiring.extend(now)
        if not self.handed_out(token.value):
            self._handed_out = (*self._handed_out[1 - _REMEMBERED :], token.fingerprint)
        self._lease = Lease(token, until)
        return token

    def _called(self) -> Token:
        """What au10001 gives; if that is an error, it is left alone for a while."""
        try:
            token = self._oauth.issue(self._now())
        except TokenIssueError as error:
            self._failing.note(error, self._now())
            logger.warning("%s", error)
            raise
        self._failing.clear()
        logger.info("au10001 issued token %s, which expires %s", token.fingerprint, token.expires_at)
        return token

    def _raise_while_rejecting(self, rejected: str | None) -> None:
        pause = self.probation.remaining(self._now())
        if rejected is not None and pause:
            raise TokenUnavailable(f"token {fingerprint(rejected)} is rejected. {_WAY_OUT}", retry_after=pause)

    def _is_full(self, token: Token) -> bool:
        return abs(token.expires_epoch - self._now() - LIFETIME) <= _FULL_TO

    # Fork, pickle and copy: a lock stays where it was made.

    def _begin_locking(self) -> None:
        # Reentrant: a signal handler that sends a request (cancel all orders!) may interrupt the thread that issues.
        self._lock = threading.RLock()
        self._shared = self._share()
        _sources.add(self)

    def _share(self) -> GuardedStore | NoStore:
        if self._store is None:
            return NoStore()
        return GuardedStore(self._store, store_key(self.origin, self._oauth.appkey), self._now)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_lock"], state["_shared"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin_locking()


_sources: "weakref.WeakSet[TokenSource]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    # The thread that held a lock is not in the child: nobody would let go of it.
    for source in list(_sources):
        source._begin_locking()


if hasattr(os, "register_at_fork"):  # Not on Windows.
    os.register_at_fork(after_in_child=_after_fork_in_child)
