"""A resent request has the same body as the first; a request whose body cannot be sent again is not resent."""

import io

import pytest
import requests

from tests.helpers.constants import PATH


def get_bodies(server):
    """Return the bodies of the requests to the API, without token calls."""
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
def test_a_resend_has_the_same_bytes(server, session, url, body, rejection):
    """The body of the resend has the same bytes as the first."""
    server.rejection = rejection
    session.auth.token()
    server.revoke_all()

    response = session.post(url, **body)

    assert 0 == response.json()["return_code"]
    first, second = get_bodies(server)
    assert first == second


def test_a_file_is_resent_from_its_first_position(server, session, url, tmp_path):
    """A file that was at position 2 is rewound to position 2, not to its start."""
    path = tmp_path / "upload.bin"
    path.write_bytes(b"0123456789")
    session.auth.token()
    server.revoke_all()

    with path.open("rb") as file:
        file.seek(2)
        response = session.post(url, data=file)

    assert 0 == response.json()["return_code"]
    assert [b"23456789"] * 2 == get_bodies(server)


class Unseekable(io.RawIOBase):
    """A stream that can be read once, like a pipe."""

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._content.readinto(buffer)


class HasNoSeek:
    """A body with ``read`` and a length, but without ``seek``."""

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
def test_a_body_that_can_be_read_once_is_not_resent(server, session, url, make, rejection, caplog):
    """A stream is never resent empty: the caller gets the rejected response, and the next request a new token."""
    server.rejection = rejection
    session.auth.token()
    server.revoke_all()

    response = session.post(url, data=make())

    assert "[8005:" in response.json()["return_msg"]
    assert [b"abcd"] == get_bodies(server)
    assert 2 == server.issues
    assert "cannot be sent a second time" in caplog.text
    assert 0 == session.post(url, json={}).json()["return_code"]


def test_a_file_that_was_closed_is_not_resent(server, session, url):
    """If a body can no longer be rewound, the caller gets the rejected response, not an error."""
    session.auth.token()
    server.revoke_all()

    response = session.post(url, data=Closing(b"abcd"))

    assert "[8005:" in response.json()["return_msg"]
    assert [b"abcd"] == get_bodies(server)


def test_a_prepared_request_has_its_body_at_each_send(server, session, url):
    """A prepared request that was resent has its whole body each time that the user sends it again."""
    prepared = session.prepare_request(requests.Request("POST", url, data=b"order"))
    server.revoke_all()
    for _ in range(3):
        assert 0 == session.send(prepared).json()["return_code"]

    assert {b"order"} == set(get_bodies(server))
