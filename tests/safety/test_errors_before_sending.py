"""What an error raised before anything is sent carries along: neither a token nor the caller's body."""

import pickle

import pytest
import requests

from requests_kiwoom import InsecureTransport, InvalidApiId, KiwoomAuth, WrongEnvironment


@pytest.mark.parametrize(
    "url, error",
    [("http://api.kiwoom.com/api/x", InsecureTransport), ("https://mockapi.kiwoom.com/api/x", WrongEnvironment)],
)
def test_errors_pickle_though_the_body_does_not(url, error):
    """A worker process can hand the error on, though its request was to upload an open file."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey").for_api("ka10001")
    with open(__file__, "rb") as body, pytest.raises(error) as caught:
        requests.post(url, data=body, auth=auth)

    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))


def test_no_token_on_an_error(auth, url):
    """A request that already carries a token, and is given another api-id: the error does not lead to the token."""
    prepared = requests.Request("POST", url, json={}, auth=auth.for_api("ka10001")).prepare()

    with pytest.raises(InvalidApiId) as caught:
        prepared.prepare_auth(auth.for_api("ka10002"))

    assert caught.value.request is None
