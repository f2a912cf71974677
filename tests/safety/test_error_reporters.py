"""Sentry and loguru print the local variables of every frame: no key and no token is among them."""

import io
import json
import os
import signal
import sys
import threading
from pathlib import Path

import loguru
import pytest
import requests
import sentry_sdk
from requests.adapters import HTTPAdapter
from sentry_sdk.transport import Transport

import requests_kiwoom
from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import Reply
from tests.helpers.constants import API_ID, PATH
from tests.helpers.raw_server import RawServer, http, issued
from tests.helpers.wine import crashes_wine

APPKEY, SECRETKEY, TOKEN = "fake-appkey-0123456789", "fake-secretkey-0123456789", "fake-token-0123456789"
SECRETS = (APPKEY, SECRETKEY, TOKEN)


class Masked(str):
    """The test's own keys, which its own frames must not show."""

    def __repr__(self):
        return "<Masked>"


class MaskedBytes(bytes):
    """The same for what the test's server sends."""

    def __repr__(self):
        return "<MaskedBytes>"


ARGUMENTS = Masked(APPKEY), Masked(SECRETKEY)
KEYS = dict(zip(("appkey", "secretkey"), ARGUMENTS))


@pytest.fixture
def reports(monkeypatch):
    """Report an exception to both; the texts that they would send or write."""
    events = []

    class Collect(Transport):
        def capture_envelope(self, envelope):
            events.extend(item.payload.json for item in envelope.items)

    sentry_sdk.get_isolation_scope().clear()
    sentry_sdk.init("https://public@sentry.invalid/1", transport=Collect, auto_enabling_integrations=False)
    out = io.StringIO()
    handler = loguru.logger.add(out, diagnose=True, backtrace=False, format="{message}")

    def report(error):
        traceback = error.__traceback__
        while traceback is not None and "tests" in Path(traceback.tb_frame.f_code.co_filename).parts:
            traceback = traceback.tb_next  # The test itself has the keys.
        error = error.with_traceback(traceback)
        sentry_sdk.capture_exception(error)
        loguru.logger.opt(exception=error).error("failed")
        text = json.dumps(events, default=repr) + out.getvalue()
        assert type(error).__name__ in text and (traceback is None or '"vars"' in text)
        return text

    yield report
    loguru.logger.remove(handler)
    sentry_sdk.init(default_integrations=False)


def check(text, *more):
    """No secret is in the text, not even half of one."""
    for secret in (*SECRETS, *more):
        assert secret[:-4] not in text, text[max(0, text.find(secret[:-4]) - 90) :][:130]


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "nonsense"},
        {"base_url": "http://example.com"},
        {"mock": True, "base_url": "https://example.com"},
        {"mock": "perhaps"},
        {"timeout": -1},
        {"resend": "no"},
        {"store": 1},
        {"session": 1},
        {"unknown": 1},
    ],
)
@pytest.mark.parametrize("how", ["constructor", "from_env", "from_env with keys"])
def test_a_bad_option(monkeypatch, reports, options, how):
    """An auth that cannot be made, for whatever option, shows neither key."""
    monkeypatch.setenv("KIWOOM_APPKEY", APPKEY)
    monkeypatch.setenv("KIWOOM_SECRETKEY", SECRETKEY)
    with pytest.raises((ValueError, TypeError)) as caught:
        if how == "constructor":
            KiwoomAuth(*ARGUMENTS, **options)
        else:
            KiwoomAuth.from_env(**(KEYS if how == "from_env with keys" else {}), **options)

    check(reports(caught.value))


@pytest.mark.parametrize(
    "variables",
    [
        {"KIWOOM_MOCK": "perhaps"},
        {"KIWOOM_MOCK": "1", "KIWOOM_BASE_URL": "https://example.com"},
        {"KIWOOM_APPKEY_FILE": "/nowhere"},
        {"KIWOOM_SECRETKEY_FILE": "/nowhere"},
        {"KIWOOM_SECRETKEY": ""},
        {"KIWOOM_SECRETKEY": f'"{SECRETKEY}"'},
        {"KIWOOM_SECRETKEY": f"{SECRETKEY} x"},
        {"KIWOOM_APPKEY": f"{APPKEY}.txt"},
        {"KIWOOM_APPKEY": "", "KIWOOM_APP_KEY": APPKEY},
        {"KIWOOM_APPKEY": "", "KIWOOM_APPKEY_FILE": "/nowhere"},
    ],
    ids=lambda variables: " ".join(variables),
)
def test_a_bad_environment(monkeypatch, reports, variables):
    """Environment variables that cannot be used show neither key, nor the other variables."""
    monkeypatch.setenv("KIWOOM_APPKEY", APPKEY)
    monkeypatch.setenv("KIWOOM_SECRETKEY", SECRETKEY)
    while variables:
        monkeypatch.setenv(*variables.popitem())
    with pytest.raises(ValueError) as caught:
        KiwoomAuth.from_env()

    check(reports(caught.value))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("content", [Masked(2 * f"{SECRETKEY} "), Masked(f'"{SECRETKEY}"'), ""], ids=len)
def test_a_bad_key_file(tmp_path, reports, content, encoding):
    """A key file that holds no key shows nothing of what it holds."""
    path = tmp_path / "0_secretkey.txt"
    path.write_bytes(content.encode(encoding))
    with pytest.raises(ValueError) as caught:
        KiwoomAuth(ARGUMENTS[0], path)

    check(reports(caught.value))


@pytest.mark.parametrize("name", ["appkey", "secretkey"])
def test_the_repr_of_an_auth_whose_constructor_failed(reports, name):
    """Every ``repr()`` of the package works in the middle of a constructor, and shows no key."""
    caught = []
    with pytest.raises(ValueError) as caught:
        KiwoomAuth(**{**KEYS, name: ""})

    text = reports(caught.value)
    assert "<KiwoomAuth>" in text and "AttributeError" not in text
    check(text)


def fail(error):
    """The error that a call raises; the call's own frames are in it."""
    with pytest.raises(Exception) as caught:
        error()
    return caught.value


CUT = [
    http(issued(TOKEN).partition(b"\r\n\r\n")[2], length=5000),
    http(issued(TOKEN).partition(b"\r\n\r\n")[2], "200 OK", "Content-Encoding: gzip"),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + issued(TOKEN).partition(b"\r\n\r\n")[2],
    issued(TOKEN).partition(b"\r\n\r\n")[2],
    http(issued(TOKEN).partition(b"\r\n\r\n")[2], "500 Error"),
    issued(TOKEN, expires_dt="x"),
    issued(TOKEN, token_type=APPKEY),
    issued(TOKEN + "\n"),
    issued(TOKEN, return_code=3, return_msg=f"{APPKEY} {SECRETKEY} [8001:{TOKEN}]"),
    http(f'{{"return_code": 3, "return_msg": "{SECRETKEY}"}}'.encode()),
]


@pytest.mark.parametrize("wire", [MaskedBytes(wire) for wire in CUT], ids=len)
@pytest.mark.parametrize("kind", ["issue", "rejection"])
def test_a_broken_response_of_au10001(reports, wire, kind):
    """A response that is cut, badly compressed or malformed shows neither the token in it nor a key."""
    first = [MaskedBytes(issued(TOKEN + "-1"))] if kind == "rejection" else []
    with RawServer(*first, wire) as server:
        auth = KiwoomAuth(*ARGUMENTS, base_url=server.url)
        if kind == "issue":
            check(reports(fail(lambda: requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID)))))
        else:
            auth.token()
            token = auth.token()
            error = fail(lambda: auth.token(rejected=token))
            del token
            check(reports(error))


@pytest.mark.parametrize("wire", [*CUT[:3], b"", http(b'{"return_code": 3, "return_msg": "[8005:', length=90)], ids=len)
@pytest.mark.parametrize("stream", [True, False])
def test_a_broken_response_of_an_api(reports, wire, stream):
    """A response that breaks while the hook reads it does not show the token that the request carried."""
    wire = wire.replace(TOKEN.encode(), b"x" * len(TOKEN))
    with RawServer(issued(TOKEN), wire) as server:
        auth = KiwoomAuth(*ARGUMENTS, base_url=server.url)
        auth.token()
        error = fail(
            lambda: requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID), stream=stream).content
        )

    check(reports(error))


@pytest.mark.parametrize(
    "wire",
    list(map(MaskedBytes, (b"", http(TOKEN.encode(), "500 Error"), http(f'{{"return_msg": "{TOKEN}"}}'.encode())))),
    ids=len,
)
def test_an_error_of_revoke(reports, wire):
    """A token that could not be revoked is not in the report."""
    with RawServer(issued(TOKEN), wire) as server:
        auth = KiwoomAuth(*ARGUMENTS, base_url=server.url)
        auth.token()

        check(reports(fail(auth.revoke)))


class Hostile(HTTPAdapter):
    """An adapter whose error quotes the request, as some do."""

    error: type = MemoryError

    def send(self, request, **kwargs):
        """Raise."""
        if self.error is MemoryError:
            raise MemoryError
        raise self.error(f"cannot send {request.body.decode()} with {request.headers}")


@pytest.mark.parametrize("error", [MemoryError, OSError, ValueError, requests.ConnectionError])
@pytest.mark.parametrize("call", ["issue", "revoke"])
def test_an_error_of_a_session_s_adapter(server, reports, error, call):
    """An error of a lent session that quotes the call shows neither key nor token; ``MemoryError`` does not either."""
    adapter = Hostile()
    adapter.error = error
    with requests.Session() as session:
        auth = KiwoomAuth(Masked(server.appkey), Masked(server.secretkey), base_url=server.url, session=session)
        if call == "revoke":
            auth.token()
        session.mount("http://", adapter)

        text = reports(fail(auth.token if call == "issue" else auth.revoke))
    check(text, server.appkey, server.secretkey, *filter(None, [server.token]))


def test_keys_in_their_json_spelling(reports):
    """A key that JSON spells in another way is not in the error of a session that quotes the call."""
    keys = Masked('fake"appkey-0123456789'), Masked("fake\\secretkey-0123456789")
    adapter = Hostile()
    adapter.error = OSError
    with requests.Session() as session:
        session.mount("http://", adapter)
        auth = KiwoomAuth(*keys, base_url="http://127.0.0.1:9", session=session)
        text = reports(fail(auth.token))

    check(text, *(key[5:] for key in keys))


def tokens_of(server):
    """The tokens that the server saw, and the current one."""
    return list(filter(None, {request.token for request in server.requests} | {server.token}))


class SoftTimeLimitExceeded(Exception):
    """What a worker raises in the middle of a task, from a signal handler."""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no such signal")
@pytest.mark.parametrize("call", ["issue", "renew", "revoke", "rejection"])
def test_an_exception_in_the_middle_of_a_token_call(server, auth, reports, url, call):
    """An exception that a signal handler raises during a token call shows neither key nor token."""

    def interrupt(*args):
        raise SoftTimeLimitExceeded

    def answer(request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
        return Reply({}, delay=0.3)

    before, tokens = signal.signal(signal.SIGUSR1, interrupt), []
    try:
        if call != "issue":
            tokens.append(auth.token())
        if call == "rejection":
            server.revoke_all()
        server.clock.advance(hours=1)
        server.fail(answer, path="/oauth2/revoke" if call in ("renew", "revoke") else "/oauth2/token")
        calls = {"issue": auth.token, "renew": auth.renew, "revoke": auth.revoke}
        error = fail(calls.get(call, lambda: requests.post(url, json={}, auth=auth.for_api(API_ID))))
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert isinstance(error, SoftTimeLimitExceeded)
    check(reports(error), server.appkey, server.secretkey, *tokens)


PACKAGE = os.path.dirname(requests_kiwoom.__file__) + os.sep
TESTING = PACKAGE + "testing"


def is_of_the_package(code):
    """Whether a user's errors lead through this code."""
    return code.co_filename.startswith(PACKAGE) and not code.co_filename.startswith(TESTING)


class Watch:
    """Looks at the local variables of this package's frames, at every line that a thread executes."""

    def __init__(self, server, tokens):
        self.server = server
        self.secrets = {server.appkey, server.secretkey, *tokens}
        self.lines = 0
        self.found = set()

    def __call__(self, frame, event, arg):
        """Trace."""
        if not is_of_the_package(frame.f_code):
            return None
        self.lines += 1
        self.secrets.update(filter(None, [self.server.token]))
        for name, value in frame.f_locals.items():
            if any(secret[:-4] in repr(value) for secret in self.secrets):
                self.found.add(f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}: {name}")
        return self


class At:
    """Raises at the n-th line of this package that the thread executes."""

    def __init__(self, line):
        self.left = line

    def __call__(self, frame, event, arg):
        """Trace."""
        if not is_of_the_package(frame.f_code):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise SoftTimeLimitExceeded
        return self


def traced(trace, call):
    """What `call` raises while every thread that it starts is traced."""
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        call()
    except Exception as error:
        return error
    finally:
        sys.settrace(None)
        threading.settrace(None)


def prepare(server, url, work):
    """An auth, the tokens that it had, and the call that does `work` on it."""
    auth = KiwoomAuth(Masked(server.appkey), Masked(server.secretkey), base_url=server.url)
    tokens = [auth.token()] if work != "issue" else []
    if work == "rejection":
        server.revoke_all()
    calls = {
        "issue": auth.token,
        "revoke": auth.revoke,
        "renew": lambda: auth.renew(force=True),
        "rejection": lambda: requests.post(url, json={}, auth=auth.for_api(API_ID)),
    }
    return auth, tokens, calls[work]


untraced = pytest.mark.skipif(sys.gettrace() is not None, reason="something else traces: coverage or a debugger")


@untraced
@pytest.mark.parametrize("work", ["issue", "rejection", "revoke", "renew"])
def test_no_line_has_a_secret_in_a_local_variable(server, url, work):
    """At no line of a token call or of a rejection does a local variable show a key or a token."""
    _, tokens, call = prepare(server, url, work)
    watch = Watch(server, tokens)

    assert None is traced(watch, call)

    assert 500 < watch.lines
    assert set() == watch.found


# The thread of the call ends by it, too.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@crashes_wine
@untraced
@pytest.mark.parametrize("work", ["issue", "rejection", "revoke", "renew"])
def test_an_exception_at_any_line(server, url, reports, work):
    """After an exception at whatever line of a token call or of a rejection, without a secret, it can go on."""
    for line in range(1, 5000, 97):
        auth, tokens, call = prepare(server, url, work)
        at = At(line)
        # If it was raised in the thread of the call, that reports it as a failure.
        error = traced(at, call)
        if at.left > 0:
            return
        if error is not None:
            tokens += filter(None, [server.token])
            assert not (found := leaks(error, (server.appkey, server.secretkey, *tokens))), (line, found)
        server.clock.advance(seconds=40)
        assert 0 == requests.post(url, json={}, auth=auth.for_api(API_ID)).json()["return_code"]
    raise AssertionError("the work has more lines")


def leaks(error, secrets):
    """The local variables of this package's frames that show a secret."""
    found, seen = [], []
    while error is not None and error not in seen:
        seen.append(error)
        traceback = error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if is_of_the_package(code):
                for name, value in traceback.tb_frame.f_locals.items():
                    if any(secret[:-4] in repr(value) for secret in secrets):
                        found.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}: {name}")
            traceback = traceback.tb_next
        error = error.__cause__ or error.__context__
    return found
