"""What a second send needs: a rewound body, cookies, and redirects without the token."""

import array
import copy
import io
import pickle
import threading

import pytest
import requests

from requests_kiwoom.resend import (
    adapter_arguments,
    add_cookies,
    is_rewound,
    keep_token_on_redirect,
    note_body_position,
    strip_token_from_redirect,
)
from tests.helpers.threads import in_threads

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
def test_a_body_in_memory_is_sent_as_it_is(body):
    """Text, everything bytes-like and no body need no rewinding."""
    request = prepare()
    request.body = body

    assert is_rewound(request)
    assert body is request.body


def test_a_file_is_rewound_to_where_it_stood():
    """A file is rewound to its position at the first send."""
    file = io.BytesIO(b"0123")
    file.seek(1)
    request = prepare(data=file)
    file.read()

    assert is_rewound(request)
    assert b"123" == file.read()


def test_a_body_that_requests_does_not_iterate_over():
    """The position of a body with ``read`` alone is noted by the auth, since requests does not note it."""
    request = prepare()
    request.body = body = OnlyRead(b"0123", position=2)
    note_body_position(request)
    body.read()

    assert is_rewound(request)
    assert b"23" == body.read()


def test_a_position_that_requests_noted_stays():
    """What requests noted is not noted again after a part was read."""
    file = io.BytesIO(b"0123")
    request = prepare(data=file)
    file.read()
    note_body_position(request)

    assert 0 == request._body_position


@pytest.mark.parametrize("make", [lambda: (piece for piece in [b"a"]), lambda: OnlyRead(b"0123")])
def test_a_body_without_a_noted_position_is_not_sent_again(make):
    """requests would send an empty body for it."""
    request = prepare()
    request.body = make()

    assert not is_rewound(request)


def test_a_file_that_cannot_tell_its_position():
    """A pipe is noted as one that cannot be rewound."""
    request = prepare()
    request.body = Pipe(b"0123")
    note_body_position(request)

    assert not is_rewound(request)


def test_a_closed_file_is_not_sent_again():
    """Whatever rewinding raises means no."""
    file = io.BytesIO(b"0123")
    request = prepare(data=file)
    file.close()

    assert not is_rewound(request)


def test_the_arguments_of_an_adapter():
    """Only what ``HTTPAdapter.send`` takes is passed on, and nothing is added."""
    kwargs = {"stream": True, "timeout": 5, "verify": True, "cert": None, "proxies": {}, "expire_after": 60}

    assert {**kwargs, "stream": True} == {**adapter_arguments(kwargs), "expire_after": 60}
    assert {"timeout": 5} == adapter_arguments({"timeout": 5})


def rejected(**cookies):
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
def test_cookies(before, cookies, after):
    """Cookies of the rejected response replace those of their name; all others stay."""
    request = prepare(headers={"Cookie": before} if before else {})
    add_cookies(request, rejected(**cookies))

    assert after == request.headers.get("Cookie")


def test_a_copy_for_the_next_hop_lacks_the_token():
    """The copy that this thread makes lacks the token; the request itself keeps it."""
    request = prepare()
    strip_token_from_redirect(request)

    assert "Authorization" not in request.copy().headers
    assert "Bearer fake-token" == request.headers["Authorization"]
    assert [URL, "POST"] == [request.copy().url, request.copy().method]


def test_a_copy_of_another_thread_keeps_the_token():
    """Another thread that sends the same request is not affected."""
    request = prepare()
    strip_token_from_redirect(request)

    assert ["Bearer fake-token"] * 2 == [made.headers["Authorization"] for made in in_threads(2, request.copy)]


def test_a_later_redirect_within_the_origin_carries_the_token():
    """A redirect that stays at the origin undoes the strip for this thread, and for no other."""
    request = prepare()
    stripped, kept, without_token = threading.Event(), threading.Event(), []

    def other():
        strip_token_from_redirect(request)
        stripped.set()
        kept.wait(30)
        without_token.append("Authorization" not in request.copy().headers)

    thread = threading.Thread(target=other)
    thread.start()
    stripped.wait(30)
    strip_token_from_redirect(request)
    keep_token_on_redirect(request)
    kept.set()
    thread.join()

    assert "Authorization" in request.copy().headers
    assert [True] == without_token


def test_keeping_what_was_never_stripped():
    """Without a strip there is nothing to undo."""
    request = prepare()
    keep_token_on_redirect(request)

    assert "copy" not in request.__dict__


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_clone_of_a_stripped_request_keeps_the_token(clone):
    """A pickled or deep-copied request that was redirected away can be copied, and is about itself."""
    request = prepare()
    strip_token_from_redirect(request)

    twin = clone(request)

    assert "Bearer fake-token" == twin.copy().headers["Authorization"]
    twin.headers["X-Mine"] = "1"
    assert "1" == twin.copy().headers["X-Mine"]


def test_a_subclass_copies_itself():
    """A request of a subclass is copied by the subclass."""

    class Signed(requests.PreparedRequest):
        def copy(self):
            copied = super().copy()
            copied.signature = "fake-signature"
            return copied

    request = Signed()
    request.prepare("POST", URL, headers={"Authorization": "Bearer fake-token"})
    strip_token_from_redirect(request)

    assert "fake-signature" == request.copy().signature
