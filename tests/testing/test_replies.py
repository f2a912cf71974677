"""What a test has the server answer, and what it sees of what came in."""

import json

import pytest

from requests_kiwoom.testing import ReceivedRequest, Reply

OK = {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}


def test_object(server, client):
    """An object without a return_code is a success."""
    server.reply("ka10001", {"stk_nm": "삼성전자"})

    assert {"stk_nm": "삼성전자", **OK} == client.call().json()
    assert {"stk_nm": "삼성전자", **OK} == client.call().json()


def test_object_with_return_code(server, client):
    """An object with a return_code goes out as it is: 20 is "no data"."""
    server.reply("ka10001", {"return_code": 20, "return_msg": "조회된 데이터가 없습니다"})

    assert {"return_code": 20, "return_msg": "조회된 데이터가 없습니다"} == client.call().json()


def test_list(server, client):
    """A list answers successive calls, and its last item stays."""
    server.reply("ka10001", [{"cur_prc": "1"}, Reply({"error": "x"}, status=500), {"cur_prc": "2"}])

    assert [200, 500, 200, 200] == [client.call().status_code for _ in range(4)]
    assert "2" == client.call().json()["cur_prc"]


def test_callable(server, client):
    """A callable gets the request and makes the answer, outside of any lock: it may use the server."""

    def answer(request):
        server.reply("ka10002", {"seen": request.json()["stk_cd"]})
        return {"stk_cd": request.json()["stk_cd"], "token": request.token == client.token}

    server.reply("ka10001", answer)

    assert {"stk_cd": "005930", "token": True, **OK} == client.call(stk_cd="005930").json()
    assert "005930" == client.call("ka10002").json()["seen"]


def test_callable_in_a_list(server, client):
    """Callables and objects mix in a list."""
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
def test_callable_that_fails(server, client, broken):
    """A callable that raises, or makes no answer, is an HTTP 500 and a complaint; the caller does not hang."""
    server.reply("ka10001", broken)

    assert (500, 1) == (client.call().status_code, len(server.complaints))
    assert "responding to <ReceivedRequest POST /api/dostk/stkinfo ka10001> raised" in server.complaints[0]


def test_file(server, client, tmp_path):
    """A path is read as JSON when it is given, with a BOM as editors on Windows write it."""
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"stk_nm": "삼성전자"}), encoding="utf-8-sig")
    server.reply("ka10001", file)
    file.unlink()

    assert "삼성전자" == client.call().json()["stk_nm"]


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_file_that_is_no_answer(server, tmp_path, content):
    """A file that holds no JSON object is told by its name, when it is given."""
    file = tmp_path / "answer.json"
    file.write_text(content)

    with pytest.raises(ValueError, match="answer.json"):
        server.reply("ka10001", file)


def test_directory(server, client, tmp_path):
    """reply_from() takes each file that is named after an api-id."""
    (tmp_path / "ka10001.json").write_text('{"n": 1}')
    (tmp_path / "ka10002.json").write_text('{"n": 2}')
    (tmp_path / "notes.txt").write_text("not an answer")

    assert ["ka10001", "ka10002"] == server.reply_from(tmp_path)
    assert [1, 2] == [client.call(api_id).json()["n"] for api_id in ("ka10001", "ka10002")]


def test_directory_with_a_stray_file(server, tmp_path):
    """A JSON file that is named after no API is told, rather than never served."""
    (tmp_path / "ka1001.json").write_text("{}")

    with pytest.raises(ValueError, match="Kiwoom has no api-id 'ka1001'"):
        server.reply_from(tmp_path)


def test_no_directory(server, tmp_path):
    """A directory that is none is told, rather than taken for an empty one."""
    with pytest.raises(ValueError, match="is not a directory"):
        server.reply_from(tmp_path / "missing")


@pytest.mark.parametrize(
    "answer, error", [([], ValueError), (5, TypeError), ([5], TypeError), ("ka10001.json", TypeError)]
)
def test_no_answer(server, answer, error):
    """What can be no answer is told when it is given."""
    with pytest.raises(error):
        server.reply("ka10001", answer)


def test_own_headers(server, client):
    """A Reply brings its headers; api-id, cont-yn and next-key come with every answer unless it has its own."""
    server.reply("ka10001", Reply({"n": 1}, headers={"cont-yn": "Y", "next-key": "7"}))

    headers = client.call().headers
    assert ("ka10001", "Y", "7") == (headers["api-id"], headers["cont-yn"], headers["next-key"])


def test_requests(server, client):
    """What came in is a list of requests, oldest first; last and to() pick from it."""
    client.call("ka10001", stk_cd="005930")
    client.call("ka10002")

    assert ["au10001", "ka10001", "ka10002"] == [request.called for request in server.requests]
    assert "ka10002" == server.requests.last.api_id
    assert [{"stk_cd": "005930"}] == [request.json() for request in server.requests.to("ka10001")]
    assert 1 == len(server.requests.to("au10001"))


def test_nothing_came_in(server):
    """last says so if there is none."""
    with pytest.raises(IndexError, match="no request was received"):
        server.requests.last


def test_request_shows_no_secret(client):
    """The repr of a request has neither keys nor token, so that a failed assertion prints none."""
    client.call(path="/api/dostk/stkinfo?token=" + client.token)

    shown = repr(client.server.requests)
    assert "<ReceivedRequest POST /oauth2/token au10001>, <ReceivedRequest POST /api/dostk/stkinfo ka10001>" in shown
    for secret in (client.token, client.server.appkey, client.server.secretkey):
        assert secret not in shown


def test_token_of_a_request():
    """Only a bearer token counts as one."""
    headers = ["Bearer abc", "bearer abc", "Basic abc", "Bearer "]
    requests = [ReceivedRequest("POST", "/", {"authorization": header}, b"") for header in headers]

    assert ["abc", "abc", None, None] == [request.token for request in requests]
