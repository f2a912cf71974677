"""Write paths without the host, with the ``BaseUrlSession`` of requests-toolbelt.

Its ``MultipartEncoder`` (for a gateway of yours; Kiwoom takes JSON) can be read once. If
the token is rejected, the token is replaced and you get the rejected response: build
another encoder and send that.

Needs ``pip install requests-toolbelt``. Prints::

    ka10001
"""

from requests_toolbelt.sessions import BaseUrlSession

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer


def make_session(auth):
    """Return a session that takes paths such as ``/api/dostk/stkinfo``."""
    session = BaseUrlSession(auth.base_url)
    session.auth = auth
    return session


def main():
    with KiwoomServer() as server:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        with make_session(auth) as session:
            headers = {"api-id": "ka10001"}
            session.post("/api/dostk/stkinfo", headers=headers, json={"stk_cd": "005930"})
        print(server.requests.last.api_id)


if __name__ == "__main__":
    main()
