"""The headers and the body of a response on the wire, compared with a captured one."""

import json

import pytest

from requests_kiwoom.testing import Reply, faults, refusal

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "api-id,cont-yn,next-key,resp-cnt,user-data",
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


def check_headers(response, api_id):
    """Check that the headers are those of the captured response."""
    headers = response.headers
    assert {**CORS, "Transfer-Encoding": "chunked", "Connection": "keep-alive"}.items() <= dict(headers).items()
    assert "Content-Length" not in headers
    assert "application/json;charset=UTF-8" == headers["Content-Type"]
    assert (api_id, "N", "", "") == tuple(headers[name] for name in ("api-id", "cont-yn", "next-key", "user-data"))


def test_a_success_has_the_captured_headers(client):
    """A success is sent in chunks, without a length, and has Kiwoom's headers [captured]."""
    check_headers(client.call(), "ka10001")


def test_token_calls_have_the_captured_headers(client):
    """au10001 and au10002 have the same headers as an API."""
    check_headers(client.issue(), "au10001")
    check_headers(client.revoke(client.token), "au10002")


@pytest.mark.parametrize("rejection", [8005, 401, "top", 8103])
def test_a_rejection_has_the_captured_headers(server, client, rejection):
    """A rejection is sent in chunks, too: a client that needs a length does not see it."""
    server.rejection = rejection
    server.revoke_all()

    check_headers(client.call(), "ka10001")


def test_an_error_has_the_captured_headers(server, client):
    """An error of fail() has the same headers, and so has a refused request."""
    server.fail(refusal(1511, parameter="stk_cd"), api_id="ka10001")

    check_headers(client.call(), "ka10001")
    check_headers(client.call(headers={"content-type": "text/plain"}), "ka10001")


def test_resp_cnt_is_the_number_of_rows(client):
    """resp-cnt is the number of rows in this response [captured]."""
    rows = [{"dt": "20250103"}] * 7
    client.server.reply_pages("ka10081", "stk_dt_pole_chart_qry", rows, size=5)

    assert "5" == client.call("ka10081").headers["resp-cnt"]
    assert "0" == client.call("ka10001").headers["resp-cnt"]


def test_content_length_sends_a_length(kiwoom, client_of):
    """With content_length=True every response has a length and no chunks."""
    client = client_of(kiwoom(content_length=True))
    client.log_in()

    response = client.call()
    assert len(response.content) == int(response.headers["Content-Length"])
    assert "Transfer-Encoding" not in response.headers


def test_a_long_body_arrives_whole(server, client):
    """A body of several chunks arrives whole."""
    server.reply("ka10001", {"stk_nm": "삼성전자" * 10_000})

    assert "삼성전자" * 10_000 == client.call().json()["stk_nm"]


def test_a_gateway_page_has_other_headers(server, client):
    """A page of a gateway has a length, and none of Kiwoom's headers."""
    server.fail(faults.server_error(502), api_id="ka10001")

    response = client.call()
    assert len(response.content) == int(response.headers["Content-Length"])
    assert {"api-id", "Vary", "Transfer-Encoding"}.isdisjoint(response.headers)


def test_a_reply_may_set_its_length(server, client):
    """A Reply may set its own Content-Length; it is sent instead of chunks."""
    content = json.dumps({"n": 1}).encode()
    server.reply("ka10001", Reply(content, headers={"Content-Length": str(len(content))}))

    response = client.call()
    assert {"n": 1} == response.json()
    assert "Transfer-Encoding" not in response.headers


@pytest.mark.parametrize("status", [204, 304])
def test_http_204_and_304_have_no_body(server, client, status):
    """HTTP 204 and 304 have no body, length or chunks, and the connection stays open."""
    server.reply("ka10001", [Reply({"n": 1}, status=status), {"n": 2}])

    response = client.call()
    assert (status, b"") == (response.status_code, response.content)
    assert {"Content-Length", "Transfer-Encoding"}.isdisjoint(response.headers)
    assert 2 == client.call().json()["n"]


@pytest.mark.parametrize("tls", [False, True])
def test_a_large_response_waits_for_a_slow_client(kiwoom, client_of, tls):
    """A response that is larger than all buffers waits for its client, over https as well; other calls do not wait."""
    server = kiwoom(tls=tls)
    client = client_of(server)
    if tls:
        client.session.trust_env, client.session.verify = False, server.ca_bundle
    client.log_in()
    server.reply("ka10001", {"note": "x" * 20_000_000})

    response = client.session.post(
        server.url + "/api/dostk/stkinfo",
        json={},
        headers={"api-id": "ka10001", "authorization": f"Bearer {client.token}"},
        stream=True,
    )
    assert 0 == client_of(server, client.session).issue().json()["return_code"]  # The first one is not read yet.
    assert 20_000_000 == len(response.json()["note"])
