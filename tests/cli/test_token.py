"""``token``, ``renew``, ``revoke``: show, replace and revoke the token by hand."""

import logging
import os
import re
import subprocess

import pytest

from requests_kiwoom.testing import Reply, refusal
from requests_kiwoom.tokens import fingerprint
from tests.helpers.cli import refuse, run, run_on_terminal, run_process, write_key_files

needs_terminals = pytest.mark.skipif(os.name == "nt", reason="Windows has no pty")
REVOKE = "/oauth2/revoke"


def reveal_token(server):
    """Return the token that ``token --reveal`` prints."""
    return run(server, "token", "--reveal").out.rstrip("\n")


def test_token_shows_when_it_expires(server):
    """token shows the expiry in KST, the time left and the fingerprint, after one au10001 call."""
    server.clock.stop()

    ran = run(server, "token")

    assert (0, "") == (ran.status, ran.err)
    assert 1 == server.issues
    assert re.search(r"^expires  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d KST$", ran.out, re.MULTILINE)
    assert re.search(r"^left     (23 h 59 min|24 h 00 min)$", ran.out, re.MULTILINE)
    assert f"token    {fingerprint(reveal_token(server))} " in ran.out


def test_token_does_not_show_the_token(server):
    """Without --reveal neither the token nor a key is printed, not even with --verbose."""
    ran = run(server, "token", "--verbose")

    assert "INFO token " in ran.err
    for secret in (reveal_token(server), server.appkey, server.secretkey):
        assert secret not in ran.out + ran.err


@pytest.mark.parametrize("options", [[], ["--verbose"]])
def test_logging_is_restored_after_the_command(server, options):
    """After main(), the package's logger has the handlers and the level that it had before."""
    logger = logging.getLogger("requests_kiwoom")
    before = logger.handlers[:], logger.level

    run(server, "token", *options)

    assert before == (logger.handlers, logger.level)


def test_reveal_prints_the_bare_token_and_nothing_else(server):
    """The output of --reveal is only the token, so that it can be piped into a WebSocket client."""
    ran = run(server, "token", "--reveal")

    assert (0, "") == (ran.status, ran.err)
    assert re.fullmatch(r"[A-Za-z0-9_-]{86}\n", ran.out)


def test_an_expiry_that_has_passed_names_the_clock(server, local_clock):
    """If a new token has expired by this machine's clock, the output says to check the clock."""
    local_clock.advance(hours=24.5)

    assert "left     nothing, by this machine's clock: compare it with `requests-kiwoom doctor`" in (
        run(server, "token").out
    )


def test_output_is_korean_with_lang_ko(server):
    """With --lang ko, the four lines are Korean, and aligned though a Korean character takes two columns."""
    ran = run(server, "token", "--lang", "ko")

    lines = ran.out.splitlines()
    assert ["토큰      ", "서버      ", "만료      ", "남은 시간 "] == [re.match(r"[가-힣 ]+", line)[0] for line in lines]


def test_keys_come_from_the_portals_files(server, tmp_path):
    """The portal's two key files, unchanged, are enough."""
    variables = write_key_files(server, tmp_path)

    ran = run(None, "token", "--base-url", server.url, **variables)

    assert (0, "") == (ran.status, ran.err)


@pytest.mark.parametrize(
    "language, text", [("en", "error: KIWOOM_APPKEY is not set. "), ("ko", "오류: 환경 변수 KIWOOM_APPKEY가 없습니다. ")]
)
def test_without_keys_it_says_which_variable_to_set(language, text):
    """A missing key is one error that names the variable to set, with exit status 1."""
    ran = run(None, "token", "--lang", language)

    assert 1 == ran.status
    assert ran.complaint.startswith(text)


@pytest.mark.parametrize(
    "other, variable",
    [
        ("KIWOOM_APP_KEY", "KIWOOM_APPKEY"),
        ("KIWOOM_SECRET_KEY", "KIWOOM_SECRETKEY"),
        ("KIWOOM_APPSECRET", "KIWOOM_SECRETKEY"),
    ],
)
def test_variables_of_other_clients_are_named(server, other, variable):
    """If a key is set under the name that another client uses, the error says to rename it."""
    ran = run(server, "token", **{variable: "", other: "fake-key"})

    assert f"error: {variable} is not set. Rename {other} to {variable}.\n" == ran.complaint


@pytest.mark.parametrize("option", ["--appkey", "--secretkey", "--key"])
def test_there_is_no_option_for_a_key(server, option):
    """There is no option for a key: arguments are visible in `ps`."""
    ran = run(server, "token", option, "fake")

    assert 2 == ran.status
    assert "unrecognized arguments" in ran.complaint


def test_a_refusal_has_kiwooms_message_and_advice(server):
    """The error for wrong keys has Kiwoom's message and says what to do."""
    ran = run(server, "token", KIWOOM_SECRETKEY="fake-secretkey-of-another-account")

    assert 1 == ran.status
    assert "error: au10001 failed with return_code 3: 인증에 실패했습니다[8001:" in ran.complaint
    assert "Check that appkey and secretkey are one pair" in ran.complaint
    assert "fake-secretkey" not in ran.complaint


def test_code_1504_for_au10001_names_proxies_and_gateways(server):
    """Code 1504 for au10001 is not about the user's api-ids: a proxy or gateway changed the call."""
    server.fail(refusal(1504))
    ran = run(server, "token")

    assert 1 == ran.status
    assert "did not arrive as they were sent: check any proxy or gateway" in ran.complaint


def test_code_8010_for_au10001_says_where_to_revoke(server):
    """Code 8010 for au10001 gets the advice to revoke the token where it was issued."""
    server.fail(refusal(8010))
    ran = run(server, "token")

    assert 1 == ran.status
    assert "Revoke the token where it was issued" in ran.complaint


def test_http_429_without_a_code_is_the_rate_limit(server):
    """HTTP 429 without a code gets the advice for too many calls."""
    refuse(server, "slow down", 5, 429)

    assert "slow down. Wait a second and send fewer calls." in run(server, "token").complaint


def test_a_success_without_a_usable_token(server):
    """A success without a usable token is an error that does not repeat Kiwoom's success message."""
    payload = {"token": "fake-token", "token_type": "bearer", "expires_dt": "20010101000000"}
    server.fail(Reply({**payload, "return_code": 0, "return_msg": "정상적으로 처리되었습니다"}))
    ran = run(server, "token")

    assert 1 == ran.status
    assert "expires_dt is 2001-01-01 00:00:00 KST" in ran.complaint
    assert "정상적으로" not in ran.complaint


def test_an_unreachable_server_points_to_doctor(server):
    """If no connection can be made, the one error refers to `doctor`."""
    ran = run(server, "token", "--base-url", "http://127.0.0.1:9")

    assert 1 == ran.status
    assert ran.complaint.startswith("error: au10001 at http://127.0.0.1:9: no response. ")
    assert "doctor` shows where it fails" in ran.complaint


@pytest.mark.parametrize("host", ["api..x", f"{'a' * 64}.example"], ids=["an empty label", "a label of 64 letters"])
def test_an_invalid_host_name_is_no_bug(server, host):
    """An invalid host name is reported like any other host that cannot be found."""
    ran = run(server, "token", "--base-url", f"https://{host}")

    assert 1 == ran.status
    assert ran.complaint.startswith("error: au10001 at https://")


@pytest.mark.parametrize("url", ["http://gateway.example", "https://gateway.example/path", "gateway"])
def test_an_invalid_base_url_is_an_error(server, url):
    """A malformed base_url, or plain http to another machine, is an error."""
    ran = run(server, "token", "--base-url", url)

    assert 1 == ran.status
    assert ran.complaint.startswith("error: base_url must be ")


def test_mock_goes_to_the_mock_host(server):
    """--mock wins over KIWOOM_BASE_URL; --mock and --base-url exclude each other."""
    # An unreachable proxy, so that no test connects to Kiwoom.
    ran = run(server, "token", "--mock", HTTPS_PROXY="http://127.0.0.1:9")
    assert 1 == ran.status
    assert "au10001 at https://mockapi.kiwoom.com: no response" in ran.complaint
    assert 0 == server.issues

    ran = run(server, "token", "--mock", "--base-url", server.url)
    assert 2 == ran.status
    assert "not allowed with argument --mock" in ran.complaint


def test_renew_replaces_a_token_with_less_than_24_hours(server):
    """A token with 14 hours left is revoked; the new one has 24, and the output names the old one."""
    old = reveal_token(server)
    server.clock.advance(hours=10)

    ran = run(server, "renew")

    assert (0, "", 1) == (ran.status, ran.err, server.revokes)
    assert ran.out.startswith(f"Token {fingerprint(old)} was replaced by a new one.\n")
    assert f"\ntoken    {fingerprint(reveal_token(server))} " in ran.out
    assert re.search(r"^left     (23 h 59 min|24 h 00 min)$", ran.out, re.MULTILINE)
    assert old != reveal_token(server)


def test_renew_says_that_a_token_is_already_new(server):
    """A token with its full 24 hours is not revoked; the output says so and names --force."""
    before = reveal_token(server)

    ran = run(server, "renew")

    assert (0, "", 0) == (ran.status, ran.err, server.revokes)
    assert ran.out.startswith("This token is already new: ")
    assert "requests-kiwoom renew --force\n" in ran.out
    assert before == reveal_token(server)


def test_renew_force_replaces_a_new_token(server):
    """renew --force also revokes and replaces a token that is already new."""
    before = reveal_token(server)

    ran = run(server, "renew", "--force")

    assert (0, "", 1) == (ran.status, ran.err, server.revokes)
    assert ran.out.startswith(f"Token {fingerprint(before)} was replaced by a new one.\n")
    assert before != reveal_token(server)


@pytest.mark.parametrize("force", [False, True])
def test_a_renewal_that_changes_nothing_is_an_error(server, force):
    """If au10002 refuses and au10001 returns the same token again, renew fails and says why."""
    before = reveal_token(server)
    if not force:
        server.clock.advance(hours=10)
    refuse(server, "[8015:Token 폐기에 실패했습니다]", path=REVOKE)

    ran = run(server, "renew", *["--force"] * force)

    assert (1, "") == (ran.status, ran.out)
    assert f"error: Kiwoom issued token {fingerprint(before)} again instead of a new one" in ran.complaint


def test_revoke_revokes_the_live_token(server):
    """revoke --yes calls au10002 with the live token."""
    before = reveal_token(server)

    ran = run(server, "revoke", "--yes")

    assert (0, "") == (ran.status, ran.err)
    assert f"Token {fingerprint(before)} was revoked." in ran.out
    assert before == server.requests[-1].json()["token"]
    assert before != reveal_token(server)


@pytest.mark.parametrize("stdin", [b"y\n", None], ids=["a pipe", "no stdin"])
def test_revoke_does_not_ask_without_a_terminal(server, stdin):
    """Without a terminal and without --yes, revoke fails and sends nothing, whatever stdin holds."""
    ran = run(server, "revoke", stdin=stdin)

    assert 1 == ran.status
    assert "this is not a terminal: pass --yes" in ran.complaint
    assert [] == server.requests


@needs_terminals
@pytest.mark.parametrize("typed", ["y", "Y", "yes", "ㅛ", "예", "네", "ㅛㄷㄴ"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_revoke_takes_yes_in_two_languages(server, typed, encoding):
    """revoke takes yes in English and Korean, in any encoding; ㅛ is the y key of a Korean keyboard."""
    ran = run(server, "revoke", stdin=f"{typed}\n".encode(encoding), is_terminal=True, PYTHONIOENCODING="ascii")

    assert (0, 1) == (ran.status, server.revokes)


@needs_terminals
@pytest.mark.parametrize("typed", [b"n\n", b"\n", b"", b"\xff\n", "아니오\n".encode()])
def test_revoke_takes_anything_else_for_no(server, typed):
    """revoke takes any other input, and its end, for no: nothing is sent, and the exit status is 1."""
    ran = run(server, "revoke", stdin=typed, is_terminal=True)

    assert (1, []) == (ran.status, server.requests)
    assert ran.err.endswith("for every program that uses it? [y/N] Nothing was revoked.\n")


@needs_terminals
@pytest.mark.parametrize("typed, status, revokes", [(b"y\n", 0, 1), (b"\x03", 130, 0)])
def test_revoke_asks_on_a_terminal(server, typed, status, revokes):
    """On a real terminal revoke asks first, and Ctrl-C revokes nothing."""
    ran = run_on_terminal(server, "revoke", typed=typed)

    assert f"at {server.url}, for every program that uses it? [y/N] " in ran.out
    assert (status, revokes) == (ran.status, server.revokes)
    assert "Traceback" not in ran.out


def test_revoke_with_nul_for_stdin_does_not_ask(server):
    """The null device is no terminal, although isatty() says so on Windows."""
    ran = run_process(server, "revoke", stdin=subprocess.DEVNULL)

    assert 1 == ran.status
    assert "pass --yes" in ran.complaint


def test_a_refused_revocation_is_an_error(server):
    """If au10002 refuses, revoke fails with Kiwoom's message and advice."""
    refuse(server, "[8015:Token 폐기에 실패했습니다]", path=REVOKE)

    ran = run(server, "revoke", "--yes")

    assert 1 == ran.status
    assert "error: au10002 failed with return_code 3: [8015:" in ran.complaint
    assert "If the token was already invalid, ignore this" in ran.complaint
