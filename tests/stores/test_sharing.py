"""What a store shares between auths: the issue, the token, its expiry, renew() and revoke()."""

import logging
import re
import threading
from datetime import timedelta

import pytest

from requests_kiwoom import KiwoomAuth, TokenIssueError, TokenRefused, TokenRevokeError, TokenUnavailable
from requests_kiwoom.testing import Reply, faults
from tests.helpers.stores import DictStore, key_of, post, token
from tests.helpers.threads import in_threads


class TestSharing:
    def test_the_second_auth_takes_the_first_one_s_token(self, server, make_auth):
        """Two auths with one store make one au10001 call."""
        assert make_auth().token() == make_auth().token()
        assert 1 == server.issues

    def test_the_expiry_is_shared(self, server, make_auth):
        """A token from the store has the expiry that Kiwoom returned, in KST."""
        first, second = make_auth(), make_auth()
        first.token(), second.token()

        assert first.expires_at == second.expires_at
        assert timedelta(hours=9) == second.expires_at.utcoffset()

    def test_a_token_from_the_store_is_not_logged_as_issued(self, server, make_auth, caplog):
        """The log says that a token comes from the store, and claims no au10001 call for it."""
        make_auth().token()
        with caplog.at_level(logging.INFO, "requests_kiwoom"):
            make_auth().token()

        (text,) = [record.getMessage() for record in caplog.records]
        assert "store" in text
        assert "issued" not in text

    @pytest.mark.parametrize("reissue", ["same", "new"])
    def test_one_auth_issues_for_both_after_a_revocation(self, server, make_auth, reissue):
        """After a revocation, one of two auths calls au10001 and the other uses the new token."""
        server.reissue = reissue
        first, second = make_auth(), make_auth()
        assert [0, 0] == [post(first), post(second)]

        server.revoke_all()

        assert [0, 0] == [post(first), post(second)]
        assert 2 == server.issues

    def test_the_rejection_of_a_stored_token_starts_no_pause(self, server, make_auth):
        """However often tokens are revoked, no pause starts for an auth that takes the new ones from the store."""
        first, second = make_auth(), make_auth()
        post(first), post(second)
        for _ in range(5):
            server.revoke_all()
            assert [0, 0] == [post(first), post(second)]

    def test_an_expired_token_is_not_used(self, server, make_auth):
        """After 24 hours, both auths use one new token."""
        first, second = make_auth(), make_auth()
        first.token(), second.token()

        server.clock.advance(hours=24)

        assert first.token() == second.token()
        assert 2 == server.issues

    def test_a_stored_token_is_used_during_a_pause(self, server, make_auth):
        """While au10001 is in a pause, a token that another process stored is used."""
        failing = make_auth()
        server.fail(Reply({}, status=500))
        with pytest.raises(TokenIssueError):
            failing.token()

        assert make_auth().token() == failing.token()

    def test_a_revoked_token_is_not_left_in_the_store(self, server, make_auth, caplog):
        """If renew() revokes the token and no other is issued, other processes do not use the revoked one."""
        make_auth().token()
        server.clock.advance(hours=1)
        server.fail(Reply({}, status=500))
        with pytest.raises(TokenIssueError):
            make_auth().renew()

        assert 0 == post(make_auth())
        assert "rejected" not in caplog.text

    def test_8_threads_of_4_auths_share_one_issue(self, server, make_auth):
        """8 threads, each of which uses 4 auths, make one au10001 call."""
        server.latency = 0.2
        auths = [make_auth() for _ in range(4)]

        codes = in_threads(8, lambda: [post(auth) for auth in auths])

        assert [[0, 0, 0, 0]] * 8 == codes
        assert 1 == server.issues

    def test_half_of_the_time_is_left_for_the_token_call(self, server):
        """A request waits for the lock for half of its time, and leaves half for the call; renew() waits longer."""
        waits = []

        class Noting(DictStore):
            def update(self, key, issue, *, wait):
                waits.append(wait)
                return super().update(key, issue, wait=wait)

        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=Noting(), timeout=(1, 4))
        auth.token()
        auth.renew()

        assert 0 < waits[0] <= 2.5
        assert 5 < waits[1] <= 15

    def test_a_refused_issue_is_not_a_failure_of_the_store(self, server, make_auth, caplog):
        """An error of au10001 is raised unchanged, and is not logged as a failure of the store."""
        server.fail(
            Reply({"return_code": 3, "return_msg": "인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]"})
        )

        with pytest.raises(TokenRefused) as refused:
            make_auth().token()

        assert 8001 == refused.value.code
        assert "store" not in caplog.text


class TestStoredTokens:
    @staticmethod
    def store(server, make_store, stored):
        make_store().update(key_of(server), lambda _: stored, wait=1)

    def test_a_live_token_is_used_without_a_call(self, server, make_auth, make_store):
        """A live stored token is used without an au10001 call."""
        self.store(server, make_store, token("live", hours=1))

        assert "live" == make_auth().token()
        assert 0 == server.issues

    @pytest.mark.parametrize(
        "life", [{"seconds": -1}, {"days": -400}, {"days": 400}, {"days": 365 * 7000}], ids=lambda life: str(life)
    )
    def test_an_impossible_expiry_is_a_miss(self, server, make_auth, make_store, life):
        """A stored token that has expired, or whose expiry au10001 cannot have returned, is replaced."""
        self.store(server, make_store, token("forged", **life))

        assert "forged" != make_auth().token()
        assert 1 == server.issues

    def test_a_token_is_not_used_at_the_moment_of_its_expiry(self, server, make_auth, make_store, local_clock):
        """A stored token is not used at the very moment of its expiry."""
        old = token("old", hours=1)
        self.store(server, make_store, old)
        local_clock.set(old.expires_epoch)

        assert "old" != make_auth().token()
        assert 1 == server.issues

    def test_an_older_token_does_not_replace_the_held_one(self, server, make_auth, make_store):
        """A stored token that expires earlier than the held one is not used in its place."""
        auth = make_auth()
        post(auth)
        self.store(server, make_store, token("old", hours=23))

        server.revoke_all()

        assert 0 == post(auth)
        assert 2 == server.issues

    def test_an_object_that_is_not_a_token_is_a_miss(self, server):
        """A store that returns something other than a token costs one au10001 call, and no request fails."""

        class Odd(DictStore):
            def load(self, key):
                return "a str"

        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=Odd())

        assert 0 == post(auth)
        assert 1 == server.issues


class TestRenewAndRevoke:
    def test_renew_replaces_the_token_for_all_auths(self, server, make_auth, make_store):
        """After one auth's renew(), the other auth's next request uses the new token from the store."""
        first, second = make_auth(), make_auth()
        post(first), post(second)
        server.clock.advance(hours=1)

        first.renew()

        assert 0 == post(second)
        assert first.token() == second.token() == make_store().load(key_of(server)).value
        assert (2, 1) == (server.issues, server.revokes)

    def test_the_second_renew_uses_the_first_one_s_token(self, server, make_auth):
        """Of two auths that renew, the second uses the first one's new token, and revokes nothing."""
        first, second = make_auth(), make_auth()
        post(first), post(second)
        server.clock.advance(hours=1)

        first.renew()
        second.renew()

        assert first.token() == second.token()
        assert (2, 1) == (server.issues, server.revokes)

    def test_revoke_removes_the_token_from_the_store(self, server, make_auth, make_store):
        """revoke() removes the token from the store."""
        auth = make_auth()
        auth.token()

        auth.revoke()

        assert make_store().load(key_of(server)) is None

    def test_revoke_without_a_held_token_revokes_the_stored_one(self, server, make_auth, make_store):
        """An auth that holds no token yet revokes the stored one."""
        make_auth().token()

        make_auth().revoke()

        assert 1 == server.revokes
        assert make_store().load(key_of(server)) is None

    def test_revoke_with_an_empty_store_makes_no_call(self, server, make_auth):
        """With neither a held nor a stored token there is nothing to revoke."""
        make_auth().revoke()

        assert [] == server.requests

    def test_revoke_revokes_the_current_token_not_the_held_old_one(self, server, make_auth, make_store):
        """A process that still holds the token from before a renewal revokes the current token, not the old one."""
        late, other = make_auth(), make_auth()
        late.token(), other.token()
        server.clock.advance(hours=1)
        other.renew()

        late.revoke()

        assert server.token is None
        assert make_store().load(key_of(server)) is None

    def test_a_failed_revoke_removes_nothing(self, server, make_auth, make_store):
        """If au10002 fails, the token stays in use and in the store."""
        auth = make_auth()
        auth.token()
        server.fail(Reply({}, status=500), path="/oauth2/revoke")

        with pytest.raises(TokenRevokeError):
            auth.revoke()

        assert auth.token() == make_store().load(key_of(server)).value

    def test_a_revoked_token_is_not_used_after_renew_failed(self, server, make_auth):
        """A token that renew() revoked is not loaded from the store again after the issue failed."""
        auth = make_auth()
        old = auth.token()
        server.clock.advance(hours=1)
        server.fail(Reply({}, status=500))
        with pytest.raises(TokenIssueError):
            auth.renew()
        server.clock.advance(minutes=1)

        assert old != auth.token()

    def test_discard_removes_only_the_given_token(self, make_store):
        """discard() removes only the given token, and an unknown key is no error."""
        store, kept = make_store(), token("kept", hours=1)
        store.discard("key", kept)
        store.update("key", lambda stored: kept, wait=1)

        store.discard("key", token("other", hours=1))
        assert kept == store.load("key")

        store.discard("key", kept)
        assert store.load("key") is None


class HeldStore(DictStore):
    """A store whose lock another process holds."""

    def update(self, key, issue, *, wait):
        self.wait = wait
        threading.Event().wait(wait)
        raise TimeoutError("the store is locked")


def test_one_limit_for_the_lock_and_the_call(server):
    """A caller waits for the store's lock and for au10001 no longer than for a token call alone."""
    store = HeldStore()
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=store, timeout=(0.1, 0.7))
    server.fail(faults.latency(5))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    within = re.search(r"within ([0-9.]+) s", str(caught.value))[1]
    assert store.wait + float(within) <= 0.81
