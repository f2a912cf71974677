"""``token``, ``renew``, ``revoke``: the life of a token by hand."""

import hashlib
import os
import re

import pytest

from requests_kiwoom.testing import Reply, refusal
from tests.helpers.cli import refuse, run, run_on_terminal, write_key_files

needs_terminals = pytest.mark.skipif(os.name == "nt", reason="Windows has no pty")


def fingerprint(token):
    return hashlib.sha256(token.encode()).hexdigest()[:8]


def bare(server):
    """The token that the server hands out, as the command prints it."""
    return run(server, "token", "--reveal").out.rstrip("\n")


def test_token_shows_when_it_expires(server):
    """The expiry in KST, how long is left, and the fingerprint; one au10001."""
    ran = run(server, "token")

    assert (0, "") == (ran.status, ran.err)
    assert 1 == server.issues
    assert re.search(r"^expires  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d KST$", ran.out, re.MULTILINE)
    assert re.search(r"^left     (23 h 59 min|24 h 00 min)$", ran.out, re.MULTILINE)
    assert f"token    {fingerprint(bare(server))} " in ran.out


def test_token_does_not_show_the_token(server):
    """Without --reveal neither the token nor a key is printed, not even with --verbose."""
    ran = run(server, "token", "--verbose")

    assert "issued token" in ran.err
    for secret in (bare(server), server.appkey, server.secretkey):
        assert secret not in ran.out + ran.err


def test_reveal_prints_the_bare_token_and_nothing_else(server):
    """What --reveal prints can be piped into a WebSocket client as it is."""
    ran = run(server, "token", "--reveal")

    assert (0, "") == (ran.status, ran.err)
    assert re.fullmatch(r"[A-Za-z0-9_-]{86}\n", ran.out)


def test_an_expiry_that_has_passed_names_the_clock(server):
    """A token just handed out that has expired by this machine's clock: the clock is named."""
    server.clock.advance(hours=-24.5)

    assert "left     nothing, by this machine's clock: `doctor`" in run(server, "token").out


def test_keys_come_from_the_portals_files(server, tmp_path):
    """Two key files, as the portal gives them, are all it takes."""
    variables = write_key_files(server, tmp_path)

    ran = run(None, "token", "--base-url", server.url, **variables)

    assert (0, "") == (ran.status, ran.err)


def test_without_keys_it_says_which_variable_to_set(server):
    """Missing keys: one line, exit status 1."""
    ran = run(None, "token")

    assert 1 == ran.status
    assert ran.complaint.startswith("error: set KIWOOM_APPKEY, or KIWOOM_APPKEY_FILE")


@pytest.mark.parametrize("option", ["--appkey", "--secretkey", "--key"])
def test_keys_are_no_arguments(server, option):
    """Arguments stand in `ps`: there is no option for a key."""
    ran = run(server, "token", option, "fake")

    assert 2 == ran.status
    assert "unrecognized arguments" in ran.complaint


def test_a_refusal_gives_the_vendors_words_and_the_cure(server):
    """Wrong keys: the vendor's message, and what to do, in one line."""
    ran = run(server, "token", KIWOOM_SECRETKEY="fake-secretkey-of-another-account")

    assert 1 == ran.status
    assert "return_code 3: 인증에 실패했습니다[8001:" in ran.complaint
    assert "Check both keys against the portal" in ran.complaint
    assert "fake-secretkey" not in ran.complaint


def test_a_token_call_that_was_changed_on_its_way(server):
    """1504 for au10001 is no matter of the user's api-ids: something between changes the call."""
    server.fail(refusal(1504))
    ran = run(server, "token")

    assert 1 == ran.status
    assert "see what changes it on the way" in ran.complaint


def test_a_token_that_another_address_has(server):
    """8010 for au10001: there is no token here that could be revoked, so it says where to."""
    server.fail(refusal(8010))
    ran = run(server, "token")

    assert 1 == ran.status
    assert "Run `revoke` where the token was issued" in ran.complaint


def test_a_success_that_is_no_token(server):
    """What au10001 calls a success is told as the failure that it is, without Kiwoom's words of success."""
    payload = {"token": "fake-token", "token_type": "bearer", "expires_dt": "20010101000000"}
    server.fail(Reply({**payload, "return_code": 0, "return_msg": "정상적으로 처리되었습니다"}))
    ran = run(server, "token")

    assert 1 == ran.status
    assert "far from this machine's clock: set that, and its time zone" in ran.complaint
    assert "정상적으로" not in ran.complaint


def test_a_server_that_is_not_there_points_to_doctor(server):
    """No connection: one line, which names doctor."""
    ran = run(server, "token", "--base-url", "http://127.0.0.1:9")

    assert 1 == ran.status
    assert "au10001 at http://127.0.0.1:9 gave no answer." in ran.complaint
    assert ran.complaint.endswith("`python -m requests_kiwoom doctor` shows where it fails.\n")


@pytest.mark.parametrize("url", ["http://gateway.example", "https://gateway.example/path", "gateway"])
def test_a_base_url_that_cannot_be_one_is_refused(server, url):
    """Nothing is sent to an address that is none, or over plain http to another machine."""
    ran = run(server, "token", "--base-url", url)

    assert 1 == ran.status
    assert ran.complaint.startswith("error: base_url must be ")


def test_mock_goes_to_the_mock_host(server):
    """--mock wins over KIWOOM_BASE_URL; the two options exclude each other."""
    # A proxy that is not there: no test goes to Kiwoom.
    ran = run(server, "token", "--mock", HTTPS_PROXY="http://127.0.0.1:9")
    assert 1 == ran.status
    assert "au10001 at https://mockapi.kiwoom.com gave no answer" in ran.complaint
    assert 0 == server.issues

    ran = run(server, "token", "--mock", "--base-url", server.url)
    assert 2 == ran.status
    assert "not allowed with argument --mock" in ran.complaint


def test_renew_revokes_a_token_with_less_than_24_hours(server):
    """A token with 14 hours left is revoked, and the one that is issued has 24."""
    server.clock.advance(hours=-10)
    old = bare(server)
    server.clock.advance(hours=10)

    ran = run(server, "renew")

    assert (0, "") == (ran.status, ran.err)
    assert 1 == server.revokes
    assert re.search(r"^left     (23 h 59 min|24 h 00 min)$", ran.out, re.MULTILINE)
    assert old != bare(server)


def test_renew_leaves_a_full_token_alone(server):
    """A token that has its 24 hours is not revoked."""
    before = bare(server)

    assert 0 == run(server, "renew").status
    assert 0 == server.revokes
    assert before == bare(server)


def test_revoke_kills_the_token_that_lives(server):
    """revoke --yes: au10002 with the token that au10001 hands out."""
    before = bare(server)

    ran = run(server, "revoke", "--yes")

    assert (0, "") == (ran.status, ran.err)
    assert f"Token {fingerprint(before)} was revoked." in ran.out
    assert before == server.requests[-1].json()["token"]
    assert before != bare(server)


def test_revoke_asks_nobody_who_is_not_there(server):
    """In a pipe, revoke without --yes sends nothing and fails, whatever comes in."""
    ran = run(server, "revoke", stdin=b"y\n")

    assert 1 == ran.status
    assert "say --yes" in ran.complaint
    assert [] == server.requests


@needs_terminals
@pytest.mark.parametrize("typed, status, revokes", [(b"y\n", 0, 1), (b"n\n", 1, 0), (b"\n", 1, 0), (b"\x04", 1, 0)])
def test_revoke_asks_on_a_terminal(server, typed, status, revokes):
    """On a terminal it asks, and anything but yes, the end of the input included, revokes nothing."""
    ran = run_on_terminal(server, "revoke", typed=typed)

    assert f"at {server.url}, for every program that uses it? [y/N] " in ran.out
    assert (status, revokes) == (ran.status, server.revokes)
    assert "Traceback" not in ran.out


@needs_terminals
def test_ctrl_c_at_the_question_revokes_nothing(server):
    """Ctrl-C in place of an answer: exit status 130, nothing sent."""
    ran = run_on_terminal(server, "revoke", typed=b"\x03")

    assert 130 == ran.status
    assert [] == server.requests
    assert "Traceback" not in ran.out


def test_a_refused_revocation_is_an_error(server):
    """au10002 says no: its words in one line, exit status 1."""
    refuse(server, "[8015:Token 폐기에 실패했습니다]", path="/oauth2/revoke")

    ran = run(server, "revoke", "--yes")

    assert 1 == ran.status
    assert "au10002 was answered with return_code 3: [8015:" in ran.complaint
    assert "the token was dead already" in ran.complaint
