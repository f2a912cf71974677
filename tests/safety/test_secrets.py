"""No key and no token is printed, logged, raised or pickled."""

import json
import logging
import pickle

import pytest
import requests
from requests.adapters import HTTPAdapter

from requests_kiwoom import (
    InsecureTransport,
    InvalidApiId,
    KiwoomAuth,
    KiwoomAuthError,
    Token,
    TokenIssueError,
    TokenRevokeError,
    TokenUnavailable,
    WrongEnvironment,
)
from requests_kiwoom.oauth import REVOKE_PATH
from requests_kiwoom.testing.server import Reply
from tests.helpers.leaks import everything_in
from tests.helpers.raw_server import RawServer, http, issued


@pytest.fixture
def forbidden(server):
    """A function that returns what must appear nowhere: both keys, and every token that was issued."""

    def texts():
        tokens = {request.token for request in server.requests} | {server.token}
        return [server.appkey, server.secretkey, *filter(None, tokens)]

    return texts


FAILURES = {
    "refused": lambda server: server.fail(Reply({"return_code": 3, "return_msg": "[8050:...]"})),
    "wrong keys": lambda server: setattr(server, "secretkey", "fake-other"),
    "keys repeated": lambda server: server.fail(
        lambda r: Reply({"return_code": 3, "return_msg": "[8001:" + r.body.decode()})
    ),
    "keys repeated as HTML": lambda server: server.fail(lambda r: Reply(r.body, 500)),
    "rate limit": lambda server: server.fail(Reply({"return_code": 5, "return_msg": "[1700:...]"}, 429)),
    "HTML": lambda server: server.fail(Reply(b"<html>", 400)),
    "no bearer": lambda server: server.fail(lambda r: Reply({"token": server.secretkey[::-1], "token_type": "mac"})),
    "token and error": lambda server: server.fail(
        Reply({"return_code": 3, "return_msg": "fake-token-xyz is it", "token": "fake-token-xyz"})
    ),
    "token in no JSON": lambda server: server.fail(Reply(b'{"token": "fake-token-xyz"')),
    "redirect": lambda server: server.fail(Reply({}, 307, {"Location": "http://127.0.0.1:9/"})),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("occasion", ["first use", "rejection", "renew"])
def test_errors_hold_no_secret(server, auth, url, forbidden, caplog, failure, occasion):
    """However au10001 fails, the error, its causes, its request and response, and the log show no secret."""
    caplog.set_level(logging.DEBUG)
    secrets = [server.appkey, server.secretkey, server.secretkey[::-1], "fake-token-xyz"]
    if occasion != "first use":
        secrets.append(auth.token())
        server.clock.advance(hours=1)
    if occasion == "rejection":
        server.revoke_all()
    failure(server)

    error = None
    try:
        if occasion == "renew":
            server.clock.advance(hours=24)
            auth.renew()
        else:
            requests.post(url, json={}, auth=auth.for_api("ka10001"))
    except KiwoomAuthError as caught:
        error = caught

    assert error is not None or occasion == "rejection"
    for text in (*everything_in(error), caplog.text):
        for secret in secrets:
            assert secret not in text
    assert not any(secret.encode() in pickle.dumps(error) for secret in secrets)


def test_an_error_does_not_hold_the_token_call(server, auth):
    """``exc.request`` is ``exc.response.request``, which has no body, and the error has no cause."""
    server.fail(Reply({"return_code": 3, "return_msg": "[8050:...]"}))

    with pytest.raises(KiwoomAuthError) as caught:
        auth.token()

    error = caught.value
    assert error.request is error.response.request
    assert error.request.body is None
    assert error.__cause__ is None and error.__context__ is None
    assert "[8050:...]" == error.response.json()["return_msg"]


@pytest.mark.parametrize(
    "body",
    [b'{"token": "fake"}', b'{"to\\u006ben": "fake"}', b'[{"token": "fake"}]', b'{"accessToken": "fake"}'],
)
def test_a_response_with_a_token_is_not_on_the_error(server, auth, body):
    """If the response may hold a token, ``exc.response`` is ``None``."""
    server.fail(Reply(body))

    with pytest.raises(KiwoomAuthError) as caught:
        auth.token()

    assert caught.value.response is None


@pytest.mark.parametrize("digits", ["04x", "04X"])
def test_a_response_that_repeats_a_key_is_not_on_the_error(server, auth, digits):
    """If the response repeats a key, however JSON spells it, ``exc.response`` is ``None``."""
    spelt = "".join(f"\\u{ord(character):{digits}}" for character in server.secretkey)
    server.fail(Reply(f'{{"return_code": 3, "echo": ["{spelt}"]}}'.encode()))

    with pytest.raises(KiwoomAuthError) as caught:
        auth.token()

    assert caught.value.response is None


def test_a_failed_revoke_holds_no_secret(server, auth, caplog):
    """An error of au10002 shows neither key nor token, even if the response repeats them."""
    caplog.set_level(logging.DEBUG)
    token = auth.token()
    for reply in (Reply(b"", 500), lambda r: Reply({"return_code": 3, "return_msg": r.body.decode()})):
        server.fail(reply, path=REVOKE_PATH)
        with pytest.raises(TokenRevokeError) as caught:
            auth.revoke()
        for text in (*everything_in(caught.value), caplog.text):
            assert not any(secret in text for secret in (server.appkey, server.secretkey, token))


@pytest.mark.parametrize("password", ["fake-password", "fake-pass/word", "fake-pass@word", "fake-pass#word"])
def test_an_error_without_a_response_holds_no_secret(caplog, password):
    """An error without a response shows no key, and no proxy's password, even one that makes the address invalid."""
    caplog.set_level(logging.DEBUG)
    with requests.Session() as session:
        session.proxies = {"https": f"http://user:{password}@127.0.0.1:9"}
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", session=session)
        with pytest.raises(KiwoomAuthError) as caught:
            auth.token()

    for text in (*everything_in(caught.value), caplog.text):
        assert not any(secret in text for secret in ("fake-appkey", "fake-secretkey", "fake-pass"))


def test_reprs_are_masked(server, auth):
    """The repr of an auth, a view and a token shows no secret; tokens are distinguished by a fingerprint."""
    token = auth.token()
    held = Token(token, auth.expires_at)

    assert f"<KiwoomAuth {server.url}>" == repr(auth) == str(auth)
    assert f"<KiwoomAuth {server.url} ka10001>" == repr(auth.for_api("ka10001"))
    assert token not in repr(held) and held.fingerprint in repr(held)
    assert 8 == len(held.fingerprint) and held.fingerprint not in token


def test_the_log_holds_no_secret(server, session, url, forbidden, caplog):
    """Issue, expiry, rejection, renew and revoke are logged at INFO and WARNING, without a secret."""
    caplog.set_level(logging.DEBUG)
    session.post(url, json={})
    server.clock.advance(hours=24)
    session.post(url, json={})
    server.revoke_all()
    session.post(url, json={})
    server.clock.advance(hours=1)
    session.auth.renew()
    session.auth.revoke()

    mine = [record for record in caplog.records if record.name.startswith("requests_kiwoom.")]
    assert {"INFO", "WARNING"} == {record.levelname for record in mine}
    assert 4 == sum(" issued, " in record.getMessage() for record in mine)
    assert 1 == sum(" rejected for ka10001 (" in record.getMessage() for record in mine)
    assert not any(secret in caplog.text for secret in forbidden())


def test_the_package_is_silent_by_default(server, session, url, capsys):
    """A program that configures no logging sees nothing on stderr."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        session.post(url, json={})
        server.revoke_all()
        session.post(url, json={})
    finally:
        root.handlers = handlers

    assert "requests_kiwoom" not in capsys.readouterr().err


def test_a_line_break_in_a_message_forges_no_log_line(server, auth, caplog):
    """Kiwoom's message is put on one line, so that it cannot forge a line of the log."""
    server.fail(Reply({"return_code": 9, "return_msg": "bad\r\n2026-11-22 INFO all is well"}))

    with pytest.raises(KiwoomAuthError, match="bad 2026-11-22 INFO all is well"):
        auth.token()

    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_a_truncated_response_is_not_shown(caplog):
    """A response that breaks off is reported without its content."""
    caplog.set_level(logging.DEBUG)
    with RawServer(http(b'{"token": "fake-token-xyz"', length=500), issued("x")) as raw:
        with pytest.raises(KiwoomAuthError) as caught:
            KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).for_api("ka10001").token()

    assert all("fake-token-xyz" not in text for text in (*everything_in(caught.value), caplog.text))


@pytest.mark.parametrize(
    "url, error",
    [("http://api.kiwoom.com/api/x", InsecureTransport), ("https://mockapi.kiwoom.com/api/x", WrongEnvironment)],
)
def test_errors_pickle_though_the_body_does_not(url, error):
    """An error can be pickled, for another process, even if the request's body is an open file."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey").for_api("ka10001")
    with open(__file__, "rb") as body, pytest.raises(error) as caught:
        requests.post(url, data=body, auth=auth)

    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))


def test_the_error_for_another_api_id_holds_no_token(auth, url):
    """If a request that carries a token is given another api-id, the error does not lead to the token."""
    prepared = requests.Request("POST", url, json={}, auth=auth.for_api("ka10001")).prepare()

    with pytest.raises(InvalidApiId) as caught:
        prepared.prepare_auth(auth.for_api("ka10002"))

    assert caught.value.request is None


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"token": "fake-token", "token_type": "mac"}).encode("utf-16"),
        json.dumps({"access_token": "fake-token", "token_type": "Bearer"}).encode(),
        b'{"return_code": 3, "return_msg": "fake\\/secret+keyX"}',
    ],
    ids=["UTF-16", "access_token", "backslash"],
)
def test_a_response_with_a_secret_in_any_form_is_not_on_the_error(server, body):
    """If the response holds a token or a key, in any form that JSON allows, ``exc.response`` is ``None``."""
    server.fail(Reply(body))

    with pytest.raises(TokenIssueError) as caught:
        KiwoomAuth("fake-appkey", "fake/secret+keyX", base_url=server.url).token()

    assert caught.value.response is None
    assert "secret+key" not in str(caught.value) + repr(pickle.dumps(caught.value))


def test_a_password_in_an_address_is_masked():
    """In an address that an error quotes, all before the host becomes three asterisks; the rest is unchanged."""

    class Quoting(HTTPAdapter):
        def send(self, request, **kwargs):
            raise OSError("nothing at http://user:fake-password@proxy.example:8080 listens")

    with requests.Session() as session:
        session.mount("http://", Quoting())
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://127.0.0.1:9", session=session)
        with pytest.raises(TokenUnavailable) as caught:
            auth.token()

    assert ": no response. OSError: nothing at http://***@proxy.example:8080 listens. " in str(caught.value)


def test_a_key_is_masked_before_the_text_is_cut():
    """If a lent session's error repeats the call's body, no part of a key is left where the text is cut."""

    class Chatty(HTTPAdapter):
        def send(self, request, **kwargs):
            raise OSError(f"{'x' * width} {request.body.decode()}")

    secretkey = "fake-secretkey-" * 4
    with requests.Session() as session:
        session.mount("http://", Chatty())
        for width in range(150, 350, 10):
            auth = KiwoomAuth("fake-appkey", secretkey, base_url="http://127.0.0.1:9", session=session)
            with pytest.raises(TokenUnavailable) as caught:
                auth.token()

            assert "fake-se" not in str(caught.value)


def test_a_response_with_a_key_in_a_header_is_not_on_the_error(server, auth):
    """If a gateway repeats a key in a header of its response, ``exc.response`` is ``None``."""
    server.fail(Reply(b"", 502, {"X-Debug": f"secretkey={server.secretkey}"}))

    with pytest.raises(TokenUnavailable, match="HTTP 502") as caught:
        auth.token()

    assert caught.value.response is None
    assert server.secretkey.encode() not in pickle.dumps(caught.value)
