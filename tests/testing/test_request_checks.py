"""What ill-behaved clients are told."""

import pytest

from tests.testing.client import JSON

STK = "/api/dostk/stkinfo"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_other_methods(server, client, method):
    """Whatever is no POST is HTTP 405 with 1999, and a complaint."""
    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001", "content-type": JSON}
    answer = client.session.request(method, server.url + STK, headers=headers)

    assert 405 == answer.status_code
    assert method == "HEAD" or f"[1999:예기치 못한 에러가 발생했습니다. 실패사유=Request method '{method}'" in answer.text
    assert [f"request 2: {method}: every API is a POST"] == server.complaints


@pytest.mark.parametrize("query", ["?token=x", "?authorization=x", "?q={token}", "?q={appkey}", "?appkey=x"])
def test_secret_in_a_query_string(server, client, query):
    """A token or key in a query string is refused with 1517, and a complaint that does not repeat it."""
    answer = client.call(path=STK + query.format(token=client.token, appkey=server.appkey))

    assert "입력 값 오류입니다[1517:" == answer.json()["return_msg"][:16]
    assert ["request 2: a token or key is in the query string, which ends up in logs"] == server.complaints


def test_other_query_strings(server, client):
    """A query string without a secret is no matter."""
    assert 0 == client.call(path=STK + "?page=1").json()["return_code"]
    assert [] == server.complaints


@pytest.mark.parametrize("header", ["appkey", "secretkey", "x-own"])
def test_key_in_a_header(server, client, header):
    """A key in a header is a complaint, but no error: it is unknown whether Kiwoom refuses it."""
    answer = client.call(headers={header: server.appkey})

    assert 0 == answer.json()["return_code"]
    assert ["request 2: a key is in a header: keys belong in the body of au10001 and au10002"] == server.complaints


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_content_type(server, client, content_type):
    """A missing or another content type is refused with 1512, and a complaint."""
    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001", "content-type": content_type}
    answer = client.session.post(server.url + STK, data=b"{}", headers=headers)

    assert "입력 값 오류입니다[1512:" == answer.json()["return_msg"][:16]
    assert 1 == len(server.complaints)
    assert "content" in server.complaints[0]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", JSON])
def test_content_types_that_will_do(server, client, content_type):
    """JSON is JSON, with or without a charset."""
    assert 0 == client.call(headers={"content-type": content_type}).json()["return_code"]


@pytest.mark.parametrize("body", [b"", b"stk_cd=005930", b"[1]", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("path", [STK, "/oauth2/token", "/oauth2/revoke"])
def test_body(server, client, path, body):
    """A body that is no JSON object is refused with 1517, and a complaint."""
    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001", "content-type": JSON}
    answer = client.session.post(server.url + path, data=body, headers=headers)

    assert "입력 값 오류입니다[1517:" == answer.json()["return_msg"][:16]
    assert ["request 2: the body is not a JSON object"] == server.complaints


def test_several_complaints(server, client):
    """A request with a key in a header and a wrong content type has two complaints, and the error of the second."""
    response = client.call(headers={"appkey": "x", "content-type": "text/plain"})

    assert "[1512:" in response.json()["return_msg"]
    assert "a key is in a header" in server.complaints[0]
    assert ["request 2: the content type is not application/json"] == server.complaints[1:]


def test_well_behaved(server, client):
    """A client that keeps to the specification hears no complaint."""
    client.call()
    client.revoke(client.token)

    assert [] == server.complaints


def test_not_strict(server, client):
    """With strict=False the complaint is noted, and the request answered."""
    server.strict = False

    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001"}
    answer = client.session.get(server.url + STK, headers=headers)

    assert 0 == answer.json()["return_code"]
    assert ["request 2: GET: every API is a POST"] == server.complaints


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'{"appkey": 1, "secretkey": [2]}'])
def test_not_strict_at_all(server, client, body):
    """With strict=False a body that holds no keys is still refused, as one without keys or with wrong ones."""
    server.strict = False

    answers = [client.session.post(server.url + path, data=body).json() for path in ("/oauth2/token", "/oauth2/revoke")]

    assert all("[8020:" in answer["return_msg"] or "[8001:" in answer["return_msg"] for answer in answers)
