"""The texts for people: errors and the log, word for word where a user acts on them."""

import json
import logging

import pytest
import requests

from requests_kiwoom import KiwoomAuth, SQLiteStore, TokenIssueError, TokenRefused, TokenRevokeError, TokenUnavailable
from requests_kiwoom.codes import CODES, Kind
from requests_kiwoom.testing import Reply
from requests_kiwoom.tokens import fingerprint
from tests.helpers.constants import PATH, REJECTED

REFUSALS = [code for code in CODES.values() if code.kind is Kind.REFUSED]


def log_of(caplog):
    """Return the level and the text of each line that this package logged."""
    ours = [record for record in caplog.records if record.name.startswith("requests_kiwoom.")]
    return [(record.levelname, record.getMessage()) for record in ours]


@pytest.mark.parametrize(
    "reply, text",
    [
        (
            Reply(b"<html>", 503),
            "HTTP 503). The response is not from Kiwoom's API: maintenance (점검), or a firewall or proxy on the way.",
        ),
        (
            Reply(b"<html>", 400),
            "HTTP 400). The response is not from Kiwoom's API: maintenance (점검), or a firewall or proxy on the way.",
        ),
        (Reply({}, 500), "HTTP 500). It will be retried."),
        (
            Reply({"return_code": 5, "return_msg": "[1700:...]"}),
            f"HTTP 200, return_code 5). [1700:...]. {CODES[1700].advice} See `requests-kiwoom explain 1700`.",
        ),
        (
            Reply({"return_code": 5, "return_msg": "[1701:...]"}),
            f"HTTP 200, return_code 5). [1701:...]. {CODES[1701].advice} See `requests-kiwoom explain 1701`.",
        ),
        (
            Reply({"return_code": 5, "return_msg": "[1702:...]"}),
            f"HTTP 200, return_code 5). [1702:...]. {CODES[1702].advice} See `requests-kiwoom explain 1702`.",
        ),
        (Reply(b"", 429), f"HTTP 429). {CODES[1700].advice}"),
        (
            Reply(b"", 300),
            "HTTP 300). It redirects, and keys are not sent to another address: check base_url.",
        ),
        (
            Reply(b"", 399),
            "HTTP 399). It redirects, and keys are not sent to another address: check base_url.",
        ),
        (
            Reply({"return_code": 3, "return_msg": "[8050:...]"}),
            "HTTP 200, return_code 3). [8050:...]."
            " Register this machine's public IP address for the key in the Kiwoom REST API portal. It changes with the"
            " network. See `requests-kiwoom explain 8050`.",
        ),
    ],
)
def test_the_error_of_a_failed_issue(server, auth, reply, text):
    """The error says what failed, where, the status, Kiwoom's message, and what to do."""
    server.fail(reply)

    with pytest.raises(TokenIssueError) as caught:
        auth.token()

    assert f"au10001 issued no token ({server.url}, {text}" == str(caught.value)


@pytest.mark.parametrize(
    "code, advice",
    [(code.number, f"{code.advice} See `requests-kiwoom explain {code.number}`.") for code in REFUSALS]
    + [(1501, "The request did not arrive as it was sent: check base_url, and any proxy or gateway.")],
)
@pytest.mark.parametrize("return_code", [1, 3])
def test_a_refusal_says_what_to_do(server, auth, return_code, code, advice):
    """A refusal's error has Kiwoom's message, whatever the ``return_code`` beside it, and says what to do."""
    server.fail(Reply({"return_code": return_code, "return_msg": f"[{code}:...]"}))

    with pytest.raises(TokenRefused) as caught:
        auth.token()

    details = f"({server.url}, HTTP 200, return_code {return_code}). [{code}:...]."
    assert f"au10001 issued no token {details} {advice}" == str(caught.value)


@pytest.mark.parametrize(
    "members, malformed",
    [
        ({"token_type": "mac"}, "token_type is not bearer"),
        ({"token": ""}, "a token is 1 to 1000 visible ASCII characters; this value is something else"),
        ({"expires_dt": "10"}, "expires_dt is not 14 digits"),
        ({"expires_dt": "99991231240000"}, "expires_dt is later than what a datetime can hold"),
        (
            {"expires_dt": "20241107083713"},
            "expires_dt is 2024-11-07 08:37:13 KST, far from this machine's clock: set the clock and the time zone",
        ),
    ],
)
def test_the_error_for_a_malformed_token(server, auth, members, malformed):
    """The error says what is wrong with the token, and omits Kiwoom's success message, which would only confuse."""
    token = {"expires_dt": "20261122080000", "token_type": "bearer", "token": "fake-token"}
    server.fail(Reply({**token, **members, "return_code": 0, "return_msg": "정상적으로 처리되었습니다"}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    details = f"({server.url}, HTTP 200, return_code 0). It will be retried."
    assert f"au10001 returned a malformed token: {malformed} {details}" == str(caught.value)


def test_the_error_for_a_return_code_that_is_no_number(server, auth):
    """The error says that the return_code is no number, and shows no number for it."""
    server.fail(Reply({"token": "fake-token", "return_code": "zero"}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    details = f"({server.url}, HTTP 200). It will be retried."
    assert f"au10001 returned a malformed token: return_code is no number {details}" == str(caught.value)


def test_a_key_in_a_message_is_masked(server, auth):
    """A key that the response repeats becomes three asterisks, in the error's text and in its ``return_msg``."""
    server.fail(Reply({"return_code": 9, "return_msg": f"no {server.appkey} here"}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    assert "no *** here" == caught.value.return_msg
    assert f"({server.url}, HTTP 200, return_code 9). no *** here. It will be retried." in str(caught.value)


def test_the_error_of_a_failed_revoke(server, auth):
    """The error of a failed au10002 says what failed, where, the status, Kiwoom's message, and what to do."""
    auth.token()
    server.fail(Reply({"return_code": 3, "return_msg": "[8015:...]"}), path="/oauth2/revoke")

    with pytest.raises(TokenRevokeError) as caught:
        auth.revoke()

    details = f"({server.url}, HTTP 200, return_code 3). [8015:...]."
    advice = "If the token was already invalid, ignore this; otherwise revoke it again."
    assert f"au10002 did not revoke the token {details} {advice}" == str(caught.value)


def test_the_error_for_no_response():
    """If no server listens, the error says what failed, where, the reason in requests' words, and names `doctor`."""
    with pytest.raises(TokenUnavailable) as caught:
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://127.0.0.1:9").token()

    assert str(caught.value).startswith("au10001 at http://127.0.0.1:9: no response. ConnectionError: ")
    assert str(caught.value).endswith(". `requests-kiwoom doctor` shows where it fails.")


def test_an_invalid_proxy_address_is_not_quoted():
    """Nothing of an invalid proxy address is shown: requests would quote the beginning of its password."""
    message = r": no response\. Invalid(Proxy)?URL: the address of a proxy, or base_url, cannot be read\. "
    with pytest.raises(TokenUnavailable, match=message), requests.Session() as session:
        session.proxies = {"http": "http://user:fake-pass/word@127.0.0.1:9"}
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://localhost:9", session=session).token()


def test_an_error_without_a_text_is_shown_by_its_type():
    """An error of the user's session that has no text is shown by its type."""

    class Wordless(requests.Session):
        def send(self, *args, **kwargs):
            raise OSError

    with pytest.raises(TokenUnavailable, match=": no response. OSError. "), Wordless() as session:
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://127.0.0.1:9", session=session).token()


def test_a_long_return_msg_is_cut(server, auth):
    """``return_msg`` has at most 500 characters of Kiwoom's message, on one line."""
    server.fail(Reply({"return_code": 9, "return_msg": "x\n" * 1000}))

    with pytest.raises(TokenUnavailable) as caught:
        auth.token()

    assert "x " * 250 == caught.value.return_msg


def test_the_response_on_an_error(server, auth):
    """``exc.response`` is the response as received, without a redirect's Location and the request's body."""
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


def test_the_log_of_issue_rejection_renew_and_revoke(server, auth, session, url, caplog):
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
        ("INFO", f"token {first} issued, expires {expires}"),
        ("WARNING", f"token {first} rejected for ka10001 (HTTP 200, code 8005)"),
        ("INFO", f"token {second} issued, expires {later}"),
        ("INFO", f"token {third} issued, expires {last}"),
        ("INFO", f"token {third} revoked"),
    ] == log_of(caplog)


def test_the_log_of_a_resend_that_was_rejected(server, auth, session, url, caplog):
    """The log of a second rejection names the new token, and what ends the pause."""
    auth.token()
    server.reissue = "new"
    server.fail(Reply(REJECTED), Reply(REJECTED), path=PATH)
    caplog.clear()
    session.post(url, json={})

    new = fingerprint(auth.token())
    assert [
        ("WARNING", f"token {new} rejected for ka10001 (HTTP 200, code 8005)"),
        (
            "WARNING",
            f"no other token: ka10001 rejected the new token {new}, too. au10001 is not called again until a pause"
            " ends; auth.renew(force=True) replaces the token now.",
        ),
    ] == log_of(caplog)[-2:]


def test_the_log_of_a_rejection_without_another_token(server, session, url, caplog):
    """If no other token can be obtained, the log has au10001's error once, and once why the request was not resent."""
    session.post(url, json={})
    server.revoke_all()
    server.fail(Reply(b"", 500))
    caplog.clear()
    session.post(url, json={})

    (_, rejected), (_, failed), (_, consequence) = log_of(caplog)
    assert " rejected for ka10001 (" in rejected
    assert failed.startswith("au10001 issued no token (")
    assert f"no other token: {failed}" == consequence


def test_the_log_of_a_failed_renewal(server, auth, caplog):
    """If the token could not be revoked, the log has au10002's words, and when the token expires."""
    auth.token()
    server.clock.advance(hours=3)
    server.fail(Reply({"return_code": 3, "return_msg": "[8016:...]"}), path="/oauth2/revoke")
    caplog.clear()
    auth.renew()

    (level, refused), (also, older) = log_of(caplog)
    assert ("WARNING", "WARNING") == (level, also)
    assert refused.startswith("renew(): au10002 did not revoke the token (")
    held = f"<Token {fingerprint(auth.token())} expires_at={auth.expires_at.isoformat()}>"
    assert f"renew(): Kiwoom returned an older token {held}" == older


def test_the_log_of_a_store(server, tmp_path, caplog):
    """The log says which token came from the store, and why the store failed."""
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
        ("INFO", f"using token {fingerprint(first.token())} from the store, expires {first.expires_at}"),
        (
            "WARNING",
            "the token store failed, continuing without it:"
            " DatabaseError: file is not a database",
        ),
    ] == log_of(caplog)[:2]


@pytest.mark.parametrize("character", ["\ud800", "\x1b", "\x00", "\u202e"])
def test_characters_that_cannot_be_printed_are_replaced(server, auth, character):
    """A lone surrogate, which no console encodes, and control characters in ``return_msg`` become ``?``."""
    server.fail(Reply(json.dumps({"return_code": 3, "return_msg": f"[8001:{character}검증]"}).encode()))

    with pytest.raises(TokenRefused) as caught:
        auth.token()

    assert "[8001:?검증]" == caught.value.return_msg
    assert "[8001:?검증]" in str(caught.value).encode().decode()
