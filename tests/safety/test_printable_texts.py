"""The text of an error can be printed, and neither it nor its answer leads to a secret, however that is written."""

import json
import pickle

import pytest
import requests
from requests.adapters import HTTPAdapter

from requests_kiwoom import KiwoomAuth, TokenIssueError, TokenRefused, TokenUnavailable
from requests_kiwoom.testing.server import Reply


@pytest.mark.parametrize("character", ["\ud800", "\x1b", "\x00", "\u202e"])
def test_what_cannot_be_printed(server, auth, character):
    """A lone surrogate, which no console encodes, and control characters in ``return_msg`` are shown as ``?``."""
    server.fail(Reply(json.dumps({"return_code": 3, "return_msg": f"[8001:{character}검증]"}).encode()))

    with pytest.raises(TokenRefused) as caught:
        auth.token()

    assert "[8001:?검증]" == caught.value.return_msg
    assert "[8001:?검증]" in str(caught.value).encode().decode()


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"token": "fake-token", "token_type": "mac"}).encode("utf-16"),
        json.dumps({"access_token": "fake-token", "token_type": "Bearer"}).encode(),
        b'{"return_code": 3, "return_msg": "fake\\/secret+keyX"}',
    ],
    ids=["UTF-16", "access_token", "backslash"],
)
def test_an_answer_with_a_secret_in_it_is_left_out(server, body):
    """``response`` is ``None`` for an answer that holds a token or a key, in whatever JSON allows."""
    server.fail(Reply(body))

    with pytest.raises(TokenIssueError) as caught:
        KiwoomAuth("fake-appkey", "fake/secret+keyX", base_url=server.url).token()

    assert caught.value.response is None
    assert "secret+key" not in str(caught.value) + repr(pickle.dumps(caught.value))


def test_a_password_in_an_address():
    """Of an address that an error quotes, what stands before the host is three asterisks; the rest is as it was."""

    class Quoting(HTTPAdapter):
        def send(self, request, **kwargs):
            raise OSError("nothing at http://user:fake-password@proxy.example:8080 listens")

    with requests.Session() as session:
        session.mount("http://", Quoting())
        auth = KiwoomAuth("fake-appkey", "fake-secretkey", base_url="http://127.0.0.1:9", session=session)
        with pytest.raises(TokenUnavailable) as caught:
            auth.token()

    assert " gave no answer. OSError: nothing at http://***@proxy.example:8080 listens. " in str(caught.value)


def test_a_key_is_masked_before_the_text_is_cut():
    """An error of a lent session that repeats the call's body: no part of a key is left where the text ends."""

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


def test_a_header_with_a_key_in_it_is_left_out(server, auth):
    """A gateway that repeats a key in a header of its answer: the error does not lead there."""
    server.fail(Reply(b"", 502, {"X-Debug": f"secretkey={server.secretkey}"}))

    with pytest.raises(TokenUnavailable, match="HTTP 502") as caught:
        auth.token()

    assert caught.value.response is None
    assert server.secretkey.encode() not in pickle.dumps(caught.value)
