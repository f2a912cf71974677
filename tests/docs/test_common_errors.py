"""The README's two tables of errors: their texts are those of codes.py, and each situation leads to its error."""

import os
import re

import pytest
import requests
from requests.adapters import HTTPAdapter

from requests_kiwoom import (
    KiwoomAuth,
    KiwoomAuthError,
    MissingApiId,
    TokenUnavailable,
    WrongEnvironment,
    read_envelope,
)
from requests_kiwoom.codes import CODES
from requests_kiwoom.testing import KiwoomServer, faults
from tests.helpers.constants import PATH
from tests.helpers.documents import plain, table

ENGLISH, KOREAN = (
    [[*plain(first).split(": ", 1), plain(advice)] for first, advice in table(title)[1:]]
    for title in ("Common errors", "자주 나오는 오류")
)
BY_CODE = {int(row[0]): row for row in ENGLISH if row[0].isdigit()}


class World:
    """A local Kiwoom server and an auth with its keys."""

    def __init__(self, server, monkeypatch):
        self.server = server
        self.monkeypatch = monkeypatch
        self.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)

    def post(self, path=PATH, api_id="ka10001", **options):
        options = {"auth": self.auth, **options}
        return requests.post(self.server.url + path, headers={"api-id": api_id}, json={}, **options)


@pytest.fixture
def world(server, monkeypatch):
    return World(server, monkeypatch)


def test_texts_are_those_of_the_codes():
    """Meaning and advice of each code are the texts of codes.py, without the backquotes."""
    for number, (_, meaning, advice) in BY_CODE.items():
        assert (CODES[number].meaning, CODES[number].advice.replace("`", "")) == (meaning, advice)
    for number, meaning, advice in KOREAN:
        assert CODES[int(number)].meaning_ko == meaning
        assert CODES[int(number)].advice_ko.replace("`", "") == advice


def test_both_languages_have_the_same_codes():
    """The eight codes of the Korean table are those of the English one."""
    assert sorted(BY_CODE) == [int(row[0]) for row in KOREAN]


def test_every_code_in_the_tables_is_known():
    """Each four-digit code in the two tables is one of codes.py."""
    named = {int(number) for row in [*ENGLISH, *KOREAN] for number in re.findall(r"\b[18]\d{3}\b", " ".join(row))}

    assert set() == named - set(CODES)


def call_too_often(world):
    world.server.clock.stop()
    world.server.rate_limits = True
    return [world.post() for _ in range(6)][-1]


def send_a_revoked_token(world):
    world.auth.token()
    world.server.revoke_all()
    return world.post(auth=world.auth.for_api("ka10001", resend=False))


class FromAddress(HTTPAdapter):
    """Send from another address of this machine."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=("127.0.0.2", 0), **kwargs)


def issue_at_another_address(world):
    with requests.Session() as elsewhere:
        elsewhere.mount("http://", FromAddress())
        KiwoomAuth(world.server.appkey, world.server.secretkey, base_url=world.server.url, session=elsewhere).token()
    return world.post()


def use_the_key_of_production(world):
    with KiwoomServer(mock=True, beside=world.server) as mock:
        KiwoomAuth(world.server.appkey, world.server.secretkey, base_url=mock.url).token()


def call_what_mock_trading_lacks(world):
    world.server.mock = True
    return world.post("/api/dostk/acnt", "ka01690")


#: The situation of each code in the table.
SITUATIONS = {
    1504: lambda world: world.post("/api/dostk/ordr"),
    1700: call_too_often,
    8001: lambda world: KiwoomAuth("fake-appkey", "fake-secretkey", base_url=world.server.url).token(),
    8005: send_a_revoked_token,
    8010: issue_at_another_address,
    8030: use_the_key_of_production,
    8050: lambda world: setattr(world.server, "allowed_ips", []) or world.auth.token(),
    8104: call_what_mock_trading_lacks,
}


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_situation_leads_to_its_code(world, code):
    """The situation that the table describes leads to that code, in a response or in an exception."""
    try:
        assert code == read_envelope(SITUATIONS[code](world).content).code
    except KiwoomAuthError as error:
        assert code == error.code


def make_an_auth_without_keys(world):
    world.monkeypatch.setattr(os, "environ", {})
    KiwoomAuth.from_env()


def call_during_maintenance(world):
    world.server.outage = faults.MAINTENANCE
    world.auth.token()


EXCEPTIONS = {
    "ValueError": (ValueError, make_an_auth_without_keys),
    "MissingApiId": (MissingApiId, lambda world: requests.post(world.server.url + PATH, auth=world.auth)),
    "WrongEnvironment": (
        WrongEnvironment,
        lambda world: requests.post("https://mockapi.kiwoom.com" + PATH, auth=KiwoomAuth("fake", "fake")),
    ),
    "TokenUnavailable": (TokenUnavailable, call_during_maintenance),
}


@pytest.mark.parametrize("name", [row[0] for row in ENGLISH if not row[0].isdigit()])
def test_situation_raises_its_exception(world, name):
    """The situation that the table describes raises that exception, before the request is sent."""
    kind, provoke = EXCEPTIONS[name]

    with pytest.raises(kind):
        provoke(world)
    assert [] == world.server.requests.to("ka10001")
