"""What goes wrong on the way."""

import threading

import pytest
import requests
from requests.exceptions import ChunkedEncodingError, ConnectionError

from requests_kiwoom.testing import KiwoomServer, Reply, faults
from tests.helpers.threads import until
from tests.testing.client import threads_left_behind, threads_of_servers

STK = "/api/dostk/stkinfo"


@pytest.fixture
def fail(server):
    """Let the next calls of ka10001 meet faults."""
    return lambda *plans: server.fail(*plans, api_id="ka10001")


@pytest.mark.parametrize(
    "fault, error",
    [
        (faults.RESET_BEFORE, ConnectionError),
        (faults.RESET_WITHIN, (ConnectionError, ChunkedEncodingError)),
        (faults.TRUNCATED, (ConnectionError, ChunkedEncodingError)),
    ],
)
def test_broken_answer(client, fail, fault, error):
    """A reset before or within the answer, or half of it: the client has no answer, though Kiwoom took the call."""
    taken = []
    client.server.reply("ka10001", lambda request: taken.append(request) or {"n": len(taken)})
    fail(fault)

    with pytest.raises(error):
        client.call()
    assert 1 == len(taken)
    assert 2 == client.call().json()["n"]


def test_resets_are_resets(client, fail):
    """A reset is a TCP reset, a truncated body an orderly end: clients tell them apart."""
    fail(faults.RESET_BEFORE)
    with pytest.raises(ConnectionError, match="[Rr]eset|10054"):
        client.call()

    fail(faults.TRUNCATED)
    with pytest.raises((ConnectionError, ChunkedEncodingError), match="IncompleteRead"):
        client.call()


def test_reset_after_the_answer(client, fail):
    """The answer arrives whole, and the connection that was kept alive breaks at its next use."""
    fail(faults.RESET_AFTER)

    assert 0 == client.call().json()["return_code"]
    with pytest.raises(ConnectionError):
        client.call()
    # The request that met the reset was not read.
    assert 1 == len(client.server.requests.to("ka10001"))
    assert 0 == client.call().json()["return_code"]


def ends_after(slow, quick, server):
    """Whether `slow` ends after `quick`, which begins when the server has the request of `slow`."""
    ended, before = [], len(server.requests)
    thread = threading.Thread(target=lambda: slow() is not None and ended.append("slow"))
    thread.start()
    until(lambda: len(server.requests) > before)
    quick()
    ended.append("quick")
    thread.join(60)
    return ["quick", "slow"] == ended


def test_latency(client, fail):
    """A latency is waited for before the response; another request is not held up."""
    fail(faults.latency(0.5))

    assert ends_after(client.call, client.call, client.server)


def test_latency_of_tokens(kiwoom, client_of):
    """The option latency is that of au10001 and au10002, and of no API."""
    client = client_of(kiwoom(latency=0.5))
    token = client.log_in()

    assert ends_after(client.issue, client.call, client.server)
    assert ends_after(lambda: client.revoke(token), client.call, client.server)


def test_latency_beyond_a_timeout(client, fail):
    """A client that gives up is no trouble to the next."""
    fail(faults.latency(30))
    with pytest.raises(requests.Timeout):
        client.session.post(
            client.server.url + STK, headers={"api-id": "ka10001"}, json={}, timeout=(1, 0.05)
        )

    assert 0 == client.call().json()["return_code"]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors(client, fail, status):
    """HTTP 500, 502 and 503 come as a gateway's HTML."""
    fail(faults.server_error(status))

    answer = client.call()
    assert (status, "text/html;charset=UTF-8") == (answer.status_code, answer.headers["Content-Type"])


@pytest.mark.parametrize(
    "page, status", [(faults.MAINTENANCE, 200), (faults.FIREWALL, 400), (faults.TOO_MANY_REQUESTS, 429)]
)
def test_pages(client, fail, page, status):
    """A maintenance page, a firewall's HTML 400 and an HTML 429: none of them is JSON [captured]."""
    fail(page)
    answer = client.call()

    assert status == answer.status_code
    assert answer.text.startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError):
        answer.json()


def test_outage(server, client):
    """While an outage lasts it is the answer to everything, and no token is issued."""
    server.outage = faults.MAINTENANCE
    assert client.call().text == client.issue().text == faults.MAINTENANCE.payload.decode()

    server.outage = None
    assert 0 == client.call().json()["return_code"]


def test_redirect(client, fail):
    """A redirect leads where it is told to."""
    fail(faults.redirect(STK + "?again"))

    assert 0 == client.call().json()["return_code"]
    assert [STK, STK + "?again"] == [request.path for request in client.server.requests.to("ka10001")]


def test_status_of_faults():
    """Other statuses are no gateway's errors and no redirects."""
    with pytest.raises(ValueError, match="500, 502 or 503"):
        faults.server_error(404)
    with pytest.raises(ValueError, match="3xx"):
        faults.redirect("/", 200)


def test_each_once_in_order(client, fail):
    """Faults are met once each, in order, and then all is well."""
    fail(faults.server_error(500), Reply({"n": 1}), lambda request: Reply({"n": request.json()["n"]}))

    answers = [client.call(n=2) for _ in range(4)]
    assert [500, 200, 200, 200] == [answer.status_code for answer in answers]
    assert [1, 2, None] == [answer.json().get("n") for answer in answers[1:]]


def test_whom_a_fault_is_for(server, client):
    """fail() is for au10001 unless it names another path, an api-id, or whatever comes next."""
    server.fail(faults.server_error(500))
    server.fail(faults.server_error(502), path=STK)
    assert [502, 200, 500, 200] == [client.call().status_code for _ in range(2)] + [
        client.issue().status_code for _ in range(2)
    ]

    server.fail(faults.server_error(503), path=None)
    assert [503, 200] == [client.call("ka10002").status_code for _ in range(2)]


@pytest.mark.parametrize("plan", ["boom", 500, {"return_code": 3}])
def test_what_is_no_plan(server, plan):
    """What a request cannot meet is told when it is given."""
    with pytest.raises(TypeError, match="^a plan must be a Reply, a callable, or one of faults, not "):
        server.fail(plan)


def test_a_plan_for_no_api(server):
    """An api-id that Kiwoom does not have is told: its plan would wait for ever."""
    with pytest.raises(ValueError, match="Kiwoom has no api-id 'ka1001'"):
        server.fail(faults.MAINTENANCE, api_id="ka1001")


def test_token_lost_on_the_way(server, client):
    """au10001 whose answer is lost has issued its token all the same."""
    server.revoke_all()
    server.fail(faults.RESET_BEFORE)
    with pytest.raises(ConnectionError):
        client.issue()
    lost = server.token

    assert lost is not None
    assert lost == client.log_in()


def test_chaos(kiwoom, client_of):
    """With chaos=1 every request meets a fault; with 0 none does."""
    server = kiwoom(chaos=1.0)
    client = client_of(server)

    def outcome():
        try:
            return client.session.post(server.url + "/oauth2/token", json={}, allow_redirects=False, timeout=60)
        except (ConnectionError, ChunkedEncodingError) as error:
            return error

    outcomes = [outcome() for _ in range(200)]
    statuses = {each.status_code for each in outcomes if isinstance(each, requests.Response)}
    assert {200, 307, 400, 429, 500, 502, 503} == statuses
    assert any(isinstance(each, Exception) for each in outcomes)

    server.chaos = 0.0
    client.session.close()
    assert 0 == client.issue().json()["return_code"]


def test_latency_ends_with_the_server():
    """A server that stops does not wait for its latencies, nor for clients that say nothing."""
    with KiwoomServer() as server, requests.Session() as session:
        assert [] != threads_of_servers()
        server.fail(Reply({}, delay=3600))
        session.post(server.url + STK, json={})
        with pytest.raises(requests.Timeout):
            session.post(server.url + "/oauth2/token", json={}, timeout=(1, 0.05))

    assert [] == threads_left_behind()  # The latency is an hour.
