"""``call``: one authenticated request, and its response."""

import json

import pytest

from requests_kiwoom.testing import Reply, faults
from tests.helpers.cli import PATH, answer, refuse, run, sent_body


def test_it_prints_the_response_as_json(server):
    """The response is printed on stdout as indented JSON with readable Korean, and nothing on stderr."""
    answer(server, {"stk_nm": "삼성전자", "return_code": 0})

    ran = run(server, "call", "ka10001", PATH, '{"stk_cd": "005930"}')

    assert (0, "") == (ran.status, ran.err)
    assert '{\n  "stk_nm": "삼성전자",\n  "return_code": 0\n}\n' == ran.out


def test_missing_arguments_are_named(server):
    """Without arguments, the error names the two that are required, and not the body."""
    ran = run(server, "call")

    assert (2, 0) == (ran.status, server.issues)
    assert "required: API_ID, PATH;" in ran.complaint


def test_it_sends_one_authenticated_request(server):
    """au10001 is called, then the request is sent with the token, the api-id and the body as it was written."""
    run(server, "call", "ka10001", PATH, '{"stk_cd":  "005930"}')

    issue, request = server.requests
    assert ("/oauth2/token", PATH) == (issue.path, request.path)
    assert ("ka10001", b'{"stk_cd":  "005930"}') == (request.api_id, request.body)
    assert request.token is not None
    assert "application/json;charset=UTF-8" == request.headers["content-type"]


def test_without_a_body_it_sends_an_empty_object(server):
    """Without a body argument the body is {}, since all of Kiwoom's APIs take a JSON object."""
    run(server, "call", "ka10001", PATH)

    assert b"{}" == server.requests[-1].body


def test_fields_need_no_quotation_marks(server):
    """FIELD=VALUE arguments become a JSON object of strings; a value may contain an equals sign, or be empty."""
    assert 0 == run(server, "call", "ka10001", PATH, "stk_cd=005930", "nm=삼성=", "qty=").status

    assert {"stk_cd": "005930", "nm": "삼성=", "qty": ""} == sent_body(server)


@pytest.mark.parametrize(
    "fields",
    [["005930"], ["stk_cd=005930", "KRX"], ["=005930"], ["stk_cd=1", "stk_cd=2"], ["stk_cd=1", "{}"], ["nm=\udce3"]],
    ids=["no equals sign", "one without", "no name", "one name twice", "JSON as well", "not text"],
)
def test_malformed_fields_are_not_sent(server, fields):
    """Malformed FIELD=VALUE arguments are an error, and nothing is sent."""
    ran = run(server, "call", "ka10001", PATH, *fields)

    assert 1 == ran.status
    assert "write FIELD=VALUE, such as stk_cd=005930" in ran.complaint
    assert [] == server.requests


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_body_is_read_from_a_file(server, tmp_path, encoding):
    """@FILE is read as UTF-8 or as UTF-16, which PowerShell 5.1's > writes; the BOM is not sent."""
    (tmp_path / "body.json").write_bytes('{"nm": "삼성"}'.encode(encoding))

    assert 0 == run(server, "call", "ka10001", PATH, f"@{tmp_path / 'body.json'}").status
    assert '{"nm": "삼성"}'.encode() == server.requests[-1].body


def test_the_body_is_read_from_stdin(server):
    """The argument - reads the body from stdin."""
    assert 0 == run(server, "call", "ka10001", PATH, "-", stdin='{"nm": "삼성"}'.encode()).status
    assert {"nm": "삼성"} == sent_body(server)


@pytest.mark.parametrize(
    "body",
    [b"[1]", b"005930", b"{stk_cd: 005930}", b"", b"{", "삼성".encode("cp949"), b"[" * 100_000, b"\xff\xfe{"],
    ids=["list", "number", "no quotation marks", "empty", "cut off", "cp949", "too deep", "half UTF-16"],
)
def test_a_body_on_stdin_that_is_not_an_object_is_not_sent(server, body):
    """A body on stdin that is not a JSON object is an error, and nothing is sent."""
    ran = run(server, "call", "ka10001", PATH, "-", stdin=body)

    assert 1 == ran.status
    assert ran.complaint.startswith('error: the body is not a JSON object, such as {"stk_cd": "005930"}: write FIELD=')
    assert [] == server.requests


@pytest.mark.parametrize("body", ["[1]", "{", ""])
def test_an_argument_that_is_not_an_object_is_not_sent(server, body):
    """JSON on the command line that is not an object is an error, and nothing is sent."""
    assert 1 == run(server, "call", "ka10001", PATH, body).status
    assert [] == server.requests


def test_a_missing_body_file_is_named(server, tmp_path):
    """The error for a missing body file names its path."""
    ran = run(server, "call", "ka10001", PATH, f"@{tmp_path / 'body.json'}")

    assert 1 == ran.status
    assert f"the body cannot be read from {tmp_path / 'body.json'}: " in ran.complaint


def test_without_stdin_nothing_is_sent(server):
    """In a process without a stdin, as under pythonw, the argument - is an error, and nothing is sent."""
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
def test_an_invalid_path_or_api_id_is_not_called(server, api_id, path, reason):
    """An invalid path or api-id is an error, and nothing is sent."""
    ran = run(server, "call", api_id, path)

    assert 1 == ran.status
    assert reason in ran.complaint
    assert [] == server.requests


def test_a_continuation_is_printed_as_the_options_that_fetch_it(server):
    """cont-yn and next-key of the response are printed on stderr as options to paste; stdout is only JSON."""
    answer(server, {"return_code": 0}, {"cont-yn": "Y", "next-key": "20241107 0930"})

    ran = run(server, "call", "ka10001", PATH)

    assert 0 == ran.status
    assert ran.complaint.endswith("--cont-yn Y --next-key '20241107 0930'\n")
    assert {"return_code": 0} == json.loads(ran.out)


def test_the_last_page_prints_no_continuation(server):
    """A response with cont-yn: N prints nothing on stderr."""
    answer(server, {"return_code": 0}, {"cont-yn": "N", "next-key": ""})

    assert "" == run(server, "call", "ka10001", PATH).err


def test_a_continuation_is_sent(server):
    """--cont-yn and --next-key are sent as headers; without the options there are no such headers."""
    run(server, "call", "ka10001", PATH, "--cont-yn", "Y", "--next-key", "20241107 0930")
    headers = server.requests[-1].headers
    assert ("Y", "20241107 0930") == (headers["cont-yn"], headers["next-key"])

    run(server, "call", "ka10001", PATH)
    assert not {"cont-yn", "next-key"} & server.requests[-1].headers.keys()


def test_a_next_key_that_is_not_ascii_is_not_sent(server):
    """A Korean --next-key, which a header cannot hold, is an error, and nothing is sent."""
    ran = run(server, "call", "ka10001", PATH, "--cont-yn", "Y", "--next-key", "다음")

    assert 1 == ran.status
    assert "--next-key must be the ASCII text that the response before gave" in ran.complaint
    assert [] == server.requests


def test_a_revoked_token_is_replaced(server):
    """A token that is revoked between its issue and its use is replaced, and the request is resent."""

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
    """A return_code other than 0 is exit status 1, with Kiwoom's message and advice."""
    refuse(server, msg, return_code, status, PATH)

    ran = run(server, "call", "ka10001", PATH)

    http = "" if status == 200 else f"HTTP {status}, "
    assert 1 == ran.status
    assert f"error: ka10001 failed with {http}return_code {return_code}: {msg}. " in ran.complaint
    assert advice in ran.complaint
    assert return_code == json.loads(ran.out)["return_code"]


@pytest.mark.parametrize("return_code, status", [(20, 200), (0, 500)])
def test_no_data_and_http_500_have_no_advice(server, return_code, status):
    """A response without data, and return_code 0 with HTTP 500, are errors with Kiwoom's message and no advice."""
    refuse(server, "[2000](RC4058:모의투자 장종료)", return_code, status, PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert ran.complaint.endswith(f"return_code {return_code}: [2000](RC4058:모의투자 장종료).\n")


def test_a_response_without_return_code_is_an_error(server):
    """A response without a return_code is printed, and the exit status is 1."""
    answer(server, {"stk_nm": "삼성전자"})

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert "is HTTP 200 and has no return_code" in ran.complaint
    assert {"stk_nm": "삼성전자"} == json.loads(ran.out)


def test_return_code_0_as_a_string_is_a_success(server):
    """The return_code "0" is a success: Kiwoom sends numbers as strings, too."""
    answer(server, {"return_code": "0"})

    assert 0 == run(server, "call", "ka10001", PATH).status


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b"[]"])
def test_a_response_that_is_not_a_json_object_is_an_error(server, body):
    """A response that is not a JSON object is an error with its HTTP status; nothing is printed on stdout."""
    answer(server, body, status=503)

    ran = run(server, "call", "ka10001", PATH)

    assert (1, "") == (ran.status, ran.out)
    assert "is HTTP 503 and not a JSON object. This response is not from Kiwoom's API: maintenance" in ran.complaint


def test_a_connection_that_breaks_is_an_error(server):
    """A request without a response is an error that refers to `doctor`."""
    server.fail(faults.RESET_BEFORE, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: the request failed: ")
    assert ran.complaint.endswith("`requests-kiwoom doctor` shows where\n")


@pytest.mark.parametrize("host", ["api..x", f"{'a' * 64}.example"], ids=["an empty label", "a label of 64 letters"])
def test_a_proxy_with_an_invalid_host_name_is_an_error(server, tmp_path, host):
    """A proxy's invalid host name, for which requests raises an error of urllib3, is reported as a failed request."""
    store = str(tmp_path / "tokens.db")
    run(server, "token", "--store", store)

    ran = run(server, "call", "ka10001", PATH, "--store", store, HTTP_PROXY=f"http://{host}:9")

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: the request failed: ")


def test_a_redirect_is_not_followed(server):
    """A redirect is not followed: the body, such as an order, is sent to the given address only."""
    answer(server, b"", {"Location": f"{server.url}/api/dostk/ordr"}, 307)

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert "HTTP 307 and not a JSON object" in ran.complaint
    assert PATH == server.requests[-1].path


def test_control_characters_in_a_response_are_not_printed(server):
    """Escape sequences in Kiwoom's message do not reach the terminal."""
    refuse(server, "\x1b[2J\x9b2J\r\nbell\x07", 7, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(ran.complaint)
    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(ran.out)


def test_errors_are_korean_with_lang_ko(server):
    """With --lang ko, the sentence around Kiwoom's message and the advice are Korean."""
    refuse(server, "[1511:필수 입력 값]", 2, path=PATH)

    ran = run(server, "call", "ka10001", PATH, "--lang", "ko")

    assert "오류: ka10001 호출에 실패했습니다(return_code 2): [1511:필수 입력 값]. 요청 본문의 항목을" in ran.complaint


def test_an_error_of_the_package_is_introduced_in_korean(server):
    """With --lang ko, a Korean meaning precedes KiwoomAuth's English error, and the error refers to `explain`."""
    ran = run(server, "call", "ka1000100001", PATH, "--lang", "ko")

    assert ran.complaint.startswith("오류: api-id가 잘못되었거나 두 개가 지정되었습니다: an api-id is 1 to 10")
    assert "`requests-kiwoom explain InvalidApiId`" in ran.complaint
