"""What a response looks like on the wire, after a captured one."""

import json

import pytest

from requests_kiwoom.testing import Reply, faults, refusal

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "api-id,cont-yn,next-key,resp-cnt,user-data",
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


def check_as_captured(response, api_id):
    """The headers are those of the captured response."""
    headers = response.headers
    assert {**CORS, "Transfer-Encoding": "chunked", "Connection": "keep-alive"}.items() <= dict(headers).items()
    assert "Content-Length" not in headers
    assert "application/json;charset=UTF-8" == headers["Content-Type"]
    assert (api_id, "N", "", "") == tuple(headers[name] for name in ("api-id", "cont-yn", "next-key", "user-data"))


def test_success(client):
    """A success is chunked, without a length, and has Kiwoom's headers [captured]."""
    check_as_captured(client.call(), "ka10001")


def test_token_call(client):
    """au10001 and au10002 look the same."""
    check_as_captured(client.issue(), "au10001")
    check_as_captured(client.revoke(client.token), "au10002")


@pytest.mark.parametrize("rejection", [8005, 401, "top", 8103])
def test_rejection(server, client, rejection):
    """A rejected token looks the same, so a client that needs a length does not see it."""
    server.rejection = rejection
    server.revoke_all()

    check_as_captured(client.call(), "ka10001")


def test_error(server, client):
    """An error of fail() looks the same, and so does a complaint."""
    server.fail(refusal(1511, parameter="stk_cd"), api_id="ka10001")

    check_as_captured(client.call(), "ka10001")
    check_as_captured(client.call(headers={"content-type": "text/plain"}), "ka10001")


def test_rows_are_counted(client):
    """resp-cnt is the number of rows in this response [captured]."""
    rows = [{"dt": "20250103"}] * 7
    client.server.reply_pages("ka10081", "stk_dt_pole_chart_qry", rows, size=5)

    assert "5" == client.call("ka10081").headers["resp-cnt"]
    assert "0" == client.call("ka10001").headers["resp-cnt"]


def test_length_by_option(kiwoom, client_of):
    """With content_length=True every response has a length and no chunks."""
    client = client_of(kiwoom(content_length=True))
    client.log_in()

    response = client.call()
    assert len(response.content) == int(response.headers["Content-Length"])
    assert "Transfer-Encoding" not in response.headers


def test_long_body(server, client):
    """A body of several chunks arrives whole."""
    server.reply("ka10001", {"stk_nm": "삼성전자" * 10_000})

    assert "삼성전자" * 10_000 == client.call().json()["stk_nm"]


def test_page_of_a_gateway(server, client):
    """A page of a gateway has its length and none of Kiwoom's headers."""
    server.fail(faults.server_error(502), api_id="ka10001")

    response = client.call()
    assert len(response.content) == int(response.headers["Content-Length"])
    assert {"api-id", "Vary", "Transfer-Encoding"}.isdisjoint(response.headers)


def test_length_of_ones_own(server, client):
    """A Reply may bring a length of its own, which is sent instead of chunks."""
    content = json.dumps({"n": 1}).encode()
    server.reply("ka10001", Reply(content, headers={"Content-Length": str(len(content))}))

    response = client.call()
    assert {"n": 1} == response.json()
    assert "Transfer-Encoding" not in response.headers


@pytest.mark.parametrize("status", [204, 304])
def test_status_without_a_body(server, client, status):
    """HTTP 204 and 304 have neither a body nor a length nor chunks, and the connection goes on."""
    server.reply("ka10001", [Reply({"n": 1}, status=status), {"n": 2}])

    response = client.call()
    assert (status, b"") == (response.status_code, response.content)
    assert {"Content-Length", "Transfer-Encoding"}.isdisjoint(response.headers)
    assert 2 == client.call().json()["n"]


@pytest.mark.parametrize("tls", [False, True])
def test_client_that_reads_late(kiwoom, client_of, tls):
    """A response that is larger than all buffers waits for its client, over https as well."""
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
