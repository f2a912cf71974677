"""The form of an api-id."""

import pytest

from requests_kiwoom import InvalidApiId, MissingApiId
from requests_kiwoom.api_id import check_api_id, check_api_id_header


@pytest.mark.parametrize("api_id", ["ka10001", "x", "!~", "0123456789"])
def test_a_valid_api_id(api_id):
    """An api-id is 1 to 10 visible ASCII characters; in a header, text or bytes."""
    check_api_id(api_id)
    check_api_id_header(api_id)
    check_api_id_header(api_id.encode())


@pytest.mark.parametrize("api_id", ["ka100010001", "ka 10001", "ka10001\n", "삼성", "\x7f"])
def test_a_malformed_api_id(api_id):
    """Any other api-id is refused, as text and as bytes."""
    for check, value in (
        (check_api_id, api_id),
        (check_api_id_header, api_id),
        (check_api_id_header, api_id.encode()),
    ):
        with pytest.raises(InvalidApiId, match="such as ka10001"):
            check(value)


@pytest.mark.parametrize("api_id", [None, b"ka10001", 10001, "", ["ka10001"]])
def test_for_api_takes_text(api_id):
    """``for_api`` refuses an api-id that is empty or not text."""
    with pytest.raises(InvalidApiId):
        check_api_id(api_id)


@pytest.mark.parametrize("value", ["", b""])
def test_a_missing_header(value):
    """An empty header counts as none; the error says how to name an API."""
    with pytest.raises(MissingApiId, match="auth.for_api"):
        check_api_id_header(value)
