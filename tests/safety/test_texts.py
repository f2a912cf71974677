"""What a person reads: the errors and the log, word for word where they act on it."""

import json
import logging

import pytest
import requests

from requests_kiwoom import KiwoomAuth, SQLiteStore, TokenIssueError, TokenRefused, TokenRevokeError, TokenUnavailable
from requests_kiwoom.testing.server import Reply
from requests_kiwoom.tokens import fingerprint
from tests.helpers.constants import PATH, REJECTED


def log_of(caplog):
    """Level and text of each line of this package's one logger."""
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "requests_kiwoom"]


@pytest.mark.parametrize(
    "reply, text",
    [
        (
            Reply(b"<html>", 503),
            "HTTP 503). This is no answer of Kiwoom's: maintenance, or a firewall or proxy on the way.",
        ),
        (
            Reply(b"<html>", 400),
            "HTTP 400). This is no answer of Kiwoom's: maintenance, or a firewall or proxy on the way.",
        ),
        (Reply({}, 500), "HTTP 500). It will be asked again."),
        (
            Reply({"return_code": 5, "return_msg": "[1700:...]"}),
            "HTTP 200, return_code 5). [1700:...]."
            " Too many calls: Kiwoom allows about 2 a second, for all programs that use the key.",
        ),
        (
            Reply({"return_code": 5, "return_msg": "[1701:...]"}),
            "HTTP 200, return_code 5). [1701:...]."
            " Too many calls: Kiwoom allows about 2 a second, for all programs that use the key.",
        ),
        (
            Reply({"return_code": 5, "return_msg": "[1702:...]"}),
            "HTTP 200, return_code 5). [1702:...]."
            " Too many calls: Kiwoom allows about 2 a second, for all programs that use the key.",
        ),
        (
            Reply(b"", 429),
            "HTTP 429). Too many calls: Kiwoom allows about 2 a second, for all programs that use the key.",
        ),
        (
            Reply(b"", 300),
            "HTTP 300). It redirects, and keys are not carried to another address: check base_url.",
        ),
        (
            Reply(b"", 399),
            "HTTP 399). It redirects, and keys are not carried to another address: check base_url.",
        ),
        (
            Reply({"return_code": 3, "return_msg": "[8050:...]"}),
            "HTTP 200, return_code 3). [8050:...]."
            " Register this machine's public IP address for the key in the Kiwoom REST API portal.",
        ),
    ],
)
def test_an_issue_that_failed(server, auth, reply, text):
    """What failed, where, the status, the vendor's words, and what to do."""
    server.fail(reply)

    with pytest.raises(TokenIssueError) as caught:
        auth.token()

    assert f"au10001 issued no token ({server.url}, {text}" == str(caught.value)


@pytest.mark.parametrize(
    "code, told",
    [
        (8001, "Check that appkey and secretkey are a pair of the portal's, whole, and in this order."),
        (8010, "The token was issued to another IP address: revoke it there, or wait until it has expired."),
        (8020, "The keys did not arrive: see what stands between this program and Kiwoom (a proxy, a gateway)."),
        (8030, "Mock trading (모의투자) needs mock=True and a key of its own; production (실전) needs neither."),
        (1501, "The request did not arrive as sent: check base_url, and any proxy or gateway."),
    ],
)
@pytest.mark.parametrize("return_code", [1, 3])
def test_a_refusal_says_what_to_do(server, auth, return_code, code, told):
    """The vendor's words, whatever the ``return_code`` beside them, and what to do."""
    server.fail(Reply({"return_code": return_code, "return_msg": f"[{code}:...]"}))

    with pytest.raises(TokenRefused) as caught:
        auth.token()

    answered = f"({server.url}, HTTP 200, return_code {return_code}). [{code}:...]."
    assert f"au10001 issued no token {answered} {told}" == str(caught.value)


@pytest.mark.parametrize(
    "members, malformed",
    [
        ({"token_type": "mac"}, "token_type is not bearer"),
        ({"token": ""}, "a token is 1 to 1000 visible ASCII characters; this value is something else"),
        ({"expires_dt": "10"}, "expires_dt is not 14 digits"),
        ({"expires_dt": "99991231240000"}, "expires_dt is later than what a datetime can hold"),
        (
            {"expires_dt": "20241107083713"},
            "expires_dt is 2024-11-07 08:37:13 KST, far from this machine's clock: set that, and its time zone",
        ),
    ],
)
def test_what_is_no_token(server, auth, members, malformed):
    """What is wrong with a success that has no usable token; Kiwoom's words of success would only confuse."""
    token = {"expires_dt": "20261122080000", "token_type": "bearer", "token": "fake-token"}
    server.fail(Reply({**token, **members, "return_code": 0, "return_msg": "정상적으로 처리되었습니다"}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    answered = f"({server.url}, HTTP 200, return_code 0). It will be asked again."
    assert f"au10001 gave what is no token: {malformed} {answered}" == str(caught.value)


def test_a_return_code_that_is_no_number(server, auth):
    """It is told, and no number is made up for it."""
    server.fail(Reply({"token": "fake-token", "return_code": "zero"}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    answered = f"({server.url}, HTTP 200). It will be asked again."
    assert f"au10001 gave what is no token: return_code is no number {answered}" == str(caught.value)


def test_a_key_in_the_vendor_s_words(server, auth):
    """A key that an answer repeats stands as three asterisks, in the text and in the words beside it."""
    server.fail(Reply({"return_code": 9, "return_msg": f"no {server.appkey} here"}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    assert "no *** here" == caught.value.return_msg
    assert f"({server.url}, HTTP 200, return_code 9). no *** here. It will be asked again." in str(caught.value)


def test_a_revoke_that_failed(server, auth):
    """The same for au10002."""
    auth.token()
    server.fail(Reply({"return_code": 3, "return_msg": "[8015:...]"}), path="/oauth2/revoke")

    with pytest.raises(TokenRevokeError) as caught:
        auth.revoke()

    answered = f"({server.url}, HTTP 200, return_code 3). [8015:...]."
    told = "If the token was dead already, all is well; if not, it stays in use, and can be revoked again."
    assert f"au10002 did not revoke the token {answered} {told}" == str(caught.value)


def test_no_answer():
    """A port where nobody listens: what failed, where, the reason in requests' words, and what shows more."""
    with pytest.raises(TokenUnavailable) as caught:
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://127.0.0.1:9").token()

    assert str(caught.value).startswith("au10001 at http://127.0.0.1:9 gave no answer. ConnectionError: ")
    assert str(caught.value).endswith(". `python -m requests_kiwoom doctor` shows where it fails.")


def test_an_address_that_cannot_be_read():
    """Of a proxy's address, not a word: what requests quotes of one with a slash in its password begins that."""
    told = r" gave no answer\. Invalid(Proxy)?URL: the address of a proxy, or base_url, cannot be read\. "
    with pytest.raises(TokenUnavailable, match=told), requests.Session() as session:
        session.proxies = {"http": "http://user:fake-pass/word@127.0.0.1:9"}
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://localhost:9", session=session).token()


def test_no_answer_and_no_words():
    """What the user's session raises without a word is told by its kind."""

    class Wordless(requests.Session):
        def post(self, *args, **kwargs):
            raise OSError

    with pytest.raises(TokenUnavailable, match=" gave no answer. OSError. "), Wordless() as session:
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://127.0.0.1:9", session=session).token()


def test_a_long_answer_is_cut(server, auth):
    """Of the vendor's words 500 characters are told, on one line."""
    server.fail(Reply({"return_code": 9, "return_msg": "x\n" * 1000}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    assert "x " * 250 == caught.value.return_msg


def test_the_answer_on_an_error(server, auth):
    """The error's ``response`` is the answer as it came, but for where a redirect leads, and who was asked what."""
    server.fail(Reply({"return_code": 9}, 302, {"Location": "http://127.0.0.1:9/", "X-Node": "a"}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    response = caught.value.response
    assert (302, "Found", {"return_code": 9}) == (response.status_code, response.reason, response.json())
    assert ("a", None) == (response.headers["X-Node"], response.headers.get("Location"))
    assert (f"{server.url}/oauth2/token", "POST") == (response.url, response.request.method)
    assert (response.url, None) == (response.request.url, response.request.body)
    assert "utf-8" == response.encoding.lower()
    assert 0 < response.elapsed.total_seconds() < 60


def test_the_log_of_a_day(server, auth, session, url, caplog):
    """Issue, rejection, renew and revoke: one line each, with fingerprints, the api-id, and when a token expires."""
    caplog.set_level(logging.DEBUG)
    server.clock.stop()
    first, expires = fingerprint(auth.token()), auth.expires_at
    server.revoke_all()
    server.clock.advance(hours=1)
    session.post(url, json={})
    second, later = fingerprint(auth.token()), auth.expires_at
    server.clock.advance(hours=1)
    auth.renew()
    third, last = fingerprint(auth.token()), auth.expires_at
    auth.revoke()

    assert [
        ("INFO", f"au10001 issued token {first}, which expires {expires}"),
        ("WARNING", f"token {first} was rejected for ka10001 (HTTP 200)"),
        ("INFO", f"au10001 issued token {second}, which expires {later}"),
        ("INFO", f"au10001 issued token {third}, which expires {last}"),
        ("INFO", f"token {third} was revoked"),
    ] == log_of(caplog)


def test_the_log_of_a_resend_that_was_rejected(server, auth, session, url, caplog):
    """A second rejection names the new token."""
    auth.token()
    server.reissue = "new"
    server.fail(Reply(REJECTED), Reply(REJECTED), path=PATH)
    caplog.clear()
    session.post(url, json={})

    assert ("WARNING", f"token {fingerprint(auth.token())} was rejected as well (HTTP 200)") == log_of(caplog)[-1]


def test_the_log_of_an_answer_that_goes_to_the_caller(server, session, url, caplog):
    """If no other token is to be had, the log has the reason."""
    session.post(url, json={})
    server.revoke_all()
    server.fail(Reply(b"", 500))
    caplog.clear()
    session.post(url, json={})

    (_, rejected), (_, failed), (_, told) = log_of(caplog)
    assert f"the rejected answer goes to the caller: {failed}" == told


def test_the_log_of_a_renewal_that_is_none(server, auth, caplog):
    """If the token could not be revoked, the log has au10002's words, and when the token expires."""
    auth.token()
    server.clock.advance(hours=3)
    server.fail(Reply({"return_code": 3, "return_msg": "[8016:...]"}), path="/oauth2/revoke")
    caplog.clear()
    auth.renew()

    (level, refused), (also, told) = log_of(caplog)
    assert ("WARNING", "WARNING") == (level, also)
    assert refused.startswith("renew(): au10002 did not revoke the token (")
    assert f"renew(): token {fingerprint(auth.token())} is not new, it expires {auth.expires_at}" == told


def test_the_log_of_a_store(server, tmp_path, caplog):
    """Whose token it is, and once a minute why a store failed."""
    caplog.set_level(logging.INFO)
    path = tmp_path / "tokens.db"
    first, second = (
        KiwoomAuth(server.appkey, server.secretkey, base_url=server.url, store=SQLiteStore(path)) for _ in range(2)
    )
    first.token()
    caplog.clear()
    second.token()
    path.write_text("x" * 4096)
    second.revoke()

    assert [
        ("INFO", f"token {fingerprint(first.token())}, which expires {first.expires_at}, is the store's"),
        (
            "WARNING",
            "the token store failed, so this process goes on without it for now:"
            " DatabaseError: file is not a database",
        ),
    ] == log_of(caplog)[:2]


@pytest.mark.parametrize("character", ["\ud800", "\x1b", "\x00", "\u202e"])
def test_what_cannot_be_printed(server, auth, character):
    """A lone surrogate, which no console encodes, and control characters in ``return_msg`` are shown as ``?``."""
    server.fail(Reply(json.dumps({"return_code": 3, "return_msg": f"[8001:{character}검증]"}).encode()))

    with pytest.raises(TokenRefused) as caught:
        auth.token()

    assert "[8001:?검증]" == caught.value.return_msg
    assert "[8001:?검증]" in str(caught.value).encode().decode()
