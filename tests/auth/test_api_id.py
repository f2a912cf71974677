"""Every request names one API; nobody guesses which."""

import pytest
import requests

from requests_kiwoom import InvalidApiId, MissingApiId


def test_from_the_header(server, auth, url):
    """The request's own ``api-id`` header goes out as it is, text or bytes."""
    for api_id in ("ka10001", b"ka10001"):
        requests.post(url, json={}, auth=auth, headers={"API-ID": api_id})

    assert ["ka10001"] * 2 == [request.api_id for request in server.requests[1:]]


def test_from_for_api(server, auth, url):
    """``for_api`` puts the header on."""
    requests.post(url, json={}, auth=auth.for_api("ka10001"))

    assert "ka10001" == server.requests[-1].api_id


def test_both_and_the_same(server, auth, url):
    """Header and ``for_api`` may both say it, if they say the same, in text or bytes."""
    for api_id in ("ka10001", b"ka10001"):
        requests.post(url, json={}, auth=auth.for_api("ka10001"), headers={"api-id": api_id})

    assert ["ka10001"] * 2 == [request.api_id for request in server.requests[1:]]


@pytest.mark.parametrize("headers", [{}, {"api-id": ""}])
def test_neither(server, auth, url, headers):
    """Without an api-id nothing is sent, and no token is issued."""
    with pytest.raises(MissingApiId, match="for_api") as caught:
        requests.post(url, json={}, auth=auth, headers=headers)

    assert [] == server.requests
    assert caught.value.__context__ is None  # Its traceback is the only one that is printed.


def test_two_that_differ(server, auth, url):
    """kt10000 buys and kt10001 sells: two different ids are an error, before anything is sent."""
    with pytest.raises(InvalidApiId, match="kt10000"):
        requests.post(url, json={}, auth=auth.for_api("kt10000"), headers={"api-id": "kt10001"})

    assert [] == server.requests


@pytest.mark.parametrize("api_id", ["ka100010001", "ka 10001", "삼성전자", "ka10001\x7f", b"ka100010001", b"\xff"])
def test_not_an_api_id(server, auth, url, api_id):
    """Over 10 characters, or not visible ASCII: an error, before anything is sent."""
    with pytest.raises(InvalidApiId):
        requests.post(url, json={}, auth=auth, headers={"api-id": api_id})

    assert [] == server.requests


@pytest.mark.parametrize("api_id", ["ka100010001", "ka 10001", "삼성전자", "ka10001\n", 10001, None, "", b"ka10001"])
def test_for_api_takes_an_api_id(auth, api_id):
    """``for_api`` refuses what cannot be an api-id, and says what one is."""
    with pytest.raises(InvalidApiId, match="ka10001"):
        auth.for_api(api_id)


def test_errors_are_value_errors_of_requests():
    """Whoever catches ``ValueError`` or ``RequestException`` catches these."""
    for error in (MissingApiId, InvalidApiId):
        assert issubclass(error, ValueError) and issubclass(error, requests.exceptions.RequestException)


def test_views_share_the_token(server, auth, url):
    """All views of an auth use one token."""
    for api_id in ("ka10001", "ka10002", "ka10003"):
        requests.post(url, json={}, auth=auth.for_api(api_id))

    assert 1 == server.issues
    assert 1 == len({request.token for request in server.requests[1:]})
