"""assert_no_secrets_outside_oauth()."""

import pytest

from requests_kiwoom.testing import ReceivedRequest

STK = "/api/dostk/stkinfo"


def test_all_is_well(server, client):
    """Keys in the bodies of au10001 and au10002 and a token in its header are where they belong."""
    client.call()
    client.revoke(client.token)

    server.assert_no_secrets_outside_oauth()


@pytest.mark.parametrize(
    "leak, told",
    [
        (lambda client: client.call(note=client.server.appkey), "the appkey is in the body of request 2 (POST /api"),
        (lambda client: client.call(note=client.server.secretkey), "the secretkey is in the body of request 2"),
        (lambda client: client.call(note=client.token), "a token is in the body of request 2"),
        (lambda client: client.call(path=STK + "?t=" + client.token), "a token is in the URL of request 2"),
        (lambda client: client.call(headers={"x-t": client.token}), "a token is in the x-t header of request 2"),
        (lambda client: client.issue(note=client.token), "a token is in the body of request 2 (POST /oauth2/token)"),
        (
            lambda client: client.call(headers={"authorization": client.server.appkey}),
            "the appkey is in the authorization header of request 2",
        ),
    ],
)
def test_leaks(server, client, leak, told):
    """A secret anywhere else fails the test, with the place and without the secret."""
    leak(client)

    with pytest.raises(AssertionError) as failure:
        server.assert_no_secrets_outside_oauth()
    assert told in str(failure.value)
    for secret in (client.token, server.appkey, server.secretkey):
        assert secret not in str(failure.value)


def test_leak_in_disguise(server, client):
    """A token in a URL is found however it is escaped."""
    escaped = "".join(f"%{byte:02X}" for byte in client.token.encode())
    server.respond(ReceivedRequest("POST", f"{STK}?t={escaped}", {}, b"{}"))

    with pytest.raises(AssertionError, match="a token is in the URL of request 2"):
        server.assert_no_secrets_outside_oauth()


def test_dead_tokens_count(server, client):
    """A token that is dead by now was a secret when it leaked."""
    client.call(note=client.token)
    client.revoke(client.token)

    with pytest.raises(AssertionError, match="a token is in the body of request 2"):
        server.assert_no_secrets_outside_oauth()
