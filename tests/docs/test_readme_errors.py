"""The README's tables of errors: each line is provoked, and none is missing."""

import os
import pathlib
import pickle
import re

import pytest
import redis
import requests

import requests_kiwoom
from requests_kiwoom import KiwoomAuth, KiwoomAuthError, RedisStore, SQLiteStore, TokenRefused, read_envelope
from requests_kiwoom.cli.cures import cure
from requests_kiwoom.oauth import REVOKE_PATH, TOKEN_PATH
from requests_kiwoom.source import TokenSource
from requests_kiwoom.testing import KiwoomServer, Reply, faults, refusal
from tests.helpers.constants import PATH
from tests.helpers.documents import section, tables
from tests.testing.client import session_from

HEADING = "What you see when it fails"
SEEN, CODES = tables(HEADING)
(KOREAN_CODES,) = tables("오류 코드별 해결")
GATEWAY = "https://gateway.example"


class World:
    """A server, an auth with its keys, and an empty environment."""

    def __init__(self, server, monkeypatch, path):
        self.server, self.monkeypatch, self.path = server, monkeypatch, path
        self.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)

    def from_env(self, **variables):
        self.monkeypatch.setattr(os, "environ", variables)
        return KiwoomAuth.from_env()

    def given(self, appkey="fake-appkey", **options):
        return KiwoomAuth(appkey, "fake-secretkey", **options)

    def post(self, path=PATH, api_id="ka10001", **options):
        return requests.post(self.auth.base_url + path, headers={"api-id": api_id}, json={}, auth=self.auth, **options)

    def rejected(self, reissue):
        self.server.reissue = reissue
        self.server.fail(refusal(8005), refusal(8005), api_id="ka10001")
        return self.post()

    def store(self, content=b"", mode=0o600):
        if not hasattr(os, "geteuid"):
            pytest.skip("Windows has no modes")
        self.path.write_bytes(content)
        self.path.chmod(mode)
        return SQLiteStore(self.path)


@pytest.fixture
def world(server, monkeypatch, tmp_path):
    return World(server, monkeypatch, tmp_path / "tokens.db")


def fail(plan, path=TOKEN_PATH, then=lambda world: world.auth.token()):
    """What happens after the next call to `path` meets `plan`."""

    def provoke(world):
        world.server.fail(plan, path=path)
        return then(world)

    return provoke


def set_the_clock_wrong(world):
    world.monkeypatch.setattr(TokenSource, "_now", lambda self: world.server.clock() + 49 * 3600)
    world.auth.token()


def link_the_store(world):
    world.path.symlink_to(world.path.with_name("another"))
    SQLiteStore(world.path)


def revoke_from_outside(world):
    world.auth.token()
    world.server.revoke_all()
    assert 0 == world.post().json()["return_code"]


def break_the_store(world):
    store = world.store(b"noise")
    KiwoomAuth(world.server.appkey, world.server.secretkey, base_url=world.server.url, store=store).token()


def renew_in_vain(world):
    world.auth.token()
    world.server.clock.advance(hours=1)
    world.server.fail(refusal(8015), path=REVOKE_PATH)
    world.auth.renew()


def issue_and_revoke(world):
    world.auth.token()
    world.auth.revoke()


#: By the words of the text, or by the name where that is enough.
PROVOKED = {
    "set KIWOOM_APPKEY": lambda world: world.from_env(),
    "is empty": lambda world: world.given(""),
    "white space": lambda world: world.given("fake appkey"),
    "quotation marks": lambda world: world.given('"fake-appkey"'),
    "name of a key file": lambda world: world.given("12345678_appkey.txt"),
    "cannot be read": lambda world: world.given(pathlib.Path("12345678_appkey.txt")),
    "KIWOOM_MOCK must be": lambda world: world.from_env(KIWOOM_APPKEY="a", KIWOOM_SECRETKEY="s", KIWOOM_MOCK="?"),
    "both KIWOOM_": lambda world: world.from_env(KIWOOM_APPKEY="a", KIWOOM_APPKEY_FILE="b"),
    "either mock=True or base_url": lambda world: world.given(mock=True, base_url=GATEWAY),
    "base_url must be": lambda world: world.given(base_url=GATEWAY + "/kiwoom"),
    "timeout must be": lambda world: world.given(timeout=0),
    "must be a str": lambda world: world.given(None),
    "store must have": lambda world: world.given(store={}),
    "cannot be pickled": lambda world: pickle.dumps(world.given(store=RedisStore(redis.Redis()))),
    "is open to others": lambda world: world.store(mode=0o644),
    "is a symbolic link": link_the_store,
    "MissingApiId": lambda world: world.post(api_id=None),
    "InvalidApiId": lambda world: world.post(api_id="ka10001-ka10002"),
    "WrongEnvironment": lambda world: requests.post("https://mockapi.kiwoom.com" + PATH, auth=world.auth),
    "InsecureTransport": lambda world: requests.post("http://api.kiwoom.com" + PATH, auth=world.auth),
    "TokenRefused": fail(refusal(8001)),
    "gave no answer": fail(faults.RESET_BEFORE),
    "no answer of Kiwoom's": fail(faults.MAINTENANCE),
    "It redirects": fail(faults.redirect(GATEWAY)),
    "far from this machine's clock": set_the_clock_wrong,
    "which was just rejected": lambda world: world.auth.token(rejected=world.auth.token()),
    "TokenRevokeError": fail(faults.RESET_BEFORE, REVOKE_PATH, issue_and_revoke),
    "ConnectionError": fail(faults.RESET_BEFORE, PATH, World.post),
    "ReadTimeout": fail(faults.latency(60), PATH, lambda world: world.post(timeout=0.1)),
    "was rejected for": revoke_from_outside,
    "was rejected as well": lambda world: world.rejected("new"),
    "goes to the caller": lambda world: world.rejected("same"),
    "the token store failed": break_the_store,
    "is not new": renew_in_vain,
}


def sightings():
    """What the first column names: a class, or WARNING; words of its text, or none; and what the second column says."""
    for cell, meaning, _ in SEEN:
        for part in cell.split("; "):
            name, *words = re.findall("``(.+?)``", part)
            for each in words or [""]:
                yield pytest.param(name, each, meaning, id=f"{name} {each}")


@pytest.mark.parametrize("name, words, meaning", list(sightings()))
def test_it_is_what_you_see(world, caplog, name, words, meaning):
    """What the first column names is raised or logged, with those words in its text, and before anything is sent."""
    try:
        PROVOKED[words or name](world)
        seen = "WARNING", "".join(caplog.messages)
    except Exception as error:
        seen = type(error).__name__, str(error)

    assert name == seen[0]
    assert words in seen[1]
    assert "nothing was sent" not in meaning or [] == world.server.requests


def test_every_error_is_there():
    """Every public exception has a line, or, if others are below it, is named before the table."""
    public = [getattr(requests_kiwoom, name) for name in requests_kiwoom.__all__]
    errors = {thing for thing in public if isinstance(thing, type) and issubclass(thing, Exception)}
    bases = {error for error in errors if any(error in other.__bases__ for other in errors)}
    lines = {(param.values[0], param.values[1]) for param in sightings()}

    assert {"KiwoomAuthError", "TokenIssueError"} == {error.__name__ for error in bases}
    assert {error.__name__ for error in errors - bases} <= {name for name, _ in lines}
    assert all(f"``{error.__name__}``" in section(HEADING)[1].partition("..")[0] for error in bases)
    assert set(PROVOKED) == {words or name for name, words in lines}


def codes_of(row):
    return [int(code) for code in re.findall("``([0-9]{4})``", row[0])]


#: Each code with each way in which the second column says that it comes.
COMING = [(code, way) for row in CODES for code in codes_of(row) for way in row[1].replace("`", "").split(", ")]


@pytest.mark.parametrize("code, way", COMING)
def test_a_code_comes_as_it_says(world, code, way):
    """The code is in the answer that the caller gets, or is the `code` of the very error that the line names."""
    text = f"[{code}:]" if code in (1701, 1702) else refusal(code).payload["return_msg"]
    said = Reply({"return_code": 3, "return_msg": text}, 429 if code in (1700, 1701, 1702) else 200)
    if way == "answer":
        world.server.reissue = "new"
        world.server.fail(said, said, api_id="ka10001")
        assert code == read_envelope(world.post().content).code
        return
    world.server.fail(said, path=REVOKE_PATH if way == "TokenRevokeError" else TOKEN_PATH)

    with pytest.raises(KiwoomAuthError) as caught:
        issue_and_revoke(world)

    assert (way, code) == (type(caught.value).__name__, caught.value.code)


def test_what_else_the_codes_mean(world):
    """At au10001, all of 1501 to 1517 are ``TokenRefused``; a refused order goes to the caller, and is sent once."""
    for code in range(1501, 1518):
        auth = KiwoomAuth(world.server.appkey, world.server.secretkey, base_url=world.server.url)
        world.server.fail(Reply({"return_code": 1, "return_msg": f"[{code}:]"}))
        with pytest.raises(TokenRefused) as caught:
            auth.token()
        assert code == caught.value.code
    world.server.reply("kt10000", Reply({"return_code": 20, "return_msg": "[2000](RC4058:모의투자 장종료)"}))

    assert None is read_envelope(world.post("/api/dostk/ordr", "kt10000").content).code
    assert 1 == len(world.server.requests.to("kt10000"))


def swap_the_keys(world):
    KiwoomAuth(world.server.secretkey, world.server.appkey, base_url=world.server.url).token()


def go_to_the_other_environment(world):
    with KiwoomServer(mock=True, beside=world.server) as mock:
        KiwoomAuth(world.server.appkey, world.server.secretkey, base_url=mock.url).token()


def leave_the_list(world):
    world.auth.token()
    world.server.allowed_ips = []
    return world.post()


def call_too_often(world):
    world.server.clock.stop()
    world.server.rate_limits = True
    return [world.post() for _ in range(6)][-1]


def call_what_mock_trading_lacks(world):
    world.server.mock = True
    return world.post("/api/dostk/acnt", "ka01690")


SITUATIONS = {
    1504: lambda world: world.post("/api/dostk/ordr"),
    1505: lambda world: world.post(api_id="ka99999"),
    1700: call_too_often,
    8001: swap_the_keys,
    8030: go_to_the_other_environment,
    8040: leave_the_list,
    8050: lambda world: setattr(world.server, "allowed_ips", []) or world.auth.token(),
    8104: call_what_mock_trading_lacks,
}


@pytest.mark.parametrize("code", SITUATIONS)
def test_what_a_code_means(world, code):
    """The situation that the table describes leads to that code."""
    try:
        assert code == read_envelope(SITUATIONS[code](world).content).code
    except KiwoomAuthError as error:
        assert code == error.code


def test_a_token_of_another_address_is_cured(world):
    """A token that was issued to another IP address is answered with 8010, until what the table says is done."""
    with session_from("127.0.0.2") as elsewhere:
        KiwoomAuth(world.server.appkey, world.server.secretkey, base_url=world.server.url, session=elsewhere).token()

    assert 8010 == read_envelope(world.post().content).code
    world.auth.revoke()
    assert 0 == world.post().json()["return_code"]


def test_the_cures_are_doctor_s():
    """Codes that have a cure on the command line are all there, and a line has only those that share one."""
    cured = {code for code in range(1000, 10000) if cure(code) != cure(None)}

    assert set() == cured - {code for code, _ in COMING}
    assert [1] * len(CODES) == [len({cure(code) for code in codes_of(row)}) for row in CODES]


def test_the_korean_table_has_the_same_codes():
    """The Korean table has the lines of the English one, in the same order."""
    assert [codes_of(row) for row in CODES] == [codes_of(row) for row in KOREAN_CODES]
