"""Faults between Kiwoom and a client."""

import threading

import pytest
import requests
from requests.exceptions import ChunkedEncodingError, ConnectionError

from requests_kiwoom.testing import KiwoomServer, Reply, faults
from tests.helpers.threads import until
from tests.helpers.wine import hides_resets
from tests.testing.client import threads_left_behind, threads_of_servers

STK = "/api/dostk/stkinfo"


@pytest.fixture
def fail(server):
    """Return a function that lets the next calls of ka10001 meet faults."""
    return lambda *plans: server.fail(*plans, api_id="ka10001")


@pytest.mark.parametrize(
    "fault, error",
    [
        (faults.RESET_BEFORE, ConnectionError),
        (faults.RESET_WITHIN, (ConnectionError, ChunkedEncodingError)),
        (faults.TRUNCATED, (ConnectionError, ChunkedEncodingError)),
    ],
)
def test_a_broken_response_was_processed_by_the_server(client, fail, fault, error):
    """A reset before or within the response, or half a response: the call fails, though Kiwoom processed it."""
    processed = []
    client.server.reply("ka10001", lambda request: processed.append(request) or {"n": len(processed)})
    fail(fault)

    with pytest.raises(error):
        client.call()
    assert 1 == len(processed)
    assert 2 == client.call().json()["n"]


@hides_resets
def test_a_reset_and_a_truncated_body_differ(client, fail):
    """A reset is a TCP reset, a truncated body ends in order: clients can tell them apart."""
    fail(faults.RESET_BEFORE)
    with pytest.raises(ConnectionError, match="[Rr]eset|10054"):
        client.call()

    fail(faults.TRUNCATED)
    with pytest.raises((ConnectionError, ChunkedEncodingError), match="IncompleteRead"):
        client.call()


def test_reset_after_breaks_the_next_use_of_the_connection(client, fail):
    """RESET_AFTER: the response arrives whole, and the kept-alive connection breaks at its next use."""
    fail(faults.RESET_AFTER)

    assert 0 == client.call().json()["return_code"]
    with pytest.raises(ConnectionError):
        client.call()
    # The server did not read the request that met the reset.
    assert 1 == len(client.server.requests.to("ka10001"))
    assert 0 == client.call().json()["return_code"]


def ends_after(slow, quick, server):
    """Return whether `slow` ends after `quick`, which begins when the server has received the request of `slow`."""
    ended, before = [], len(server.requests)
    thread = threading.Thread(target=lambda: slow() is not None and ended.append("slow"))
    thread.start()
    until(lambda: len(server.requests) > before)
    quick()
    ended.append("quick")
    thread.join(60)
    return ["quick", "slow"] == ended


def test_a_latency_delays_one_response_only(client, fail):
    """A latency delays its response, and does not hold up another request."""
    fail(faults.latency(0.5))

    assert ends_after(client.call, client.call, client.server)


def test_option_latency_delays_token_calls_only(kiwoom, client_of):
    """The option latency delays au10001 and au10002, and no API."""
    client = client_of(kiwoom(latency=0.5))
    token = client.log_in()

    assert ends_after(client.issue, client.call, client.server)
    assert ends_after(lambda: client.revoke(token), client.call, client.server)


def test_a_client_timeout_does_not_disturb_the_next_call(client, fail):
    """A call succeeds after a client gave up on the call before."""
    fail(faults.latency(30))
    with pytest.raises(requests.Timeout):
        client.session.post(
            client.server.url + STK, headers={"api-id": "ka10001"}, json={}, timeout=(1, 0.05)
        )

    assert 0 == client.call().json()["return_code"]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_are_html_pages(client, fail, status):
    """HTTP 500, 502 and 503 are the HTML pages of a gateway."""
    fail(faults.server_error(status))

    response = client.call()
    assert (status, "text/html;charset=UTF-8") == (response.status_code, response.headers["Content-Type"])


@pytest.mark.parametrize(
    "page, status", [(faults.MAINTENANCE, 200), (faults.FIREWALL, 400), (faults.TOO_MANY_REQUESTS, 429)]
)
def test_maintenance_and_firewall_pages_are_html(client, fail, page, status):
    """A maintenance page, a firewall's HTTP 400 and a gateway's HTTP 429 are HTML, not JSON [captured]."""
    fail(page)
    response = client.call()

    assert status == response.status_code
    assert response.text.startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError):
        response.json()


def test_an_outage_is_the_response_to_every_request(server, client):
    """During an outage every request gets the same page, and no token is issued."""
    server.outage = faults.MAINTENANCE
    assert client.call().text == client.issue().text == faults.MAINTENANCE.payload.decode()

    server.outage = None
    assert 0 == client.call().json()["return_code"]


def test_a_redirect_leads_to_its_location(client, fail):
    """A redirect leads to the location that was given."""
    fail(faults.redirect(STK + "?again"))

    assert 0 == client.call().json()["return_code"]
    assert [STK, STK + "?again"] == [request.path for request in client.server.requests.to("ka10001")]


def test_faults_reject_other_statuses():
    """server_error() and redirect() reject other statuses."""
    with pytest.raises(ValueError, match="500, 502 or 503"):
        faults.server_error(404)
    with pytest.raises(ValueError, match="3xx"):
        faults.redirect("/", 200)


def test_planned_faults_are_met_once_and_in_order(client, fail):
    """Planned faults are met once each, in order; the call after them succeeds."""
    fail(faults.server_error(500), Reply({"n": 1}), lambda request: Reply({"n": request.json()["n"]}))

    responses = [client.call(n=2) for _ in range(4)]
    assert [500, 200, 200, 200] == [response.status_code for response in responses]
    assert [1, 2, None] == [response.json().get("n") for response in responses[1:]]


def test_fail_is_for_au10001_unless_it_names_another_request(server, client):
    """fail() is for au10001, unless it names a path, an api-id, or with path=None the next request."""
    server.fail(faults.server_error(500))
    server.fail(faults.server_error(502), path=STK)
    assert [502, 200, 500, 200] == [client.call().status_code for _ in range(2)] + [
        client.issue().status_code for _ in range(2)
    ]

    server.fail(faults.server_error(503), path=None)
    assert [503, 200] == [client.call("ka10002").status_code for _ in range(2)]


@pytest.mark.parametrize("plan", ["boom", 500, {"return_code": 3}])
def test_fail_rejects_what_is_no_plan(server, plan):
    """fail() rejects values that are no Reply, callable or fault."""
    with pytest.raises(TypeError, match="^a plan must be a Reply, a callable, or one of faults, not "):
        server.fail(plan)


def test_fail_rejects_an_unknown_api_id(server):
    """fail() rejects an api-id that Kiwoom does not have: no request would ever meet the plan."""
    with pytest.raises(ValueError, match="Kiwoom has no api-id 'ka1001'"):
        server.fail(faults.MAINTENANCE, api_id="ka1001")


def test_au10001_issues_a_token_though_its_response_is_lost(server, client):
    """au10001 issues its token even if its response is lost, and the next call returns that token."""
    server.revoke_all()
    server.fail(faults.RESET_BEFORE)
    with pytest.raises(ConnectionError):
        client.issue()
    lost = server.token

    assert lost is not None
    assert lost == client.log_in()


def test_chaos_1_breaks_every_request_and_0_none(kiwoom, client_of):
    """With chaos=1 every request meets a fault; with 0 none does."""
    server = kiwoom(chaos=1.0)
    client = client_of(server)

    def call():
        try:
            return client.session.post(server.url + "/oauth2/token", json={}, allow_redirects=False, timeout=60)
        except (ConnectionError, ChunkedEncodingError) as error:
            return error

    results = [call() for _ in range(200)]
    statuses = {each.status_code for each in results if isinstance(each, requests.Response)}
    assert {200, 307, 400, 429, 500, 502, 503} == statuses
    assert any(isinstance(each, Exception) for each in results)

    server.chaos = 0.0
    client.session.close()
    assert 0 == client.issue().json()["return_code"]


def test_stop_does_not_wait_for_latencies():
    """A server that stops does not wait for its latencies, nor for silent clients."""
    with KiwoomServer() as server, requests.Session() as session:
        assert [] != threads_of_servers()
        server.fail(Reply({}, delay=3600))
        session.post(server.url + STK, json={})
        with pytest.raises(requests.Timeout):
            session.post(server.url + "/oauth2/token", json={}, timeout=(1, 0.05))

    assert [] == threads_left_behind()  # The latency is an hour.
