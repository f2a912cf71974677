"""The plugin under test, with a token that is issued without a server."""

import io
import json
from datetime import datetime, timedelta, timezone

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from requests_kiwoom import KiwoomAuth


class _Kiwoom(HTTPAdapter):
    """Issues a new token of 86 characters each time, without a connection."""

    _count = 0

    def send(self, request, **kwargs):
        self._count += 1
        expires = datetime.now(timezone(timedelta(hours=9))) + timedelta(days=1)
        token = {"token": f"{self._count:086}", "token_type": "bearer", "expires_dt": f"{expires:%Y%m%d%H%M%S}"}
        body = io.BytesIO(json.dumps({**token, "return_code": 0}).encode())
        return self.build_response(request, HTTPResponse(body, {}, 200, preload_content=False))


_lent = requests.Session()
_lent.mount("https://", _Kiwoom())


def warm_auth(number=0):
    """Return an auth for production that holds a live token."""
    auth = KiwoomAuth(f"fake-appkey-{number:030}", f"fake-secretkey-{number:027}", session=_lent)
    auth.token()
    return auth
