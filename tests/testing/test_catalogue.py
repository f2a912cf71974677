"""The catalogue of api-ids and their paths, and how a wrong api-id is refused."""

import pytest

from requests_kiwoom.testing.catalogue import api_paths


def test_catalogue_has_all_338_api_ids():
    """The catalogue has the 337 api-ids of the newest specification with their paths, and ka10009 of an older one."""
    assert 338 == len(api_paths())
    assert "/api/dostk/frgnistt" == api_paths()["ka10009"]
    assert "/api/dostk/stkinfo" == api_paths()["ka10001"]


def test_each_api_is_served_at_its_path(client):
    """Each of the 305 api-ids that are called by POST succeeds at its own path, and the response names it."""
    api_ids = sorted(api_id for api_id, path in api_paths().items() if "/api/" in path and "websocket" not in path)

    responses = [client.call(api_id) for api_id in api_ids]

    assert 305 == len(api_ids)
    assert [(api_id, 0) for api_id in api_ids] == [
        (response.headers["api-id"], response.json()["return_code"]) for response in responses
    ]


def test_a_post_for_a_websocket_api_is_refused(server, client):
    """A POST for one of the 31 WebSocket APIs is refused with 1504, and reply() says what to use instead."""
    api_ids = [api_id for api_id, path in api_paths().items() if "websocket" in path]

    assert 31 == len(api_ids)
    assert all("[1504:" in client.call(api_id).json()["return_msg"] for api_id in api_ids)
    with pytest.raises(ValueError, match="0B is a WebSocket API: push"):
        server.reply("0B", {})


def test_an_unknown_api_id_is_refused(client):
    """An api-id that Kiwoom does not have is refused with 1505."""
    response = client.call("ka99999", path="/api/dostk/stkinfo")

    assert (200, "잘못된 요청입니다[1505:해당 API ID는 존재하지 않습니다. API ID=ka99999]", 1) == (
        response.status_code,
        *response.json().values(),
    )


def test_an_api_id_on_another_path_is_refused(client):
    """An api-id on the path of another API is refused with 1504, which names both [captured]."""
    text = "잘못된 요청입니다[1504:해당 URI에서는 지원하는 API ID가 아닙니다. API ID=ka10001, URI=/api/dostk/acnt]"

    assert {"return_msg": text, "return_code": 1} == client.call("ka10001", path="/api/dostk/acnt").json()


def test_a_call_without_an_api_id_is_refused(client):
    """A call without an api-id is refused with 1501."""
    response = client.call(path="/api/dostk/stkinfo", headers={"api-id": None})

    assert "잘못된 요청입니다[1501:API ID가 Null이거나 값이 없습니다]" == response.json()["return_msg"]


@pytest.mark.parametrize("api_id", ["au10001", "au10002"])
def test_reply_rejects_the_token_calls(server, api_id):
    """reply() rejects au10001 and au10002: its error names fail() instead."""
    with pytest.raises(ValueError, match="fail()"):
        server.reply(api_id, {})


def test_reply_rejects_an_unknown_api_id(server):
    """reply() raises an error for a misspelt api-id."""
    with pytest.raises(ValueError, match="Kiwoom has no api-id 'ka1001'"):
        server.reply("ka1001", {})
