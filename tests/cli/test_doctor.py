"""``doctor``: each failure that it knows, provoked, and mended by what it printed."""

import contextlib
import json
import os
import re
import socket
import sqlite3

import pytest

from requests_kiwoom.cli.layout import display_width
from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.cli import environ, refuse, run, run_process, write_key_files
from tests.helpers.raw_server import RawServer, http

KEY = "fake-appkey-of-many-characters"

ALL = ["keys", "environment", "store", "proxy", "name look-up", "connection", "clock", "au10001"]
UP_TO_CONNECTION = ALL[: ALL.index("connection") + 1]

posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no modes")


class Diagnosis:
    """The output of doctor, taken apart; no secret was in it, and no line is wider than 80 columns."""

    def __init__(self, server, *arguments, command=run, **variables):
        env = environ(server, **variables)
        self.ran = command(server, "doctor", *arguments, **variables)
        for secret in (env.get("KIWOOM_APPKEY"), env.get("KIWOOM_SECRETKEY"), "fake-password", "12345678"):
            assert not secret or secret not in self.ran.out + self.ran.err
        self.status = self.ran.status
        self.statuses, self.details, self.advice = {}, {}, {}
        table, _, self.last_line = self.ran.out.partition("\n\n")
        self.last_line = " ".join(self.last_line.split())
        for row in re.split(r"\n(?! )", table.rstrip("\n")) if "{" not in table[:1] else ():
            first, *others = row.split("\n")
            name = first[6:18].strip()
            words = " ".join([first[20:], *(line.strip() for line in others)])
            self.statuses[name] = first[:4].strip()
            self.details[name], _, self.advice[name] = words.partition(" -> ")
        self.names = list(self.statuses)
        self.failed = [name for name, status in self.statuses.items() if status == "FAIL"]


def assert_well(diagnosis):
    assert (0, [], "") == (diagnosis.status, diagnosis.failed, diagnosis.ran.err)
    assert ALL == diagnosis.names
    assert re.fullmatch(r"Ready: requests to http\S+ get a token\.", diagnosis.last_line)


def assert_fails(diagnosis, name, detail, advice):
    """`name`, and nothing else, failed, and the last line says what to do next."""
    assert (1, [name], "") == (diagnosis.status, diagnosis.failed, diagnosis.ran.err)
    assert detail in diagnosis.details[name]
    assert advice in diagnosis.advice[name]
    assert f'Not ready. Fix "{name}" first, as the arrow says, and run doctor again.' == diagnosis.last_line


def test_all_is_well(server):
    """Every check passes, one row each, exit status 0; one GET and one au10001 were sent."""
    diagnosis = Diagnosis(server)

    assert_well(diagnosis)
    assert [("GET", "/"), ("POST", "/oauth2/token")] == [(request.method, request.path) for request in server.requests]
    assert re.match(r"token [0-9a-f]{8}, expires [-\d]{10} [:\d]{8} KST; ", diagnosis.details["au10001"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_its_columns_are_aligned(server, language):
    """Every line fits 80 columns and is aligned, in both languages."""
    lines = run(server, "doctor", "--lang", language).out.splitlines()

    assert 80 >= max(map(display_width, lines))
    rows = [re.match(r"(\S+ *)  (\S.*?) {2,}(?=\S)|( +)", line) for line in lines[: lines.index("")]]
    assert {20} == {display_width(row[0]) for row in rows}


def test_it_speaks_korean(server):
    """--lang ko: the statuses, the names of the checks, and the last line are Korean."""
    out = run(server, "doctor", "--lang", "ko").out

    assert "정상  시계          서버와 같습니다\n" in out
    assert f"준비되었습니다. {server.url} 주소로 보내는 요청에 토큰이 붙습니다.\n" in out


def test_nothing_but_au10001_carries_a_secret(server, tmp_path):
    """The GET that looks at the connection has neither keys nor token, nor what netrc says."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password fake-password\n")
    (tmp_path / "netrc").chmod(0o600)

    Diagnosis(server, NETRC=str(tmp_path / "netrc"))

    assert b"" == server.requests[0].body
    assert "authorization" not in server.requests[0].headers


def test_keys_from_files_are_found(server, tmp_path):
    """The portal's key files are read; their names, which hold the account number, are not printed."""
    variables = write_key_files(server, tmp_path)

    diagnosis = Diagnosis(None, KIWOOM_BASE_URL=server.url, **variables)

    assert_well(diagnosis)
    assert diagnosis.details["keys"].endswith("from KIWOOM_APPKEY_FILE and KIWOOM_SECRETKEY_FILE")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_key_files_that_others_can_read_are_a_warning(server, tmp_path, mode):
    """A key file that is open to others: a warning with the command that mends it, exit status 0."""
    variables = write_key_files(server, tmp_path, mode)

    diagnosis = Diagnosis(None, KIWOOM_BASE_URL=server.url, **variables)

    assert (0, "warn") == (diagnosis.status, diagnosis.statuses["keys"])
    assert 'Run: chmod 600 "$KIWOOM_APPKEY_FILE"' in diagnosis.advice["keys"]
    assert diagnosis.last_line.endswith("get a token. Look at the warning above.")


@pytest.mark.parametrize(
    "variables, detail, advice",
    [
        ({"KIWOOM_APPKEY": ""}, "KIWOOM_APPKEY is not set", "Set KIWOOM_APPKEY (앱키) and"),
        ({"KIWOOM_SECRETKEY": ""}, "KIWOOM_SECRETKEY is not set", "or KIWOOM_APPKEY_FILE and"),
        (
            {"KIWOOM_SECRETKEY": "", "KIWOOM_SECRET_KEY": KEY},
            "KIWOOM_SECRETKEY is not set",
            "Rename KIWOOM_SECRET_KEY to KIWOOM_SECRETKEY.",
        ),
        ({"KIWOOM_APPKEY_FILE": "key.txt"}, "both KIWOOM_APPKEY and KIWOOM_APPKEY_FILE", "Correct the variable"),
        (
            {"KIWOOM_APPKEY": "", "KIWOOM_APPKEY_FILE": "12345678_appkey.txt"},
            "file cannot be read: No such file",
            "Correct the variable",
        ),
        ({"KIWOOM_APPKEY": '"fake-appkey-of-a-dot-env-file"'}, "has quotation marks around it", "Correct the variable"),
        ({"KIWOOM_APPKEY": "fake-appkey of two pieces"}, "appkey holds white space", "Correct the variable"),
        ({"KIWOOM_APPKEY": "12345678_appkey.txt"}, "KIWOOM_APPKEY_FILE", "Correct the variable"),
    ],
    ids=["no appkey", "no secretkey", "renamed", "twice", "no file", "quotation marks", "white space", "a file's name"],
)
def test_keys_that_cannot_be_read_are_told(server, variables, detail, advice):
    """Keys that are missing or malformed: what is wrong, and nothing is sent."""
    diagnosis = Diagnosis(server, **variables)

    assert_fails(diagnosis, "keys", detail, advice)
    assert (["keys"], []) == (diagnosis.names, server.requests)


def test_one_key_given_twice_is_told(server):
    """The same text for both keys cannot be right."""
    diagnosis = Diagnosis(server, KIWOOM_SECRETKEY=server.appkey)

    assert ["keys", "au10001"] == diagnosis.failed
    assert "KIWOOM_APPKEY and KIWOOM_SECRETKEY are the same" == diagnosis.details["keys"]
    assert "KIWOOM_SECRETKEY is most likely the wrong one" in diagnosis.advice["keys"]
    assert diagnosis.last_line.startswith('Not ready. Fix "keys" first')


@pytest.mark.parametrize("in_file", [False, True])
def test_a_key_that_was_cut_off_is_told(server, tmp_path, in_file):
    """A key of a few characters has lost the others."""
    (tmp_path / "key.txt").write_text("fake-secret")
    variables = {"KIWOOM_SECRETKEY": "fake-secret"}
    if in_file:
        variables = {"KIWOOM_SECRETKEY": "", "KIWOOM_SECRETKEY_FILE": str(tmp_path / "key.txt")}

    diagnosis = Diagnosis(server, **variables)

    assert ["keys", "au10001"] == diagnosis.failed
    assert "is too short for one of Kiwoom's" in diagnosis.details["keys"]


@pytest.mark.parametrize(
    "variables, detail",
    [
        ({"KIWOOM_MOCK": "perhaps"}, "KIWOOM_MOCK must be 1, true, yes or on for mock trading"),
        ({"KIWOOM_MOCK": "1"}, "both KIWOOM_MOCK and KIWOOM_BASE_URL are set"),
        ({"KIWOOM_BASE_URL": "http://gateway.example"}, "base_url must be https"),
    ],
    ids=["nonsense", "both", "plain http"],
)
def test_an_environment_that_cannot_be_understood_is_told(server, variables, detail):
    """Production or mock is never guessed."""
    diagnosis = Diagnosis(server, **variables)

    assert_fails(diagnosis, "environment", detail, "Use one of --mock, --base-url, KIWOOM_MOCK=1 and KIWOOM_BASE_URL")
    assert (["keys", "environment"], []) == (diagnosis.names, server.requests)


@pytest.mark.parametrize(
    "options, variables, kind",
    [
        ([], {"KIWOOM_BASE_URL": ""}, "production (실전), https://api.kiwoom.com"),
        (["--mock"], {}, "mock trading (모의투자), https://mockapi.kiwoom.com"),
        ([], {"KIWOOM_BASE_URL": "", "KIWOOM_MOCK": "1"}, "mock trading (모의투자), https://mockapi.kiwoom.com"),
    ],
)
def test_the_environment_is_named(server, options, variables, kind):
    """Which of Kiwoom's two hosts the keys go to, in both languages."""
    # A proxy that is not there: no test goes to Kiwoom.
    diagnosis = Diagnosis(server, *options, HTTPS_PROXY="http://127.0.0.1:9", **variables)

    assert kind == diagnosis.details["environment"]


def test_a_proxy_that_is_not_there_is_told(server):
    """A dead proxy: named without its password; NO_PROXY, as it says, is the way around it."""
    proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://user:fake-password@127.0.0.1:9")

    diagnosis = Diagnosis(server, **proxy)

    assert_fails(diagnosis, "connection", "ConnectionRefusedError: ", "name the host in NO_PROXY")
    assert "127.0.0.1:9" == diagnosis.details["proxy"]
    assert "the proxy does it" == diagnosis.details["name look-up"]
    assert (UP_TO_CONNECTION, []) == (diagnosis.names, server.requests)
    assert_well(Diagnosis(server, NO_PROXY="127.0.0.1", **proxy))


def test_a_host_that_is_not_known_is_told(server):
    """A name that cannot be looked up: nothing after that is tried."""
    # Without a name server that answers, each of them would be waited for; a process reads RES_OPTIONS at its start.
    options = {"command": run_process, "RES_OPTIONS": "timeout:1 attempts:1"}
    diagnosis = Diagnosis(server, "--base-url", "https://kiwoom.invalid", **options)

    assert_fails(diagnosis, "name look-up", "kiwoom.invalid: ", "the spelling of --base-url")
    assert UP_TO_CONNECTION[:-1] == diagnosis.names


@pytest.mark.parametrize("host", ["api..x", f"{'a' * 64}.example"], ids=["an empty label", "a label of 64 letters"])
def test_a_name_that_cannot_be_one_is_told(server, host):
    """A host that no look-up takes, as base_url and as proxy: a failure with advice, and no bug."""
    diagnosis = Diagnosis(server, "--base-url", f"https://{host}")
    assert_fails(diagnosis, "name look-up", f"{host}: ", "the spelling of --base-url")

    diagnosis = Diagnosis(server, HTTP_PROXY=f"http://{host}:9")
    assert_fails(diagnosis, "connection", "LocationParseError", "Check the proxy")


def test_a_port_where_nobody_listens_is_told(server):
    """A refused connection: in a few words, not urllib3's many."""
    diagnosis = Diagnosis(server, "--base-url", "http://127.0.0.1:9")

    assert_fails(diagnosis, "connection", "ConnectionRefusedError: ", "No server listens there")
    assert UP_TO_CONNECTION == diagnosis.names


def test_a_host_that_does_not_respond_is_told(server, monkeypatch):
    """A connection that is neither made nor refused, as behind a firewall."""
    monkeypatch.setattr("requests_kiwoom.cli.network._TIMEOUT", (0.3, 10.0))  # Instead of three seconds.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(4):  # A client after these waits for good.
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        diagnosis = Diagnosis(server, "--base-url", f"http://127.0.0.1:{full.getsockname()[1]}")

    assert_fails(diagnosis, "connection", "timed out", "No response in time: a firewall drops the connection")


def test_a_certificate_that_is_not_trusted_is_told():
    """TLS opened on the way: the CA file in REQUESTS_CA_BUNDLE, as it says, mends it."""
    with KiwoomServer(tls=True) as server:
        diagnosis = Diagnosis(server)

        assert_fails(diagnosis, "connection", "CERTIFICATE_VERIFY_FAILED", "Set REQUESTS_CA_BUNDLE to its CA file")
        assert [] == server.requests
        mended = Diagnosis(server, REQUESTS_CA_BUNDLE=server.ca_bundle)
        assert_well(mended)
        assert mended.details["connection"].endswith("certificate verified")


def test_a_port_without_tls_is_told(server):
    """https to a port of plain http is not about certificates."""
    diagnosis = Diagnosis(server, "--base-url", server.url.replace("http:", "https:"))

    assert_fails(diagnosis, "connection", "SSLError", "does not speak TLS")


def test_a_ca_file_that_is_not_there_is_told(server, tmp_path):
    """REQUESTS_CA_BUNDLE names a file that does not exist."""
    url = server.url.replace("http:", "https:")
    diagnosis = Diagnosis(server, "--base-url", url, REQUESTS_CA_BUNDLE=str(tmp_path / "ca.pem"))

    assert_fails(diagnosis, "connection", "invalid path", "they must name a file that exists")


@pytest.mark.parametrize("hours, word", [(-9, "behind"), (9, "ahead of")])
def test_a_clock_that_is_wrong_is_told(server, local_clock, hours, word):
    """A clock nine hours off, KST taken for UTC say; the checks after it go on, and say nothing about ages."""
    local_clock.advance(hours=hours)

    diagnosis = Diagnosis(server)

    assert_fails(diagnosis, "clock", f"min {word} the server's", "Set this machine's clock and time zone")
    assert re.match(r"9 h 00 min|8 h 59 min", diagnosis.details["clock"])
    assert diagnosis.details["au10001"].endswith("KST")
    assert ALL == diagnosis.names
    local_clock.advance(hours=-hours)
    assert_well(Diagnosis(server))


@pytest.mark.parametrize(
    "headers, detail",
    [
        ([], "not checked: the server sent no Date"),
        (["Date: yesterday"], "not checked: the server sent no Date"),
        (["Date: Thu, 02 Jan 2025 00:00:00 -0000"], "ahead of the server's"),
        (["Date: Thu, 01 Jan 1960 00:00:00 GMT"], "ahead of the server's"),
        (["Date: Thu, 01 Jan 9000 00:00:00 GMT"], "behind the server's"),
        (["Date: Fri, 31 Dec 9999 23:59:59 -0100"], "not checked: the server sent no Date"),
    ],
)
def test_an_odd_date(headers, detail):
    """A server without a usable Date leaves the clock unchecked; any year is one, and without a zone it is UTC."""
    with RawServer(http(b"", "200 OK", *headers)) as server:
        diagnosis = Diagnosis(None, KIWOOM_APPKEY=KEY, KIWOOM_SECRETKEY=KEY[::-1], KIWOOM_BASE_URL=server.url)

    assert diagnosis.details["clock"].endswith(detail)


def test_half_a_minute_is_no_failure(server, local_clock):
    """A clock that is off by seconds does no harm: it is told, and that is all."""
    local_clock.advance(seconds=30)

    diagnosis = Diagnosis(server)

    assert_well(diagnosis)
    assert diagnosis.details["clock"].endswith(" s ahead of the server's")


def test_a_new_token_is_called_new(server):
    """A token that au10001 has just issued is already new: `renew` would not change it."""
    assert Diagnosis(server).details["au10001"].endswith("; already new: it has its full 24 hours")


def test_a_token_of_another_program_is_told(server):
    """A token that was issued before this run: another program may be using the key."""
    run(server, "token")
    server.clock.advance(hours=3)

    assert re.search(
        r"issued (2 h 59|3 h 00) min ago, before this run: another program with this key, or an earlier run",
        Diagnosis(server).details["au10001"],
    )


def test_wrong_keys_are_told(server):
    """8001: Kiwoom's words, and to check that both keys are a pair."""
    diagnosis = Diagnosis(server, KIWOOM_APPKEY=server.secretkey, KIWOOM_SECRETKEY=server.appkey)

    assert_fails(diagnosis, "au10001", "return_code 3: 인증에 실패했습니다[8001:", "one pair from the portal")
    assert_well(Diagnosis(server))


def test_keys_of_the_other_environment_are_told():
    """8030: production's keys at mock trading; the other address mends it."""
    with KiwoomServer() as production, KiwoomServer(mock=True, beside=production) as mock:
        diagnosis = Diagnosis(production, KIWOOM_BASE_URL=mock.url)

        assert_fails(diagnosis, "au10001", "[8030:", "Mock trading (모의투자) needs")
        assert_well(Diagnosis(production))


def test_an_ip_address_that_is_not_registered_is_told(server):
    """8050: which address to register."""
    server.allowed_ips = ["203.0.113.7"]

    assert_fails(Diagnosis(server), "au10001", "[8050:지정단말기", "Register this machine's public IP address")
    server.allowed_ips = ["127.0.0.1"]
    assert_well(Diagnosis(server))


def test_too_many_calls_are_told(server):
    """1700: wait and send fewer."""
    server.fail(Reply({"return_code": 5, "return_msg": "[1700:허용된 API 요청 개수를 초과하였습니다]"}, 429))

    assert_fails(Diagnosis(server), "au10001", "[1700:", "Wait a second")
    assert_well(Diagnosis(server))


def test_http_429_without_a_code_is_told(server):
    """The status alone says that there were too many calls."""
    refuse(server, "slow down", 5, 429)

    assert_fails(Diagnosis(server), "au10001", "return_code 5: slow down", "Wait a second")


def test_maintenance_is_told(server):
    """A page in place of JSON: nothing of it is printed."""
    server.fail(Reply(b"<html>fake-password</html>", 503))

    assert_fails(Diagnosis(server), "au10001", "HTTP 503)", "Try again later")
    assert_well(Diagnosis(server))


def test_a_store_that_can_be_used_is_told(server, tmp_path):
    """A file of the user's own: readable and writable and private; nothing is left in it."""
    path = str(tmp_path / "tokens.db")

    diagnosis = Diagnosis(server, "--store", path)

    assert_well(diagnosis)
    assert "SQLiteStore, readable and writable and private" == diagnosis.details["store"]
    with sqlite3.connect(path) as database:
        assert [(0,)] == database.execute("SELECT count(*) FROM tokens").fetchall()
    database.close()
    assert ("-", "none: other programs do not share this token") == (
        Diagnosis(server).statuses["store"],
        Diagnosis(server).details["store"],
    )


@posix
def test_a_store_that_is_open_to_others_is_told(server, tmp_path):
    """A file that others may read: the chmod that it prints mends it."""
    path = tmp_path / "tokens.db"
    path.touch()
    path.chmod(0o644)

    diagnosis = Diagnosis(server, KIWOOM_STORE=str(path))

    assert_fails(diagnosis, "store", "chmod 600", "Fix this, or run without the store")
    path.chmod(0o600)
    assert_well(Diagnosis(server, KIWOOM_STORE=str(path)))


def test_a_quoted_store_is_told(server):
    """Quotation marks around KIWOOM_STORE are told as for keys."""
    diagnosis = Diagnosis(server, KIWOOM_STORE='"tokens.db"')

    assert_fails(diagnosis, "store", "has quotation marks or spaces around it", "Fix this")


def test_a_store_of_another_program_is_told(server, tmp_path):
    """Another program's database is left alone."""
    path = tmp_path / "tokens.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    database.close()
    path.chmod(0o600)

    diagnosis = Diagnosis(server, "--store", str(path))

    assert_fails(diagnosis, "store", "another program's database", "names a file of your own")


def test_a_redis_server_that_is_not_there_is_told(server):
    """An address whose port is dead; its password is not printed."""
    diagnosis = Diagnosis(server, KIWOOM_STORE="redis://:fake-password@127.0.0.1:9/0")

    assert_fails(diagnosis, "store", "127.0.0.1:9", "a Redis server that can be reached")


def test_a_store_that_fails_does_not_end_the_checks(server, tmp_path):
    """What does not depend on the store is still checked."""
    diagnosis = Diagnosis(server, "--store", str(tmp_path))

    assert ["store"] == diagnosis.failed
    assert ALL == diagnosis.names


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "ascii"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_json_is_for_a_bug_report(server, encoding, language):
    """--json holds the same findings, in English whatever the language, the versions, and no secret."""
    diagnosis = Diagnosis(server, "--json", "--lang", language, PYTHONIOENCODING=encoding)

    report = json.loads(diagnosis.ran.out)
    assert ALL == [check["name"] for check in report["checks"]]
    assert {"requests_kiwoom", "requests", "python", "system", "checks"} == report.keys()
    assert {"name", "status", "detail", "cure"} == report["checks"][0].keys()
    assert "agrees with the server's" == report["checks"][6]["detail"]
    assert 0 == diagnosis.status


def test_json_of_a_failure_has_its_advice(server):
    """The exit status is that of the lines, and the advice stands beside the finding."""
    diagnosis = Diagnosis(server, "--json", "--base-url", "http://127.0.0.1:9")

    check = json.loads(diagnosis.ran.out)["checks"][-1]
    assert (1, "connection", "FAIL") == (diagnosis.status, check["name"], check["status"])
    assert check["cure"].startswith("No server listens there")
