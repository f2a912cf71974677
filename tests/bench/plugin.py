"""The plugin under test, holding a token that nobody had to issue."""

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer

from .floor import URL


def warm_auth():
    """An auth for production that holds a live token, issued by a Kiwoom on loopback."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey")
    with KiwoomServer() as server:
        lender = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        lender.token()
    auth._source._lease = lender._source._lease
    assert URL.startswith(auth.base_url)
    return auth
