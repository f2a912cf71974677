import threading

from requests_kiwoom.testing import KiwoomServer


def in_threads(count, work):
    """Run `work` in so many threads at once; return what each returned or raised."""
    outcomes = []
    barrier = threading.Barrier(count)

    def run():
        barrier.wait()
        try:
            outcomes.append(work())
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_first_use_issues_and_attaches(server: KiwoomServer, session, url):
    """The first request makes one au10001 call, and carries the token that came of it."""
    answer = session.post(url, json={"stk_cd": "005930"})

    assert 0 == answer.json()["return_code"]
    assert ["/oauth2/token", "/api/dostk/stkinfo"] == [request.path for request in server.requests]
    assert session.auth.token() == server.requests[1].token


def test_32_threads_at_once_make_one_call(server: KiwoomServer, session, url):
    """32 first requests at once make exactly one au10001 call."""
    server.latency = 0.1

    answers = in_threads(32, lambda: session.post(url, json={}).json()["return_code"])

    assert [0] * 32 == answers
    assert 1 == server.issues
