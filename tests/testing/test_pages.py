"""Continuation (연속조회)."""

import pytest

ROWS = [{"dt": f"2026010{day}", "cur_prc": f"+{day}0000"} for day in range(1, 8)]


@pytest.fixture
def client(client):
    """A client of a server that has seven rows for ka10081, three a page."""
    client.server.reply_pages("ka10081", "stk_dt_pole_chart_qry", ROWS, size=3)
    return client


def follow(client):
    pages, headers = [], {}
    while True:
        answer = client.call("ka10081", headers=headers)
        pages.append(answer)
        headers = {name: answer.headers[name] for name in ("cont-yn", "next-key")}
        if headers["cont-yn"] != "Y":
            return pages


def test_pages(client):
    """Following cont-yn and next-key gives all rows in order, and ends."""
    pages = follow(client)

    assert [3, 3, 1] == [len(page.json()["stk_dt_pole_chart_qry"]) for page in pages]
    assert ROWS == [row for page in pages for row in page.json()["stk_dt_pole_chart_qry"]]
    assert ["Y", "Y", "N"] == [page.headers["cont-yn"] for page in pages]


def test_next_key(client):
    """A next-key has at most 50 characters [spec]; on the last page it is empty."""
    keys = [page.headers["next-key"] for page in follow(client)]

    assert [True, True, False] == [0 < len(key) <= 50 for key in keys]
    assert "" == keys[-1]


@pytest.mark.parametrize("headers", [{"cont-yn": "Y", "next-key": "made up"}, {"cont-yn": "Y"}])
def test_wrong_next_key(client, headers):
    """A next-key that was not given out, or none, is an error and no page."""
    answer = client.call("ka10081", headers=headers).json()

    assert (2, False) == (answer["return_code"], "stk_dt_pole_chart_qry" in answer)
    assert "[1517:" in answer["return_msg"]


def test_key_without_flag(client):
    """With cont-yn: N the next-key does not count, as clients send both on every call."""
    answer = client.call("ka10081", headers={"cont-yn": "N", "next-key": "made up"})

    assert ROWS[:3] == answer.json()["stk_dt_pole_chart_qry"]


def test_full_last_page(client):
    """A list that fills its pages ends with the last of them, not with an empty one."""
    client.server.reply_pages("ka10081", "rows", ROWS[:6], size=3)

    assert ["Y", "N"] == [page.headers["cont-yn"] for page in follow(client)]


def test_empty_list(client):
    """An empty list is one empty page."""
    client.server.reply_pages("ka10081", "rows", [])

    assert [[]] == [page.json()["rows"] for page in follow(client)]


def test_page_size(server):
    """A page without rows would never end."""
    with pytest.raises(ValueError, match="at least one row"):
        server.reply_pages("ka10081", "rows", ROWS, size=0)


def test_other_answers_end_at_once(client):
    """An answer that is no list says cont-yn: N, whatever the request said."""
    answer = client.call("ka10001", headers={"cont-yn": "Y", "next-key": "1"})

    assert ("N", "", "ka10001") == tuple(answer.headers[name] for name in ("cont-yn", "next-key", "api-id"))
