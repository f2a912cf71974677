"""Requests that Kiwoom refuses, and the words of its errors."""

import sys

import pytest

from requests_kiwoom.codes import CODES
from requests_kiwoom.testing import KiwoomServer, refusal
from requests_kiwoom.testing.errors import TEMPLATES
from tests.testing.client import session_from

needs_a_second_address = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 by default"
)

WRONG_KEYS = {"return_msg": "인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]", "return_code": 3}
KEYS_MISSING = {
    "return_msg": "입력 값 오류입니다[8020:입력파라미터로 appkey 또는 secretkey가 들어오지 않았습니다.]",
    "return_code": 2,
}
OTHER_ENVIRONMENT = {
    "return_msg": "입력 값 오류입니다[8030:투자구분(실전/모의)이 달라서 Appkey를 사용할수가 없습니다]",
    "return_code": 2,
}
IP_NOT_REGISTERED = {"return_msg": "인증에 실패했습니다[8050:지정단말기 인증에 실패했습니다]", "return_code": 3}


@pytest.mark.parametrize("key", ["appkey", "secretkey"])
def test_wrong_keys_are_refused(client, key):
    """A key that is not the server's is refused with 8001, in HTTP 200 and without a token [captured]."""
    response = client.issue(**{key: "fake"})

    assert (200, WRONG_KEYS) == (response.status_code, response.json())


@pytest.mark.parametrize("missing", [None, ""])
@pytest.mark.parametrize("key", ["appkey", "secretkey"])
def test_missing_keys_are_refused(client, key, missing):
    """A call without one of the keys, or with an empty one, is refused with 8020."""
    assert KEYS_MISSING == client.issue(**{key: missing}).json()


def test_a_wrong_grant_type_is_refused(client):
    """au10001 without a grant_type is refused with 8011; with another one than client_credentials, with 8012."""
    assert "[8011:" in client.issue(grant_type=None).json()["return_msg"]
    assert "[8012:" in client.issue(grant_type="password").json()["return_msg"]


def test_au10001_from_an_unregistered_address_is_refused(kiwoom, client_of):
    """au10001 from an address that is not registered is refused with 8050 [captured], until it is registered."""
    server = kiwoom(allowed_ips={"192.0.2.1"})
    client = client_of(server)

    assert IP_NOT_REGISTERED == client.issue().json()
    server.allowed_ips = {"127.0.0.1"}
    assert 0 == client.issue().json()["return_code"]


def test_a_call_from_an_unregistered_address_is_refused(server, client):
    """A call with a live token from an address that is no longer registered is refused with 8040."""
    server.allowed_ips = ()

    assert "인증에 실패했습니다[8040:단말기 인증에 실패했습니다]" == client.call().json()["return_msg"]


@needs_a_second_address
def test_a_token_from_another_address_is_refused(client, client_of):
    """A token that was issued to another address is refused with 8010."""
    elsewhere = client_of(client.server, session_from("127.0.0.2"))
    elsewhere.token = client.token

    text = "인증에 실패했습니다[8010:Token을 발급받은 IP와 서비스를 요청한 IP가 동일하지 않습니다]"
    assert {"return_msg": text, "return_code": 3} == elsewhere.call().json()
    assert "127.0.0.2" == client.server.requests.last.client


@pytest.mark.parametrize(
    "authorization, code",
    [(None, 1513), ("Bearer", 1516), ("Bearer two words", 1514), ("Basic dTpw", 1514), ("", 1514)],
)
def test_a_malformed_authorization_header_is_refused(client, authorization, code):
    """A malformed authorization header is refused with 1513, 1514 or 1516, and the token stays live."""
    response = client.call(headers={"authorization": authorization})

    assert f"입력 값 오류입니다[{code}:" == response.json()["return_msg"][:16]
    assert 0 == client.call().json()["return_code"]


def test_refusal_has_the_other_codes(server, client):
    """refusal() makes an error of any other code of Kiwoom, for fail()."""
    server.fail(refusal(8200, api_id="ka10001", path="/api/dostk/stkinfo"), api_id="ka10001")

    text = "입력 값 오류입니다[8200:법인 고객은 해당 API를 지원하지 않습니다. API ID=ka10001, URI=/api/dostk/stkinfo]"
    assert text == client.call().json()["return_msg"]


def test_refusal_rejects_an_unknown_code():
    """refusal() raises an error for a code that Kiwoom does not have."""
    with pytest.raises(ValueError, match="Kiwoom has no code 1234: take one of 1501"):
        refusal(1234)


class TestTwoEnvironments:
    """Production and mock trading on two ports, with keys of their own."""

    @pytest.fixture
    def production(self, server):
        return server

    @pytest.fixture
    def mock(self, kiwoom, production):
        return kiwoom(mock=True, beside=production)

    def test_keys_of_the_other_environment_are_refused(self, production, mock, client_of):
        """The keys of each environment are refused by the other with 8030 [captured], a mixed pair with 8001."""
        for here, there in ((production, mock), (mock, production)):
            client = client_of(here)
            assert OTHER_ENVIRONMENT == client.issue(appkey=there.appkey, secretkey=there.secretkey).json()
            assert WRONG_KEYS == client.issue(appkey=there.appkey).json()

    def test_a_token_of_the_other_environment_is_refused(self, production, mock, client_of):
        """A token of each environment is refused by the other with 8031."""
        for here, there in ((production, mock), (mock, production)):
            client = client_of(here)
            client.token = client_of(there).log_in()
            text = "입력 값 오류입니다[8031:투자구분(실전/모의)이 달라서 Token를 사용할수가 없습니다]"
            assert text == client.call().json()["return_msg"]

    def test_both_environments_share_one_clock(self, production, mock):
        """Both environments share one clock."""
        assert production.clock is mock.clock

    def test_two_production_servers_are_no_pair(self, production):
        """Two production servers cannot be a pair of environments."""
        with pytest.raises(ValueError, match="mock=True for one"):
            KiwoomServer(beside=production)

    def test_a_production_api_is_refused_on_mock(self, mock, production, client_of):
        """ka01690 is refused on mock with 8104 [captured], and succeeds on production."""
        on_mock, on_production = client_of(mock), client_of(production)
        on_mock.log_in(), on_production.log_in()

        text = "입력 값 오류입니다[8104:모의투자에서 지원하지 않는 API 입니다.]"
        assert {"return_msg": text, "return_code": 2} == on_mock.call("ka01690").json()
        assert 0 == on_production.call("ka01690").json()["return_code"]

    def test_production_only_names_the_apis_that_mock_refuses(self, mock, client_of):
        """production_only names the APIs that mock refuses."""
        mock.production_only = {"kt00002"}
        client = client_of(mock)
        client.log_in()

        assert [2, 0] == [client.call(api_id).json()["return_code"] for api_id in ("kt00002", "ka01690")]


def test_every_code_of_the_package_has_a_text():
    """The server has a text for each code that the package knows, and for no other."""
    assert set(CODES) == set(TEMPLATES)


def test_only_rate_limits_have_http_429():
    """The codes for too many calls have HTTP 429, all others have HTTP 200."""
    statuses = {code: refusal(code).status for code in TEMPLATES}

    assert {code for code, status in statuses.items() if status == 429} == {1700, 1701, 1702}
    assert {200, 429} == set(statuses.values())
