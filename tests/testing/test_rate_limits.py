"""Rate limits."""

import pytest


def calls(client, count, api_id="ka10001"):
    return [client.call(api_id).status_code for _ in range(count)]


@pytest.fixture
def limited(kiwoom, client_of):
    def start(**options):
        client = client_of(kiwoom(**{"rate_limits": True, **options}))
        client.server.clock.stop()
        client.log_in()
        return client

    return start


def test_production(limited):
    """The sixth call of one API within a second is HTTP 429 with 1700; other APIs are counted by themselves."""
    client = limited()

    assert [200] * 5 + [429] == calls(client, 6)
    assert [200] == calls(client, 1, "ka10002")
    text = "허용된 요청 개수를 초과하였습니다[1700:허용된 API 요청 개수를 초과하였습니다. 유량=5, API ID=ka10001]"
    assert {"return_msg": text, "return_code": 5} == client.call().json()


def test_mock(limited):
    """Mock trading takes one call a second."""
    assert [200, 429] == calls(limited(mock=True), 2)


def test_a_second_later(limited):
    """A second later there is room again; what was turned down does not count."""
    client = limited()
    calls(client, 20)
    client.server.clock.advance(seconds=1)

    assert [200] * 5 + [429] == calls(client, 6)


def test_au10001(limited):
    """The third au10001 within a second is turned down, with the limit that the captured text names."""
    client = limited()
    client.issue()

    answer = client.issue()

    assert (429, None) == (answer.status_code, answer.headers.get("Retry-After"))
    assert "유량=2, API ID=au10001]" == answer.json()["return_msg"][-21:]


def test_off_by_default(client):
    """Without the option nothing is counted."""
    assert [200] * 20 == calls(client, 20)


def test_bursts(limited):
    """With "bursts", an API has room for 2 calls, and for another one a second later; other APIs have their own."""
    client = limited(rate_limits="bursts")

    assert [200, 200, 429] == calls(client, 3)
    assert [200] == calls(client, 1, "ka10002")
    client.server.clock.advance(seconds=1)
    assert [200, 429] == calls(client, 2)
    client.server.clock.advance(seconds=60)
    assert [200, 200, 429] == calls(client, 3)


def test_au10001_in_bursts(limited):
    """With "bursts", au10001 keeps its limit of 2 a second."""
    client = limited(rate_limits="bursts")

    assert [200, 429] == [client.issue().status_code for _ in range(2)]
