"""What is sent again has the same body as the first time; what cannot be sent again is not."""

import io

import pytest
import requests

from tests.helpers.constants import PATH


def bodies(server):
    """The bodies of the requests to the API since the token was issued."""
    return [request.body for request in server.requests if request.path == PATH]


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"stk_cd": "005930", "name": "삼성전자"}},
        {"data": "삼성전자".encode()},
        {"data": "stk_cd=005930"},
        {"data": {"stk_cd": "005930"}},
        {"files": {"upload": ("a.txt", b"content")}},
        {},
    ],
    ids=["json", "bytes", "str", "dict", "files", "none"],
)
@pytest.mark.parametrize("rejection", [8005, 401])
def test_the_same_bytes_are_sent_again(server, session, url, body, rejection):
    """The second request has the very bytes of the first."""
    server.rejection = rejection
    session.auth.token()
    server.revoke_all()

    answer = session.post(url, **body)

    assert 0 == answer.json()["return_code"]
    first, second = bodies(server)
    assert first == second


def test_a_file_is_sent_again_from_where_it_stood(server, session, url, tmp_path):
    """A file that stood at position 2 is rewound to position 2, not to its start."""
    path = tmp_path / "upload.bin"
    path.write_bytes(b"0123456789")
    session.auth.token()
    server.revoke_all()

    with path.open("rb") as file:
        file.seek(2)
        answer = session.post(url, data=file)

    assert 0 == answer.json()["return_code"]
    assert [b"23456789"] * 2 == bodies(server)


class Unseekable(io.RawIOBase):
    """A stream that can be read once, as a pipe can."""

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._content.readinto(buffer)


class HasNoSeek:
    """A body with ``read`` and a length, and no more."""

    def __init__(self, content):
        self._content = io.BytesIO(content)
        self.len = len(content)

    def __iter__(self):
        return iter(self._content)

    def read(self, size=-1):
        return self._content.read(size)


class Closing(io.BytesIO):
    """A file that closes itself at its end."""

    def read(self, *args):
        content = super().read(*args)
        if not content:
            self.close()
        return content

    def __iter__(self):
        yield from iter(lambda: self.read(4), b"")


@pytest.mark.parametrize(
    "make",
    [lambda: (piece for piece in (b"ab", b"cd")), lambda: Unseekable(b"abcd"), lambda: HasNoSeek(b"abcd")],
    ids=["generator", "unseekable", "no-seek"],
)
@pytest.mark.parametrize("rejection", [8005, 401])
def test_what_cannot_be_read_twice_is_not_sent_twice(server, session, url, make, rejection, caplog):
    """A stream is never sent again empty: the caller gets the rejected answer, the next request a new token."""
    server.rejection = rejection
    session.auth.token()
    server.revoke_all()

    answer = session.post(url, data=make())

    assert "[8005:" in answer.json()["return_msg"]
    assert [b"abcd"] == bodies(server)
    assert 2 == server.issues
    assert "cannot be sent a second time" in caplog.text
    assert 0 == session.post(url, json={}).json()["return_code"]


def test_a_file_that_was_closed_is_not_sent_again(server, session, url):
    """A body that cannot be rewound any more gives the rejected answer, not an error."""
    session.auth.token()
    server.revoke_all()

    answer = session.post(url, data=Closing(b"abcd"))

    assert "[8005:" in answer.json()["return_msg"]
    assert [b"abcd"] == bodies(server)


def test_a_prepared_request_can_be_sent_often(server, session, url):
    """A prepared request that the user sends again after the auth has is whole each time."""
    prepared = session.prepare_request(requests.Request("POST", url, data=b"order"))
    server.revoke_all()
    for _ in range(3):
        assert 0 == session.send(prepared).json()["return_code"]

    assert {b"order"} == set(bodies(server))
