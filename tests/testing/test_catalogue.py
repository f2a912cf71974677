"""Which api-ids there are, and where."""

import pytest

from requests_kiwoom.testing.catalogue import api_paths


def test_all_are_known():
    """The catalogue has the 337 api-ids of the newest specification with their paths, and ka10009 of an older one."""
    assert 338 == len(api_paths())
    assert "/api/dostk/frgnistt" == api_paths()["ka10009"]
    assert "/api/dostk/stkinfo" == api_paths()["ka10001"]


def test_each_is_served_at_its_path(client):
    """Each api-id that is called by POST is a success at its own path, and the response names it."""
    api_ids = sorted(api_id for api_id, path in api_paths().items() if "/api/" in path and "websocket" not in path)

    responses = [client.call(api_id) for api_id in api_ids]

    assert 305 == len(api_ids)
    assert [(api_id, 0) for api_id in api_ids] == [
        (response.headers["api-id"], response.json()["return_code"]) for response in responses
    ]


def test_websocket_apis_are_not_called_by_post(server, client):
    """A POST for one of the 31 WebSocket APIs is refused with 1504, and reply() says what to use instead."""
    api_ids = [api_id for api_id, path in api_paths().items() if "websocket" in path]

    assert 31 == len(api_ids)
    assert all("[1504:" in client.call(api_id).json()["return_msg"] for api_id in api_ids)
    with pytest.raises(ValueError, match="0B is a WebSocket API: push"):
        server.reply("0B", {})


def test_unknown_api_id(client):
    """An api-id that Kiwoom does not have is refused with 1505."""
    answer = client.call("ka99999", path="/api/dostk/stkinfo")

    assert (200, "잘못된 요청입니다[1505:해당 API ID는 존재하지 않습니다. API ID=ka99999]", 1) == (
        answer.status_code,
        *answer.json().values(),
    )


def test_wrong_path(client):
    """An api-id on the path of another is refused with 1504, which names both [captured]."""
    text = "잘못된 요청입니다[1504:해당 URI에서는 지원하는 API ID가 아닙니다. API ID=ka10001, URI=/api/dostk/acnt]"

    assert {"return_msg": text, "return_code": 1} == client.call("ka10001", path="/api/dostk/acnt").json()


def test_no_api_id(client):
    """A call without an api-id is refused with 1501."""
    answer = client.call(path="/api/dostk/stkinfo", headers={"api-id": None})

    assert "잘못된 요청입니다[1501:API ID가 Null이거나 값이 없습니다]" == answer.json()["return_msg"]


@pytest.mark.parametrize("api_id", ["au10001", "au10002"])
def test_token_calls_are_no_apis(server, api_id):
    """What au10001 and au10002 answer is not for reply() to say: its error names fail()."""
    with pytest.raises(ValueError, match="fail()"):
        server.reply(api_id, {})


def test_reply_to_an_unknown_api_id(server):
    """A slip of the pen in an api-id is told where it is made."""
    with pytest.raises(ValueError, match="Kiwoom has no api-id 'ka1001'"):
        server.reply("ka1001", {})
