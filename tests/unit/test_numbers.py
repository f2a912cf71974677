"""Dates and numbers that no calendar holds are no crash."""

import pytest

from requests_kiwoom import TokenUnavailable
from requests_kiwoom.testing.server import Reply


def test_the_last_midnight_of_the_calendar(server, auth):
    """``expires_dt`` at 24:00 on the last day of the year 9999 is malformed, and au10001 is left alone for a while."""
    server.fail(Reply({"expires_dt": "99991231240000", "token_type": "bearer", "token": "fake-token"}))

    for _ in range(2):
        with pytest.raises(TokenUnavailable, match="expires_dt"):
            auth.token()

    assert 1 == server.issues


@pytest.mark.parametrize(
    "retry_after", ["Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"]
)
def test_a_retry_after_beyond_any_calendar(server, auth, retry_after):
    """A ``Retry-After`` with a number that no date can hold counts for none."""
    server.fail(Reply(b"", 503, {"Retry-After": retry_after, "Date": "Mon, 01 Jan 2024 00:00:00 GMT"}))

    with pytest.raises(TokenUnavailable, match="HTTP 503") as caught:
        auth.token()

    assert 1.0 <= caught.value.retry_after <= 1.5
