"""``call``: one authenticated request, and its response."""

import json

import pytest

from requests_kiwoom.testing import Reply, faults
from tests.helpers.cli import PATH, answer, refuse, run, sent_body


def test_it_prints_the_response_as_json(server):
    """The response stands on stdout as indented JSON, its Korean text readable, and nothing on stderr."""
    answer(server, {"stk_nm": "삼성전자", "return_code": 0})

    ran = run(server, "call", "ka10001", PATH, '{"stk_cd": "005930"}')

    assert (0, "") == (ran.status, ran.err)
    assert '{\n  "stk_nm": "삼성전자",\n  "return_code": 0\n}\n' == ran.out


def test_what_it_needs(server):
    """Without arguments, it names the two that it needs, and not the body."""
    ran = run(server, "call")

    assert (2, 0) == (ran.status, server.issues)
    assert "required: API_ID, PATH;" in ran.complaint


def test_it_sends_one_authenticated_request(server):
    """au10001, then the request with token, api-id and the body as it was written."""
    run(server, "call", "ka10001", PATH, '{"stk_cd":  "005930"}')

    issue, request = server.requests
    assert ("/oauth2/token", PATH) == (issue.path, request.path)
    assert ("ka10001", b'{"stk_cd":  "005930"}') == (request.api_id, request.body)
    assert request.token is not None
    assert "application/json;charset=UTF-8" == request.headers["content-type"]


def test_without_a_body_it_sends_an_empty_object(server):
    """All of Kiwoom's APIs take a JSON object: without an argument it is {}."""
    run(server, "call", "ka10001", PATH)

    assert b"{}" == server.requests[-1].body


def test_fields_need_no_quotation_marks(server):
    """FIELD=VALUE, several times, is a JSON object of strings; a value may have an equals sign and may be empty."""
    assert 0 == run(server, "call", "ka10001", PATH, "stk_cd=005930", "nm=삼성=", "qty=").status

    assert {"stk_cd": "005930", "nm": "삼성=", "qty": ""} == sent_body(server)


@pytest.mark.parametrize(
    "fields",
    [["005930"], ["stk_cd=005930", "KRX"], ["=005930"], ["stk_cd=1", "stk_cd=2"], ["stk_cd=1", "{}"], ["nm=\udce3"]],
    ids=["no equals sign", "one without", "no name", "one name twice", "JSON as well", "not text"],
)
def test_fields_that_are_not_ones_are_not_sent(server, fields):
    """A body that cannot be meant is refused before anything is sent."""
    ran = run(server, "call", "ka10001", PATH, *fields)

    assert 1 == ran.status
    assert "write FIELD=VALUE, such as stk_cd=005930" in ran.complaint
    assert [] == server.requests


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_body_comes_from_a_file(server, tmp_path, encoding):
    """@FILE is read, in UTF-8 or as PowerShell 5.1's > writes it; no BOM is sent."""
    (tmp_path / "body.json").write_bytes('{"nm": "삼성"}'.encode(encoding))

    assert 0 == run(server, "call", "ka10001", PATH, f"@{tmp_path / 'body.json'}").status
    assert '{"nm": "삼성"}'.encode() == server.requests[-1].body


def test_the_body_comes_from_stdin(server):
    """- stands for stdin."""
    assert 0 == run(server, "call", "ka10001", PATH, "-", stdin='{"nm": "삼성"}'.encode()).status
    assert {"nm": "삼성"} == sent_body(server)


@pytest.mark.parametrize(
    "body",
    [b"[1]", b"005930", b"{stk_cd: 005930}", b"", b"{", "삼성".encode("cp949"), b"[" * 100_000, b"\xff\xfe{"],
    ids=["list", "number", "no quotation marks", "empty", "cut off", "cp949", "too deep", "half UTF-16"],
)
def test_a_body_that_is_not_an_object_is_not_sent(server, body):
    """Anything but a JSON object is refused before anything is sent."""
    ran = run(server, "call", "ka10001", PATH, "-", stdin=body)

    assert 1 == ran.status
    assert ran.complaint.startswith('error: the body is not a JSON object, such as {"stk_cd": "005930"}: write FIELD=')
    assert [] == server.requests


@pytest.mark.parametrize("body", ["[1]", "{", ""])
def test_an_argument_that_is_not_an_object_is_not_sent(server, body):
    """The same for JSON on the command line."""
    assert 1 == run(server, "call", "ka10001", PATH, body).status
    assert [] == server.requests


def test_a_body_file_that_is_not_there_is_named(server, tmp_path):
    """A missing file: one error with its name."""
    ran = run(server, "call", "ka10001", PATH, f"@{tmp_path / 'body.json'}")

    assert 1 == ran.status
    assert f"the body cannot be read from {tmp_path / 'body.json'}: " in ran.complaint


def test_without_stdin_there_is_no_body(server):
    """A program without a stdin, as under pythonw, sends nothing."""
    ran = run(server, "call", "ka10001", PATH, "-", stdin=None)

    assert (1, []) == (ran.status, server.requests)


@pytest.mark.parametrize(
    "api_id, path, reason",
    [
        ("ka10001", "api/dostk/stkinfo", "PATH begins with a slash"),
        ("ka10001", "https://api.kiwoom.com/api/dostk/stkinfo", "PATH begins with a slash"),
        ("au10001", "/oauth2/token", "use the commands token, renew and revoke"),
        ("ka1000100001", PATH, "an api-id is 1 to 10 visible ASCII characters"),
        ("", PATH, "an api-id is 1 to 10 visible ASCII characters"),
    ],
)
def test_an_api_that_cannot_be_one_is_not_called(server, api_id, path, reason):
    """A wrong path or api-id is refused before anything is sent."""
    ran = run(server, "call", api_id, path)

    assert 1 == ran.status
    assert reason in ran.complaint
    assert [] == server.requests


def test_a_continuation_is_printed_as_the_options_that_fetch_it(server):
    """cont-yn and next-key of the response stand on stderr, ready to be pasted; stdout stays JSON."""
    answer(server, {"return_code": 0}, {"cont-yn": "Y", "next-key": "20241107 0930"})

    ran = run(server, "call", "ka10001", PATH)

    assert 0 == ran.status
    assert ran.complaint.endswith("--cont-yn Y --next-key '20241107 0930'\n")
    assert {"return_code": 0} == json.loads(ran.out)


def test_the_last_page_prints_no_continuation(server):
    """cont-yn: N is no continuation."""
    answer(server, {"return_code": 0}, {"cont-yn": "N", "next-key": ""})

    assert "" == run(server, "call", "ka10001", PATH).err


def test_a_continuation_is_sent(server):
    """--cont-yn and --next-key are sent as the headers; without them there are none."""
    run(server, "call", "ka10001", PATH, "--cont-yn", "Y", "--next-key", "20241107 0930")
    headers = server.requests[-1].headers
    assert ("Y", "20241107 0930") == (headers["cont-yn"], headers["next-key"])

    run(server, "call", "ka10001", PATH)
    assert not {"cont-yn", "next-key"} & server.requests[-1].headers.keys()


def test_a_next_key_that_cannot_be_one_is_not_sent(server):
    """A header cannot hold Korean: one error, nothing sent."""
    ran = run(server, "call", "ka10001", PATH, "--cont-yn", "Y", "--next-key", "다음")

    assert 1 == ran.status
    assert "--next-key must be the ASCII text that the response before gave" in ran.complaint
    assert [] == server.requests


def test_a_revoked_token_is_replaced(server):
    """A token that is revoked between its issue and its use: issued again, sent again, exit status 0."""

    def revoke(request):
        server.revoke_all()
        return Reply({"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3})

    server.fail(revoke, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert (0, "") == (ran.status, ran.err)
    assert ["au10001", "ka10001", "au10001", "ka10001"] == [request.api_id for request in server.requests]


@pytest.mark.parametrize(
    "return_code, msg, status, advice",
    [
        (2, "입력 값 오류입니다[1511:필수 입력 값에 값이 존재하지 않습니다]", 200, "Compare the fields of the request's body"),
        (2, "[1504:해당 URI에서는 지원하는 API ID가 아닙니다]", 200, "Look up the api-id and its path"),
        (5, "[1700:허용된 API 요청 개수를 초과하였습니다]", 429, "Wait a second and send fewer calls"),
        (5, "too fast", 429, "Wait a second and send fewer calls"),
        (3, "[8104:모의투자에서는 해당 API ID를 제공하지 않습니다]", 200, "Use another API, or production (실전)"),
        (3, "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", 200, "`requests-kiwoom renew --force`"),
        (7, "something new", 200, "Look up the message in Kiwoom's API guide."),
    ],
)
def test_a_refusal_is_an_error_with_advice(server, return_code, msg, status, advice):
    """Exit status 0 only for return_code 0: otherwise Kiwoom's words and what to do."""
    refuse(server, msg, return_code, status, PATH)

    ran = run(server, "call", "ka10001", PATH)

    http = "" if status == 200 else f"HTTP {status}, "
    assert 1 == ran.status
    assert f"error: ka10001 failed with {http}return_code {return_code}: {msg}. " in ran.complaint
    assert advice in ran.complaint
    assert return_code == json.loads(ran.out)["return_code"]


@pytest.mark.parametrize("return_code, status", [(20, 200), (0, 500)])
def test_a_code_that_is_no_error_of_a_call_has_no_advice(server, return_code, status):
    """No data, and a success with an HTTP error, are explained by Kiwoom's words alone."""
    refuse(server, "[2000](RC4058:모의투자 장종료)", return_code, status, PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert ran.complaint.endswith(f"return_code {return_code}: [2000](RC4058:모의투자 장종료).\n")


def test_a_response_without_return_code_is_an_error(server):
    """A response that does not say 0 is shown, and is no success."""
    answer(server, {"stk_nm": "삼성전자"})

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert "is HTTP 200 and has no return_code" in ran.complaint
    assert {"stk_nm": "삼성전자"} == json.loads(ran.out)


def test_return_code_0_as_a_string_is_a_success(server):
    """The vendor's numbers come as strings too."""
    answer(server, {"return_code": "0"})

    assert 0 == run(server, "call", "ka10001", PATH).status


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b"[]"])
def test_a_response_that_is_not_a_json_object_is_an_error(server, body):
    """A maintenance page: one error with the HTTP status, nothing on stdout."""
    answer(server, body, status=503)

    ran = run(server, "call", "ka10001", PATH)

    assert (1, "") == (ran.status, ran.out)
    assert "is HTTP 503 and not a JSON object. This response is not from Kiwoom's API: maintenance" in ran.complaint


def test_a_connection_that_breaks_is_an_error(server):
    """No response to the request: one error, which names the command that shows more."""
    server.fail(faults.RESET_BEFORE, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: the request failed: ")
    assert ran.complaint.endswith("`requests-kiwoom doctor` shows where\n")


@pytest.mark.parametrize("host", ["api..x", f"{'a' * 64}.example"], ids=["an empty label", "a label of 64 letters"])
def test_a_proxy_whose_name_cannot_be_one_is_an_error(server, tmp_path, host):
    """urllib3's error for such a host, which requests lets through, is told as a failed request."""
    store = str(tmp_path / "tokens.db")
    run(server, "token", "--store", store)

    ran = run(server, "call", "ka10001", PATH, "--store", store, HTTP_PROXY=f"http://{host}:9")

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: the request failed: ")


def test_a_redirect_is_not_followed(server):
    """The body, an order say, goes to the address that was named and to no other."""
    answer(server, b"", {"Location": f"{server.url}/api/dostk/ordr"}, 307)

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert "HTTP 307 and not a JSON object" in ran.complaint
    assert PATH == server.requests[-1].path


def test_a_response_does_not_steer_the_terminal(server):
    """Escape sequences in Kiwoom's words are not printed as they are."""
    refuse(server, "\x1b[2J\x9b2J\r\nbell\x07", 7, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(ran.complaint)
    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(ran.out)


def test_its_errors_are_korean(server):
    """--lang ko: the sentence around Kiwoom's words, and what to do, in Korean."""
    refuse(server, "[1511:필수 입력 값]", 2, path=PATH)

    ran = run(server, "call", "ka10001", PATH, "--lang", "ko")

    assert "오류: ka10001 호출에 실패했습니다(return_code 2): [1511:필수 입력 값]. 요청 본문의 항목을" in ran.complaint


def test_an_error_of_the_package_is_introduced_in_korean(server):
    """What KiwoomAuth raises has English words: a Korean meaning stands before them, and where to read more."""
    ran = run(server, "call", "ka1000100001", PATH, "--lang", "ko")

    assert ran.complaint.startswith("오류: api-id가 잘못되었거나 두 개가 지정되었습니다: an api-id is 1 to 10")
    assert "`requests-kiwoom explain InvalidApiId`" in ran.complaint
