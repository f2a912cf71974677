"""Keep your mocks of requests: responses and requests-mock see the token calls as well.

Mock au10001 beside what you mock already. A resent request is a call of its own.
``expires_dt`` must be in the future, and each token must differ from the last one:
Kiwoom hands out the same token as long as it lives, and a request is not resent with the
token that was rejected. ``KiwoomServer`` needs no such care.

Needs ``pip install responses requests-mock``. Prints::

    responses: rejected with the first token, resent with the second: True
    requests-mock: rejected with the first token, resent with the second: True
"""

from datetime import datetime, timedelta

import requests
import requests_mock
import responses

from requests_kiwoom import KiwoomAuth

REJECTED = {"return_code": 3, "return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"}
PRICE = {"stk_nm": "삼성전자", "return_code": 0}
#: The Authorization header of each call: token calls have none.
SENT = [None, "Bearer first", None, "Bearer second"]


def issued(token):
    """Return what au10001 responds."""
    expires = datetime.now() + timedelta(hours=24)
    body = {"token": token, "token_type": "bearer", "return_code": 0}
    return {**body, "expires_dt": f"{expires:%Y%m%d%H%M%S}"}


def ask_for_price(auth):
    """The code under test."""
    url = auth.base_url + "/api/dostk/stkinfo"
    return requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"}).json()


def with_responses():
    """Let the first token be rejected; return the Authorization headers that were sent."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey")
    with responses.RequestsMock() as mock:
        mock.post(auth.base_url + "/oauth2/token", json=issued("first"))
        mock.post(auth.base_url + "/api/dostk/stkinfo", json=REJECTED)
        mock.post(auth.base_url + "/oauth2/token", json=issued("second"))
        mock.post(auth.base_url + "/api/dostk/stkinfo", json=PRICE)
        assert ask_for_price(auth) == PRICE
        return [call.request.headers.get("Authorization") for call in mock.calls]


def with_requests_mock():
    """Do the same with requests-mock."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey")
    with requests_mock.Mocker() as mock:
        tokens = [{"json": issued("first")}, {"json": issued("second")}]
        mock.post(auth.base_url + "/oauth2/token", tokens)
        mock.post(auth.base_url + "/api/dostk/stkinfo", [{"json": REJECTED}, {"json": PRICE}])
        assert ask_for_price(auth) == PRICE
        return [request.headers.get("Authorization") for request in mock.request_history]


def main():
    for name, sent in (("responses", with_responses()), ("requests-mock", with_requests_mock())):
        print(f"{name}: rejected with the first token, resent with the second: {sent == SENT}")


if __name__ == "__main__":
    main()
