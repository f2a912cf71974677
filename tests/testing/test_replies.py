"""The responses that a test sets, and the requests that it sees."""

import json

import pytest

from requests_kiwoom.testing import ReceivedRequest, Reply

OK = {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}


def test_an_object_without_return_code_is_a_success(server, client):
    """An object without a return_code is a success."""
    server.reply("ka10001", {"stk_nm": "삼성전자"})

    assert {"stk_nm": "삼성전자", **OK} == client.call().json()
    assert {"stk_nm": "삼성전자", **OK} == client.call().json()


def test_an_object_with_return_code_is_not_changed(server, client):
    """An object with a return_code is sent without changes: 20 is "no data"."""
    server.reply("ka10001", {"return_code": 20, "return_msg": "조회된 데이터가 없습니다"})

    assert {"return_code": 20, "return_msg": "조회된 데이터가 없습니다"} == client.call().json()


def test_a_list_sets_successive_responses(server, client):
    """The items of a list are the responses to successive calls; the last item is repeated."""
    server.reply("ka10001", [{"cur_prc": "1"}, Reply({"error": "x"}, status=500), {"cur_prc": "2"}])

    assert [200, 500, 200, 200] == [client.call().status_code for _ in range(4)]
    assert "2" == client.call().json()["cur_prc"]


def test_a_callable_makes_the_response(server, client):
    """A callable gets the request and returns the response. No lock is held, so it may use the server."""

    def respond(request):
        server.reply("ka10002", {"seen": request.json()["stk_cd"]})
        return {"stk_cd": request.json()["stk_cd"], "token": request.token == client.token}

    server.reply("ka10001", respond)

    assert {"stk_cd": "005930", "token": True, **OK} == client.call(stk_cd="005930").json()
    assert "005930" == client.call("ka10002").json()["seen"]


def test_a_list_may_have_callables(server, client):
    """A list may have callables and objects."""
    server.reply("ka10001", [lambda request: Reply({"n": 1}), {"n": 2}])

    assert [1, 2] == [client.call().json()["n"] for _ in range(2)]


@pytest.mark.parametrize(
    "broken",
    [
        lambda request: 1 / 0,
        lambda request: "text",
        lambda request: {"x": object()},
        lambda request: Reply({}, headers={"x": "삼성전자"}),
    ],
)
def test_a_callable_that_raises_causes_http_500(server, client, broken):
    """A callable that raises, or returns no response, causes HTTP 500 and a complaint; the caller does not hang."""
    server.reply("ka10001", broken)

    assert (500, 1) == (client.call().status_code, len(server.complaints))
    assert "responding to <ReceivedRequest POST /api/dostk/stkinfo ka10001> raised" in server.complaints[0]


def test_a_file_is_read_by_reply(server, client, tmp_path):
    """reply() reads a file as JSON at once, also with the BOM that editors on Windows write."""
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"stk_nm": "삼성전자"}), encoding="utf-8-sig")
    server.reply("ka10001", file)
    file.unlink()

    assert "삼성전자" == client.call().json()["stk_nm"]


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_file_without_a_json_object_is_an_error(server, tmp_path, content):
    """reply() rejects a file without a JSON object; the error names the file."""
    file = tmp_path / "answer.json"
    file.write_text(content)

    with pytest.raises(ValueError, match="answer.json"):
        server.reply("ka10001", file)


def test_reply_from_reads_files_named_after_api_ids(server, client, tmp_path):
    """reply_from() reads each file that is named after an api-id."""
    (tmp_path / "ka10001.json").write_text('{"n": 1}')
    (tmp_path / "ka10002.json").write_text('{"n": 2}')
    (tmp_path / "notes.txt").write_text("not an answer")

    assert ["ka10001", "ka10002"] == server.reply_from(tmp_path)
    assert [1, 2] == [client.call(api_id).json()["n"] for api_id in ("ka10001", "ka10002")]


def test_reply_from_rejects_a_file_with_an_unknown_api_id(server, tmp_path):
    """reply_from() rejects a JSON file that is not named after an api-id: it would never be sent."""
    (tmp_path / "ka1001.json").write_text("{}")

    with pytest.raises(ValueError, match="Kiwoom has no api-id 'ka1001'"):
        server.reply_from(tmp_path)


def test_reply_from_rejects_a_missing_directory(server, tmp_path):
    """reply_from() rejects a missing directory, instead of reading it as an empty one."""
    with pytest.raises(ValueError, match="is not a directory"):
        server.reply_from(tmp_path / "missing")


@pytest.mark.parametrize(
    "response, error", [([], ValueError), (5, TypeError), ([5], TypeError), ("ka10001.json", TypeError)]
)
def test_reply_rejects_what_is_no_response(server, response, error):
    """reply() rejects values that are no response."""
    with pytest.raises(error):
        server.reply("ka10001", response)


def test_a_reply_may_have_headers(server, client):
    """The headers of a Reply win over api-id, cont-yn and next-key, which every response has."""
    server.reply("ka10001", Reply({"n": 1}, headers={"cont-yn": "Y", "next-key": "7"}))

    headers = client.call().headers
    assert ("ka10001", "Y", "7") == (headers["api-id"], headers["cont-yn"], headers["next-key"])


def test_requests_has_the_received_requests(server, client):
    """`requests` has the received requests, oldest first; last and to() select from it."""
    client.call("ka10001", stk_cd="005930")
    client.call("ka10002")

    assert ["au10001", "ka10001", "ka10002"] == [request.called for request in server.requests]
    assert "ka10002" == server.requests.last.api_id
    assert [{"stk_cd": "005930"}] == [request.json() for request in server.requests.to("ka10001")]
    assert 1 == len(server.requests.to("au10001"))


def test_requests_last_without_a_request(server):
    """`requests.last` raises an error if no request was received."""
    with pytest.raises(IndexError, match="no request was received"):
        server.requests.last


def test_repr_of_a_request_shows_no_secret(client):
    """The repr of a request has neither keys nor token: a failed assertion prints it."""
    client.call(path="/api/dostk/stkinfo?token=" + client.token)

    shown = repr(client.server.requests)
    assert "<ReceivedRequest POST /oauth2/token au10001>, <ReceivedRequest POST /api/dostk/stkinfo ka10001>" in shown
    for secret in (client.token, client.server.appkey, client.server.secretkey):
        assert secret not in shown


def test_only_a_bearer_token_is_the_token_of_a_request():
    """`token` of a request is its bearer token, and None with any other authorization header."""
    headers = ["Bearer abc", "bearer abc", "Basic abc", "Bearer "]
    requests = [ReceivedRequest("POST", "/", {"authorization": header}, b"") for header in headers]

    assert ["abc", "abc", None, None] == [request.token for request in requests]
