"""Other libraries get at every session of a program; the token call works among them."""

import threading
import types

import pytest
import requests

from requests_kiwoom import KiwoomAuth
from tests.helpers.constants import PATH


def test_token_call_is_not_cached(server, auth):
    """The token call tells a session that caches to keep neither keys nor token."""
    auth.token()

    assert "no-store" == server.requests[0].headers["cache-control"]


class _Locking(requests.Session):
    """A session for one request at a time."""


def test_request_that_holds_a_lock(server):
    """A session that lets one request through at a time may be lent, and carry the auth."""

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
def test_send_that_holds_a_lock(server, lent, monkeypatch):
    """A ``send`` that holds its thread's lock, as requests-mock puts on sessions, does not wait for the token call."""
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
