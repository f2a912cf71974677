"""Malformed requests: which error they get, and which complaint is recorded."""

import pytest

from tests.testing.client import JSON

STK = "/api/dostk/stkinfo"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_other_methods_than_post_are_refused(server, client, method):
    """Any method but POST gets HTTP 405 with 1999, and is a complaint."""
    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001", "content-type": JSON}
    response = client.session.request(method, server.url + STK, headers=headers)

    assert 405 == response.status_code
    assert method == "HEAD" or f"[1999:예기치 못한 에러가 발생했습니다. 실패사유=Request method '{method}'" in response.text
    assert [f"request 2: {method}: every API is a POST"] == server.complaints


@pytest.mark.parametrize("query", ["?token=x", "?authorization=x", "?q={token}", "?q={appkey}", "?appkey=x"])
def test_a_secret_in_a_query_string_is_refused(server, client, query):
    """A token or key in a query string is refused with 1517; the complaint does not repeat it."""
    response = client.call(path=STK + query.format(token=client.token, appkey=server.appkey))

    assert "입력 값 오류입니다[1517:" == response.json()["return_msg"][:16]
    assert ["request 2: a token or key is in the query string, which ends up in logs"] == server.complaints


def test_a_query_string_without_a_secret_is_accepted(server, client):
    """A query string without a secret is no complaint."""
    assert 0 == client.call(path=STK + "?page=1").json()["return_code"]
    assert [] == server.complaints


@pytest.mark.parametrize("header", ["appkey", "secretkey", "x-own"])
def test_a_key_in_a_header_is_only_a_complaint(server, client, header):
    """A key in a header is a complaint, but no error: it is unknown whether Kiwoom refuses it."""
    response = client.call(headers={header: server.appkey})

    assert 0 == response.json()["return_code"]
    assert ["request 2: a key is in a header: keys belong in the body of au10001 and au10002"] == server.complaints


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_refused(server, client, content_type):
    """A missing or wrong content type is refused with 1512, and is a complaint."""
    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001", "content-type": content_type}
    response = client.session.post(server.url + STK, data=b"{}", headers=headers)

    assert "입력 값 오류입니다[1512:" == response.json()["return_msg"][:16]
    assert 1 == len(server.complaints)
    assert "content" in server.complaints[0]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", JSON])
def test_json_content_types_are_accepted(server, client, content_type):
    """The content type JSON is accepted with and without a charset."""
    assert 0 == client.call(headers={"content-type": content_type}).json()["return_code"]


@pytest.mark.parametrize("body", [b"", b"stk_cd=005930", b"[1]", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("path", [STK, "/oauth2/token", "/oauth2/revoke"])
def test_a_body_that_is_no_json_object_is_refused(server, client, path, body):
    """A body that is no JSON object is refused with 1517, and is a complaint."""
    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001", "content-type": JSON}
    response = client.session.post(server.url + path, data=body, headers=headers)

    assert "입력 값 오류입니다[1517:" == response.json()["return_msg"][:16]
    assert ["request 2: the body is not a JSON object"] == server.complaints


def test_one_request_may_have_two_complaints(server, client):
    """A request with a key in a header and a wrong content type has two complaints, and the error of the second."""
    response = client.call(headers={"appkey": "x", "content-type": "text/plain"})

    assert "[1512:" in response.json()["return_msg"]
    assert "a key is in a header" in server.complaints[0]
    assert ["request 2: the content type is not application/json"] == server.complaints[1:]


def test_a_correct_client_causes_no_complaint(server, client):
    """A client that follows the specification causes no complaint."""
    client.call()
    client.revoke(client.token)

    assert [] == server.complaints


def test_not_strict_accepts_a_malformed_request(server, client):
    """With strict=False a malformed request is a complaint, and is accepted."""
    server.strict = False

    headers = {"authorization": f"Bearer {client.token}", "api-id": "ka10001"}
    response = client.session.get(server.url + STK, headers=headers)

    assert 0 == response.json()["return_code"]
    assert ["request 2: GET: every API is a POST"] == server.complaints


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'{"appkey": 1, "secretkey": [2]}'])
def test_not_strict_still_needs_the_keys(server, client, body):
    """With strict=False a token call without keys, or with wrong ones, is still refused."""
    server.strict = False

    paths = "/oauth2/token", "/oauth2/revoke"
    responses = [client.session.post(server.url + path, data=body).json() for path in paths]

    assert all("[8020:" in response["return_msg"] or "[8001:" in response["return_msg"] for response in responses)
