"""The README's twelve lines by hand have each fault that its list names, and this package has none of them."""

import io
import re
import threading
import time
from datetime import datetime

import pytest
import requests

from requests_kiwoom import TokenIssueError, TokenUnavailable, read_envelope
from requests_kiwoom.cli.by_hand import LINES
from requests_kiwoom.testing import KiwoomServer, Reply, faults, refusal
from tests.helpers.constants import PATH
from tests.helpers.documents import program, section
from tests.helpers.threads import in_threads


@pytest.fixture
def by_hand(server):
    """The names that the lines define, with the address and the keys of the local server."""
    code = program("by_hand.py").replace("https://api.kiwoom.com", server.url)
    names = {}
    exec(code.replace("my-appkey", server.appkey).replace("my-secret", server.secretkey), names)
    return names


@pytest.fixture
def post(by_hand):
    """The lines' own function `post`, for one API."""
    return lambda **body: by_hand["post"](PATH, "ka10001", **body)


def code_of(response):
    return read_envelope(response.content).code


def test_there_are_twelve_lines_and_a_test_for_each_fault():
    """The code has twelve lines, and each fault in the list has a test with its number."""
    listed = re.findall(r"^(\d)\. ", section("What this replaces"), re.M)

    assert 12 == len(program("by_hand.py").strip().splitlines())
    assert listed == [name[5] for name in globals() if re.match(r"test_\d_", name)]


def test_the_demo_runs_these_lines():
    """The demo compares this package with the lines that the README shows."""
    assert program("by_hand.py").strip() == LINES.strip()


def test_1_they_only_check_for_401(server, post, session, url):
    """The lines keep a token that was rejected with 8005 in HTTP 200; the package replaces it."""
    assert [0, 0] == [post().json()["return_code"], session.post(url).json()["return_code"]]
    server.revoke_all()

    assert [8005, 8005] == [code_of(post()), code_of(post())]
    assert None is code_of(session.post(url))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows cannot change the time zone of one process")
def test_2_they_read_korean_time_as_local_time(server, by_hand, post, auth, monkeypatch):
    """With the clock in UTC, the lines use a token for 33 hours; the package uses it for 24."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        post()
        auth.token()
        read_as_local = datetime.strptime(by_hand["expires"], "%Y%m%d%H%M%S").timestamp()
    time.tzset()

    ends = read_as_local, auth.expires_at.timestamp()
    assert [33, 24] == [round((end - server.clock()) / 3600) for end in ends]


def test_3_thirty_threads_issue_thirty_tokens(server, post, session, url):
    """In thirty threads the lines make thirty au10001 calls at once; the package makes one."""
    all_threads = threading.Barrier(30)

    def issue(request):
        all_threads.wait(30)
        return Reply({"token": "fake-token", "expires_dt": "20991231235959"})

    server.fail(*[issue] * 30)
    in_threads(30, post)
    assert 30 == server.issues

    in_threads(30, lambda: session.post(url))
    assert 30 + 1 == server.issues


@pytest.mark.parametrize("code", [8001, 8050, 1700])
def test_4_a_refusal_is_a_key_error(server, post, auth, code):
    """After any refusal the lines raise KeyError: 'token'; the package's error has Kiwoom's code."""
    server.fail(refusal(code), refusal(code))

    with pytest.raises(KeyError, match="^'token'$"):
        post()
    with pytest.raises(TokenIssueError) as caught:
        auth.token()
    assert code == caught.value.code


def test_5_they_resend_without_a_limit(server, post, session, url):
    """After 20 rejections in a row the lines have sent a request 21 times; the package sends it twice."""
    server.reissue = "new"
    server.reply("ka10001", [*[refusal(8005, status=401)] * 20, {}])

    post()
    assert (21, 21) == (len(server.requests.to("ka10001")), server.issues)

    server.reply("ka10001", refusal(8005, status=401))
    assert 401 == session.post(url).status_code
    assert 21 + 2 == len(server.requests.to("ka10001"))


def test_6_a_file_is_resent_empty(server, post, session, url):
    """The lines resend a file as an empty body; the package resends the whole body."""
    server.rejection = 401
    sent = []
    for send in (post, lambda **body: session.post(url, **body)):
        send()
        server.revoke_all()
        del server.requests[:]
        send(data=io.BytesIO(b'{"stk_cd": "005930"}'))
        sent.append([request.body for request in server.requests.to("ka10001")])

    assert [b'{"stk_cd": "005930"}', b""] == sent[0]
    assert [b'{"stk_cd": "005930"}'] * 2 == sent[1]


def test_7_an_exception_holds_the_keys(server, post, auth):
    """If au10001's connection breaks, the lines' exception leads to the body with both keys; the package's does not."""
    server.fail(faults.RESET_BEFORE, faults.RESET_BEFORE)

    with pytest.raises(requests.ConnectionError) as caught:
        post()
    assert all(key.encode() in caught.value.request.body for key in (server.appkey, server.secretkey))
    with pytest.raises(TokenUnavailable) as caught:
        auth.token()
    assert caught.value.request is None


def test_8_a_redirect_gets_the_keys(server, post, auth):
    """The lines send the keys to the target of a redirect; the package does not."""
    with KiwoomServer(strict=False) as elsewhere:
        server.fail(*[faults.redirect(elsewhere.url + "/oauth2/token")] * 2)

        with pytest.raises(KeyError):
            post()
        assert server.secretkey == elsewhere.requests.last.json()["secretkey"]
        with pytest.raises(TokenUnavailable):
            auth.token()
        assert 1 == len(elsewhere.requests)
