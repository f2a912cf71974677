"""Mocks and recordings that users have: they go on working, and a second send is seen."""

import gzip
import json
from datetime import datetime, timedelta

import requests
import requests_mock

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import Reply, refusal
from tests.helpers.constants import PATH


def test_mock_recipes(server, run):
    """The recipe's own assertions hold, and nothing gets past the mocks."""
    run("Your own mocks: responses and requests-mock")

    assert [] == server.requests


def test_requests_mock_of_one_session(server):
    """A mocker of one session, which is lent for the token calls as well, sees the re-issue and the second send."""
    with requests.Session() as session, requests_mock.Mocker(session=session) as mock:
        auth = KiwoomAuth("my-appkey", "my-secretkey", session=session)
        mock.post(server.url + "/oauth2/token", [{"json": issued("first")}, {"json": issued("second")}])
        mock.post(server.url + PATH, [{"json": refusal(8005).payload}, {"json": {"return_code": 0}}])

        answer = session.post(server.url + PATH, auth=auth.for_api("ka10001"), json={})

        assert 0 == answer.json()["return_code"]
        sent = [request.headers.get("authorization") for request in mock.request_history]
        assert [None, "Bearer first", None, "Bearer second"] == sent


def test_requests_mock_adapter(server, auth):
    """So does an adapter of requests-mock's that is mounted for the API alone, beside real token calls."""
    adapter = requests_mock.Adapter()
    adapter.register_uri("POST", server.url + PATH, [{"json": refusal(8005).payload}, {"json": {"return_code": 0}}])
    server.reissue = "new"

    with requests.Session() as session:
        session.mount(server.url + PATH, adapter)
        answer = session.post(server.url + PATH, auth=auth.for_api("ka10001"), json={})

    assert 0 == answer.json()["return_code"]
    assert (2, 2) == (adapter.call_count, server.issues)


def test_cassette_holds_no_secret(server, auth, run, bytes_of):
    """What vcrpy wrote has the answer in it, but neither a key nor a token, nor the one that was rejected."""
    rejected = auth.token()
    server.revoke_all()

    answer = run("Recorded answers: vcrpy")["answer"]

    assert 0 == answer.json()["return_code"]
    assert b"ka10001" in (written := bytes_of())
    for secret in ("my-appkey", "my-secretkey", rejected, server.token):
        assert secret.encode() not in written


def test_cassette_of_compressed_answers(server, auth, run, bytes_of):
    """Nor does it if au10001 answered compressed; and it can be played."""
    # Of a short answer, gzip would leave the token as it is. (With urllib3 2, vcrpy sees what is decompressed already.)
    long = {"return_msg": "정상적으로 처리되었습니다" * 9, **issued(token := auth.token())}
    body = gzip.compress(json.dumps(long).encode())
    server.fail(Reply(body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}))

    for _ in range(2):
        with requests.Session() as session:
            session.auth = KiwoomAuth("my-appkey", "my-secretkey")
            answer = run("Recorded answers: vcrpy", session=session)["answer"]

    assert token == server.requests.last.token
    assert b"recorded-1" in (written := bytes_of())
    assert token.encode() not in written
    assert 0 == answer.json()["return_code"]
    assert 3 == len(server.requests)


def test_cassette_is_played_after_a_year(server, run):
    """A year later the cassette plays alone, and to the same end: a rejection, another token, the answer."""
    server.reissue = "new"
    server.fail(refusal(8005), path=PATH)
    on_the_clock = ("datetime.now()", "datetime.fromtimestamp(clock())")
    recorded = run("Recorded answers: vcrpy", on_the_clock, clock=server.clock)["answer"]
    server.requests.clear()
    server.clock.advance(days=365)

    with requests.Session() as session:
        session.auth = KiwoomAuth("my-appkey", "my-secretkey")
        played = run("Recorded answers: vcrpy", on_the_clock, clock=server.clock, session=session)["answer"]

    assert (1, 1) == (len(recorded.history), len(played.history))
    assert recorded.json() == played.json()
    assert [] == server.requests


def issued(token):
    """What au10001 answers."""
    tomorrow = datetime.now() + timedelta(hours=24)
    return {"token": token, "token_type": "bearer", "expires_dt": f"{tomorrow:%Y%m%d%H%M%S}", "return_code": 0}
