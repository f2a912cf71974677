"""Keep charts in a file for a minute with requests-cache.

One path serves many APIs, so the cache must tell the ``api-id`` and the page apart. A
path that is not named is not cached, or an order would not reach Kiwoom. Failures come
in HTTP 200 and must not be kept. No key and no token gets into the file: requests-cache
drops the ``Authorization`` header, except that of a rejected response in
``response.history``, so a response with a history is not kept either.

Needs ``pip install requests-cache``. Prints::

    from the cache: False
    from the cache: True
    requests that reached the server: 1
"""

from requests_cache import DO_NOT_CACHE, CachedSession

from requests_kiwoom import KiwoomAuth, read_envelope
from requests_kiwoom.testing import KiwoomServer


def is_worth_keeping(response):
    """Return whether the response is a success, and the first response to its request."""
    envelope = read_envelope(response.content)
    return envelope is not None and envelope.return_code == 0 and not response.history


def make_session(auth, file, **options):
    """Return a session that keeps charts for 60 seconds, and nothing else."""
    session = CachedSession(
        file,
        allowable_methods=["POST"],
        match_headers=["api-id", "cont-yn", "next-key"],
        urls_expire_after={"*/api/dostk/chart": 60, "*": DO_NOT_CACHE},
        filter_fn=is_worth_keeping,
        **options,
    )
    session.auth = auth
    return session


def main():
    with KiwoomServer() as server:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        body = {"stk_cd": "005930", "base_dt": "20250630", "upd_stkpc_tp": "1"}
        with make_session(auth, "charts", backend="memory") as session:  # a file: "charts.sqlite"
            for _ in range(2):
                url, headers = auth.base_url + "/api/dostk/chart", {"api-id": "ka10081"}
                response = session.post(url, headers=headers, json=body, timeout=10)
                print("from the cache:", response.from_cache)
        print("requests that reached the server:", len(server.requests.to("ka10081")))


if __name__ == "__main__":
    main()
