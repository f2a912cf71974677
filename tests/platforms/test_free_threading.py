"""Without a GIL: 32 threads, one session, one auth, while its token expires, is revoked and is renewed."""

from collections import Counter

import pytest
from requests.adapters import HTTPAdapter

from tests.helpers.pythons import HAS_GIL
from tests.helpers.threads import over_and_over, wait_for

THREADS = 32
ROUNDS = 5


@pytest.mark.skipif(HAS_GIL, reason="this Python runs with a GIL: tests/concurrency has its tests")
def test_32_threads_on_one_session(server, auth, session, url):
    """No request fails while the token expires, is revoked and is renewed; each of these costs one au10001 call."""

    def request():
        response = session.post(url, json={}, timeout=60)
        return response.status_code, response.json()["return_code"]

    def expire():
        server.clock.advance(hours=25)

    def renew():
        server.clock.advance(hours=1)  # A token that has its full 24 hours is not renewed.
        auth.renew()

    session.mount(server.url, HTTPAdapter(pool_maxsize=THREADS))
    events = [expire, server.revoke_all, renew]
    with over_and_over(THREADS, request) as returned:
        wait_for(returned, THREADS)
        for event in events * ROUNDS:
            event()
            wait_for(returned, THREADS)

    assert {(200, 0): len(returned)} == Counter(returned)
    assert 1 + len(events) * ROUNDS == server.issues
