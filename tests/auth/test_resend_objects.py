"""Resends of bodies that are neither str nor bytes."""

import array
import io
import json
import mmap

import pytest
import requests

from requests_kiwoom.testing import Reply
from tests.helpers.constants import API_ID, PATH, REJECTED

ORDER = json.dumps({"stk_cd": "005930", "ord_qty": "1"}).encode()


class Reader:
    """A body with ``tell``, ``seek`` and ``read`` that cannot be iterated over."""

    def __init__(self, content):
        self.file = io.BytesIO(content)

    def read(self, size=-1):
        """Read, as a file does."""
        return self.file.read(size)

    def tell(self):
        """Return the position, as a file does."""
        return self.file.tell()

    def seek(self, *args):
        """Move to a position, as a file does."""
        return self.file.seek(*args)


class Unseekable(Reader):
    """A reader that cannot go back."""

    def seek(self, *args):
        """Refuse."""
        raise OSError("not seekable")


class NoPosition(Reader):
    """A reader that does not know its position."""

    def tell(self):
        """Refuse."""
        raise OSError("no position")


@pytest.fixture
def map_file(tmp_path):
    """Make an mmap, which is both a buffer and a file."""
    path = tmp_path / "order.json"
    maps = []

    def make_map(content):
        path.write_bytes(content)
        with open(path, "rb") as file:
            maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return maps[-1]

    yield make_map
    for each in maps:
        each.close()


def get_bodies(server):
    """Return the bodies of the requests that arrived, without token calls."""
    return [request.body for request in server.requests if request.path == PATH]


@pytest.fixture
def auth_after_revocation(server, auth):
    """An auth whose token was revoked."""
    auth.token()
    server.revoke_all()
    return auth.for_api(API_ID)


@pytest.mark.parametrize("kind", [bytearray, memoryview, lambda body: array.array("B", body)])
def test_a_buffer_is_resent(server, auth_after_revocation, url, kind):
    """``bytearray``, ``memoryview`` and ``array`` bodies are resent unchanged."""
    assert 0 == requests.post(url, data=kind(ORDER), auth=auth_after_revocation).json()["return_code"]
    assert [ORDER, ORDER] == get_bodies(server)


@pytest.mark.parametrize("start", [0, 3])
def test_a_reader_is_rewound_to_its_first_position(server, auth_after_revocation, url, start):
    """An object with only ``tell``, ``seek`` and ``read`` is resent from the position that the caller had set."""
    body = Reader(b"abc"[:start] + ORDER)
    body.seek(start)

    assert 0 == requests.post(url, data=body, auth=auth_after_revocation).json()["return_code"]
    assert [ORDER, ORDER] == get_bodies(server)


def test_an_mmap_is_rewound(server, auth_after_revocation, url, map_file):
    """An mmap is sent like a file, so it is rewound: otherwise the second body would be empty."""
    assert 0 == requests.post(url, data=map_file(ORDER), auth=auth_after_revocation, timeout=20).json()["return_code"]
    assert [ORDER, ORDER] == get_bodies(server)


@pytest.mark.parametrize("kind", [Unseekable, NoPosition])
def test_a_body_that_cannot_be_rewound_is_not_resent(server, auth_after_revocation, url, kind):
    """If a body cannot be rewound, the caller gets the rejected response: no empty or partial body is sent."""
    assert REJECTED == requests.post(url, data=kind(ORDER), auth=auth_after_revocation).json()
    assert [ORDER] == get_bodies(server)


def test_a_generator_is_not_resent(server, auth_after_revocation, url):
    """A generator that was read is not resent: requests would send an empty body for it."""
    assert REJECTED == requests.post(url, data=iter([ORDER]), auth=auth_after_revocation).json()
    assert [ORDER] == get_bodies(server)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, Reader])
def test_an_order_is_resent_at_most_once(server, auth_after_revocation, url, kind):
    """With every kind of body there is no third send, even if the second response is a rejection."""
    server.fail(Reply(REJECTED), Reply(REJECTED), Reply(REJECTED), path=PATH)

    assert REJECTED == requests.post(url, data=kind(ORDER), auth=auth_after_revocation).json()
    assert [ORDER, ORDER] == get_bodies(server)
