"""Continuation (연속조회): lists in pages."""

import pytest

ROWS = [{"dt": f"2026010{day}", "cur_prc": f"+{day}0000"} for day in range(1, 8)]


@pytest.fixture
def client(client):
    """Return a client of a server that has seven rows for ka10081, three on each page."""
    client.server.reply_pages("ka10081", "stk_dt_pole_chart_qry", ROWS, size=3)
    return client


def fetch_pages(client):
    pages, headers = [], {}
    while True:
        response = client.call("ka10081", headers=headers)
        pages.append(response)
        headers = {name: response.headers[name] for name in ("cont-yn", "next-key")}
        if headers["cont-yn"] != "Y":
            return pages


def test_following_the_next_key_returns_all_rows(client):
    """Following cont-yn and next-key returns all rows in order, and ends."""
    pages = fetch_pages(client)

    assert [3, 3, 1] == [len(page.json()["stk_dt_pole_chart_qry"]) for page in pages]
    assert ROWS == [row for page in pages for row in page.json()["stk_dt_pole_chart_qry"]]
    assert ["Y", "Y", "N"] == [page.headers["cont-yn"] for page in pages]


def test_next_key_has_at_most_50_characters(client):
    """A next-key has at most 50 characters [spec]; on the last page it is empty."""
    keys = [page.headers["next-key"] for page in fetch_pages(client)]

    assert [True, True, False] == [0 < len(key) <= 50 for key in keys]
    assert "" == keys[-1]


@pytest.mark.parametrize("headers", [{"cont-yn": "Y", "next-key": "made up"}, {"cont-yn": "Y"}])
def test_a_wrong_next_key_is_refused(client, headers):
    """A next-key that the server did not send, or none, is refused with 1517."""
    response = client.call("ka10081", headers=headers).json()

    assert (2, False) == (response["return_code"], "stk_dt_pole_chart_qry" in response)
    assert "[1517:" in response["return_msg"]


def test_a_next_key_with_cont_yn_n_is_ignored(client):
    """With cont-yn: N the next-key is ignored: some clients send both headers with every call."""
    response = client.call("ka10081", headers={"cont-yn": "N", "next-key": "made up"})

    assert ROWS[:3] == response.json()["stk_dt_pole_chart_qry"]


def test_a_full_last_page_ends_the_list(client):
    """A list whose last page is full ends with that page, not with an empty one."""
    client.server.reply_pages("ka10081", "rows", ROWS[:6], size=3)

    assert ["Y", "N"] == [page.headers["cont-yn"] for page in fetch_pages(client)]


def test_an_empty_list_is_one_empty_page(client):
    """An empty list is one empty page."""
    client.server.reply_pages("ka10081", "rows", [])

    assert [[]] == [page.json()["rows"] for page in fetch_pages(client)]


def test_a_page_has_at_least_one_row(server):
    """reply_pages() rejects a size of 0: the pages would never end."""
    with pytest.raises(ValueError, match="at least one row"):
        server.reply_pages("ka10081", "rows", ROWS, size=0)


def test_a_response_without_a_list_has_no_next_page(client):
    """A response that is no list has cont-yn: N, whatever the request sent."""
    response = client.call("ka10001", headers={"cont-yn": "Y", "next-key": "1"})

    assert ("N", "", "ka10001") == tuple(response.headers[name] for name in ("cont-yn", "next-key", "api-id"))
