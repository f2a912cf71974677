"""au10001 redirects, and the redirect's body never ends."""

import threading

import pytest

from requests_kiwoom import KiwoomAuth, TokenUnavailable
from tests.helpers.tools import RawServer


def test_the_body_of_a_redirect_is_bounded_as_well():
    """A redirect whose body has no end is given up after 64 KiB: no thread goes on to fill the memory."""
    sent = []

    def endless(connection):
        connection.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\n\r\n")
        while len(sent) < 1000:
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    with RawServer(endless) as raw:
        with pytest.raises(TokenUnavailable, match="longer than 65536 bytes"):
            KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url, timeout=(5, 60)).token()

    assert len(sent) < 1000
    assert "requests_kiwoom token call" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("location", ["http://[bad/", "http://\xff\xfe/"])
def test_a_redirect_to_nowhere_is_named_as_one(location):
    """A ``Location`` that no URL can be made of: the error says that au10001 redirects."""
    away = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    with RawServer(away) as raw:
        with pytest.raises(TokenUnavailable, match="redirects"):
            KiwoomAuth("fake-appkey", "fake-secretkey", base_url=raw.url).token()
