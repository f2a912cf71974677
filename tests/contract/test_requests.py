"""What this package relies on in requests. These tests run no line of this package.

Each test shows a trap of requests (or of urllib3 below it) that the auth avoids, or a behaviour that it needs. If a
test fails with a new release of requests, check the place in this package that the test's docstring names.
"""

import io
import pickle
import threading

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import get_cookie_header
from requests.exceptions import UnrewindableBodyError
from requests.structures import CaseInsensitiveDict
from requests.utils import rewind_body

from tests.helpers.raw_server import RawServer, http, http_chunked


class Marking(requests.auth.AuthBase):
    """An auth that sets the header and adds a hook, which notes what it sees."""

    def __init__(self, hook):
        self.hook = hook

    def __call__(self, request):
        request.headers["Authorization"] = "Bearer fake-token"
        request.hooks["response"].insert(0, self.hook)
        return request


def reply(body=b"", status="200 OK", *headers, **options):
    """Return a response whose connection is not reused: the server closes it, and when a client sees that varies."""
    return http(body, status, "Connection: close", *headers, **options)


def redirect(location, status="307 Temporary Redirect"):
    return reply(b"", status, f"Location: {location}")


def prepare(url="http://127.0.0.1:9/api", **options):
    return requests.Request("POST", url, **options).prepare()


def header_lines(raw):
    return [line.lower() for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")]


# Trap 1: which hosts' responses a hook sees.


def test_hooks_survive_a_redirect_to_another_host():
    """A response hook is called for the response of every host on the way (``hook.py``)."""
    seen = []
    with RawServer(reply(b"there")) as foreign, RawServer(redirect(foreign.url + "/x")) as own:
        requests.post(own.url, auth=Marking(lambda response, **kwargs: seen.append(response.url)))

    assert [own.url + "/", foreign.url + "/x"] == seen


def test_authorization_is_stripped_only_for_another_host():
    """``Authorization`` is stripped for another host or port, and kept for another path (``resend.guard_redirect``)."""
    with RawServer(reply()) as foreign:
        with RawServer(redirect("/y"), redirect(foreign.url)) as own:
            requests.post(own.url, auth=Marking(lambda *args, **kwargs: None))

    assert [True, True] == [b"authorization: bearer fake-token" in header_lines(raw) for raw in own.requests]
    assert b"authorization: bearer fake-token" not in header_lines(foreign.requests[0])


def test_authorization_is_kept_from_http_to_https():
    """``Authorization`` is kept from http to https of one host on default ports (``resend.guard_redirect``)."""
    with requests.Session() as session:
        assert not session.should_strip_auth("http://api.example/", "https://api.example/")
        assert session.should_strip_auth("https://api.example/", "http://api.example/")
        assert session.should_strip_auth("https://api.example/", "https://mockapi.example/")


def test_netrc_replaces_the_header_after_a_redirect(tmp_path, monkeypatch):
    """A netrc entry overwrites ``Authorization`` after a redirect, and the hooks are kept (``hook.py``)."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login fake password fake")
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []
    with RawServer(redirect("/y"), reply()) as own:
        hook = Marking(lambda response, **kwargs: seen.append(response.request.headers["Authorization"]))
        requests.post(own.url, auth=hook)

    assert ["Bearer", "Basic"] == [header.split()[0] for header in seen]


def test_netrc_is_not_read_for_a_request_with_an_auth(tmp_path, monkeypatch):
    """netrc is not read for a request with an auth, even one that does nothing (``transport.no_auth``)."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login fake password fake")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(reply(), reply()) as own:
        requests.post(own.url, auth=lambda request: request)
        requests.post(own.url)

    assert [False, True] == [b"authorization: basic zmfrztpmywtl" in header_lines(raw) for raw in own.requests]


def test_none_removes_a_header_of_the_session():
    """A header that is ``None`` for one request is not sent, and the session keeps it (``transport._Call``)."""
    with RawServer(reply()) as own, requests.Session() as session:
        session.headers["Authorization"] = "Bearer fake-token"
        session.post(own.url, headers={"Authorization": None}, auth=lambda request: request)

    assert not any(line.startswith(b"authorization") for line in header_lines(own.requests[0]))
    assert "Bearer fake-token" == session.headers["Authorization"]


def test_is_redirect_needs_status_and_location():
    """A redirect has one of five statuses and a ``Location``; the hook judges any other response (``hook.py``)."""
    for status in (301, 302, 303, 307, 308, 300, 304, 401):
        response = requests.Response()
        response.status_code = status
        assert not response.is_redirect
        response.headers["Location"] = "/x"
        assert (status in (301, 302, 303, 307, 308)) == response.is_redirect


# Trap 2: what the second send sends.


def send_twice(url, **body):
    """Send a prepared request and, with the same adapter, its copy, as a hook does."""
    with requests.Session() as session:
        request = session.prepare_request(requests.Request("POST", url, **body))
        first = session.send(request)
        return first.connection.send(first.request.copy())


def test_str_bytes_and_none_are_resent():
    """A body of ``str``, ``bytes`` or ``None`` is the same in a copy (``resend.rewind``)."""
    for body, expected in (("text", b"text"), (b"bytes", b"bytes"), (None, b"")):
        with RawServer(reply(), reply()) as own:
            send_twice(own.url, data=body).close()
            assert [expected] * 2 == [raw.split(b"\r\n\r\n")[1] for raw in own.requests]


def test_a_generator_is_resent_empty():
    """The copy of a request with a generator is sent with an empty body, and no error (``resend.rewind``)."""
    bodies = []

    def respond(connection):
        data = own.requests[-1].split(b"\r\n\r\n", 1)[1]
        while not data.endswith(b"0\r\n\r\n"):
            data += connection.recv(1024)
        bodies.append(data)
        connection.sendall(reply())

    with RawServer(respond, respond) as own:
        assert 200 == send_twice(own.url, data=(piece for piece in [b"abcd"])).status_code

    assert [b"4\r\nabcd\r\n0\r\n\r\n", b"0\r\n\r\n"] == bodies


def test_a_generator_cannot_be_rewound():
    """``rewind_body`` raises ``UnrewindableBodyError`` for a body without a position (``resend.rewind``)."""
    with pytest.raises(UnrewindableBodyError):
        rewind_body(prepare(data=(piece for piece in [b"abcd"])))


def test_a_file_is_rewound_to_its_position_at_prepare():
    """``rewind_body`` goes back to the position at which the request was prepared (``resend.rewind``)."""
    file = io.BytesIO(b"0123456789")
    file.seek(2)
    request = prepare(data=file)
    file.read()

    copy = request.copy()
    rewind_body(copy)

    assert 2 == file.tell() and copy.body is file


def test_rewinding_a_closed_file_is_a_value_error():
    """``rewind_body`` raises the ``ValueError`` of a closed file (``resend.rewind``)."""
    file = io.BytesIO(b"0123456789")
    request = prepare(data=file)
    file.close()

    with pytest.raises(ValueError, match="closed"):
        rewind_body(request)


# Trap 3: how long a response holds its connection.


@pytest.fixture
def pooled():
    """A session with a blocking pool of one connection, and a function that counts its free connections."""
    with requests.Session() as session:
        session.trust_env = False  # With a CA bundle from the environment, requests would use another pool.
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True)
        session.mount("http://", adapter)
        yield session, lambda url: adapter.get_connection_with_tls_context(prepare(url), verify=True).pool.qsize()


def test_a_response_in_a_hook_holds_its_connection(pooled):
    """A hook is called before the body is read, and the pool's one connection is taken until the hook reads it."""
    session, free = pooled
    counts = []

    def hook(response, **kwargs):
        counts.append(free(own.url))
        response.content
        counts.append(free(own.url))

    with RawServer(reply(b"body")) as own:
        session.post(own.url, hooks={"response": hook})

    assert [0, 1] == counts


@pytest.mark.parametrize("release", [lambda response: response.content, lambda response: response.close()])
@pytest.mark.parametrize("raw_response", [reply(b"x" * 2000), http_chunked(b"x" * 2000)], ids=["length", "chunked"])
def test_reading_or_closing_a_streamed_response_frees_it(pooled, raw_response, release):
    """With ``stream=True`` the connection is taken until the body is read or closed (``RejectionHook._release``)."""
    session, free = pooled
    with RawServer(raw_response) as own:
        response = session.post(own.url, stream=True)
        assert 0 == free(own.url)
        release(response)
        assert 1 == free(own.url)


def test_content_that_was_read_stays_readable():
    """After a hook read a streamed response, ``raw`` is empty, but ``content`` and ``iter_content`` work."""
    with RawServer(reply(b'{"a": 1}')) as own:
        hook = {"response": lambda response, **kwargs: response.content and None}
        response = requests.post(own.url, stream=True, hooks=hook)

        assert b"" == response.raw.read()
        assert b'{"a": 1}' == response.content == b"".join(response.iter_content(3))
        assert {"a": 1} == response.json()


def test_a_truncated_body_raises_while_it_is_read():
    """A truncated response raises while it is read; with urllib3 1.26 it is short, without an error."""
    with RawServer(reply(b"cut", length=50)) as own:
        response = requests.post(own.url, stream=True)
        if urllib3.__version__.startswith("1."):
            assert b"cut" == response.content
        else:
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                response.content
        response.close()


# Trap 4: the second send.


def test_connection_is_the_adapter_and_takes_the_hook_s_arguments():
    """``response.connection.send`` takes the arguments that a hook is called with (``hook.py``)."""
    seen = []

    def hook(response, **kwargs):
        if not seen:
            seen.append(kwargs)
            response.content
            return response.connection.send(response.request.copy(), **kwargs)

    with RawServer(reply(b"first"), reply(b"second")) as own, requests.Session() as session:
        response = session.post(own.url, hooks={"response": hook}, timeout=(3, 5))

        assert session.get_adapter(own.url) is response.connection
    assert b"second" == response.content
    assert {"timeout", "verify", "proxies", "stream", "cert"} == set(seen[0])
    assert (3, 5) == seen[0]["timeout"]


def test_the_adapter_sets_neither_elapsed_nor_history():
    """A response directly from the adapter has ``elapsed`` 0 and no ``history`` (``hook.py``)."""
    with RawServer(reply(), reply()) as own:
        response = send_twice(own.url)

    assert 0 == response.elapsed.total_seconds()
    assert [] == response.history


def test_prepare_cookies_works_once():
    """A second ``prepare_cookies`` does not change the header (``resend.add_cookies``)."""
    request = prepare(cookies={"a": "1"})
    request.prepare_cookies({"b": "2"})

    assert "a=1" == request.headers["Cookie"]


def test_a_hook_runs_before_the_session_takes_the_cookies():
    """In a hook the response has its cookies, and the session does not have them yet (``resend.add_cookies``)."""
    seen = []

    def hook(response, **kwargs):
        seen.append((response.cookies.get_dict(), session.cookies.get_dict()))

    with RawServer(reply(b"", "200 OK", "Set-Cookie: a=1")) as own, requests.Session() as session:
        session.post(own.url, hooks={"response": hook})

    assert [({"a": "1"}, {})] == seen
    assert {"a": "1"} == session.cookies.get_dict()


def test_the_session_takes_the_cookies_of_the_history():
    """The session takes the cookies of the responses in ``history``, too (``hook.py``)."""

    def hook(response, **kwargs):
        if not response.history and response.content == b"first":
            second = response.connection.send(response.request.copy(), **kwargs)
            second.history = [response]
            return second

    with RawServer(reply(b"first", "200 OK", "Set-Cookie: a=1"), reply()) as own, requests.Session() as session:
        session.post(own.url, hooks={"response": hook})

    assert {"a": "1"} == session.cookies.get_dict()


def test_get_cookie_header_is_none_without_cookies():
    """``get_cookie_header`` returns the header's text for a URL, or ``None`` (``resend.add_cookies``)."""
    jar = requests.cookies.cookiejar_from_dict({})
    assert get_cookie_header(jar, prepare()) is None
    jar.set("a", "1", domain="127.0.0.1", path="/")
    assert "a=1" == get_cookie_header(jar, prepare())


# Trap 5: where the next hop comes from.


def test_the_next_hop_is_built_from_the_first_request():
    """If a hook returns a redirect, requests follows it with the headers of the first request, not of the second."""

    def hook(response, **kwargs):
        if response.content == b"first":
            again = response.request.copy()
            again.headers["Authorization"] = "Bearer fake-second"
            return response.connection.send(again, **kwargs)

    with RawServer(reply(b"first"), redirect("/y"), reply()) as own:
        requests.post(own.url, auth=Marking(hook))

    seen = [raw.split(b"Authorization: Bearer ")[1].split(b"\r\n")[0] for raw in own.requests]
    assert [b"fake-token", b"fake-second", b"fake-token"] == seen


# Trap 6: the order of hooks.


def test_the_hook_of_an_auth_runs_before_the_user_s():
    """An auth is applied before the user's hooks are added, and each hook gets what the hook before it returned."""
    seen = []
    other = requests.Response()
    other.status_code = 201
    other.request = prepare()

    with RawServer(reply()) as own:
        response = requests.post(
            own.url,
            auth=Marking(lambda response, **kwargs: other),
            hooks={"response": lambda response, **kwargs: seen.append(response)},
        )

    assert [other] == seen and response is other


def test_an_auth_may_replace_the_hooks_of_the_request():
    """The user's hooks are added to the hooks that the auth set on the request (``KiwoomAuth.__call__``)."""
    calls = []

    def auth(request):
        request.hooks = {"response": [lambda response, **kwargs: calls.append("auth")]}
        return request

    with RawServer(reply()) as own:
        requests.post(own.url, auth=auth, hooks={"response": lambda response, **kwargs: calls.append("user")})

    assert ["auth", "user"] == calls


def test_an_error_in_a_hook_reaches_the_caller():
    """An error that a hook raises is raised to the caller unchanged (``hook.py``)."""

    def hook(response, **kwargs):
        raise requests.exceptions.ConnectionError("raised in a hook")

    with RawServer(reply()) as own, pytest.raises(requests.exceptions.ConnectionError, match="raised in a hook"):
        requests.post(own.url, hooks={"response": hook})


# Trap 7: what belongs to a request.


def test_a_copy_shares_its_hooks_and_not_its_headers():
    """A copy of a request has its own headers, but shares the hooks of the original (``KiwoomAuth.__call__``)."""
    request = prepare(hooks={"response": lambda *args, **kwargs: None})
    copy = request.copy()
    copy.headers["Authorization"] = "Bearer fake-token"

    assert copy.hooks is request.hooks
    assert "Authorization" not in request.headers


def test_hooks_run_in_the_thread_that_sends():
    """A request that is prepared in one thread and sent in another runs its hooks in the other."""
    seen = []
    with RawServer(reply()) as own, requests.Session() as session:
        hook = {"response": lambda *args, **kwargs: seen.append(threading.current_thread())}
        request = session.prepare_request(requests.Request("POST", own.url, hooks=hook))
        thread = threading.Thread(target=session.send, args=(request,))
        thread.start()
        thread.join(60)

    assert [thread] == seen


def test_a_pickled_response_holds_its_request():
    """A pickled ``Response`` holds its request with the hooks (``RejectionHook.__reduce__``)."""
    with RawServer(reply(b"body")) as own:
        response = requests.post(own.url, hooks={"response": do_nothing})

    twin = pickle.loads(pickle.dumps(response))

    assert [do_nothing] == twin.request.hooks["response"]
    assert b"body" == twin.content and not hasattr(twin, "connection")


def do_nothing(response, **kwargs):
    """Do nothing: a hook that can be pickled."""


# What au10001's call relies on.


def test_a_redirect_that_is_not_followed_is_read_to_its_end():
    """With ``allow_redirects=False`` the body is still read, unless a hook removes ``Location`` (``transport.py``)."""
    with RawServer(redirect("/x")) as own:
        followed = requests.post(own.url, stream=True, allow_redirects=False)
        assert followed._content is not False
    with RawServer(redirect("/x")) as own:
        hook = {"response": lambda response, **kwargs: response.headers.pop("Location") and None}
        dropped = requests.post(own.url, stream=True, allow_redirects=False, hooks=hook)
        assert dropped._content is False
        dropped.close()


def test_header_names_have_no_case():
    """Header names of a request and of a response are the same in any case (``KiwoomAuth.__call__``)."""
    headers = prepare(headers={"API-ID": "ka10001"}).headers

    assert isinstance(headers, CaseInsensitiveDict)
    assert "ka10001" == headers["api-id"] == headers.setdefault("Api-Id", "other")


def test_a_request_can_be_prepared_from_method_and_url_alone():
    """``PreparedRequest.prepare`` needs no body, headers or auth (``transport.py``)."""
    request = requests.PreparedRequest()
    request.prepare(method="POST", url="https://api.example/oauth2/token")

    assert (None, "https://api.example/oauth2/token") == (request.body, request.url)


def test_an_error_takes_its_request_from_the_response():
    """A ``RequestException`` with a response has its request as well (``KiwoomAuthError``)."""
    response = requests.Response()
    response.request = prepare()

    assert response.request is requests.exceptions.RequestException("text", response=response).request
