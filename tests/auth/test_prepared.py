"""Prepared requests that are sent many times, by several threads, for several accounts, or into a redirect."""

import json
import logging
import random
import threading
from contextlib import suppress

import pytest
import requests

from requests_kiwoom import KiwoomAuth, TokenRevokeError
from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.constants import API_ID, PATH, REJECTED
from tests.helpers.processes import build_auth
from tests.helpers.raw_server import RawServer, http, issued
from tests.helpers.sessions import KeepsAuth, redirect
from tests.helpers.threads import in_threads, until


@pytest.fixture
def bare_session():
    """A session without an auth: a prepared request carries all that it needs."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def prepared(auth, url):
    """A request of one API that the auth has prepared."""
    return requests.Request("POST", url, json={}, auth=auth.for_api(API_ID)).prepare()


def send(session, prepared, **options):
    """Send the request, and return the ``return_code``."""
    return session.send(prepared, **options).json()["return_code"]


def count_sent(server):
    """Count the requests that arrived, without token calls."""
    return sum(request.path == PATH for request in server.requests)


def test_a_request_prepared_in_one_thread_can_be_sent_in_another(server, session, url):
    """A request that one thread prepared can be sent, and resent, by another."""
    session.post(url, json={})
    prepared = [session.prepare_request(requests.Request("POST", url, data=b"%d" % n)) for n in range(8)]
    server.revoke_all()

    codes = in_threads(8, lambda: session.send(prepared.pop()).json()["return_code"])

    assert [0] * 8 == codes
    assert {b"%d" % n for n in range(8)} == {r.body for r in server.requests if r.token == server.token}


@pytest.mark.parametrize("reissue", ["same", "new"])
@pytest.mark.parametrize("rejection", [8005, 401])
def test_20_sends_after_one_revocation_cost_21_requests(server, bare_session, prepared, rejection, reissue):
    """The request gets the new token, so only the first send after a revocation costs a second request."""
    server.rejection, server.reissue = rejection, reissue
    server.revoke_all()

    assert {0} == {send(bare_session, prepared) for _ in range(20)}
    assert (21, 2) == (count_sent(server), server.issues)
    assert f"Bearer {server.token}" == prepared.headers["Authorization"]


@pytest.mark.parametrize("rejection", [8005, 401])
def test_with_a_store_a_revocation_costs_one_request_and_one_call(server, tmp_path, bare_session, rejection):
    """With a store, too, each of two revocations costs one more request and one au10001 call."""
    server.rejection = rejection
    auth = build_auth(server, tmp_path / "tokens.db")
    prepared = requests.Request("POST", server.url + PATH, json={}, auth=auth.for_api(API_ID)).prepare()

    for _ in range(2):
        server.revoke_all()
        assert {0} == {send(bare_session, prepared) for _ in range(10)}

    assert (22, 3) == (count_sent(server), server.issues)


def test_a_rejected_resend_gives_the_next_send_a_third_token(server, auth, bare_session, prepared, url):
    """A request with an old token whose resend is rejected as well gets a third token for the next send."""
    server.revoke_all()
    auth.token(rejected=auth.token())
    server.revoke_all()

    codes = [send(bare_session, prepared) for _ in range(5)]

    assert ([3, 0, 0, 0, 0], 3) == (codes, server.issues)
    assert 0 == requests.post(url, json={}, auth=auth.for_api("ka10002")).json()["return_code"]


def test_with_resend_false_the_next_send_carries_the_new_token(server, auth, bare_session, url):
    """With ``resend=False`` the caller gets one rejected response, and then the request carries the new token."""
    prepared = requests.Request("POST", url, json={}, auth=auth.for_api(API_ID, resend=False)).prepare()
    server.revoke_all()

    assert [3, 0, 0] == [send(bare_session, prepared) for _ in range(3)]
    assert (3, 2) == (count_sent(server), server.issues)


@pytest.mark.parametrize("seed", range(12))
def test_a_prepared_request_is_accepted_after_random_events(server, auth, bare_session, seed):
    """After random events a prepared request is accepted when it is sent, or at its second send after a pause."""
    rng = random.Random(seed)
    server.reissue, server.rejection = rng.choice(["same", "new"]), rng.choice([8005, 401])
    views = [auth.for_api(f"ka1000{n}", resend=n != 3) for n in (1, 2, 3)]
    prepared_requests = [requests.Request("POST", server.url + PATH, json={}, auth=view).prepare() for view in views]
    events = [
        server.revoke_all,
        lambda: server.clock.advance(hours=rng.choice([1, 25])),
        auth.revoke,
        auth.renew,
        lambda: send(bare_session, rng.choice(prepared_requests)),
    ]
    for _ in range(12):
        with suppress(TokenRevokeError):  # The server has revoked it already.
            rng.choice(events)()

    for prepared in prepared_requests:
        codes = [send(bare_session, prepared)]
        server.clock.advance(seconds=40)
        assert 0 in (*codes, send(bare_session, prepared))


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_a_late_rejection_does_not_replace_another_thread_s_new_token(server, bare_session, prepared, reissue):
    """A late rejection of the old token is not taken for one of the new token that another thread set."""
    server.reissue = reissue
    arrived, let_go = threading.Event(), threading.Event()

    def reject_late(request):
        arrived.set()
        let_go.wait(60)
        return Reply(REJECTED)

    server.revoke_all()
    server.fail(reject_late, path=PATH)
    codes = []
    slow = threading.Thread(target=lambda: codes.append(requests.Session().send(prepared).json()["return_code"]))
    slow.start()
    until(arrived.is_set)
    codes.append(send(bare_session, prepared))  # It is rejected, and sets another token on the request.
    let_go.set()
    slow.join(60)

    assert ([0, 0], 2) == (codes, server.issues)


@pytest.mark.parametrize("reissue", ["same", "new"])
def test_revocations_fail_no_send_of_eight_threads_with_one_request(server, prepared, reissue):
    """If eight threads send one request object, three revocations fail no send and cost one au10001 call each."""
    server.reissue = reissue
    for _ in range(3):
        server.revoke_all()
        assert [[0, 0, 0]] * 8 == in_threads(8, lambda: [send(requests.Session(), prepared) for _ in range(3)])

    assert 4 == server.issues


@pytest.mark.parametrize("kind", [requests.Session, KeepsAuth])
@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("follow", [True, False])
def test_a_redirect_to_another_host_leaves_the_token_on_the_request(server, prepared, kind, status, follow):
    """A redirect to another host carries no token; every later send and copy of the request still carries it."""
    with KiwoomServer(strict=False) as other, kind() as session:
        server.fail(redirect(other.url.replace("127.0.0.1", "localhost") + PATH, status), path=PATH)
        response = session.send(prepared, allow_redirects=follow)
        if not follow:
            session.send(response.next)

        assert [None] == [request.token for request in other.requests]
        assert [0, 0, 0] == [send(session, prepared), send(session, prepared.copy()), send(session, prepared)]


@pytest.mark.parametrize("kind", [requests.Session, KeepsAuth])
def test_a_redirected_resend_carries_no_token_to_another_host(server, prepared, kind):
    """If the resend is redirected to another host, that host gets no token either."""
    with KiwoomServer(strict=False) as other, kind() as session:
        server.revoke_all()
        server.fail(Reply(REJECTED), redirect(other.url.replace("127.0.0.1", "localhost") + PATH), path=PATH)
        session.send(prepared)

        assert [None] == [request.token for request in other.requests]
        assert 0 == send(session, prepared)


def test_a_redirect_while_another_thread_sends_the_same_request(server, prepared):
    """While one thread follows a redirect to another host, another thread's send of the same request is accepted."""
    with KiwoomServer(strict=False) as other, KeepsAuth() as session, KeepsAuth() as second:
        arrived, let_go = threading.Event(), threading.Event()

        def wait(request):
            arrived.set()
            let_go.wait(60)
            return Reply({})

        other.fail(wait, path=PATH)
        server.fail(redirect(other.url.replace("127.0.0.1", "localhost") + PATH), path=PATH)
        following = threading.Thread(target=session.send, args=(prepared,))
        following.start()
        until(arrived.is_set)

        assert [0, 0] == [send(second, prepared), send(second, prepared.copy())]
        let_go.set()
        following.join(60)
        assert [None] == [request.token for request in other.requests]


def test_a_redirect_within_the_origin_carries_the_token_after_another(server, prepared, bare_session):
    """A redirect to the same origin carries the token, even if an earlier send was redirected to another origin."""
    with KiwoomServer(strict=False) as other:
        server.fail(redirect(other.url + PATH), redirect(PATH + "?again"), path=PATH)
        bare_session.send(prepared)

        assert 0 == send(bare_session, prepared)
        assert [None] == [request.token for request in other.requests]
    assert server.token == server.requests[-1].token


def test_a_copy_is_resent_with_its_own_account_s_token():
    """If an order is copied for two accounts, a rejected copy is resent with its own account's token."""
    rejected = http(json.dumps(REJECTED).encode())
    with RawServer(issued("first"), issued("second"), rejected, issued("again"), http(b"{}")) as raw:
        accounts = [KiwoomAuth(f"fake-appkey-{n}", f"fake-secretkey-{n}", base_url=raw.url) for n in (1, 2)]
        order = requests.Request("POST", raw.url + PATH, json={}, headers={"api-id": "kt10000"}).prepare()
        first, _ = (auth(order.copy()) for auth in accounts)

        with requests.Session() as session:
            assert {} == session.send(first).json()

    assert b"fake-appkey-1" in raw.requests[3]
    assert b"Bearer again" in raw.requests[4]
    assert [] == order.hooks["response"]


@pytest.mark.parametrize("resend", [True, False])
def test_an_order_with_a_token_set_by_hand_is_not_resent(server, auth, url, caplog, resend):
    """An order on which the caller set another account's token is sent once, with that token."""
    caplog.set_level(logging.WARNING)
    request = requests.Request("POST", url, json={}, auth=auth.for_api("kt10000", resend=resend)).prepare()
    request.headers["Authorization"] = "Bearer fake-token-of-another-account"

    with requests.Session() as session:
        assert "[8005:" in session.send(request).json()["return_msg"]

    assert ["fake-token-of-another-account"] == [request.token for request in server.requests if request.path == PATH]
    assert 1 == server.issues
    assert "not resent: this auth did not set the token" == caplog.messages[-1]


def test_a_request_with_its_token_as_a_plain_string_is_resent(server, auth, bare_session, url):
    """A request whose token was turned into a plain string is still resent while that token is current."""
    request = requests.Request("POST", url, json={}, auth=auth.for_api(API_ID)).prepare()
    request.headers["Authorization"] = str(request.headers["Authorization"])
    server.revoke_all()

    assert 0 == send(bare_session, request)
    assert 2 == server.issues
