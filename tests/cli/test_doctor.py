"""``doctor``: each failure is provoked and reported with advice; some tests follow the advice and see it work."""

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
    """The parsed output of one run of doctor, which holds no secret."""

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


def assert_ready(diagnosis):
    assert (0, [], "") == (diagnosis.status, diagnosis.failed, diagnosis.ran.err)
    assert ALL == diagnosis.names
    assert re.fullmatch(r"Ready: requests to http\S+ get a token\.", diagnosis.last_line)


def assert_fails(diagnosis, name, detail, advice):
    """Assert that only the check `name` failed, and that the last line says what to do next."""
    assert (1, [name], "") == (diagnosis.status, diagnosis.failed, diagnosis.ran.err)
    assert detail in diagnosis.details[name]
    assert advice in diagnosis.advice[name]
    assert f'Not ready. Fix "{name}" first, as the arrow says, and run doctor again.' == diagnosis.last_line


def test_every_check_passes(server):
    """Every check passes, with exit status 0; one GET and one au10001 call were sent."""
    diagnosis = Diagnosis(server)

    assert_ready(diagnosis)
    assert [("GET", "/"), ("POST", "/oauth2/token")] == [(request.method, request.path) for request in server.requests]
    assert re.match(r"token [0-9a-f]{8}, expires [-\d]{10} [:\d]{8} KST; ", diagnosis.details["au10001"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_columns_are_aligned_in_both_languages(server, language):
    """Every line fits 80 columns and is aligned, in both languages."""
    lines = run(server, "doctor", "--lang", language).out.splitlines()

    assert 80 >= max(map(display_width, lines))
    rows = [re.match(r"(\S+ *)  (\S.*?) {2,}(?=\S)|( +)", line) for line in lines[: lines.index("")]]
    assert {20} == {display_width(row[0]) for row in rows}


def test_output_is_korean_with_lang_ko(server):
    """With --lang ko, the statuses, the names of the checks and the last line are Korean."""
    out = run(server, "doctor", "--lang", "ko").out

    assert "정상  시계          서버와 같습니다\n" in out
    assert f"준비되었습니다. {server.url} 주소로 보내는 요청에 토큰이 붙습니다.\n" in out


def test_only_au10001_carries_a_secret(server, tmp_path):
    """The GET that tests the connection carries no key, no token and no password from netrc."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password fake-password\n")
    (tmp_path / "netrc").chmod(0o600)

    Diagnosis(server, NETRC=str(tmp_path / "netrc"))

    assert b"" == server.requests[0].body
    assert "authorization" not in server.requests[0].headers


def test_keys_from_files_are_found(server, tmp_path):
    """The portal's key files are read; their names, which hold the account number, are not printed."""
    variables = write_key_files(server, tmp_path)

    diagnosis = Diagnosis(None, KIWOOM_BASE_URL=server.url, **variables)

    assert_ready(diagnosis)
    assert diagnosis.details["keys"].endswith("from KIWOOM_APPKEY_FILE and KIWOOM_SECRETKEY_FILE")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_key_files_that_others_can_read_are_a_warning(server, tmp_path, mode):
    """A key file that others can read is a warning with the command that fixes it; the exit status is 0."""
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
def test_missing_or_malformed_keys_fail(server, variables, detail, advice):
    """Missing or malformed keys are a failure that says what is wrong, and nothing is sent."""
    diagnosis = Diagnosis(server, **variables)

    assert_fails(diagnosis, "keys", detail, advice)
    assert (["keys"], []) == (diagnosis.names, server.requests)


def test_equal_keys_fail(server):
    """The same text for both keys is a failure."""
    diagnosis = Diagnosis(server, KIWOOM_SECRETKEY=server.appkey)

    assert ["keys", "au10001"] == diagnosis.failed
    assert "KIWOOM_APPKEY and KIWOOM_SECRETKEY are the same" == diagnosis.details["keys"]
    assert "KIWOOM_SECRETKEY is most likely the wrong one" in diagnosis.advice["keys"]
    assert diagnosis.last_line.startswith('Not ready. Fix "keys" first')


@pytest.mark.parametrize("in_file", [False, True])
def test_a_key_that_is_too_short_fails(server, tmp_path, in_file):
    """A key of a few characters is a failure: the rest of it is missing."""
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
def test_an_unclear_environment_fails(server, variables, detail):
    """Variables that do not select one server are a failure: production or mock is never guessed."""
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
    """The environment is shown with its Korean name and the host that the keys go to."""
    # An unreachable proxy, so that no test connects to Kiwoom.
    diagnosis = Diagnosis(server, *options, HTTPS_PROXY="http://127.0.0.1:9", **variables)

    assert kind == diagnosis.details["environment"]


def test_an_unreachable_proxy_fails(server):
    """An unreachable proxy is a failure that does not show its password; NO_PROXY fixes it, as the advice says."""
    proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://user:fake-password@127.0.0.1:9")

    diagnosis = Diagnosis(server, **proxy)

    assert_fails(diagnosis, "connection", "ConnectionRefusedError: ", "name the host in NO_PROXY")
    assert "127.0.0.1:9" == diagnosis.details["proxy"]
    assert "the proxy does it" == diagnosis.details["name look-up"]
    assert (UP_TO_CONNECTION, []) == (diagnosis.names, server.requests)
    assert_ready(Diagnosis(server, NO_PROXY="127.0.0.1", **proxy))


def test_an_unknown_host_fails(server):
    """A host name that cannot be looked up is a failure, and nothing after it is tried."""
    # Keeps the wait short if no name server responds. A process reads RES_OPTIONS when it starts.
    options = {"command": run_process, "RES_OPTIONS": "timeout:1 attempts:1"}
    diagnosis = Diagnosis(server, "--base-url", "https://kiwoom.invalid", **options)

    assert_fails(diagnosis, "name look-up", "kiwoom.invalid: ", "the spelling of --base-url")
    assert UP_TO_CONNECTION[:-1] == diagnosis.names


@pytest.mark.parametrize("host", ["api..x", f"{'a' * 64}.example"], ids=["an empty label", "a label of 64 letters"])
def test_an_invalid_host_name_fails(server, host):
    """An invalid host name in base_url or in a proxy's address is a failure with advice, not a bug."""
    diagnosis = Diagnosis(server, "--base-url", f"https://{host}")
    assert_fails(diagnosis, "name look-up", f"{host}: ", "the spelling of --base-url")

    diagnosis = Diagnosis(server, HTTP_PROXY=f"http://{host}:9")
    assert_fails(diagnosis, "connection", "LocationParseError", "Check the proxy")


def test_a_refused_connection_fails(server):
    """A refused connection is a failure in a few words, without urllib3's long text."""
    diagnosis = Diagnosis(server, "--base-url", "http://127.0.0.1:9")

    assert_fails(diagnosis, "connection", "ConnectionRefusedError: ", "No server listens there")
    assert UP_TO_CONNECTION == diagnosis.names


def test_a_host_that_does_not_respond_fails(server, monkeypatch):
    """A connection that is neither accepted nor refused, as with a firewall, is a failure after a timeout."""
    monkeypatch.setattr("requests_kiwoom.cli.network._TIMEOUT", (0.3, 10.0))  # Instead of three seconds.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(4):  # They fill the backlog: the next client is never accepted.
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        diagnosis = Diagnosis(server, "--base-url", f"http://127.0.0.1:{full.getsockname()[1]}")

    assert_fails(diagnosis, "connection", "timed out", "No response in time: a firewall drops the connection")


def test_an_untrusted_certificate_fails():
    """A certificate that is not trusted is a failure; REQUESTS_CA_BUNDLE fixes it, as the advice says."""
    with KiwoomServer(tls=True) as server:
        diagnosis = Diagnosis(server)

        assert_fails(diagnosis, "connection", "CERTIFICATE_VERIFY_FAILED", "Set REQUESTS_CA_BUNDLE to its CA file")
        assert [] == server.requests
        fixed = Diagnosis(server, REQUESTS_CA_BUNDLE=server.ca_bundle)
        assert_ready(fixed)
        assert fixed.details["connection"].endswith("certificate verified")


def test_https_to_a_plain_http_port_fails(server):
    """https to a port of plain http is a failure that names TLS, not certificates."""
    diagnosis = Diagnosis(server, "--base-url", server.url.replace("http:", "https:"))

    assert_fails(diagnosis, "connection", "SSLError", "does not speak TLS")


def test_a_missing_ca_file_fails(server, tmp_path):
    """A REQUESTS_CA_BUNDLE that names a missing file is a failure with advice."""
    url = server.url.replace("http:", "https:")
    diagnosis = Diagnosis(server, "--base-url", url, REQUESTS_CA_BUNDLE=str(tmp_path / "ca.pem"))

    assert_fails(diagnosis, "connection", "invalid path", "they must name a file that exists")


@pytest.mark.parametrize("hours, word", [(-9, "behind"), (9, "ahead of")])
def test_a_wrong_clock_fails(server, local_clock, hours, word):
    """A clock nine hours off (KST taken for UTC) is a failure; the later checks run, but show no token's age."""
    local_clock.advance(hours=hours)

    diagnosis = Diagnosis(server)

    assert_fails(diagnosis, "clock", f"min {word} the server's", "Set this machine's clock and time zone")
    assert re.match(r"9 h 00 min|8 h 59 min", diagnosis.details["clock"])
    assert diagnosis.details["au10001"].endswith("KST")
    assert ALL == diagnosis.names
    local_clock.advance(hours=-hours)
    assert_ready(Diagnosis(server))


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
def test_a_missing_or_unusual_date_header(headers, detail):
    """Without a usable Date header the clock is not checked. Any year is usable, and without a zone it is UTC."""
    with RawServer(http(b"", "200 OK", *headers)) as server:
        diagnosis = Diagnosis(None, KIWOOM_APPKEY=KEY, KIWOOM_SECRETKEY=KEY[::-1], KIWOOM_BASE_URL=server.url)

    assert diagnosis.details["clock"].endswith(detail)


def test_a_clock_that_is_off_by_seconds_passes(server, local_clock):
    """A clock that is off by seconds is reported, but is no failure."""
    local_clock.advance(seconds=30)

    diagnosis = Diagnosis(server)

    assert_ready(diagnosis)
    assert diagnosis.details["clock"].endswith(" s ahead of the server's")


def test_a_new_token_is_reported_as_new(server):
    """A token that au10001 has just issued is reported as new: `renew` would not replace it."""
    assert Diagnosis(server).details["au10001"].endswith("; already new: it has its full 24 hours")


def test_a_token_issued_before_this_run_is_reported(server):
    """For a token that was issued before this run, the output says that another program may use the key."""
    run(server, "token")
    server.clock.advance(hours=3)

    assert re.search(
        r"issued (2 h 59|3 h 00) min ago, before this run: another program with this key, or an earlier run",
        Diagnosis(server).details["au10001"],
    )


def test_wrong_keys_fail(server):
    """Code 8001 is a failure with Kiwoom's message and the advice to check that both keys are one pair."""
    diagnosis = Diagnosis(server, KIWOOM_APPKEY=server.secretkey, KIWOOM_SECRETKEY=server.appkey)

    assert_fails(diagnosis, "au10001", "return_code 3: 인증에 실패했습니다[8001:", "one pair from the portal")
    assert_ready(Diagnosis(server))


def test_keys_of_the_other_environment_fail():
    """Code 8030, for production keys at mock trading, is a failure; the other address fixes it."""
    with KiwoomServer() as production, KiwoomServer(mock=True, beside=production) as mock:
        diagnosis = Diagnosis(production, KIWOOM_BASE_URL=mock.url)

        assert_fails(diagnosis, "au10001", "[8030:", "Mock trading (모의투자) needs")
        assert_ready(Diagnosis(production))


def test_an_unregistered_ip_address_fails(server):
    """Code 8050 is a failure with the advice to register this machine's public IP address."""
    server.allowed_ips = ["203.0.113.7"]

    assert_fails(Diagnosis(server), "au10001", "[8050:지정단말기", "Register this machine's public IP address")
    server.allowed_ips = ["127.0.0.1"]
    assert_ready(Diagnosis(server))


def test_too_many_calls_fail(server):
    """Code 1700 is a failure with the advice to wait and send fewer calls."""
    server.fail(Reply({"return_code": 5, "return_msg": "[1700:허용된 API 요청 개수를 초과하였습니다]"}, 429))

    assert_fails(Diagnosis(server), "au10001", "[1700:", "Wait a second")
    assert_ready(Diagnosis(server))


def test_http_429_without_a_code_fails(server):
    """HTTP 429 without a code gets the advice for too many calls."""
    refuse(server, "slow down", 5, 429)

    assert_fails(Diagnosis(server), "au10001", "return_code 5: slow down", "Wait a second")


def test_a_maintenance_page_fails(server):
    """A page instead of JSON is a failure, and its text is not printed."""
    server.fail(Reply(b"<html>fake-password</html>", 503))

    assert_fails(Diagnosis(server), "au10001", "HTTP 503)", "Try again later")
    assert_ready(Diagnosis(server))


def test_a_usable_store_passes(server, tmp_path):
    """A private store file is reported as readable, writable and private, and doctor leaves no record in it."""
    path = str(tmp_path / "tokens.db")

    diagnosis = Diagnosis(server, "--store", path)

    assert_ready(diagnosis)
    assert "SQLiteStore, readable and writable and private" == diagnosis.details["store"]
    with sqlite3.connect(path) as database:
        assert [(0,)] == database.execute("SELECT count(*) FROM tokens").fetchall()
    database.close()
    assert ("-", "none: other programs do not share this token") == (
        Diagnosis(server).statuses["store"],
        Diagnosis(server).details["store"],
    )


@posix
def test_a_store_that_others_can_read_fails(server, tmp_path):
    """A store file that others can read is a failure; the chmod that doctor prints fixes it."""
    path = tmp_path / "tokens.db"
    path.touch()
    path.chmod(0o644)

    diagnosis = Diagnosis(server, KIWOOM_STORE=str(path))

    assert_fails(diagnosis, "store", "chmod 600", "Fix this, or run without the store")
    path.chmod(0o600)
    assert_ready(Diagnosis(server, KIWOOM_STORE=str(path)))


def test_a_store_in_quotation_marks_fails(server):
    """Quotation marks around KIWOOM_STORE are a failure, as they are around keys."""
    diagnosis = Diagnosis(server, KIWOOM_STORE='"tokens.db"')

    assert_fails(diagnosis, "store", "has quotation marks or spaces around it", "Fix this")


def test_another_programs_database_fails(server, tmp_path):
    """A store file that is another program's database is a failure."""
    path = tmp_path / "tokens.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    database.close()
    path.chmod(0o600)

    diagnosis = Diagnosis(server, "--store", str(path))

    assert_fails(diagnosis, "store", "another program's database", "names a file of your own")


def test_an_unreachable_redis_server_fails(server):
    """An unreachable Redis server is a failure that does not show its password."""
    diagnosis = Diagnosis(server, KIWOOM_STORE="redis://:fake-password@127.0.0.1:9/0")

    assert_fails(diagnosis, "store", "127.0.0.1:9", "a Redis server that can be reached")


def test_a_store_that_fails_does_not_end_the_checks(server, tmp_path):
    """After a failure of the store, all other checks still run."""
    diagnosis = Diagnosis(server, "--store", str(tmp_path))

    assert ["store"] == diagnosis.failed
    assert ALL == diagnosis.names


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "ascii"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_json_has_the_findings_in_english(server, encoding, language):
    """--json prints the findings and the versions, in English whatever the language, and no secret."""
    diagnosis = Diagnosis(server, "--json", "--lang", language, PYTHONIOENCODING=encoding)

    report = json.loads(diagnosis.ran.out)
    assert ALL == [check["name"] for check in report["checks"]]
    assert {"requests_kiwoom", "requests", "python", "system", "checks"} == report.keys()
    assert {"name", "status", "detail", "cure"} == report["checks"][0].keys()
    assert "agrees with the server's" == report["checks"][6]["detail"]
    assert 0 == diagnosis.status


def test_json_of_a_failure_has_its_advice(server):
    """With --json, a failed check has its advice, and the exit status is 1."""
    diagnosis = Diagnosis(server, "--json", "--base-url", "http://127.0.0.1:9")

    check = json.loads(diagnosis.ran.out)["checks"][-1]
    assert (1, "connection", "FAIL") == (diagnosis.status, check["name"], check["status"])
    assert check["cure"].startswith("No server listens there")
