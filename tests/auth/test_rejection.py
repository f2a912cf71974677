"""A rejected answer: the token is replaced, and the request is sent again, once."""

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


@pytest.mark.parametrize("reissue", ["same", "new"])
@pytest.mark.parametrize("rejection", [8005, 401])
def test_32_threads_meet_a_revocation(server, session, url, reissue, rejection):
    """A revocation met by 32 threads at once costs one au10001 call, and no request fails."""
    server.reissue, server.rejection = reissue, rejection
    session.mount("http://", HTTPAdapter(pool_maxsize=32))
    session.post(url, json={})
    server.revoke_all()

    answers = in_threads(32, lambda: session.post(url, json={}).json()["return_code"])

    assert [0] * 32 == answers
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
def test_every_way_to_say_it_is_understood(server, session, url, payload):
    """The four-digit code decides, wherever it stands; the request is sent again with another token."""
    session.post(url, json={})
    server.fail(lambda request: [server.revoke_all(), Reply(payload)][1], path=PATH)

    answer = session.post(url, json={"stk_cd": "005930"})

    assert 0 == answer.json()["return_code"]
    rejected, again = (r for r in server.requests[-3:] if r.path == PATH)
    assert rejected.body == again.body and rejected.token != again.token
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
def test_what_is_no_rejection_is_sent_once(server, session, url, payload):
    """Success, a refusal that a new token does not cure, and what is no short envelope go to the caller as they are."""
    session.post(url, json={})
    server.fail(Reply(payload), path=PATH)
    before = len(server.requests)

    session.post(url, json={})

    assert 1 == len(server.requests) - before
    assert 1 == server.issues


def test_the_content_type_does_not_matter(server, session, url):
    """A rejection is one under whatever content type and HTTP status it comes."""
    session.post(url, json={})
    for status in (200, 400, 403, 500):
        server.revoke_all()
        server.fail(Reply(REJECTED, status, {"Content-Type": "text/html"}), path=PATH)

        assert 200 == session.post(url, json={}).status_code


def test_rejected_twice_goes_to_the_caller(server, session, url):
    """What comes back the second time is the caller's, whatever it is: there is no third attempt."""
    server.fail(Reply(REJECTED), Reply(REJECTED), path=PATH)
    server.reissue = "new"

    answer = session.post(url, json={})

    assert REJECTED == answer.json()
    assert 2 == sum(request.path == PATH for request in server.requests)


def test_every_token_rejected_asks_once_a_pause(server, session, url):
    """If every token is rejected, au10001 is asked once a back-off period, and each further request is sent once."""
    server.clock.stop()
    server.reissue = "new"
    server.fail(*[Reply(REJECTED)] * 41, path=PATH)

    for _ in range(40):
        assert REJECTED == session.post(url, json={}).json()

    assert 2 == server.issues
    assert 41 == sum(request.path == PATH for request in server.requests)


def test_the_pause_after_rejections_grows(server, session, url):
    """Without an accepted request in between, each further attempt waits longer: 1 s, 2 s, 4 s."""
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


def test_an_accepted_resend_ends_the_pause(server, session, url):
    """Once a resend was accepted, the next revocation is met at once."""
    for _ in range(3):
        session.post(url, json={})
        server.revoke_all()

        assert 0 == session.post(url, json={}).json()["return_code"]


def test_a_success_ends_the_pause(server, url):
    """With ``resend=False``, too: once the API accepted the new token, its rejection is met at once."""
    server.clock.stop()
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, resend=False).for_api("ka10001")
    server.reply("ka10001", [{}, {}, {"rows": "x" * 2000}, {}])

    codes = []
    for _ in range(3):
        codes += [requests.post(url, auth=auth, json={}).json()["return_code"] for _ in range(2)]
        server.revoke_all()

    assert [0, 0, 3, 0, 3, 0] == codes


def test_a_failure_ends_no_trial(server, url):
    """HTTP 503 says nothing about the new token: if the API rejects it then, a pause begins."""
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


def test_the_rejected_token_handed_out_again(server, session, url, caplog):
    """au10001 hands out the very token that was rejected: nothing is sent again, and the log names the way out."""
    server.clock.stop()
    session.post(url, json={})
    server.fail(*[Reply(REJECTED)] * 3, path=PATH)

    for _ in range(3):
        assert REJECTED == session.post(url, json={}).json()

    assert 2 == server.issues
    assert 4 == sum(request.path == PATH for request in server.requests)
    assert "auth.renew(force=True) replaces the token now" in caplog.text


def test_reissue_fails_and_the_rejected_answer_is_the_caller_s(server, session, url, caplog):
    """If no token can be issued, the caller gets the rejected response, and the log says why."""
    session.post(url, json={})
    server.revoke_all()
    server.fail(Reply(b"maintenance", 503))

    answer = session.post(url, json={})

    assert "[8005:" in answer.json()["return_msg"]
    assert any("HTTP 503" in record.getMessage() for record in caplog.records)


def test_reissue_refused_is_raised(server, session, url):
    """If Kiwoom refuses another token, the caller gets that as an exception: waiting will not help."""
    session.post(url, json={})
    server.revoke_all()
    server.secretkey = "changed"

    with pytest.raises(TokenRefused, match="8001"):
        session.post(url, json={})


@pytest.mark.parametrize("failure", ["none", "unavailable", "refused"])
def test_resend_false(server, url, failure):
    """With ``resend=False`` the caller always gets the rejected answer; the next request carries the new token."""
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, resend=False).for_api("ka10001")
    requests.post(url, json={}, auth=auth)
    server.revoke_all()
    if failure == "unavailable":
        server.fail(Reply(b"", 500))
    if failure == "refused":
        server.fail(Reply({"return_code": 3, "return_msg": "[8050:지정단말기 인증에 실패했습니다]"}))

    answer = requests.post(url, json={}, auth=auth)

    assert "[8005:" in answer.json()["return_msg"]
    assert [PATH, "/oauth2/token"] == [request.path for request in server.requests[-2:]]
    if failure == "none":
        assert 0 == requests.post(url, json={}, auth=auth).json()["return_code"]
    assert 2 == server.issues


def test_for_api_may_decide_on_resending(server, auth, url):
    """``for_api(..., resend=False)`` holds for its requests alone."""
    orders, quotes = auth.for_api("kt10000", resend=False), auth.for_api("ka10001")
    auth.token()
    server.revoke_all()

    assert 3 == requests.post(url, json={}, auth=orders).json()["return_code"]
    server.revoke_all()
    server.clock.advance(seconds=10)
    assert 0 == requests.post(url, json={}, auth=quotes).json()["return_code"]
    assert ["kt10000", "ka10001", "ka10001"] == [r.api_id for r in server.requests if r.path == PATH]


def test_a_faster_thread_s_token_is_used(server, session, url):
    """A request that carries an older token than the current one is sent again without another au10001 call."""
    old = session.prepare_request(requests.Request("POST", url, json={}))
    server.revoke_all()
    session.post(url, json={})
    assert 2 == server.issues

    answer = session.send(old)

    assert 0 == answer.json()["return_code"]
    assert 2 == server.issues


def test_history_elapsed_and_hooks(server, session, url):
    """The rejected answer is in ``history``, ``elapsed`` is set, and the user's hooks see the final answer alone."""
    session.post(url, json={})
    server.revoke_all()
    seen = []

    answer = session.post(url, json={}, hooks={"response": lambda response, **kwargs: seen.append(response)})

    assert [answer] == seen
    assert ["[8005:" in before.json()["return_msg"] for before in answer.history] == [True]
    assert 0 < answer.elapsed.total_seconds() < 60
    assert answer.request is not answer.history[0].request
    assert answer.request.headers["Authorization"] == f"Bearer {session.auth.token()}"


def test_the_hook_is_registered_once(server, auth, url):
    """However often an auth is applied to a request, it is sent again once."""
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
def test_one_blocking_connection_is_enough(server, url, stream, rejection, lent):
    """A blocking pool of one connection, lent for the token call as well, does not make the auth wait for itself."""
    server.rejection = rejection
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_block=True, pool_maxsize=1, pool_connections=1))
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, session=session if lent else None)
        session.auth = auth.for_api("ka10001")
        for _ in range(3):
            with session.post(url, json={}, stream=stream) as answer:
                assert 0 == answer.json()["return_code"]
            server.revoke_all()

    assert 3 == server.issues


@pytest.mark.parametrize("stream", [True, False])
def test_a_401_of_3_megabytes(server, url, auth, stream):
    """A 401 with a huge body is read, or with ``stream=True`` closed, before the connection is used again."""
    auth.token()
    server.fail(lambda request: [server.revoke_all(), Reply(b"x" * 3_000_000, 401)][1], path=PATH)
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_block=True, pool_maxsize=1))

        answer = session.post(url, json={}, stream=stream, auth=auth.for_api("ka10001"))

        assert 0 == answer.json()["return_code"]


@pytest.mark.parametrize("size, is_read", [(65536, True), (65537, False)])
def test_a_rejected_streamed_answer_that_the_caller_gets(server, auth, url, size, is_read):
    """With ``stream=True`` a rejected answer of up to 64 KiB can be read by the caller; a longer one is closed."""
    auth.token()
    server.content_length = True
    server.fail(Reply(b"x" * size, 401), path=PATH)

    with requests.post(url, json={}, stream=True, auth=auth.for_api("ka10001", resend=False)) as answer:
        assert is_read == (b"x" * size == answer.content)


def test_streamed_answers_stay_unread(server, session, url):
    """With ``stream=True`` an accepted answer of over 1 KiB is left to the caller, down to ``raw``."""
    session.post(url, json={})
    server.fail(Reply(b"x" * 1025), path=PATH)

    with session.post(url, json={}, stream=True) as answer:
        assert b"x" * 1025 == answer.raw.read()


def test_a_short_streamed_answer_can_still_be_read(server, session, url):
    """With ``stream=True`` a short answer has been looked at: ``content``, ``json()`` and ``iter_content`` work."""
    with session.post(url, json={}, stream=True) as answer:
        assert 0 == answer.json()["return_code"]
        assert answer.content == b"".join(answer.iter_content(7))


def test_an_empty_streamed_answer_keeps_no_connection(server, session, url, monkeypatch):
    """With ``stream=True`` there is nothing to read in it: what comes next goes out over the same connection."""
    session.auth.token()
    server.content_length = True
    connect, connected = HTTPConnection.connect, []
    monkeypatch.setattr(HTTPConnection, "connect", lambda self: (connected.append(self.port), connect(self))[1])
    server.fail(Reply(b""), lambda request: [server.revoke_all(), Reply(b"", 401)][1], Reply(b""), path=PATH)

    answers = [session.post(url, json={}, stream=True) for _ in range(2)]

    assert [200, 200] == [answer.status_code for answer in answers]
    # The three requests have one, and the token call between them has another.
    assert [PATH, PATH, "/oauth2/token", PATH] == [request.path for request in server.requests[1:]]
    assert 2 == connected.count(urlsplit(url).port)


def test_a_401_cut_in_the_middle():
    """A 401 whose body breaks off is a rejection all the same."""
    with RawServer(issued("first"), http(b"cut", "401 Unauthorized", length=100), issued("second"), http(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        answer = requests.post(raw.url + PATH, json={}, auth=auth)

        assert {} == answer.json()
    assert b"Bearer second" in raw.requests[-1]


def test_an_accepted_answer_cut_in_the_middle_still_fails():
    """An answer that breaks off raises what requests raises without the auth, and is sent once."""
    # In chunks: urllib3 1.26 does not mind a body that is shorter than declared.
    cut = http_chunked(b'{"return_code"').removesuffix(b"0\r\n\r\n")
    with RawServer(issued("first"), cut) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.post(raw.url + PATH, json={}, auth=auth)

    assert 2 == len(raw.requests)


@pytest.mark.parametrize("make", [http, http_chunked])
@pytest.mark.parametrize("size, attempts", [(1024, 2), (1025, 1)])
def test_a_rejection_of_1_kib(make, size, attempts):
    """An envelope of up to 1 KiB is looked at, with a declared length or without."""
    body = json.dumps(REJECTED).encode().ljust(size)
    with RawServer(issued("first"), make(body), issued("second"), http(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        requests.post(raw.url + PATH, json={}, auth=auth)

        assert attempts == sum(PATH.encode() in request for request in raw.requests)


@pytest.mark.parametrize("second", [faults.server_error(503), refusal(1700, limit=5, api_id="ka10001")])
def test_a_failure_after_a_rejection_spares_au10001(server, session, url, second):
    """A resent request that fails for another reason says nothing about the new token: its trial goes on."""
    server.clock.stop()
    server.reissue = "new"
    server.fail(*[Reply(REJECTED), second] * 10, path=PATH)

    for _ in range(10):
        session.post(url, json={})

    assert 2 == server.issues


@pytest.mark.parametrize(
    "unread",
    [http_chunked(json.dumps(REJECTED).encode()), http(json.dumps(REJECTED).encode(), length=10**15)],
    ids=["no length", "no such length"],
)
def test_an_answer_that_nobody_read_spares_au10001(local_clock, unread):
    """With ``stream=True``, answers of unknown length say nothing about the new token: they may reject it.

    A length that no body has counts for none.
    """
    turned_down = http(b"", "401 Unauthorized")
    first, second = (issued("first"), turned_down), (issued("second"), unread, unread, turned_down)
    with RawServer(*first, *second, issued("third"), unread) as raw:
        local_clock.stop()
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")
        for _ in range(3):
            requests.post(raw.url + PATH, json={}, auth=auth, stream=True).close()

        assert 2 == sum(b"/oauth2/token" in request for request in raw.requests)


def test_a_short_success_says_that_the_token_was_taken(local_clock):
    """With ``stream=True`` as well: the next rejection is met at once."""
    turned_down, done = http(b"", "401 Unauthorized"), http(b'{"return_code": 0}')
    with RawServer(issued("first"), turned_down, issued("second"), done, turned_down, issued("third"), done) as raw:
        local_clock.stop()
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")
        for _ in range(2):
            assert 200 == requests.post(raw.url + PATH, json={}, auth=auth, stream=True).status_code

        assert 3 == sum(b"/oauth2/token" in request for request in raw.requests)


class Canned(BaseAdapter):
    """An adapter of the user's own, which makes up an answer: no ``connection`` of it leads anywhere."""

    def send(self, request, **kwargs):
        response = requests.Response()
        response.request, response.url, response.status_code, response.raw = request, request.url, 401, io.BytesIO()
        return response

    def close(self):
        pass


def test_an_answer_that_came_over_no_connection(server, session, url, caplog):
    """A rejection that an adapter of the user's made up goes to the caller; the next request has a new token."""
    server.reissue = "new"
    session.mount(url, Canned())

    assert 401 == session.post(url, json={}).status_code
    assert "not resent: the response came over no connection" in caplog.text
    assert 2 == server.issues


@pytest.mark.parametrize("return_code", [b"0.0", b'" 0"', b"false", b"0", b'"0"'])
def test_a_success_is_never_sent_again(server, session, url, return_code):
    """However 0 is spelt, an order that succeeded goes out once, whatever its message says."""
    server.fail(Reply(b'{"return_code": %b, "return_msg": "[8005:...]"}' % return_code), path=PATH)

    session.post(url, json={})

    assert 1 == server.issues


def test_hooks_that_are_not_run_by_requests(caplog):
    """A library that runs them itself may not say whether the answer is streamed (requests-cache): then it is not."""
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
def test_chunked_answers(stream):
    """A rejection without a declared length is recognised, with ``stream=True`` as well."""
    body = json.dumps(REJECTED).encode()
    chunked = http_chunked(body)
    with RawServer(issued("first"), chunked, issued("second"), http(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with requests.post(raw.url + PATH, json={}, auth=auth, stream=stream) as answer:
            assert {} == answer.json()


def test_the_second_answer_is_left_to_the_caller():
    """With ``stream=True``, the second answer's body of unknown length is not read before the caller does."""
    with RawServer(issued("first"), http(b"", "401 Unauthorized"), issued("second"), http_chunked(b"{}")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with requests.post(raw.url + PATH, json={}, auth=auth, stream=True) as answer:
            assert b"{}" == answer.raw.read(decode_content=True)


def test_the_second_send_fails():
    """If the second attempt breaks off, the caller gets that error."""
    with RawServer(issued("first"), http(json.dumps(REJECTED).encode()), issued("second"), b"") as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001")

        with pytest.raises(requests.exceptions.ConnectionError):
            requests.post(raw.url + PATH, json={}, auth=auth)

    assert 4 == len(raw.requests)


@pytest.mark.parametrize("end", [b"", b"0\r\n\r\n"])
def test_a_streamed_rejection_that_the_caller_gets_can_be_read(end):
    """With ``stream=True`` and ``resend=False`` the caller reads the rejection, even without its last chunk."""
    body = json.dumps(REJECTED).encode()
    chunked = http_chunked(body).removesuffix(b"0\r\n\r\n") + end
    done = threading.Event()

    def serve(connection):
        connection.sendall(chunked)
        done.wait(60)  # Open, so that only the rejection itself can be read.

    with RawServer(issued("first"), serve, issued("second")) as raw:
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url, resend=False).for_api("ka10001")
        threading.Timer(0.1, done.set).start()
        with requests.post(raw.url + PATH, json={}, auth=auth, stream=True) as response:
            assert REJECTED == response.json()
            assert body == b"".join(response.iter_content(7))


def test_the_resend_carries_the_token_of_the_account_that_was_rejected(server, auth, url):
    """If another thread puts another account's token on the request meanwhile, the resend does not carry it."""

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
