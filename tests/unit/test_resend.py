"""What a second send needs: a rewound body, cookies, and redirects without the token."""

import array
import copy
import io
import mmap
import pickle

import pytest
import requests

from requests_kiwoom.origins import origin_of
from requests_kiwoom.resend import adapter_arguments, add_cookies, guard_redirect, note_body_position, rewind

URL = "http://127.0.0.1:9/api/dostk/ordr"


def prepare(**options):
    headers = {"Authorization": "Bearer fake-token", **options.pop("headers", {})}
    return requests.Request("POST", URL, headers=headers, **options).prepare()


class OnlyRead:
    """A file-like body that requests cannot iterate over."""

    def __init__(self, content, position=0):
        self._file = io.BytesIO(content)
        self._file.seek(position)
        self.read, self.seek, self.tell = self._file.read, self._file.seek, self._file.tell
        self.len = len(content)


class Pipe(io.BytesIO):
    """A file that cannot tell its position."""

    def tell(self):
        raise OSError("Illegal seek")


@pytest.mark.parametrize(
    "body",
    [None, "text", b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), array.array("B", b"bytes")],
    ids=["none", "str", "bytes", "bytearray", "memoryview", "array"],
)
def test_a_body_in_memory_needs_no_rewinding(body):
    """Text, a bytes-like body or no body needs no rewinding."""
    request = prepare()
    request.body = body

    assert rewind(request)
    assert body is request.body


def test_a_file_is_rewound_to_its_position_at_the_first_send():
    """A file is rewound to its position at the first send."""
    file = io.BytesIO(b"0123")
    file.seek(1)
    request = prepare(data=file)
    file.read()

    assert rewind(request)
    assert b"123" == file.read()


def test_the_position_of_a_body_with_read_alone_is_noted():
    """The auth notes the position of a body that has only ``read``, since requests does not."""
    request = prepare()
    request.body = body = OnlyRead(b"0123", position=2)
    note_body_position(request)
    body.read()

    assert rewind(request)
    assert b"23" == body.read()


def test_a_position_that_requests_noted_is_kept():
    """A position that requests noted is not replaced after a part of the body was read."""
    file = io.BytesIO(b"0123")
    request = prepare(data=file)
    file.read()
    note_body_position(request)

    assert 0 == request._body_position


@pytest.mark.parametrize("make", [lambda: (piece for piece in [b"a"]), lambda: OnlyRead(b"0123")])
def test_a_body_without_a_noted_position_is_not_resent(make):
    """A body without a noted position is not resent: requests would send an empty one."""
    request = prepare()
    request.body = make()

    assert not rewind(request)


def test_a_file_that_cannot_tell_its_position_is_not_resent():
    """A file without a position, such as a pipe, is noted as one that cannot be rewound."""
    request = prepare()
    request.body = Pipe(b"0123")
    note_body_position(request)

    assert not rewind(request)


def test_an_mmap_is_rewound_as_a_file():
    """An mmap is a buffer, but requests reads it as a file."""
    with mmap.mmap(-1, 4) as body:
        body.write(b"0123")
        body.seek(1)
        request = prepare(data=body)
        note_body_position(request)
        body.read()

        assert rewind(request)
        assert b"123" == body.read()


def test_a_closed_file_is_not_resent():
    """If rewinding raises any error, the body cannot be resent."""
    file = io.BytesIO(b"0123")
    request = prepare(data=file)
    file.close()

    assert not rewind(request)


def test_only_the_adapter_s_arguments_are_passed_on():
    """Only what ``HTTPAdapter.send`` takes is passed on, and nothing is added."""
    kwargs = {"stream": True, "timeout": 5, "verify": True, "cert": None, "proxies": {}, "expire_after": 60}

    assert {**kwargs, "stream": True} == {**adapter_arguments(kwargs), "expire_after": 60}
    assert {"timeout": 5} == adapter_arguments({"timeout": 5})


def make_rejected_response(**cookies):
    response = requests.Response()
    for name, value in cookies.items():
        response.cookies.set(name, value, domain="127.0.0.1", path="/")
    return response


@pytest.mark.parametrize(
    "before, cookies, after",
    [
        (None, {}, None),
        ("mine=1", {}, "mine=1"),
        (None, {"node": "b"}, "node=b"),
        ("mine=1; node=a", {"node": "b"}, "mine=1; node=b"),
        ("mine=1;node=a;", {"node": "b"}, "mine=1; node=b"),
        (b"mine=1", {"node": "b"}, "mine=1; node=b"),
        ("node2=a", {"node": "b"}, "node2=a; node=b"),
        ("node=a=", {"node": "b="}, "node=b="),
    ],
)
def test_new_cookies_replace_those_of_the_same_name(before, cookies, after):
    """Cookies of the rejected response replace those of the same name; all others are kept."""
    request = prepare(headers={"Cookie": before} if before else {})
    add_cookies(request, make_rejected_response(**cookies))

    assert after == request.headers.get("Cookie")


ORIGIN = origin_of(URL)


def build_next_hop(request, url):
    """Build the request for a redirect as requests does: a copy with another URL."""
    hop = request.copy()
    hop.url = url
    return hop


@pytest.mark.parametrize(
    "url, is_kept",
    [
        ("http://127.0.0.1:9/other", True),
        ("http://127.0.0.1:9", True),
        ("http://127.0.0.1:10/other", False),
        ("https://127.0.0.1:9/other", False),
        ("http://evil.example/", False),
        ("ftp://127.0.0.1:9/", False),
        (None, False),
    ],
)
def test_a_hop_to_another_origin_drops_the_token(url, is_kept):
    """The next hop keeps the token only within the origin; the request itself always keeps it."""
    request = prepare()
    guard_redirect(request, ORIGIN)

    assert is_kept == ("Authorization" in build_next_hop(request, url).headers)
    assert "Bearer fake-token" == request.headers["Authorization"]


def test_a_copy_for_the_same_origin_is_complete():
    """A copy that the caller makes after a redirect is complete, and independent of the request."""
    request = prepare(data=b"order")
    guard_redirect(request, ORIGIN)
    guard_redirect(request, ORIGIN)

    copied = request.copy()
    assert (URL, "POST", b"order") == (copied.url, copied.method, copied.body)
    assert request.headers == copied.headers and request.headers is not copied.headers
    copied.headers["X-Mine"] = "1"
    assert "X-Mine" not in request.headers


def test_a_hop_that_lost_the_token_does_not_get_it_back():
    """A redirect back to the origin does not restore the token that a hop to another origin dropped."""
    request = prepare()
    guard_redirect(request, ORIGIN)
    hop = build_next_hop(request, "http://evil.example/")
    hop.url = URL

    assert "Authorization" not in hop.headers


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_clone_of_a_guarded_request_is_guarded(clone):
    """A pickled or deep-copied request is guarded, too, and its copies are made from it, not from the original."""
    request = prepare()
    guard_redirect(request, ORIGIN)
    twin = clone(request)
    twin.headers["X-Mine"] = "1"

    assert "1" == twin.copy().headers["X-Mine"] and "X-Mine" not in request.headers
    assert "Authorization" not in build_next_hop(twin, "http://evil.example/").headers
    assert "Authorization" in clone(twin.copy()).headers
