"""Stay below Kiwoom's rate limit: 5 calls a second of each API, 1 on mock trading.

The limiter counts all APIs together, which is on the safe side. Mount the adapter on a
session rather than use ``LimiterSession``: the adapter also counts a resent request.
To retry as well, write ``LimiterAdapter(per_second=5, max_retries=retry)``.

Needs ``pip install requests-ratelimiter``. Prints::

    6 calls of ka10001: [200, 200, 200, 200, 200, 200]
"""

import requests
from requests_ratelimiter import LimiterAdapter

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer


def make_session(auth, per_second=5):
    """Return a session that sends at most so many requests a second."""
    session = requests.Session()
    session.auth = auth
    session.mount(auth.base_url + "/", LimiterAdapter(per_second=per_second))
    return session


def main():
    with KiwoomServer(rate_limits=True) as server:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        url = auth.base_url + "/api/dostk/stkinfo"
        with make_session(auth, per_second=4) as session:
            responses = [
                session.post(url, headers={"api-id": "ka10001"}, json={}, timeout=10)
                for _ in range(6)
            ]
        print("6 calls of ka10001:", [response.status_code for response in responses])


if __name__ == "__main__":
    main()
