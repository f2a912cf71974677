"""The plugin under test, holding a token that nobody had to issue."""

from requests_kiwoom import KiwoomAuth, Token
from requests_kiwoom.tokens import LIFETIME, epoch_to_kst


def warm_auth(number=0):
    """An auth for production that holds a live token."""
    auth = KiwoomAuth(f"fake-appkey-{number:030}", f"fake-secretkey-{number:027}")
    expires = auth._source._now() + LIFETIME
    auth._source._publish(Token(f"{number:086}", epoch_to_kst(expires)))
    return auth
