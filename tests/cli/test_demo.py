"""``demo``: what it prints, and that it fails if an event does not have the expected result."""

import contextlib
import functools
import re

import pytest

from requests_kiwoom.cli import demo
from requests_kiwoom.cli.clients import HandWrittenClient, PackageClient
from requests_kiwoom.cli.events import EVENTS
from requests_kiwoom.cli.layout import display_width
from requests_kiwoom.testing import KiwoomServer, Reply, faults
from tests.helpers.cli import run

# Each run plays all events, and none of them depends on the Python version.
pytestmark = pytest.mark.once

ROWS = [
    "a first request",
    "10 threads start at once",
    "4 programs start at once",
    "the token is revoked",
    "24 hours pass, clock in UTC",
    "au10001 redirects elsewhere",
    "in all",
]
ROW = re.compile(r"^(\S.*?) +(\d+/\d+) +(\d+) +(\d+/\d+) +(\d+)(?:  ([0-9a-f>-]+))?$", re.MULTILINE)


def rows(ran):
    """Return the rows of the table: event, failed/sent and au10001 calls of each client, tokens."""
    return ROW.findall(ran.out)


def test_demo_succeeds(demo_run):
    """The demo ends with exit status 0 and prints nothing on stderr."""
    assert (0, "") == (demo_run.status, demo_run.err)


def test_the_failures_of_both_clients_are_shown(demo_run):
    """The table shows for every event how many requests of each client failed."""
    assert ROWS == [row[0] for row in rows(demo_run)]
    by_hand, package = ([row[column] for row in rows(demo_run)] for column in (1, 3))
    assert ["0/1", "0/10", "0/4", "5/5", "5/5", "1/2", "11/27"] == by_hand
    assert ["0/1", "0/10", "0/4", "0/5", "0/5", "1/2", "1/27"] == package


def test_the_au10001_calls_of_both_clients_are_counted(demo_run):
    """With this package every event costs one au10001 call, and two where the first was redirected."""
    by_hand, package = ([int(row[column]) for row in rows(demo_run)] for column in (2, 4))
    assert [1, 1, 1, 1, 1, 2, 7] == package
    assert [1, 4, 0, 0, 2] == by_hand[:1] + by_hand[2:6]
    assert 2 <= by_hand[1] <= 10
    assert sum(by_hand[:6]) == by_hand[6]


def test_tokens_are_shown_by_their_fingerprints(demo_run):
    """The table has the fingerprints of the token in use and of the one that it replaced, and no token."""
    tokens = [row[5] for row in rows(demo_run)[:6]]
    assert [False, False, False, True, True, False] == ["->" in each for each in tokens]
    fingerprints = "->".join(tokens).split("->")
    assert all(re.fullmatch("[0-9a-f]{8}", each) for each in fingerprints)
    assert 8 == len(set(fingerprints))
    assert not re.search(r"[A-Za-z0-9_-]{40}", demo_run.out)


def test_it_shows_the_response_that_a_check_for_401_misses(demo_run):
    """Kiwoom's message for code 8005 is printed once, with its meaning."""
    assert 1 == demo_run.out.count('"인증에 실패했습니다[8005:Token이 유효하지 않습니다]"')
    assert "8005: the token is not valid." in demo_run.out


def test_it_says_where_the_keys_went(demo_run):
    """The output says that the lines by hand sent the keys to another server, after a redirect."""
    assert "by hand, both keys went to the other server" in demo_run.out


def test_it_ends_with_what_to_do_next(demo_run):
    """The last sentence names the next command, `doctor`."""
    assert demo_run.out.endswith("run `requests-kiwoom doctor`.\n")


def test_it_fits_80_columns_in_both_languages(demo_run):
    """The output fits 80 columns and is aligned in both languages, whatever the code page, keys and proxies."""
    variables = {"KIWOOM_APPKEY": "", "KIWOOM_MOCK": "nonsense", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    korean = run(None, "demo", "--lang", "ko", code_page="cp949", **variables)

    assert (0, "") == (korean.status, korean.err)
    for ran in (demo_run, korean):
        lines = ran.out.splitlines()
        assert 80 >= max(map(display_width, lines))
        table = [line for line in lines if re.search(r" \d+/\d+ ", line)]
        assert 7 == len(table)
        assert {60} == {display_width(re.match(r"(.* +\d+/\d+ +\d+){2}", line)[0]) for line in table}
    assert " ".join(korean.out.split()).endswith("`requests-kiwoom doctor`를 실행해 주세요.")


def test_the_lines_by_hand_resend_after_http_401(server):
    """The lines by hand resend a request that HTTP 401 rejected, as they claim."""
    with contextlib.closing(HandWrittenClient(server)) as client:
        client.restart()
        client.send()
        server.rejection = 401
        server.revoke_all()

        assert client.send()
    assert 2 == server.issues


def play(monkeypatch, number, **options):
    """Run the event of this number alone, on servers with `options`."""
    monkeypatch.setattr(demo, "EVENTS", EVENTS[number - 1 : number])
    monkeypatch.setattr(demo, "KiwoomServer", functools.partial(KiwoomServer, **options))
    return run(None, "demo")


def test_an_unexpected_count_fails_the_demo(monkeypatch):
    """If a count is not the expected one, the demo names the event and ends with exit status 1."""
    monkeypatch.setattr(KiwoomServer, "revoke_all", lambda self: None)

    ran = play(monkeypatch, 4)

    assert 1 == ran.status
    assert ran.complaint == (
        'error: "the token is revoked" does not hold: by hand: 0 failed and 0 au10001 calls'
        " instead of 5 failed and 0 au10001 calls\n"
    )


def test_too_many_au10001_calls_fail_the_demo(monkeypatch):
    """If ten threads with this package make more than one au10001 call, the demo fails."""
    monkeypatch.setattr(PackageClient, "send", lambda self: self.restart() or bool(self._auth.token()))

    ran = play(monkeypatch, 2)

    assert 1 == ran.status
    assert 'error: "10 threads start at once" does not hold: this package: 0 failed and ' in ran.complaint
    assert ran.complaint.endswith(" au10001 calls instead of 0 failed and 1 au10001 calls\n")


def test_another_code_than_8005_fails_the_demo(monkeypatch):
    """If the counts are right but the rejection has another code than 8005, the demo fails."""
    ran = play(monkeypatch, 4, rejection=8003)

    assert 1 == ran.status
    assert "the counts are right, but something else came in" in ran.complaint


def test_a_redirect_that_is_not_followed_fails_the_demo(monkeypatch):
    """If the lines by hand sent the keys to no other server, the demo fails."""
    monkeypatch.setattr(faults, "redirect", lambda location: Reply({"return_code": 9}))

    ran = play(monkeypatch, 6)

    assert 1 == ran.status
    assert "the counts are right, but something else came in" in ran.complaint


def test_an_exception_within_an_event_fails_the_demo(monkeypatch):
    """An exception in an event is reported as a failure of that event, without a traceback."""
    monkeypatch.setattr(KiwoomServer, "revoke_all", property())

    ran = play(monkeypatch, 1)

    assert 1 == ran.status
    assert 'error: "a first request" does not hold: AttributeError: ' in ran.complaint


def test_a_failure_is_korean_with_lang_ko(monkeypatch):
    """With --lang ko, a failure is reported in Korean."""
    monkeypatch.setattr(KiwoomServer, "revoke_all", lambda self: None)
    monkeypatch.setattr(demo, "EVENTS", EVENTS[3:4])

    ran = run(None, "demo", "--lang", "ko")

    assert '오류: "토큰이 폐기됨" 단계가 맞지 않습니다: 직접 작성: 실패 5건' in ran.complaint
