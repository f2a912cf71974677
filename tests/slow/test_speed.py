from tests.bench import calls


def test_attaching_and_looking_call_few_functions():
    """So many Python functions run for a request whose token is at hand, those of requests' headers included."""
    assert {"header": 5, "for_api": 7, "hook": 4} == calls.count()
