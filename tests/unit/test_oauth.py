"""``OAuthClient``: what the responses of au10001 and au10002 mean."""

import socket

import pytest

from requests_kiwoom import Token, TokenRefused, TokenRevokeError, TokenUnavailable
from requests_kiwoom.codes import CODES, Kind
from requests_kiwoom.oauth import OAuthClient
from requests_kiwoom.origins import origin_of
from requests_kiwoom.secret import Secret
from requests_kiwoom.testing import Reply
from requests_kiwoom.tokens import epoch_to_kst


@pytest.fixture
def oauth(server):
    """A client for the server, with its keys."""
    return OAuthClient(origin_of(server.url), Secret(server.appkey), Secret(server.secretkey), None, (3.0, 10.0))


def issue(oauth, server):
    return oauth.issue(server.clock(), oauth.max_call_seconds)


def test_a_token_is_issued_and_revoked(oauth, server):
    """au10001's token is returned with its expiry; au10002 revokes it."""
    token = issue(oauth, server)

    assert server.token == token.value
    assert 0 < token.expires_epoch - server.clock() <= 24 * 3600
    oauth.revoke(token)
    assert server.token is None


def test_max_call_seconds_is_the_sum_of_the_timeouts(oauth):
    """A call takes at most connect timeout plus read timeout."""
    assert 13.0 == oauth.max_call_seconds


def test_the_repr_names_no_key(oauth, server):
    """The repr names the origin, and no key."""
    assert f"<OAuthClient {server.url}>" == repr(oauth)
    assert "<OAuthClient None>" == repr(OAuthClient.__new__(OAuthClient))


@pytest.mark.parametrize("number", sorted(CODES))
def test_every_code_is_refused_or_unavailable(oauth, server, number):
    """Codes for wrong keys, IP, customer, environment or headers are ``TokenRefused``; others ``TokenUnavailable``."""
    server.fail(Reply({"return_code": 3, "return_msg": f"[{number}:...]"}))

    with pytest.raises((TokenRefused, TokenUnavailable)) as caught:
        issue(oauth, server)

    is_refused = CODES[number].kind is Kind.REFUSED or number == 8031 or 1501 <= number <= 1517
    assert is_refused == isinstance(caught.value, TokenRefused)
    assert number == caught.value.code


@pytest.mark.parametrize(
    "number, advice",
    [
        (1501, "The request did not arrive as it was sent: check base_url, and any proxy or gateway."),
        (1700, f"{CODES[1700].advice} See `requests-kiwoom explain 1700`."),
        (8005, f"{CODES[8005].advice} See `requests-kiwoom explain 8005`."),
        (8030, f"{CODES[8030].advice} See `requests-kiwoom explain 8030`."),
        (8006, "It will be retried."),
        (9999, "It will be retried."),
    ],
)
def test_an_error_ends_with_advice(oauth, server, number, advice):
    """An error ends with what to do: the table's advice, and the command that explains the code in Korean."""
    server.fail(Reply({"return_code": 3, "return_msg": f"[{number}:...]"}))

    with pytest.raises((TokenRefused, TokenUnavailable)) as caught:
        issue(oauth, server)

    assert str(caught.value).endswith(f" {advice}")


def test_a_retry_after_in_the_past_is_zero_seconds(oauth, server):
    """Before the pause is known, the error has the response's ``Retry-After``: 0 s for a date in the past."""
    dates = {"Retry-After": "Sun, 22 Nov 2026 07:00:00 GMT", "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}
    server.fail(Reply(b"", 429, dates))

    with pytest.raises(TokenUnavailable) as caught:
        issue(oauth, server)

    assert 0.0 == caught.value.retry_after


def test_a_revoke_error_masks_a_token_that_the_response_quotes(oauth, server):
    """If au10002's response quotes the token, the error masks it, and has no ``response``."""
    token = Token("fake-token-to-revoke", epoch_to_kst(server.clock() + 3600))
    server.fail(Reply({"return_code": 3, "return_msg": f"no {token.value}"}), path="/oauth2/revoke")

    with pytest.raises(TokenRevokeError) as caught:
        oauth.revoke(token)

    assert ("no ***", None, 3) == (caught.value.return_msg, caught.value.response, caught.value.return_code)


def test_a_response_without_a_secret_is_on_the_error(oauth, server):
    """The caller can read the response of a refusal."""
    server.fail(Reply({"return_code": 3, "return_msg": "[8001:...]"}))

    with pytest.raises(TokenRefused) as caught:
        issue(oauth, server)

    assert {"return_code": 3, "return_msg": "[8001:...]"} == caught.value.response.json()


@pytest.mark.parametrize("sign", ["\\\\", '"token"', "'access_token'", "SecretKey", "\\u0000"])
def test_a_response_that_may_hold_a_secret_is_not_on_the_error(oauth, server, sign):
    """A response that may hold a secret in another spelling is left out."""
    server.fail(Reply(f"<html>{sign}</html>".encode().replace(b"\\u0000", b"\0"), 500))

    with pytest.raises(TokenUnavailable) as caught:
        issue(oauth, server)

    assert caught.value.response is None


def test_a_reason_that_may_quote_a_key_is_left_out(server):
    """If the reason for a missing response may hold a key, the text has only the error's class."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        origin = origin_of(f"http://127.0.0.1:{silent.getsockname()[1]}")
        # The reason names the host, so the host is used as the key.
        oauth = OAuthClient(origin, Secret("127.0.0.1"), Secret("fake-secretkey"), None, (3.0, 10.0))
        with pytest.raises(TokenUnavailable) as caught:
            oauth.issue(server.clock(), 10.0)

    assert ": no response. ConnectionError (its text is left out: it may quote a key). " in str(caught.value)
