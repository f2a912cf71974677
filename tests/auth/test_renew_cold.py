"""``renew()`` in a cold process, and au10002 gives no answer."""

import pytest

from requests_kiwoom import KiwoomAuth, TokenRevokeError
from requests_kiwoom.testing.server import Reply


def test_a_cold_process_keeps_the_token_that_was_not_revoked(server, auth):
    """What au10001 handed out to ``renew()`` stays in use, and is not asked for again."""
    KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).token()
    server.clock.advance(hours=5)
    server.fail(Reply(b"", 502), path="/oauth2/revoke")

    with pytest.raises(TokenRevokeError):
        auth.renew()

    auth.token()
    assert 2 == server.issues
