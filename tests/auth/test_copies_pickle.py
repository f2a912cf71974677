"""Auths, sessions, responses and errors that are forked, pickled or copied."""

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
# Python 3.12 and later warn of a fork in a process with threads, which is what this test does.
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_fork_while_another_thread_holds_the_lock(server, session, url):
    """A child that is forked while another thread issues a token has a lock of its own: its request is accepted."""
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
def test_a_copied_auth_keeps_its_token_and_recovers_from_a_rejection(server, auth, url, clone):
    """A copied or unpickled auth keeps its token, and recovers from a rejection."""
    auth.token()
    twin = clone(auth.for_api("ka10001"))
    assert 0 == call_in_worker(twin, url)
    assert 1 == server.issues
    server.revoke_all()

    assert 0 == call_in_worker(twin, url)
    assert 2 == server.issues


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it)), copy.copy])
@pytest.mark.parametrize("resend", [True, False])
def test_a_copied_auth_keeps_its_resend_setting(server, auth, url, clone, resend):
    """A copied or unpickled auth keeps its ``resend``: with ``False``, a rejected order is not resent."""
    twin = clone(auth.for_api("ka10001", resend=resend))
    twin.token()
    server.revoke_all()

    assert (0 if resend else 3) == call_in_worker(twin, url)
    assert (2 if resend else 1) == len(server.requests.to("ka10001"))


def test_views_pickled_together_share_the_token(server, auth):
    """An auth and its view that are pickled together still share one token."""
    twin, view = pickle.loads(pickle.dumps((auth, auth.for_api("ka10001"))))

    assert twin.token() == view.token()
    assert 1 == server.issues


def test_a_deep_copy_has_a_token_of_its_own(server, auth):
    """If a deep copy obtains a token, the original still has none."""
    twin = copy.deepcopy(auth)
    twin.token()

    assert auth.expires_at is None


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded, use of fork:DeprecationWarning")
def test_a_session_works_in_a_worker_process(server, session, url, method):
    """A session with an auth that has a lent session works in a worker process of each start method."""
    with requests.Session() as lent:
        session.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=lent)
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert 0 == pool.apply_async(send_in_worker, (session, url)).get(60)


def test_a_pickled_response_holds_no_key(server, session, url):
    """A pickled response contains neither key, and its request can be sent after unpickling."""
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
    """A deep copy of a prepared request is still resent after a rejection."""
    prepared = copy.deepcopy(session.prepare_request(requests.Request("POST", url, json={})))
    server.revoke_all()

    assert 0 == session.send(prepared).json()["return_code"]


@pytest.mark.parametrize("reply", [Reply({"return_code": 3, "return_msg": "[8001:...]"}), Reply(b"", 503)])
def test_a_pickled_error_keeps_its_data(server, auth, reply):
    """A pickled error keeps its type, text and data."""
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
