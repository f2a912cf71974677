"""The token call works with libraries that patch or replace every session of a program."""

import threading
import types

import pytest
import requests

from requests_kiwoom import KiwoomAuth
from tests.helpers.constants import PATH


def test_token_call_is_not_cached(server, auth):
    """The token call has ``no-store``, so that a session with a cache keeps neither keys nor token."""
    auth.token()

    assert "no-store" == server.requests[0].headers["cache-control"]


class _Locking(requests.Session):
    """A session whose ``send`` gets a lock."""


def test_a_session_that_sends_one_request_at_a_time_can_be_lent(server):
    """A session that sends one request at a time can be lent to the auth that it carries."""

    class OneAtATime(requests.Session):
        lock = threading.RLock()

        def request(self, *args, **kwargs):
            if not self.lock.acquire(timeout=5):
                raise AssertionError("the token call comes from a thread that the lock keeps waiting")
            try:
                return super().request(*args, **kwargs)
            finally:
                self.lock.release()

    with OneAtATime() as session:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session)

        assert 0 == session.post(server.url + PATH, auth=auth.for_api("ka10001"), json={}).json()["return_code"]


@pytest.mark.parametrize("lent", [None, requests.Session, _Locking])
def test_a_send_that_holds_a_lock_does_not_block_the_token_call(server, lent, monkeypatch):
    """A ``send`` that holds a reentrant lock, as that of requests-mock does, does not block the token call."""
    lock, send = threading.RLock(), requests.Session.send

    def locked_send(session, request, **kwargs):
        if not lock.acquire(timeout=5):
            raise AssertionError("the token call comes from a thread that the lock keeps waiting")
        try:
            return send(session, request, **kwargs)
        finally:
            lock.release()

    with (lent or requests.Session)() as session:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session if lent else None)
        if lent is _Locking:
            monkeypatch.setattr(_Locking, "send", locked_send)
        elif lent:
            monkeypatch.setattr(session, "send", types.MethodType(locked_send, session))
        else:
            monkeypatch.setattr(requests.Session, "send", locked_send)
        session.post(server.url + PATH, auth=auth.for_api("ka10001"), json={})
        server.revoke_all()

        assert 0 == session.post(server.url + PATH, auth=auth.for_api("ka10001"), json={}).json()["return_code"]
