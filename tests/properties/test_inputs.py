"""What holds for every input: bytes, envelopes, addresses and settings."""

import io
import json
from datetime import datetime, timezone

import requests
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from requests_kiwoom import KiwoomAuth, KiwoomAuthError, Token, TokenIssueError, TokenRevokeError, read_envelope
from requests_kiwoom.oauth import REVOKE_PATH, TOKEN_PATH
from requests_kiwoom.origins import origin_of
from requests_kiwoom.tokens import epoch_to_kst, parse_expires_dt
from tests.helpers.constants import PATH
from tests.helpers.leaks import everything_in
from tests.helpers.raw_server import RawServer, issued
from tests.helpers.sessions import KeepsAuth

# The same inputs in every run: a CI that fails in one run of a hundred is not trusted when it fails.
settings.register_profile("ci", derandomize=True, database=None, deadline=None, max_examples=100)
ci = settings.get_profile("ci")

APPKEY, SECRETKEY = "fake-appkey-of-the-properties", "fake-secretkey-of-the-properties"
TOKENS = ["fake-token-first", "fake-token-second"]
HELD = "fake-token-that-is-held"
NOW = 1_800_000_000.0
REJECTING = (8003, 8005, 8031, 8103)


class Stopped(KiwoomAuth):
    """An auth whose clock stands still."""

    clock = staticmethod(lambda: NOW)


class StoppedLate(KiwoomAuth):
    """An auth whose clock stands still on the last day but one that a datetime can hold."""

    clock = staticmethod(lambda: datetime(9999, 12, 30, tzinfo=timezone.utc).timestamp())


def make_auth(url, **options):
    """Make an auth whose clock stands still."""
    return Stopped(APPKEY, SECRETKEY, base_url=url, timeout=5, **options)


def capture(work):
    """Return what `work` returns, or the exception that it raises."""
    try:
        return work()
    except Exception as error:
        return error


def issue_now(token):
    """Return the bytes of au10001's response, with an expiry that fits that auth's clock."""
    return issued(token, expires_dt=f"{epoch_to_kst(NOW + 3600):%Y%m%d%H%M%S}")


def assert_no_secret(thing, *secrets):
    for text in everything_in(thing):
        for secret in secrets:
            assert secret not in text


# What a response may look like: random bytes seldom get past its first line, so most responses have the right shape.

echoes = st.sampled_from([APPKEY, SECRETKEY, f"[8001:{SECRETKEY}]", json.dumps({"secretkey": SECRETKEY}), HELD])
codes = st.sampled_from([*REJECTING, 0, 3, 5, 20, 1700, 8001, 8050, -1, 10**12]) | st.integers()
messages = (
    st.text(max_size=20)
    | echoes
    | st.builds("{}[{}:{}]".format, st.text(max_size=5), codes, st.text(max_size=5))
    | st.builds("CODE={}".format, codes)
)
dates = st.one_of(
    st.integers(-100_000, 100_000).map(lambda seconds: epoch_to_kst(NOW + seconds).strftime("%Y%m%d%H%M%S")),
    st.text("0123456789", min_size=14, max_size=14),
    st.text(max_size=16),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | echoes,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "return_code": codes | codes.map(str) | anything,
        "return_msg": messages | anything,
        "token": st.sampled_from(TOKENS) | anything,
        "token_type": st.sampled_from(["bearer", "Bearer", "mac"]) | anything,
        "expires_dt": dates | anything,
    },
)
bodies = st.one_of(
    envelopes.map(json.dumps).map(str.encode),
    st.builds(
        lambda text, encoding: text.encode(encoding),  # Not str.encode: hypothesis cannot read it on PyPy.
        envelopes.map(json.dumps),
        st.sampled_from(["utf-16", "utf-8-sig", "utf-32"]),
    ),
    anything.map(json.dumps).map(str.encode),
    st.binary(max_size=50),
    st.binary(max_size=50).map(lambda piece: piece * 40),
)
statuses = st.sampled_from([200, 200, 200, 200, 401, 307, 429, 500]) | st.integers(100, 999)
reasons = st.sampled_from([b"OK", b"", b"Unauthorized"]) | echoes.map(str.encode) | st.binary(max_size=10)
header_values = st.sampled_from(
    [b"5", b"gzip", b"chunked", b"identity", b"http://[", b"//", b"a=b; Path=/", b"Sun, 22 Nov 2026 00:00:00 GMT"]
)
headers = st.lists(
    st.builds(
        b"%b: %b".__mod__,
        st.tuples(
            st.sampled_from(
                [b"Content-Type", b"Content-Encoding", b"Transfer-Encoding", b"Retry-After", b"Date", b"Set-Cookie"]
                + [b"Location", b"WWW-Authenticate", b"Content-Length", b"X-Echo"]
            )
            | st.binary(max_size=8),
            header_values | echoes.map(str.encode) | st.binary(max_size=12),
        ),
    ),
    max_size=3,
)


@st.composite
def http_responses(draw):
    body = draw(bodies)
    # Both sides close the connection: otherwise it varies whether a client notices in time that the server did.
    lines = [b"HTTP/1.1 %d %b" % (draw(statuses), draw(reasons)), b"Connection: close", *draw(headers)]
    if draw(st.integers(0, 9)):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", b""]) + body


responses = http_responses() | st.binary(max_size=60)


@settings(ci)
@given(response=responses)
def test_any_response_of_au10001(response):
    """Any bytes from au10001 are a token, or a ``TokenIssueError`` that shows no secret; it is called once."""
    with RawServer(response, response) as raw:
        auth = make_auth(raw.url)
        outcomes = [capture(auth.token), capture(auth.token)]

    assert 1 == len(raw.requests)
    for outcome in outcomes:
        if isinstance(outcome, str):
            assert outcomes[0] == outcome and outcome.isascii() and outcome.isprintable() and " " not in outcome
        else:
            assert isinstance(outcome, TokenIssueError)
            assert_no_secret(outcome, APPKEY, SECRETKEY, *TOKENS)
    assert outcomes[0] is not outcomes[1] or isinstance(outcomes[0], str)


@settings(ci)
@given(response=responses)
def test_any_response_of_au10002(response):
    """Any bytes from au10002 are a success, or a ``TokenRevokeError`` that shows no secret; the token is then kept."""
    with RawServer(issue_now(HELD), response) as raw:
        auth = make_auth(raw.url)
        auth.token()
        outcome = capture(auth.revoke)

        assert [TOKEN_PATH, REVOKE_PATH] == [request.split()[1].decode() for request in raw.requests]
        if outcome is None:
            assert auth.expires_at is None
        else:
            assert isinstance(outcome, TokenRevokeError)
            assert_no_secret(outcome, APPKEY, SECRETKEY, HELD)
            assert HELD == auth.token()


def read(response):
    return response.status_code, response.content


def is_possible_rejection(outcome):
    """Return whether such a response can be a rejection: 401, or one of the four codes in it."""
    status, content = outcome
    numbers = content.decode("utf-8", "replace").replace("\0", "")
    return status == 401 or (len(content) <= 1024 and any(str(code) in numbers for code in REJECTING))


@settings(ci, max_examples=60)
@given(first=responses, second=responses, stream=st.booleans(), reissue=st.booleans())
def test_any_response_to_a_request(first, second, stream, reissue):
    """The caller gets the same response as without the auth, or, after a rejection, the second one; never a third."""
    token, other = map(issue_now, TOKENS)
    options = {"json": {}, "stream": stream, "allow_redirects": False, "timeout": 5}
    with RawServer(first, second, token, first, other if reissue else second, second, second, second) as raw:
        plain = [capture(lambda: read(requests.post(raw.url + PATH, **options))) for _ in range(2)]
        auth = make_auth(raw.url).for_api("ka10001")
        outcome = capture(lambda: read(requests.post(raw.url + PATH, auth=auth, **options)))
        paths = [request.split()[1].decode() for request in raw.requests[2:]]

    if [TOKEN_PATH, PATH] == paths:
        expected = plain[0]
    elif [TOKEN_PATH, PATH, TOKEN_PATH, PATH] == paths:
        assert not isinstance(plain[0], Exception) or b"401" in first or any(b"%d" % it in first for it in REJECTING)
        expected = plain[1]
    else:
        # No other token was issued: the caller gets the rejected response, or Kiwoom's refusal of the keys.
        assert [TOKEN_PATH, PATH, TOKEN_PATH] == paths and not reissue
        expected = plain[0]
    if isinstance(plain[0], tuple):
        assert paths.count(TOKEN_PATH) == 1 or is_possible_rejection(plain[0])
    if isinstance(outcome, Exception):
        # This package's error, or the one that requests raises for such bytes.
        assert isinstance(outcome, TokenIssueError) and not reissue or type(expected) is type(outcome)
        assert not isinstance(outcome, KiwoomAuthError) or not assert_no_secret(outcome, APPKEY, SECRETKEY)
    elif outcome == (401, b""):
        # With stream=True a rejected response that declares no short length is closed unread: its connection is needed.
        assert 401 == expected[0] and (stream or not expected[1])
    else:
        assert expected == outcome


# Addresses: where urllib3 would connect decides, however an address is written.

KIWOOM = ("https", "api.kiwoom.com", 443)
plain_addresses = st.sampled_from(
    ["https://api.kiwoom.com/api/dostk/stkinfo", "https://api.kiwoom.com/api/dostk/acnt", "https://evil.example/api/x"]
    + ["https://mockapi.kiwoom.com/api/x", "http://api.kiwoom.com/api/x", "https://api.kiwoom.com:8443/api/x", "/api/x"]
)
odd_addresses = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["https", "https", "https", "http", "HTTPS", "httpx", "ftp", " https", ""]),
    st.sampled_from(["://", "://", "://", ":", ":/", ":///", "//", ":\\\\"]),
    st.sampled_from(["", "", "", "user@", "a:b@", "@", "evil.example@", "evil.example\\@", "evil.example#@", "a@b@"]),
    st.sampled_from(
        ["api.kiwoom.com", "api.kiwoom.com", "API.Kiwoom.COM", "mockapi.kiwoom.com", "api.kiwoom.com.", "evil.example"]
        + ["api.kiwoom.com.evil.example", "api.kiwoom.com%2eevil.example", "ａpi.kiwoom.com", "api。kiwoom.com", "[::1]"]
        + ["api.kiwoom.com\t", "api.kiwoom.com\\.evil.example", "api.kiwoom.com%00.evil.example", "127.0.0.1", ""]
    ),
    st.sampled_from(["", "", ":443", ":80", ":0443", ":", ":8443", ":99999", ":443a", ":443@evil.example"]),
    st.sampled_from(["/api/dostk/stkinfo", "/api/", "", "?q=/api/", "#/api/", "//evil.example/", "/oauth2/token", "\\"])
    | st.text(max_size=6),
)
addresses = plain_addresses | plain_addresses | odd_addresses | st.text(max_size=20)


class Watched(HTTPAdapter):
    """An adapter that sends nothing: it notes where urllib3 would connect, and returns one of `responses` in turn.

    requests offers adapters for this. No name is looked up, so any address can be tried.
    """

    def __init__(self, *responses):
        super().__init__()
        self.responses = list(responses)
        self.sent = []

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        pool = self.get_connection_with_tls_context(request, verify, proxies={}, cert=cert)
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        self.sent.append(((pool.scheme, pool.host.lower(), pool.port), str(dict(request.headers)), body.decode()))
        status, headers, payload = self.responses.pop(0) if self.responses else (200, {}, {"return_code": 0})
        raw = urllib3.HTTPResponse(io.BytesIO(json.dumps(payload).encode()), headers, status, preload_content=False)
        return self.build_response(request, raw)


def make_production_auth():
    """Make an auth for production, and the adapter that takes the place of au10001."""
    token_call = Watched(
        *((200, {}, {"token": token, "token_type": "bearer", "expires_dt": "99991231000000"}) for token in TOKENS * 3)
    )
    lent = requests.Session()
    lent.mount("https://", token_call)
    lent.mount("http://", token_call)
    return StoppedLate(APPKEY, SECRETKEY, session=lent).for_api("ka10001"), token_call


REDIRECTS = [301, 302, 303, 307, 308]
locations = addresses.map(lambda url: {"Location": url})
redirects = st.tuples(st.sampled_from(REDIRECTS), locations, st.just({}))
sessions = st.sampled_from([requests.Session, KeepsAuth])
rejections = st.sampled_from([(401, {}, {}), (200, {"Content-Length": "28"}, {"return_msg": "[8005:...]"})])


@settings(ci, max_examples=150)
@given(url=addresses, chain=st.lists(redirects | rejections, max_size=5), session=sessions)
def test_any_url_and_redirect_chain(url, chain, session):
    """Token and keys are sent only to Kiwoom, wherever addresses lead; after two rejections nothing is sent."""
    plain, ours = Watched(*(response for response in chain if response[0] in REDIRECTS)), Watched(*chain)
    auth, token_call = make_production_auth()
    outcomes = []
    for adapter, given_auth in ((plain, lambda request: request), (ours, auth)):
        with session() as caller:
            caller.mount("https://", adapter)
            caller.mount("http://", adapter)
            outcomes.append(capture(lambda: caller.post(url, json={}, auth=given_auth)))

    for origin, head, _ in ours.sent:
        assert KIWOOM == origin or not any(token in head for token in TOKENS)
    assert {KIWOOM} >= {origin for origin, _, _ in token_call.sent}
    rejected = [response[0] not in REDIRECTS for response in chain]
    assert len(token_call.sent) <= 1 + sum(rejected)
    twice = [at for at in range(2, len(chain) + 1) if rejected[at - 2] and rejected[at - 1]]
    assert len(ours.sent) <= min([*twice, len(chain) + 1])
    if isinstance(outcomes[1], Exception):
        # This package's error, or the one that requests raises for such an address.
        assert isinstance(outcomes[1], KiwoomAuthError) or type(outcomes[0]) is type(outcomes[1])
        assert_no_secret(outcomes[1], APPKEY, SECRETKEY)


# Functions that read text and bytes: for no input do they raise anything but the errors that they document.


@settings(ci)
@given(body=bodies)
def test_any_body_as_an_envelope(body):
    """Any bytes are read as an envelope or ``None``; its ``code`` has four digits, and success is never a rejection."""
    envelope = read_envelope(body)

    if envelope is not None:
        assert envelope.code is None or 0 <= envelope.code <= 9999
        assert not (envelope.rejects_token and envelope.return_code in (0, 20))
        assert envelope.rejects_token <= (envelope.code in REJECTING)


@settings(ci)
@given(text=dates | anything)
def test_any_text_as_expires_dt(text):
    """Any text is a ``ValueError``, or the moment in KST that its digits name."""
    outcome = capture(lambda: parse_expires_dt(text))

    if isinstance(outcome, Exception):
        assert isinstance(outcome, ValueError)
    else:
        assert "KST" == outcome.tzname()
        assert text in (f"{outcome:%Y%m%d%H%M%S}".zfill(14), f"{text[:8]}240000")


@settings(ci)
@given(value=anything | st.sampled_from(TOKENS), moment=st.datetimes(timezones=st.timezones() | st.none()) | anything)
def test_any_token(value, moment):
    """Any value and moment are a ``ValueError``, or a token that equals its copy and does not show its value."""
    outcome = capture(lambda: Token(value, moment))

    if isinstance(outcome, Exception):
        assert isinstance(outcome, ValueError)
    else:
        assert moment.timestamp() == outcome.expires_epoch and outcome == Token(outcome.value, outcome.expires_at)
        assert len(value) < 9 or value not in repr(outcome)


@settings(ci)
@given(
    base_url=addresses | st.none() | st.binary(),
    keys=st.tuples(*[st.text(max_size=9) | st.just("fake-key") | st.none()] * 2),
    timeout=st.floats() | st.just(5.0) | st.tuples(st.floats(), st.integers()) | anything,
)
def test_any_setting(base_url, keys, timeout):
    """Any argument of the constructor is valid, or a ``ValueError``; a valid base_url is https, or this machine."""
    outcome = capture(lambda: KiwoomAuth(*keys, base_url=base_url, timeout=timeout))

    if isinstance(outcome, Exception):
        assert isinstance(outcome, ValueError) or (None in keys and isinstance(outcome, TypeError))
    else:
        origin = origin_of(outcome.base_url)
        assert "https" == origin.scheme or origin.is_loopback


@settings(ci)
@given(api_id=st.text(max_size=12) | st.binary(max_size=12) | anything, header=st.none() | st.text(max_size=11))
def test_any_api_id(api_id, header):
    """Any api-id is sent unchanged, or is a ``ValueError`` of this package before a token is issued."""
    auth, token_call = make_production_auth()
    request = requests.Request("POST", "https://api.kiwoom.com/api/dostk/stkinfo", auth=None).prepare()
    if header is not None:
        request.headers["api-id"] = header

    outcome = capture(lambda: auth.for_api(api_id)(request))

    if isinstance(outcome, Exception):
        assert isinstance(outcome, KiwoomAuthError) and isinstance(outcome, ValueError)
        assert [] == token_call.sent
    else:
        assert api_id == outcome.headers["api-id"] and header in (None, api_id)
