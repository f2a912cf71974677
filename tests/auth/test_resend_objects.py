"""Bodies that are neither str nor bytes, and what a second send makes of them."""

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
    """What has ``tell``, ``seek`` and ``read``, and cannot be iterated over."""

    def __init__(self, content):
        self.file = io.BytesIO(content)

    def read(self, size=-1):
        """As a file."""
        return self.file.read(size)

    def tell(self):
        """As a file."""
        return self.file.tell()

    def seek(self, *args):
        """As a file."""
        return self.file.seek(*args)


class Unseekable(Reader):
    """The same, but it cannot go back."""

    def seek(self, *args):
        """Refuse."""
        raise OSError("not seekable")


class NoPosition(Reader):
    """The same, but it does not know where it is."""

    def tell(self):
        """Refuse."""
        raise OSError("no position")


@pytest.fixture
def mapped(tmp_path):
    """Make an mmap, which is both a buffer and a file."""
    path = tmp_path / "order.json"
    maps = []

    def map_file(content):
        path.write_bytes(content)
        with open(path, "rb") as file:
            maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return maps[-1]

    yield map_file
    for each in maps:
        each.close()


def bodies(server):
    """The bodies that arrived, token calls aside."""
    return [request.body for request in server.requests if request.path == PATH]


@pytest.fixture
def rejected(server, auth):
    """An auth whose token was revoked."""
    auth.token()
    server.revoke_all()
    return auth.for_api(API_ID)


@pytest.mark.parametrize("kind", [bytearray, memoryview, lambda body: array.array("B", body)])
def test_a_buffer_is_sent_again(server, rejected, url, kind):
    """``bytearray``, ``memoryview`` and ``array`` bodies are sent a second time, unchanged."""
    assert 0 == requests.post(url, data=kind(ORDER), auth=rejected).json()["return_code"]
    assert [ORDER, ORDER] == bodies(server)


@pytest.mark.parametrize("start", [0, 3])
def test_a_reader_is_rewound_to_where_the_caller_had_it(server, rejected, url, start):
    """An object with ``tell``, ``seek`` and ``read`` alone is sent a second time from where the caller had it."""
    body = Reader(b"abc"[:start] + ORDER)
    body.seek(start)

    assert 0 == requests.post(url, data=body, auth=rejected).json()["return_code"]
    assert [ORDER, ORDER] == bodies(server)


def test_an_mmap_is_rewound(server, rejected, url, mapped):
    """An mmap is sent as a file is, so it is rewound; otherwise the second body would be empty."""
    assert 0 == requests.post(url, data=mapped(ORDER), auth=rejected, timeout=20).json()["return_code"]
    assert [ORDER, ORDER] == bodies(server)


@pytest.mark.parametrize("kind", [Unseekable, NoPosition])
def test_a_body_that_cannot_be_rewound_is_not_sent_again(server, rejected, url, kind):
    """The caller gets the rejected response, and no second body is sent, neither an empty one nor a part."""
    assert REJECTED == requests.post(url, data=kind(ORDER), auth=rejected).json()
    assert [ORDER] == bodies(server)


def test_a_generator_is_not_sent_again(server, rejected, url):
    """A generator was read: requests would send an empty body for it."""
    assert REJECTED == requests.post(url, data=iter([ORDER]), auth=rejected).json()
    assert [ORDER] == bodies(server)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, Reader])
def test_an_order_is_sent_again_only_after_a_rejection(server, rejected, url, kind):
    """Of any kind of body: what the second response is does not matter, there is no third send."""
    server.fail(Reply(REJECTED), Reply(REJECTED), Reply(REJECTED), path=PATH)

    assert REJECTED == requests.post(url, data=kind(ORDER), auth=rejected).json()
    assert [ORDER, ORDER] == bodies(server)
