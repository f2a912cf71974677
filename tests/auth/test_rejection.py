"""A rejected request: the token is replaced, and the request is resent once."""

import io
import json
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.hooks import dispatch_hook
from urllib3.connection import HTTPConnection

from requests_kiwoom import KiwoomAuth, TokenRefused
from requests_kiwoom.testing import faults, refusal
from requests_kiwoom.testing.server import Reply
from requests_kiwoom.tokens import fingerprint
from tests.helpers.constants import PATH, REJECTED
from tests.helpers.raw_server import RawServer, http, http_chunked, issued
from tests.helpers.threads import in_threads


@pytest.mark.parametrize("reissue, rejection", [("same", 8005), ("new", 401)])
def test_32_threads_share_one_new_token_after_a_revocation(server, session, url, reissue, rejection):
    """If 32 threads send at once after a revocation, they make one au10001 call, and no request fails."""
    server.reissue, server.rejection = reissue, rejection
    session.mount("http://", HTTPAdapter(pool_maxsize=32))
    session.post(url, json={})
    server.revoke_all()

    codes = in_threads(32, lambda: session.post(url, json={}).json()["return_code"])

    assert [0] * 32 == codes
    assert 2 == server.issues


@pytest.mark.parametrize(
    "payload",
    [
        {"return_code": 8005, "return_msg": "Token이 유효하지 않습니다"},
        {"return_code": "8005"},
        {"return_code": "3", "return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"},
        {"return_code": 3, "return_msg": "인증에 실패했습니다[8003:Token 조회에 실패했습니다]"},
        {"return_code": 3, "return_msg": "인증에 실패했습니다[8031:투자구분이 달라서 Token을 사용할수가 없습니다]"},
        {"return_code": 3, "return_msg": "인증에 실패했습니다 CODE=8103"},
        {"return_msg": "[8005:Token이 유효하지 않습니다]"},
    ],
)
def test_rejection_codes_are_recognized_in_every_field(server, session, url, payload):
    """A rejection is recognized by its four-digit code in any field, and the request is resent with another token."""
    session.post(url, json={})
    server.fail(lambda request: [server.revoke_all(), Reply(payload)][1], path=PATH)

    response = session.post(url, json={"stk_cd": "005930"})

    assert 0 == response.json()["return_code"]
    rejected, resent = (r for r in server.requests[-3:] if r.path == PATH)
    assert rejected.body == resent.body and rejected.token != resent.token
    assert 2 == server.issues


@pytest.mark.parametrize(
    "payload",
    [
        {"return_code": 0, "return_msg": "[8005:...]"},
        {"return_code": 20, "return_msg": "[8005:...]"},
        {"return_code": 3, "return_msg": "인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]"},
        {"return_code": 3, "return_msg": "인증에 실패했습니다[8050:지정단말기 인증에 실패했습니다]"},
        {"return_code": 20, "return_msg": "[2000](RC4058:모의투자 주문처리가 되지 않았습니다)"},
        {"return_code": 3, "return_msg": "[8005](RC4058:...)"},
        {"return_code": 3},
        [8005],
        {"return_code": 3, "return_msg": ["[8005:]"]},
        b"<html>8005 [8005:</html>",
        b"[" * 1000,
        b"",
        {"return_code": 3, "return_msg": "[8005:]", "padding": "x" * 1000},
    ],
)
def test_other_responses_cause_no_resend(server, session, url, payload):
    """A success, an error that a new token would not fix, and a body that is no short envelope cause no resend."""
    session.post(url, json={})
    server.fail(Reply(payload), path=PATH)
    before = len(server.requests)

    session.post(url, json={})

    assert 1 == len(server.requests) - before
    assert 1 == server.issues


def test_a_rejection_is_recognized_with_any_content_type_and_status(server, session, url):
    """A rejection is recognized with any content type and any HTTP status."""
    session.post(url, json={})
    for status in (200, 400, 403, 500):
        server.revoke_all()
        server.fail(Reply(REJECTED, status, {"Content-Type": "text/html"}), path=PATH)

        assert 200 == session.post(url, json={}).status_code


def test_a_second_rejection_is_returned_to_the_caller(server, session, url):
    """The second response is returned to the caller, even if it is a rejection: there is no third attempt."""
    server.fail(Reply(REJECTED), Reply(REJECTED), path=PATH)
    server.reissue = "new"

    response = session.post(url, json={})

    assert REJECTED == response.json()
    assert 2 == sum(request.path == PATH for request in server.requests)


def test_if_every_token_is_rejected_au10001_is_called_once_a_pause(server, session, url):
    """If every token is rejected, au10001 is called once for each pause, and each further request is sent once."""
    server.clock.stop()
    server.reissue = "new"
    server.fail(*[Reply(REJECTED)] * 41, path=PATH)

    for _ in range(40):
        assert REJECTED == session.post(url, json={}).json()

    assert 2 == server.issues
    assert 41 == sum(request.path == PATH for request in server.requests)


def test_the_pause_after_rejections_grows(server, session, url):
    """Without an accepted request in between, each pause is longer than the last: 1 s, 2 s, 4 s."""
    server.clock.stop()
    server.reissue = "new"
    server.fail(*[Reply(REJECTED)] * 100, path=PATH)
    session.post(url, json={})
    issues = [server.issues]
    for pause in (1.6, 1.6, 1.6, 3.1, 3.1):
        server.clock.advance(seconds=pause)
        session.post(url, json={})
        issues.append(server.issues)

    assert [2, 3, 3, 4, 4, 5] == issues


def test_an_accepted_resend_ends_the_trial(server, session, url):
    """After an accepted resend, the next revoked token is replaced at once."""
    for _ in range(3):
        session.post(url, json={})
        server.revoke_all()

        assert 0 == session.post(url, json={}).json()["return_code"]


def test_a_success_ends_the_trial_with_resend_false(server, url):
    """With ``resend=False``, too, after the API accepted the new token, a later rejection replaces it at once."""
    server.clock.stop()
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, resend=False).for_api("ka10001")
    server.reply("ka10001", [{}, {}, {"rows": "x" * 2000}, {}])

    codes = []
    for _ in range(3):
        codes += [requests.post(url, auth=auth, json={}).json()["return_code"] for _ in range(2)]
        server.revoke_all()

    assert [0, 0, 3, 0, 3, 0] == codes


def test_a_503_does_not_end_the_trial(server, url):
    """HTTP 503 says nothing about the new token: if the API rejects it after that, a pause begins."""
    server.clock.stop()
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, resend=False).for_api("ka10001")
    auth.token()
    server.revoke_all()
    requests.post(url, auth=auth, json={})
    server.fail(faults.server_error(503), path=urlsplit(url).path)
    requests.post(url, auth=auth, json={})
    server.revoke_all()

    assert [3, 3] == [requests.post(url, auth=auth, json={}).json()["return_code"] for _ in range(2)]
    assert 2 == server.issues


def test_nothing_is_resent_if_au10001_returns_the_rejected_token(server, session, url, caplog):
    """If au10001 returns the rejected token again, nothing is resent, and the log names ``renew(force=True)``."""
    server.clock.stop()
    session.post(url, json={})
    server.fail(*[Reply(REJECTED)] * 3, path=PATH)

    for _ in range(3):
        assert REJECTED == session.post(url, json={}).json()

    assert 2 == server.issues
    assert 4 == sum(request.path == PATH for request in server.requests)
    assert "auth.renew(force=True) replaces the token now" in caplog.text


def test_the_rejected_response_is_returned_if_no_token_can_be_issued(server, session, url, caplog):
    """If no token can be issued, the caller gets the rejected response, and the log says why."""
    session.post(url, json={})
    server.revoke_all()
    server.fail(Reply(b"maintenance", 503))

    response = session.post(url, json={})

    assert "[8005:" in response.json()["return_msg"]
    assert any("HTTP 503" in record.getMessage() for record in caplog.records)


def test_token_refused_is_raised_if_kiwoom_refuses_a_new_token(server, session, url):
    """If Kiwoom refuses to issue another token, ``TokenRefused`` is raised: waiting will not help."""
    session.post(url, json={})
    server.revoke_all()
    server.secretkey = "changed"

    with pytest.raises(TokenRefused, match="8001"):
        session.post(url, json={})


@pytest.mark.parametrize("failure", ["none", "unavailable", "refused"])
def test_resend_false_returns_the_rejected_response(server, url, failure):
    """With ``resend=False`` the caller always gets the rejected response; the next request carries the new token."""
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, resend=False).for_api("ka10001")
    requests.post(url, json={}, auth=auth)
    server.revoke_all()
    if failure == "unavailable":
        server.fail(Reply(b"", 500))
    if failure == "refused":
        server.fail(Reply({"return_code": 3, "return_msg": "[8050:지정단말기 인증에 실패했습니다]"}))

    response = requests.post(url, json={}, auth=auth)

    assert "[8005:" in response.json()["return_msg"]
    assert [PATH, "/oauth2/token"] == [request.path for request in server.requests[-2:]]
    if failure == "none":
        assert 0 == requests.post(url, json={}, auth=auth).json()["return_code"]
    assert 2 == server.issues


def test_resend_of_for_api_holds_for_its_requests_only(server, auth, url):
    """``for_api(..., resend=False)`` holds for its requests only."""
    orders, quotes = auth.for_api("kt10000", resend=False), auth.for_api("ka10001")
    auth.token()
    server.revoke_all()

    assert 3 == requests.post(url, json={}, auth=orders).json()["return_code"]
    server.revoke_all()
    server.clock.advance(seconds=10)
    assert 0 == requests.post(url, json={}, auth=quotes).json()["return_code"]
    assert ["kt10000", "ka10001", "ka10001"] == [r.api_id for r in server.requests if r.path == PATH]


def test_a_request_with_an_older_token_is_resent_without_an_issue(server, session, url):
    """A request that carries an older token than the current one is resent without another au10001 call."""
    old = session.prepare_request(requests.Request("POST", url, json={}))
    server.revoke_all()
    session.post(url, json={})
    assert 2 == server.issues

    response = session.send(old)

    assert 0 == response.json()["return_code"]
    assert 2 == server.issues


def test_history_elapsed_and_hooks_after_a_resend(server, session, url):
    """The rejected response is in ``history``, ``elapsed`` is set, and the user's hooks see only the final response."""
    session.post(url, json={})
    server.revoke_all()
    seen = []

    response = session.post(url, json={}, hooks={"response": lambda response, **kwargs: seen.append(response)})

    assert [response] == seen
    assert ["[8005:" in before.json()["return_msg"] for before in response.history] == [True]
    assert 0 < response.elapsed.total_seconds() < 60
    assert response.request is not response.history[0].request
    assert response.request.headers["Authorization"] == f"Bearer {session.auth.token()}"


def test_the_hook_is_registered_once(server, auth, url):
    """A request to which several auths were applied is resent only once."""
    auth.token()
    server.revoke_all()
    server.fail(*[Reply(REJECTED)] * 2, path=PATH)
    prepared = requests.Request("POST", url, json={}, hooks={"response": lambda r, **kwargs: None}).prepare()
    for view in (auth.for_api("ka10001"), auth.for_api("ka10001", resend=True), auth):
        prepared = view(prepared)

    with requests.Session() as session:
        session.send(prepared)

    assert 2 == len(prepared.hooks["response"])
    assert 2 == sum(request.path == PATH for request in server.requests)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("rejection", [8005, 401])
@pytest.mark.parametrize("lent", [True, False])
def test_a_blocking_pool_of_one_connection_causes_no_deadlock(server, url, stream, rejection, lent):
    """A blocking pool of one connection causes no deadlock, even if the token call uses the same pool."""
    server.rejection = rejection
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_block=True, pool_maxsize=1, pool_connections=1))
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session if lent else None)
        session.auth = auth.for_api("ka10001")
        for _ in range(3):
            with session.post(url, json={}, stream=stream) as response:
                assert 0 == response.json()["return_code"]
            server.revoke_all()

    assert 3 == server.issues


@pytest.mark.parametrize("stream", [True, False])
def test_a_401_of_3_megabytes_frees_its_connection(server, url, auth, stream):
    """A 401 with a huge body is read, or with ``stream=True`` closed, before the connection is used again."""
    auth.token()
    server.fail(lambda request: [server.revoke_all(), Reply(b"x" * 3_000_000, 401)][1], path=PATH)
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_block=True, pool_maxsize=1))

        response = session.post(url, json={}, stream=stream, auth=auth.for_api("ka10001"))

        assert 0 == response.json()["return_code"]


@pytest.mark.parametrize("size, is_readable", [(65536, True), (65537, False)])
def test_a_rejected_streamed_response_of_64_kib_can_be_read(server, auth, url, size, is_readable):
    """With ``stream=True`` the caller can read a rejected response of up to 64 KiB; a longer one is closed."""
    auth.token()
    server.content_length = True
    server.fail(Reply(b"x" * size, 401), path=PATH)

    with requests.post(url, json={}, stream=True, auth=auth.for_api("ka10001", resend=False)) as response:
        assert is_readable == (b"x" * size == response.content)


def test_a_streamed_success_above_1_kib_can_be_read_from_raw(server, session, url):
    """With ``stream=True`` the caller can read an accepted response above 1 KiB from ``raw``, from its first byte."""
    session.post(url, json={})
    server.fail(Reply(b"x" * 1025), path=PATH)

    with session.post(url, json={}, stream=True) as response:
        assert b"x" * 1025 == response.raw.read()


def test_a_short_streamed_response_can_still_be_read(server, session, url):
    """With ``stream=True`` a short response can still be read by ``content``, ``json()`` and ``iter_content``."""
    with session.post(url, json={}, stream=True) as response:
        assert 0 == response.json()["return_code"]
        assert response.content == b"".join(response.iter_content(7))


def test_an_empty_streamed_response_frees_its_connection(server, session, url, monkeypatch):
    """With ``stream=True`` an empty response frees its connection, and the next request uses it."""
    session.auth.token()
    server.content_length = True
    connect, connected_ports = HTTPConnection.connect, []
    monkeypatch.setattr(HTTPConnection, "connect", lambda self: (connected_ports.append(self.port), connect(self))[1])
    server.fail(Reply(b""), lambda request: [server.revoke_all(), Reply(b"", 401)][1], Reply(b""), path=PATH)

    responses = [session.post(url, json={}, stream=True) for _ in range(2)]

    assert [200, 200] == [response.status_code for response in responses]
    # The three requests share one connection, and the token call between them has another.
    assert [PATH, PATH, "/oauth2/token", PATH] == [request.path for request in server.requests[1:]]
    assert 2 == connected_ports.count(urlsplit(url).port)


def test_a_401_with_a_cut_off_body_is_a_rejection():
    """A 401 whose body is cut off is a rejection, too."""
    with RawServer(issued("first"), http(b"cut", "401 Unauthorized", length=100), issued("second"), http(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        response = requests.post(raw.url + PATH, json={}, auth=auth)

        assert {} == response.json()
    assert b"Bearer second" in raw.requests[-1]


def test_a_200_with_a_cut_off_body_raises_requests_own_error():
    """A 200 whose body is cut off raises the same error as without the auth, and its request is sent once."""
    # In chunks: urllib3 1.26 accepts a body that is shorter than declared.
    cut = http_chunked(b'{"return_code"').removesuffix(b"0\r\n\r\n")
    with RawServer(issued("first"), cut) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.post(raw.url + PATH, json={}, auth=auth)

    assert 2 == len(raw.requests)


@pytest.mark.parametrize("make", [http, http_chunked])
@pytest.mark.parametrize("size, attempts", [(1024, 2), (1025, 1)])
def test_a_rejection_of_up_to_1_kib_is_recognized(make, size, attempts):
    """A rejection of up to 1 KiB is recognized, with or without a declared length."""
    body = json.dumps(REJECTED).encode().ljust(size)
    with RawServer(issued("first"), make(body), issued("second"), http(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        requests.post(raw.url + PATH, json={}, auth=auth)

        assert attempts == sum(PATH.encode() in request for request in raw.requests)


@pytest.mark.parametrize("second", [faults.server_error(503), refusal(1700, limit=5, api_id="ka10001")])
def test_a_resend_with_another_error_does_not_end_the_trial(server, session, url, second):
    """If the resend fails for another reason, the trial of the new token goes on."""
    server.clock.stop()
    server.reissue = "new"
    server.fail(*[Reply(REJECTED), second] * 10, path=PATH)

    for _ in range(10):
        session.post(url, json={})

    assert 2 == server.issues


@pytest.mark.parametrize(
    "rejection",
    [http_chunked(json.dumps(REJECTED).encode()), http(json.dumps(REJECTED).encode(), length=10**15)],
    ids=["no length", "no such length"],
)
def test_a_streamed_rejection_of_unknown_length_starts_a_pause(local_clock, rejection):
    """With ``stream=True``, a rejection of unknown length starts a pause: au10001 is not called again.

    A declared length that no body can have counts as unknown.
    """
    unauthorized = http(b"", "401 Unauthorized")
    first, second = (issued("first"), unauthorized), (issued("second"), rejection, rejection, unauthorized)
    with RawServer(*first, *second, issued("third"), rejection) as raw:
        local_clock.stop()
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")
        for _ in range(3):
            requests.post(raw.url + PATH, json={}, auth=auth, stream=True).close()

        assert 2 == sum(b"/oauth2/token" in request for request in raw.requests)


def test_a_short_streamed_success_ends_the_trial(local_clock):
    """With ``stream=True``, too, a short success ends the trial: a later rejection replaces the token at once."""
    unauthorized, done = http(b"", "401 Unauthorized"), http(b'{"return_code": 0}')
    with RawServer(issued("first"), unauthorized, issued("second"), done, unauthorized, issued("third"), done) as raw:
        local_clock.stop()
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")
        for _ in range(2):
            assert 200 == requests.post(raw.url + PATH, json={}, auth=auth, stream=True).status_code

        assert 3 == sum(b"/oauth2/token" in request for request in raw.requests)


class AdapterWithoutConnection(BaseAdapter):
    """A user's adapter that makes up a response: it has no ``connection``."""

    def send(self, request, **kwargs):
        response = requests.Response()
        response.request, response.url, response.status_code, response.raw = request, request.url, 401, io.BytesIO()
        return response

    def close(self):
        pass


def test_a_rejection_without_a_connection_is_not_resent(server, session, url, caplog):
    """A rejection without a connection is returned to the caller; the next request carries a new token."""
    server.reissue = "new"
    session.mount(url, AdapterWithoutConnection())

    assert 401 == session.post(url, json={}).status_code
    assert "not resent: the response came over no connection" in caplog.text
    assert 2 == server.issues


@pytest.mark.parametrize("return_code", [b"0.0", b'" 0"', b"false", b"0", b'"0"'])
def test_a_success_is_never_resent(server, session, url, return_code):
    """An order that succeeded is sent once, however 0 is written in ``return_code`` and whatever its message says."""
    server.fail(Reply(b'{"return_code": %b, "return_msg": "[8005:...]"}' % return_code), path=PATH)

    session.post(url, json={})

    assert (1, 1) == (server.issues, len(server.requests.to("ka10001")))


def test_without_a_stream_argument_the_hook_reads_the_response(caplog):
    """If a library such as requests-cache runs the hooks without ``stream``, the response counts as not streamed."""
    chunked = http_chunked(json.dumps(REJECTED).encode())
    with RawServer(issued("first"), chunked, issued("second"), chunked) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")
        request = requests.Request("POST", raw.url + PATH, json={}, auth=auth).prepare()
        with closing(HTTPAdapter()) as adapter:
            response = adapter.send(request)

            assert REJECTED == dispatch_hook("response", request.hooks, response).json()

    assert 4 == len(raw.requests)
    for token in ("first", "second"):
        assert f"token {fingerprint(token)} rejected for ka10001 (" in caplog.text


@pytest.mark.parametrize("stream", [True, False])
def test_a_chunked_rejection_is_recognized(stream):
    """A chunked rejection, without a declared length, is recognized with and without ``stream=True``."""
    body = json.dumps(REJECTED).encode()
    chunked = http_chunked(body)
    with RawServer(issued("first"), chunked, issued("second"), http(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with requests.post(raw.url + PATH, json={}, auth=auth, stream=stream) as response:
            assert {} == response.json()


def test_the_streamed_body_of_a_second_response_can_be_read():
    """With ``stream=True`` the caller can read the second response's body of unknown length from ``raw``."""
    with RawServer(issued("first"), http(b"", "401 Unauthorized"), issued("second"), http_chunked(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with requests.post(raw.url + PATH, json={}, auth=auth, stream=True) as response:
            assert b"{}" == response.raw.read(decode_content=True)


def test_an_error_of_the_resend_is_raised():
    """If the connection breaks off during the resend, the caller gets that error."""
    with RawServer(issued("first"), http(json.dumps(REJECTED).encode()), issued("second"), b"") as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with pytest.raises(requests.exceptions.ConnectionError):
            requests.post(raw.url + PATH, json={}, auth=auth)

    assert 4 == len(raw.requests)


@pytest.mark.parametrize("end", [b"", b"0\r\n\r\n"])
@pytest.mark.parametrize("resend", [True, False])
def test_a_streamed_rejection_can_be_read_without_its_last_chunk(end, resend):
    """With ``stream=True`` the caller can read the rejection that is returned, even without its last chunk."""
    body = json.dumps(REJECTED).encode()
    chunked = http_chunked(body).removesuffix(b"0\r\n\r\n") + end
    done = threading.Event()

    def serve(connection):
        connection.sendall(chunked)
        done.wait(60)  # The connection stays open, so that only the rejection itself can be read.

    with RawServer(issued("first"), serve, issued("second"), serve) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url, resend=resend).for_api("ka10001")
        threading.Timer(0.1, done.set).start()
        with requests.post(raw.url + PATH, json={}, auth=auth, stream=True) as response:
            assert REJECTED == response.json()
            assert body == b"".join(response.iter_content(7))


def test_the_resend_carries_the_token_of_its_own_account(server, auth, url):
    """If another thread sets another account's token on the request meanwhile, the resend does not carry it."""

    class Contested(requests.PreparedRequest):
        def copy(self):
            self.headers["Authorization"] = "Bearer fake-token-of-another-account"
            return super().copy()

    order = Contested()
    order.prepare("POST", url, json={}, auth=auth.for_api("ka10001"))
    server.revoke_all()
    with requests.Session() as session:
        assert 0 == session.send(order).json()["return_code"]

    assert server.token == server.requests[-1].token
