"""``call``: one authenticated request, and what came of it."""

import json

import pytest

from requests_kiwoom.testing import Reply, faults
from tests.helpers.cli import PATH, answer, refuse, run, sent_body


def test_it_prints_the_answer_as_json(server):
    """The answer stands on stdout as indented JSON, its Korean text readable, and nothing on stderr."""
    answer(server, {"stk_nm": "삼성전자", "return_code": 0})

    ran = run(server, "call", "ka10001", PATH, '{"stk_cd": "005930"}')

    assert (0, "") == (ran.status, ran.err)
    assert '{\n  "stk_nm": "삼성전자",\n  "return_code": 0\n}\n' == ran.out


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


def test_the_body_comes_from_a_file(server, tmp_path):
    """@FILE is read, and the BOM of a Windows editor is not sent."""
    (tmp_path / "body.json").write_bytes(b'\xef\xbb\xbf{"stk_cd": "005930"}')

    assert 0 == run(server, "call", "ka10001", PATH, f"@{tmp_path / 'body.json'}").status
    assert {"stk_cd": "005930"} == sent_body(server)


def test_the_body_comes_from_stdin(server):
    """- stands for stdin."""
    assert 0 == run(server, "call", "ka10001", PATH, "-", stdin='{"nm": "삼성"}'.encode()).status
    assert {"nm": "삼성"} == sent_body(server)


@pytest.mark.parametrize(
    "body",
    ["[1]", "005930", "{stk_cd: 005930}", "", "{", "삼성".encode("cp949"), "[" * 100_000],
    ids=["list", "number", "no quotation marks", "empty", "cut off", "cp949", "too deep"],
)
def test_a_body_that_is_no_object_is_not_sent(server, body):
    """What is no JSON object in UTF-8 is refused before anything goes out."""
    content = body if isinstance(body, bytes) else body.encode()
    ran = run(server, "call", "ka10001", PATH, "-", stdin=content)

    assert 1 == ran.status
    assert ran.complaint.startswith("error: the body is no JSON object in UTF-8")
    assert [] == server.requests


def test_a_body_file_that_is_not_there_is_named(server, tmp_path):
    """A missing file: one line with its name."""
    ran = run(server, "call", "ka10001", PATH, f"@{tmp_path / 'body.json'}")

    assert 1 == ran.status
    assert f"cannot be read from {tmp_path / 'body.json'}: No such file" in ran.complaint


@pytest.mark.parametrize(
    "api_id, path, reason",
    [
        ("ka10001", "api/dostk/stkinfo", "PATH begins with a slash"),
        ("ka10001", "https://api.kiwoom.com/api/dostk/stkinfo", "PATH begins with a slash"),
        ("au10001", "/oauth2/token", "are the commands token, renew and revoke"),
        ("ka1000100001", PATH, "an api-id is 1 to 10 visible ASCII characters"),
        ("", PATH, "an api-id is 1 to 10 visible ASCII characters"),
    ],
)
def test_an_api_that_cannot_be_one_is_not_called(server, api_id, path, reason):
    """A wrong path or api-id is refused before anything goes out."""
    ran = run(server, "call", api_id, path)

    assert 1 == ran.status
    assert reason in ran.complaint
    assert [] == server.requests


def test_a_continuation_is_told_as_the_options_that_fetch_it(server):
    """cont-yn and next-key of the answer stand on stderr, ready to be pasted; stdout stays JSON."""
    answer(server, {"return_code": 0}, {"cont-yn": "Y", "next-key": "20241107 0930"})

    ran = run(server, "call", "ka10001", PATH)

    assert 0 == ran.status
    assert ran.complaint.endswith("--cont-yn Y --next-key '20241107 0930'\n")
    assert {"return_code": 0} == json.loads(ran.out)


def test_the_last_page_tells_of_no_more(server):
    """cont-yn: N is no continuation."""
    answer(server, {"return_code": 0}, {"cont-yn": "N", "next-key": ""})

    assert "" == run(server, "call", "ka10001", PATH).err


def test_a_continuation_is_sent(server):
    """--cont-yn and --next-key go out as the headers; without them there are none."""
    run(server, "call", "ka10001", PATH, "--cont-yn", "Y", "--next-key", "20241107 0930")
    headers = server.requests[-1].headers
    assert ("Y", "20241107 0930") == (headers["cont-yn"], headers["next-key"])

    run(server, "call", "ka10001", PATH)
    assert not {"cont-yn", "next-key"} & server.requests[-1].headers.keys()


def test_a_next_key_that_cannot_be_one_is_not_sent(server):
    """A header cannot hold Korean: one line, nothing sent."""
    ran = run(server, "call", "ka10001", PATH, "--cont-yn", "Y", "--next-key", "다음")

    assert 1 == ran.status
    assert "--next-key is what the answer before said" in ran.complaint
    assert [] == server.requests


def test_a_token_that_died_is_replaced(server):
    """A token that is revoked between its issue and its use: issued again, sent again, exit status 0."""

    def revoke(request):
        server.revoke_all()
        return Reply({"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3})

    server.fail(revoke, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert (0, "") == (ran.status, ran.err)
    assert ["au10001", "ka10001", "au10001", "ka10001"] == [request.api_id for request in server.requests]


@pytest.mark.parametrize(
    "return_code, msg, status, cure",
    [
        (2, "입력 값 오류입니다[1511:필수 입력 값에 값이 존재하지 않습니다]", 200, "Compare the fields of the body"),
        (2, "[1504:해당 URI에서는 지원하는 API ID가 아닙니다]", 200, "Look api-id and path up"),
        (5, "[1700:허용된 API 요청 개수를 초과하였습니다]", 429, "Too many calls: wait a second"),
        (3, "[8104:모의투자에서는 해당 API ID를 제공하지 않습니다]", 200, "not offered on mock trading (모의투자)"),
        (3, "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", 200, "`renew` revokes it and issues another"),
        (20, "[2000](RC4058:모의투자 장종료)", 200, ""),
        (7, "something new", 200, "Look the message up in Kiwoom's API guide."),
    ],
)
def test_a_refusal_is_an_error_with_its_cure(server, return_code, msg, status, cure):
    """Exit status 0 only for return_code 0: otherwise the vendor's words and what to do, in one line."""
    refuse(server, msg, return_code, status, PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert f"return_code {return_code}: {msg}." in ran.complaint
    assert cure in ran.complaint
    assert return_code == json.loads(ran.out)["return_code"]


def test_an_answer_without_return_code_is_an_error(server):
    """An answer that does not say 0 is shown, and is no success."""
    answer(server, {"stk_nm": "삼성전자"})

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert "no return_code" in ran.complaint
    assert {"stk_nm": "삼성전자"} == json.loads(ran.out)


def test_return_code_0_as_a_string_is_a_success(server):
    """The vendor's numbers come as strings too."""
    answer(server, {"return_code": "0"})

    assert 0 == run(server, "call", "ka10001", PATH).status


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b"[]"])
def test_an_answer_that_is_no_json_object_is_an_error(server, body):
    """A maintenance page: one line with the HTTP status, nothing on stdout."""
    answer(server, body, status=503)

    ran = run(server, "call", "ka10001", PATH)

    assert (1, "") == (ran.status, ran.out)
    assert "HTTP 503 and no JSON object. No answer of Kiwoom's: maintenance" in ran.complaint


def test_a_connection_that_breaks_is_an_error(server):
    """No answer to the request: one line, which names the command that looks further."""
    server.fail(faults.RESET_BEFORE, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert (1, "") == (ran.status, ran.out)
    assert ran.complaint.startswith("error: no answer came: ")
    assert ran.complaint.endswith("`doctor` shows where it fails\n")


def test_a_redirect_is_not_followed(server):
    """The body, an order say, goes to the address that was named and to no other."""
    answer(server, b"", {"Location": f"{server.url}/api/dostk/ordr"}, 307)

    ran = run(server, "call", "ka10001", PATH)

    assert 1 == ran.status
    assert "HTTP 307 and no JSON object" in ran.complaint
    assert PATH == server.requests[-1].path


def test_an_answer_does_not_steer_the_terminal(server):
    """Escape sequences in the vendor's words are not printed as they are."""
    refuse(server, "\x1b[2J\x9b2J\r\nbell\x07", 7, path=PATH)

    ran = run(server, "call", "ka10001", PATH)

    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(ran.complaint)
    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(ran.out)
