"""Record responses with vcrpy without a key or a token in the cassette.

The recorded token always has a day left: vcrpy calls ``without_token`` again when it
loads a cassette, however old that is. Record and play with an auth that holds no token.

Needs ``pip install vcrpy``. Prints::

    recorded: 삼성전자
    played: 삼성전자
    secrets in the cassette: 0
"""

import itertools
import json
import pathlib
import tempfile
import time
from datetime import datetime, timedelta

import requests
import vcr

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer


def make_recorder(clock=time.time):
    """Return a recorder that removes keys and tokens before it writes."""
    numbers = itertools.count(1)

    def without_keys(request):
        if request.path.startswith("/oauth2/"):
            request.body = b""
        return request

    def without_token(response):
        if b'"token"' in response["body"]["string"]:
            expires = datetime.fromtimestamp(clock()) + timedelta(hours=24)
            body = {"token": f"recorded-{next(numbers)}", "token_type": "bearer", "return_code": 0}
            body["expires_dt"] = f"{expires:%Y%m%d%H%M%S}"
            response["body"]["string"] = json.dumps(body).encode()
        return response

    return vcr.VCR(
        filter_headers=["authorization"],
        before_record_request=without_keys,
        before_record_response=without_token,
        decode_compressed_response=True,
    )


def ask_for_price(server, cassette, clock=time.time):
    """Record the response, or play it if the cassette exists."""
    auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
    with make_recorder(clock).use_cassette(cassette):
        url = auth.base_url + "/api/dostk/stkinfo"
        return requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"})


def main():
    with KiwoomServer() as server, tempfile.TemporaryDirectory() as folder:
        server.reply("ka10001", {"stk_nm": "삼성전자"})
        cassette = pathlib.Path(folder, "price.yaml")
        print("recorded:", ask_for_price(server, cassette).json()["stk_nm"])
        server.reply("ka10001", {"stk_nm": "another response"})
        print("played:", ask_for_price(server, cassette).json()["stk_nm"])
        secrets = (server.appkey, server.secretkey, server.token)
        written = cassette.read_text("utf-8")
        print("secrets in the cassette:", sum(secret in written for secret in secrets))


if __name__ == "__main__":
    main()
