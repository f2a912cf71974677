"""``OAuthClient``: what the responses of au10001 and au10002 mean."""

import pytest

from requests_kiwoom import TokenUnavailable
from requests_kiwoom.oauth import OAuthClient
from requests_kiwoom.origins import origin_of
from requests_kiwoom.testing.server import Reply


def test_a_date_that_is_past_asks_for_nothing(server):
    """Before the pause is known, the error says what the answer said: a ``Retry-After`` in the past is 0 s."""
    dates = {"Retry-After": "Sun, 22 Nov 2026 07:00:00 GMT", "Date": "Sun, 22 Nov 2026 08:00:00 GMT"}
    server.fail(Reply(b"", 429, dates))

    with pytest.raises(TokenUnavailable) as caught:
        OAuthClient(origin_of(server.url), server.appkey, server.secretkey, None, (3.0, 10.0)).issue(server.clock())

    assert 0.0 == caught.value.retry_after
