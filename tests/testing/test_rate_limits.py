"""Rate limits: the option rate_limits."""

import pytest


def make_calls(client, count, api_id="ka10001"):
    return [client.call(api_id).status_code for _ in range(count)]


@pytest.fixture
def limited(kiwoom, client_of):
    def start(**options):
        client = client_of(kiwoom(**{"rate_limits": True, **options}))
        client.server.clock.stop()
        client.log_in()
        return client

    return start


def test_the_sixth_call_in_a_second_is_refused(limited):
    """The sixth call of one API within a second gets HTTP 429 with 1700. Each API is counted separately."""
    client = limited()

    assert [200] * 5 + [429] == make_calls(client, 6)
    assert [200] == make_calls(client, 1, "ka10002")
    text = "허용된 요청 개수를 초과하였습니다[1700:허용된 API 요청 개수를 초과하였습니다. 유량=5, API ID=ka10001]"
    assert {"return_msg": text, "return_code": 5} == client.call().json()


def test_mock_allows_one_call_a_second(limited):
    """Mock trading allows one call per second."""
    assert [200, 429] == make_calls(limited(mock=True), 2)


def test_calls_succeed_again_after_a_second(limited):
    """After a second calls succeed again: refused calls are not counted."""
    client = limited()
    make_calls(client, 20)
    client.server.clock.advance(seconds=1)

    assert [200] * 5 + [429] == make_calls(client, 6)


def test_the_third_au10001_in_a_second_is_refused(limited):
    """The third au10001 within a second is refused, with the limit of the captured text and without Retry-After."""
    client = limited()
    client.issue()

    response = client.issue()

    assert (429, None) == (response.status_code, response.headers.get("Retry-After"))
    assert "유량=2, API ID=au10001]" == response.json()["return_msg"][-21:]


def test_rate_limits_are_off_by_default(client):
    """Without the option no call is refused."""
    assert [200] * 20 == make_calls(client, 20)


def test_bursts_allow_two_calls_and_then_one_a_second(limited):
    """With "bursts", each API allows 2 calls, then one more for each second, and 2 again after a pause."""
    client = limited(rate_limits="bursts")

    assert [200, 200, 429] == make_calls(client, 3)
    assert [200] == make_calls(client, 1, "ka10002")
    client.server.clock.advance(seconds=1)
    assert [200, 429] == make_calls(client, 2)
    client.server.clock.advance(seconds=60)
    assert [200, 200, 429] == make_calls(client, 3)


def test_bursts_do_not_change_the_limit_of_au10001(limited):
    """With "bursts", au10001 keeps its limit of 2 per second."""
    client = limited(rate_limits="bursts")

    assert [200, 429] == [client.issue().status_code for _ in range(2)]
