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
    """A key of the test, masked, so that the test's own frames do not show it."""

    def __repr__(self):
        return "<Masked>"


class MaskedBytes(bytes):
    """Bytes that the test's server sends, masked for the same reason."""

    def __repr__(self):
        return "<MaskedBytes>"


ARGUMENTS = Masked(APPKEY), Masked(SECRETKEY)
KEYS = dict(zip(("appkey", "secretkey"), ARGUMENTS))


@pytest.fixture
def reports(monkeypatch):
    """A function that reports an exception to both, and returns the texts that they would send or write."""
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
            traceback = traceback.tb_next  # The test's own frames hold the keys.
        error = error.with_traceback(traceback)
        sentry_sdk.capture_exception(error)
        loguru.logger.opt(exception=error).error("failed")
        text = json.dumps(events, default=repr) + out.getvalue()
        assert type(error).__name__ in text and (traceback is None or '"vars"' in text)
        return text

    yield report
    loguru.logger.remove(handler)
    sentry_sdk.init(default_integrations=False)


def assert_no_secret_in(text, *more):
    """Assert that no secret is in the text, even without its last four characters."""
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
def test_the_error_for_a_bad_option_shows_no_key(monkeypatch, reports, options, how):
    """The error for any bad option shows neither key."""
    monkeypatch.setenv("KIWOOM_APPKEY", APPKEY)
    monkeypatch.setenv("KIWOOM_SECRETKEY", SECRETKEY)
    with pytest.raises((ValueError, TypeError)) as caught:
        if how == "constructor":
            KiwoomAuth(*ARGUMENTS, **options)
        else:
            KiwoomAuth.from_env(**(KEYS if how == "from_env with keys" else {}), **options)

    assert_no_secret_in(reports(caught.value))


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
def test_the_error_for_a_bad_environment_shows_no_key(monkeypatch, reports, variables):
    """The error for environment variables that cannot be used shows neither key."""
    monkeypatch.setenv("KIWOOM_APPKEY", APPKEY)
    monkeypatch.setenv("KIWOOM_SECRETKEY", SECRETKEY)
    while variables:
        monkeypatch.setenv(*variables.popitem())
    with pytest.raises(ValueError) as caught:
        KiwoomAuth.from_env()

    assert_no_secret_in(reports(caught.value))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("content", [Masked(2 * f"{SECRETKEY} "), Masked(f'"{SECRETKEY}"'), ""], ids=len)
def test_the_error_for_a_bad_key_file_shows_no_key(tmp_path, reports, content, encoding):
    """The error for a key file without a valid key shows nothing of its content."""
    path = tmp_path / "0_secretkey.txt"
    path.write_bytes(content.encode(encoding))
    with pytest.raises(ValueError) as caught:
        KiwoomAuth(ARGUMENTS[0], path)

    assert_no_secret_in(reports(caught.value))


@pytest.mark.parametrize("name", ["appkey", "secretkey"])
def test_the_repr_of_an_auth_whose_constructor_failed(reports, name):
    """The ``repr()`` of an auth whose constructor failed works, and shows no key."""
    with pytest.raises(ValueError) as caught:
        KiwoomAuth(**{**KEYS, name: ""})

    text = reports(caught.value)
    assert "<KiwoomAuth>" in text and "AttributeError" not in text
    assert_no_secret_in(text)


def catch(call):
    """Return the error that `call` raises, with the frames of the call."""
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


BROKEN = [
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


@pytest.mark.parametrize("wire", [MaskedBytes(wire) for wire in BROKEN], ids=len)
@pytest.mark.parametrize("kind", ["issue", "rejection"])
def test_a_broken_response_of_au10001(reports, wire, kind):
    """The error for a truncated, badly compressed or malformed response shows neither the token in it nor a key."""
    first = [MaskedBytes(issued(TOKEN + "-1"))] if kind == "rejection" else []
    with RawServer(*first, wire) as server:
        auth = KiwoomAuth(*ARGUMENTS, base_url=server.url)
        if kind == "issue":
            error = catch(lambda: requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID)))
            assert_no_secret_in(reports(error))
        else:
            auth.token()
            token = auth.token()
            error = catch(lambda: auth.token(rejected=token))
            del token
            assert_no_secret_in(reports(error))


@pytest.mark.parametrize(
    "wire", [*BROKEN[:3], b"", http(b'{"return_code": 3, "return_msg": "[8005:', length=90)], ids=len
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_broken_response_of_an_api(reports, wire, stream):
    """The error for a response that breaks while the hook reads it does not show the token of the request."""
    wire = wire.replace(TOKEN.encode(), b"x" * len(TOKEN))
    with RawServer(issued(TOKEN), wire) as server:
        auth = KiwoomAuth(*ARGUMENTS, base_url=server.url)
        auth.token()
        error = catch(
            lambda: requests.post(server.url + PATH, json={}, auth=auth.for_api(API_ID), stream=stream).content
        )

    assert_no_secret_in(reports(error))


@pytest.mark.parametrize(
    "wire",
    list(map(MaskedBytes, (b"", http(TOKEN.encode(), "500 Error"), http(f'{{"return_msg": "{TOKEN}"}}'.encode())))),
    ids=len,
)
def test_a_failed_revoke_shows_no_token(reports, wire):
    """The error for a token that could not be revoked does not show it."""
    with RawServer(issued(TOKEN), wire) as server:
        auth = KiwoomAuth(*ARGUMENTS, base_url=server.url)
        auth.token()

        assert_no_secret_in(reports(catch(auth.revoke)))


class QuotingAdapter(HTTPAdapter):
    """An adapter whose error quotes the request, as some adapters do."""

    error: type = MemoryError

    def send(self, request, **kwargs):
        """Raise the error."""
        if self.error is MemoryError:
            raise MemoryError
        raise self.error(f"cannot send {request.body.decode()} with {request.headers}")


@pytest.mark.parametrize("error", [MemoryError, OSError, ValueError, requests.ConnectionError])
@pytest.mark.parametrize("call", ["issue", "revoke"])
def test_an_adapters_error_shows_no_secret(server, reports, error, call):
    """An error of a lent session that quotes the call, or ``MemoryError``, shows neither key nor token."""
    adapter = QuotingAdapter()
    adapter.error = error
    with requests.Session() as session:
        auth = KiwoomAuth(Masked(server.appkey), Masked(server.secretkey), base_url=server.url, session=session)
        if call == "revoke":
            auth.token()
        session.mount("http://", adapter)

        text = reports(catch(auth.token if call == "issue" else auth.revoke))
    assert_no_secret_in(text, server.appkey, server.secretkey, *filter(None, [server.token]))


def test_an_adapters_error_shows_no_key_in_json_spelling(reports):
    """An error of a lent session that quotes the call does not show a key with characters that JSON escapes."""
    keys = Masked('fake"appkey-0123456789'), Masked("fake\\secretkey-0123456789")
    adapter = QuotingAdapter()
    adapter.error = OSError
    with requests.Session() as session:
        session.mount("http://", adapter)
        auth = KiwoomAuth(*keys, base_url="http://127.0.0.1:9", session=session)
        text = reports(catch(auth.token))

    assert_no_secret_in(text, *(key[5:] for key in keys))


class SoftTimeLimitExceeded(Exception):
    """What a worker's signal handler raises in the middle of a task."""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no such signal")
@pytest.mark.parametrize("call", ["issue", "renew", "revoke", "rejection"])
def test_an_exception_during_a_token_call_shows_no_secret(server, auth, reports, url, call):
    """An exception that a signal handler raises during a token call shows neither key nor token."""

    def interrupt(*args):
        raise SoftTimeLimitExceeded

    def respond(request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
        return Reply({}, delay=0.3)

    before, tokens = signal.signal(signal.SIGUSR1, interrupt), []
    try:
        if call != "issue":
            tokens.append(auth.token())
        if call == "rejection":
            server.revoke_all()
        server.clock.advance(hours=1)
        server.fail(respond, path="/oauth2/revoke" if call in ("renew", "revoke") else "/oauth2/token")
        calls = {"issue": auth.token, "renew": auth.renew, "revoke": auth.revoke}
        error = catch(calls.get(call, lambda: requests.post(url, json={}, auth=auth.for_api(API_ID))))
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert isinstance(error, SoftTimeLimitExceeded)
    assert_no_secret_in(reports(error), server.appkey, server.secretkey, *tokens)


PACKAGE = os.path.dirname(requests_kiwoom.__file__) + os.sep
TESTING = PACKAGE + "testing"


def is_of_the_package(code):
    """Return whether a user's errors can have frames with this code."""
    return code.co_filename.startswith(PACKAGE) and not code.co_filename.startswith(TESTING)


class LeakTracer:
    """A trace function that looks at the local variables of this package's frames, at every line of a thread."""

    def __init__(self, server, tokens):
        self.server = server
        self.secrets = {server.appkey, server.secretkey, *tokens}
        self.lines = 0
        self.found = set()

    def __call__(self, frame, event, arg):
        """Look at the local variables of one frame."""
        if not is_of_the_package(frame.f_code):
            return None
        self.lines += 1
        self.secrets.update(filter(None, [self.server.token]))
        for name, value in frame.f_locals.items():
            if any(secret[:-4] in repr(value) for secret in self.secrets):
                self.found.add(f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}: {name}")
        return self


class RaisingTracer:
    """A trace function that raises at the n-th line of this package that the thread executes."""

    def __init__(self, line):
        self.left = line

    def __call__(self, frame, event, arg):
        """Count the lines, and raise at the n-th."""
        if not is_of_the_package(frame.f_code):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise SoftTimeLimitExceeded
        return self


def run_traced(trace, call):
    """Return what `call` raises while every thread that it starts is traced."""
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
    """Return an auth, the tokens that it had, and the call that does `work` with it."""
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
    """No local variable shows a key or a token, at any line of a token call or of a rejection."""
    _, tokens, call = prepare(server, url, work)
    tracer = LeakTracer(server, tokens)

    assert None is run_traced(tracer, call)

    assert 500 < tracer.lines
    assert set() == tracer.found


# The exception may end the thread of the token call.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@crashes_wine
@untraced
@pytest.mark.parametrize("work", ["issue", "rejection", "revoke", "renew"])
def test_an_exception_at_any_line_shows_no_secret(server, url, work):
    """An exception at any line of a token call or of a rejection shows no secret, and the auth works afterwards."""
    for line in range(1, 5000, 97):
        auth, tokens, call = prepare(server, url, work)
        tracer = RaisingTracer(line)
        # If it was raised in the thread of the token call, the call reports it as a failure.
        error = run_traced(tracer, call)
        if tracer.left > 0:
            return
        if error is not None:
            tokens += filter(None, [server.token])
            assert not (found := find_leaks(error, (server.appkey, server.secretkey, *tokens))), (line, found)
        server.clock.advance(seconds=40)
        assert 0 == requests.post(url, json={}, auth=auth.for_api(API_ID)).json()["return_code"]
    raise AssertionError("the work has more lines")


def find_leaks(error, secrets):
    """Return the local variables of this package's frames that show a secret."""
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
