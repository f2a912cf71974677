"""Which api-ids there are, and where."""

import pytest

from requests_kiwoom.testing.catalogue import api_paths


def test_all_337_are_known():
    """The package carries all of Kiwoom's api-ids with their paths."""
    assert 337 == len(api_paths())
    assert "/api/dostk/stkinfo" == api_paths()["ka10001"]


def test_each_is_served_at_its_path(client):
    """Each api-id but the two for tokens is a success at its own path, which says the api-id."""
    api_ids = sorted(set(api_paths()) - {"au10001", "au10002"})

    answers = [client.call(api_id).json() for api_id in api_ids]

    assert [(api_id, 0) for api_id in api_ids] == [(answer["api_id"], answer["return_code"]) for answer in answers]


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
    with pytest.raises(ValueError, match="'ka1001' is none of Kiwoom's api-ids"):
        server.reply("ka1001", {})
