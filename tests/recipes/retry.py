"""Retry queries after HTTP 429 and 5xx, and never retry an order.

The response to an order may be lost although Kiwoom took the order. So the paths of
orders get an adapter of their own that does not retry.

Needs nothing but requests. Prints::

    ka10001: HTTP 200, sent 3 times
    kt10000: HTTP 503, sent 1 times
"""

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer, faults

ORDERS = ("/api/dostk/ordr", "/api/dostk/crdordr", "/api/us/ordr")


def make_retry(backoff_factor=0.5):
    """Return what to retry: with the default factor after 0, 1 and 2 seconds."""
    return Retry(
        total=3,
        backoff_factor=backoff_factor,
        status_forcelist=[429, 500, 502, 503, 504],
        allowed_methods=["POST"],  # Kiwoom's API has no other method.
        raise_on_status=False,
    )


def make_session(auth, retry):
    """Return a session that retries queries and sends each order once."""
    session = requests.Session()
    session.auth = auth
    session.mount(auth.base_url + "/", HTTPAdapter(max_retries=retry))
    for path in ORDERS:
        session.mount(auth.base_url + path, HTTPAdapter())
    return session


def main():
    with KiwoomServer() as server:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        server.fail(faults.TOO_MANY_REQUESTS, faults.server_error(503), api_id="ka10001")
        server.fail(faults.server_error(503), api_id="kt10000")
        with make_session(auth, make_retry(backoff_factor=0.01)) as session:
            for api_id, path in (("ka10001", "/api/dostk/stkinfo"), ("kt10000", ORDERS[0])):
                url, headers = auth.base_url + path, {"api-id": api_id}
                response = session.post(url, headers=headers, json={}, timeout=10)
                sent = len(server.requests.to(api_id))
                print(f"{api_id}: HTTP {response.status_code}, sent {sent} times")


if __name__ == "__main__":
    main()
