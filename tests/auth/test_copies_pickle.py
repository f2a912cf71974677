"""Fork, pickle and copy."""

import copy
import multiprocessing
import os
import pickle
import threading

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenRefused, TokenUnavailable
from requests_kiwoom.testing.server import Reply
from tests.helpers.threads import until

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@needs_fork
# From 3.12 on, Python warns of a fork in a process with threads: that is what this test is about.
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_fork_while_another_thread_holds_the_lock(server, session, url):
    """A child forked while another thread issues has a lock of its own: its request goes through."""
    server.latency = 0.2
    issuing = threading.Thread(target=session.auth.token)
    issuing.start()
    until(lambda: server.issues)  # Until the thread is in the middle of its call.

    child = os.fork()
    if child == 0:
        try:
            os._exit(requests.post(url, json={}, auth=session.auth.for_api("ka10001")).json()["return_code"])
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    issuing.join(60)

    assert 0 == os.waitstatus_to_exitcode(status)


def call_in_worker(auth, url):
    return requests.post(url, json={}, auth=auth).json()["return_code"]


def send_in_worker(session, url):
    return session.post(url, json={}).json()["return_code"]


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it)), copy.copy])
def test_a_copy_is_an_auth(server, auth, url, clone):
    """Copies and unpickled auths work, recover from a rejection, and need no new token."""
    auth.token()
    twin = clone(auth.for_api("ka10001"))
    assert 0 == call_in_worker(twin, url)
    assert 1 == server.issues
    server.revoke_all()

    assert 0 == call_in_worker(twin, url)
    assert 2 == server.issues


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it)), copy.copy])
@pytest.mark.parametrize("resend", [True, False])
def test_a_copy_sends_again_or_not_as_its_original_does(server, auth, url, clone, resend):
    """An order that must not go out twice does not because its auth went to another process."""
    twin = clone(auth.for_api("ka10001", resend=resend))
    twin.token()
    server.revoke_all()

    assert (0 if resend else 3) == call_in_worker(twin, url)
    assert (2 if resend else 1) == len(server.requests.to("ka10001"))


def test_views_pickled_together_share_the_token(server, auth):
    """An auth and its view that travel together still share one token."""
    twin, view = pickle.loads(pickle.dumps((auth, auth.for_api("ka10001"))))

    assert twin.token() == view.token()
    assert 1 == server.issues


def test_a_deep_copy_has_a_token_of_its_own(server, auth):
    """What happens to a deep copy does not happen to the original."""
    twin = copy.deepcopy(auth)
    twin.token()

    assert auth.expires_at is None


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_a_session_in_a_worker_process(server, session, url, method):
    """A session with the auth, lent session and all, works in a process of each kind."""
    with requests.Session() as lent:
        session.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=lent)
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert 0 == pool.apply_async(send_in_worker, (session, url)).get(60)


def test_a_pickled_response_holds_no_key(server, session, url):
    """A pickled response carries neither key; what is unpickled from it can be used."""
    session.post(url, json={})
    server.revoke_all()
    response = session.post(url, json={})
    for pickled in (pickle.dumps(response), pickle.dumps(response.request), pickle.dumps(response.history)):
        assert server.appkey.encode() not in pickled
        assert server.secretkey.encode() not in pickled

    twin = pickle.loads(pickle.dumps(response))

    assert twin.json() == response.json()
    assert 0 == session.send(pickle.loads(pickle.dumps(twin.request))).json()["return_code"]


def test_a_deep_copied_request_recovers(server, session, url):
    """A deep copy of a prepared request is still sent again after a rejection."""
    prepared = copy.deepcopy(session.prepare_request(requests.Request("POST", url, json={})))
    server.revoke_all()

    assert 0 == session.send(prepared).json()["return_code"]


@pytest.mark.parametrize("reply", [Reply({"return_code": 3, "return_msg": "[8001:...]"}), Reply(b"", 503)])
def test_errors_pickle(server, auth, reply):
    """An error that crosses a process keeps its type, text and data."""
    server.fail(reply)
    with pytest.raises((TokenRefused, TokenUnavailable)) as caught:
        auth.token()
    error = caught.value

    twin = pickle.loads(pickle.dumps(error))

    assert type(error) is type(twin)
    for name in ("code", "return_code", "return_msg", "retry_after"):
        assert getattr(error, name, None) == getattr(twin, name, None)
    assert str(error) == str(twin)
    assert error.response.status_code == twin.response.status_code
