"""Keep your mocks of requests: responses and requests-mock see the token calls as well.

Mock au10001 beside what you mock already. A resent request is a call of its own; the
record of the rejected one shows the new token, too, which this package puts on it.
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
TOKEN_PATH, PRICE_PATH = "/oauth2/token", "/api/dostk/stkinfo"
#: The path of each call: the first price is rejected.
SENT = [TOKEN_PATH, PRICE_PATH, TOKEN_PATH, PRICE_PATH]


def issued(token):
    """Return what au10001 responds."""
    expires = datetime.now() + timedelta(hours=24)
    body = {"token": token, "token_type": "bearer", "return_code": 0}
    return {**body, "expires_dt": f"{expires:%Y%m%d%H%M%S}"}


def ask_for_price(auth):
    """The code under test."""
    url = auth.base_url + PRICE_PATH
    return requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"}).json()


def with_responses():
    """Let the first token be rejected; return the paths of all calls and the last token."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey")
    with responses.RequestsMock() as mock:
        mock.post(auth.base_url + TOKEN_PATH, json=issued("first"))
        mock.post(auth.base_url + PRICE_PATH, json=REJECTED)
        mock.post(auth.base_url + TOKEN_PATH, json=issued("second"))
        mock.post(auth.base_url + PRICE_PATH, json=PRICE)
        assert ask_for_price(auth) == PRICE
        sent = [call.request for call in mock.calls]
        return [request.path_url for request in sent], sent[-1].headers["Authorization"]


def with_requests_mock():
    """Do the same with requests-mock."""
    auth = KiwoomAuth("fake-appkey", "fake-secretkey")
    with requests_mock.Mocker() as mock:
        tokens = [{"json": issued("first")}, {"json": issued("second")}]
        mock.post(auth.base_url + TOKEN_PATH, tokens)
        mock.post(auth.base_url + PRICE_PATH, [{"json": REJECTED}, {"json": PRICE}])
        assert ask_for_price(auth) == PRICE
        sent = mock.request_history
        return [request.path for request in sent], sent[-1].headers["Authorization"]


def main():
    for name, seen in (("responses", with_responses()), ("requests-mock", with_requests_mock())):
        is_resent = seen == (SENT, "Bearer second")
        print(f"{name}: rejected with the first token, resent with the second: {is_resent}")


if __name__ == "__main__":
    main()
