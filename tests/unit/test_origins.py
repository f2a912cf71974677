"""Which hosts get the headers: the pure functions, then real TLS connections under Kiwoom's own host names."""

import contextlib
import socket
import ssl

import pytest
import requests
import trustme

from requests_kiwoom import InsecureTransport, KiwoomAuth, WrongEnvironment
from requests_kiwoom.origins import MOCK, PRODUCTION, Origin, has_origin, origin_of, parse_base_url
from requests_kiwoom.testing import KiwoomServer, Reply
from tests.helpers.constants import PATH

HOSTS = ["api.kiwoom.com", "mockapi.kiwoom.com", "foreign.example", "api.kiwoom.com.evil.example", "evil.example"]


@pytest.mark.parametrize(
    "url, origin",
    [
        ("https://api.kiwoom.com/api/dostk/stkinfo", PRODUCTION),
        ("HTTPS://API.KIWOOM.COM:443", PRODUCTION),
        ("https://mockapi.kiwoom.com/?q=https://api.kiwoom.com", MOCK),
        ("https://api.kiwoom.com.evil.example/", Origin("https", "api.kiwoom.com.evil.example", 443)),
        ("https://api.kiwoom.com@evil.example/", Origin("https", "evil.example", 443)),
        ("http://[::1]:8080/", Origin("http", "::1", 8080)),
        ("http://127.0.0.1", Origin("http", "127.0.0.1", 80)),
        ("https://x:0/", Origin("https", "x", 0)),
        ("ftp://api.kiwoom.com/", None),
        ("/api/dostk/stkinfo", None),
        ("https://", None),
        ("https://[::1", None),
        ("https://x:99999/", None),
        ("https://x:port/", None),
        ("", None),
    ],
)
def test_origin_of(url, origin):
    """An origin is scheme, host and port, in lower case, with the default port; ``None`` if it is not http or https."""
    assert origin == origin_of(url)


@pytest.mark.parametrize(
    "url", ["https://api.kiwoom.com", "https://x:8443", "http://[::1]:8080", "http://[::1]", "http://localhost"]
)
def test_an_origin_as_text(url):
    """``str()`` of an origin is a URL without the default port."""
    assert url == str(origin_of(url))


@pytest.mark.parametrize(
    "host, is_loopback",
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True)]
    + [("10.0.0.1", False), ("localhost.evil.example", False), ("api.kiwoom.com", False), ("::2", False)],
)
def test_loopback(host, is_loopback):
    """``localhost`` and the loopback addresses are this machine."""
    assert is_loopback == Origin("http", host, 80).is_loopback


@pytest.mark.parametrize(
    "url, own, expected",
    [
        ("https://api.kiwoom.com/api/x", PRODUCTION, True),
        ("https://other.example/", PRODUCTION, False),
        ("mailto:api.kiwoom.com", PRODUCTION, False),
        ("http://127.0.0.1:8080/", Origin("http", "127.0.0.1", 8080), True),
        ("http://127.0.0.1:8081/", Origin("http", "127.0.0.1", 8080), False),
        ("https://gateway.example:8443/", Origin("https", "gateway.example", 8443), True),
        ("https://gateway.example/", Origin("https", "gateway.example", 8443), False),
        ("https://mockapi.kiwoom.com/", PRODUCTION, WrongEnvironment),
        ("https://api.kiwoom.com:8443/", PRODUCTION, WrongEnvironment),
        ("https://api.kiwoom.com/", Origin("https", "gateway.example", 443), WrongEnvironment),
        ("http://api.kiwoom.com/", PRODUCTION, InsecureTransport),
        ("http://mockapi.kiwoom.com/", PRODUCTION, InsecureTransport),
        ("http://gateway.example/", Origin("https", "gateway.example", 443), InsecureTransport),
        ("http://other.example/", Origin("https", "gateway.example", 443), False),
    ],
)
def test_has_origin(url, own, expected):
    """The own origin gets the headers; a request to Kiwoom's other host, or by plain http to an https host, raises."""
    if isinstance(expected, bool):
        assert expected == has_origin(url, own)
    else:
        with pytest.raises(expected):
            has_origin(url, own)


def test_parse_base_url():
    """All spellings of scheme, host and port are read as one origin."""
    for base_url in ("https://Gateway.Example", "https://gateway.example:443/", "HTTPS://gateway.example/"):
        assert Origin("https", "gateway.example", 443) == parse_base_url(base_url)


@pytest.fixture(scope="module")
def authority():
    """A certificate authority that only this run uses."""
    return trustme.CA()


@pytest.fixture
def world(authority, monkeypatch, tmp_path):
    """Five hosts, each with its own server and certificate; their names resolve to loopback."""
    servers = {}
    with contextlib.ExitStack() as stack:
        for host in HOSTS:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(host).configure_cert(context)
            servers[host] = stack.enter_context(KiwoomServer(tls=context, strict=False))
        ports = {host: int(kiwoom.url.rpartition(":")[2]) for host, kiwoom in servers.items()}
        look_up = socket.getaddrinfo

        def to_loopback(host, port, *args, **kwargs):
            name = host.decode() if isinstance(host, bytes) else host
            if name in ports and port in (443, None):
                return look_up("127.0.0.1", ports[name], *args, **kwargs)
            return look_up(host, port, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", to_loopback)
        bundle = tmp_path / "authority.pem"
        authority.cert_pem.write_to_path(bundle)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        yield servers


def auth_for(kiwoom, **options):
    return KiwoomAuth(kiwoom.appkey, kiwoom.secretkey, **options).for_api("ka10001")


@pytest.fixture
def production(world):
    return auth_for(world["api.kiwoom.com"])


@pytest.mark.parametrize("mock, host", [(False, "api.kiwoom.com"), (True, "mockapi.kiwoom.com")])
def test_each_environment_has_its_host(world, mock, host):
    """In production and in mock trading, token call and request go to the host of that environment."""
    response = requests.post(f"https://{host}{PATH}", json={}, auth=auth_for(world[host], mock=mock))

    assert 0 == response.json()["return_code"]
    assert {name: len(kiwoom.requests) for name, kiwoom in world.items() if kiwoom.requests} == {host: 2}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.kiwoom.com:443/api/dostk/stkinfo",
        "https://API.Kiwoom.COM/api/dostk/stkinfo",
        "HTTPS://api.kiwoom.com/api/dostk/stkinfo",
        "https://api.kiwoom.com/api/dostk/stkinfo?q=@evil.example/",
        "https://user:fake@api.kiwoom.com/api/dostk/stkinfo",
        "https://api.kiwoom.com/",
        "https://api.kiwoom.com",
        "https://api.kiwoom.com/oauth2/tokens",
    ],
)
def test_every_spelling_of_the_own_origin_gets_the_token(world, production, url):
    """A URL with the default port, upper case or a user name is of the same origin, and gets the token."""
    requests.post(url, json={}, auth=production)

    assert production.token() == world["api.kiwoom.com"].requests[-1].token
    assert "ka10001" == world["api.kiwoom.com"].requests[-1].api_id


@pytest.mark.parametrize(
    "url, host",
    [
        ("https://foreign.example/api/dostk/stkinfo", "foreign.example"),
        ("https://api.kiwoom.com.evil.example/api/dostk/stkinfo", "api.kiwoom.com.evil.example"),
        ("https://api.kiwoom.com@evil.example/api/dostk/stkinfo", "evil.example"),
        ("https://api.kiwoom.com:443@evil.example/api/dostk/stkinfo", "evil.example"),
        ("https://evil.example/https://api.kiwoom.com/api/", "evil.example"),
        ("https://evil.example#@api.kiwoom.com/api/", "evil.example"),
        ("https://evil.example?@api.kiwoom.com/api/", "evil.example"),
    ],
)
def test_other_hosts_get_nothing(world, production, url, host):
    """A host that only looks like Kiwoom's gets no header, and no token is issued for it."""
    requests.post(url, json={}, auth=production)

    (seen,) = world[host].requests
    assert {"authorization", "api-id"}.isdisjoint(seen.headers)
    assert [] == world["api.kiwoom.com"].requests


@pytest.mark.parametrize("url", ["https://api.kiwoom.com\\@evil.example/", "https://api.kiwoom.com\t.evil.example/"])
def test_an_ambiguous_url_sends_no_token_to_another_host(world, production, url):
    """If URL parsers disagree about the host of a URL, the token is not sent to another host."""
    with contextlib.suppress(requests.exceptions.RequestException):
        requests.post(url, json={}, auth=production, timeout=5)

    for host, kiwoom in world.items():
        assert host == "api.kiwoom.com" or all("authorization" not in seen.headers for seen in kiwoom.requests)


@pytest.mark.parametrize(
    "options, url, advice",
    [
        ({}, "https://mockapi.kiwoom.com/api/dostk/ordr", "mock=True"),
        ({"mock": True}, "https://api.kiwoom.com/api/dostk/ordr", "mock=True"),
        ({"mock": True}, "https://api.kiwoom.com/oauth2/token", "mock=True"),
        ({"base_url": "https://foreign.example"}, "https://api.kiwoom.com/api/dostk/ordr", "auth.base_url"),
        ({}, "https://api.kiwoom.com:8443/api/dostk/ordr", "mock=True"),
    ],
)
def test_a_request_to_the_other_environment_raises(world, options, url, advice):
    """A request to a Kiwoom host that the auth is not for raises before anything is sent, and says what to do."""
    with pytest.raises(WrongEnvironment, match=advice):
        requests.post(url, json={}, auth=auth_for(world["api.kiwoom.com"], **options))

    assert not any(kiwoom.requests for kiwoom in world.values())


@pytest.mark.parametrize(
    "options, url",
    [
        ({}, "http://api.kiwoom.com/api/dostk/ordr"),
        ({}, "http://api.kiwoom.com:443/api/dostk/ordr"),
        ({}, "http://mockapi.kiwoom.com/api/dostk/ordr"),
        ({}, "http://API.KIWOOM.COM/oauth2/token"),
        ({"base_url": "https://foreign.example"}, "http://foreign.example/api/dostk/ordr"),
        ({"base_url": "https://foreign.example"}, "http://foreign.example:8080/api/dostk/ordr"),
    ],
)
def test_plain_http_raises(world, options, url):
    """Plain http to a Kiwoom host, or to the auth's own, raises before anything is sent."""
    with pytest.raises(InsecureTransport, match="https://"):
        requests.post(url, json={}, auth=auth_for(world["api.kiwoom.com"], **options))

    assert not any(kiwoom.requests for kiwoom in world.values())


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/token?x=1"])
def test_requests_to_the_token_service_are_left_untouched(world, production, path):
    """Requests to the two oauth2 paths are left untouched: they need no token, and would wait for one."""
    requests.post(f"https://api.kiwoom.com{path}", json={}, auth=production)

    (seen,) = world["api.kiwoom.com"].requests
    assert {"authorization", "api-id"}.isdisjoint(seen.headers)


def test_a_redirect_to_the_other_environment_carries_no_token(world, production):
    """A redirect from production to mock trading carries no token, not even after a 401 there."""
    location = {"Location": "https://mockapi.kiwoom.com/api/dostk/stkinfo"}
    world["api.kiwoom.com"].fail(Reply({}, 307, location), path=PATH)
    world["mockapi.kiwoom.com"].rejection = 401

    requests.post(f"https://api.kiwoom.com{PATH}", json={}, auth=production)

    assert ["authorization" in seen.headers for seen in world["mockapi.kiwoom.com"].requests] == [False]
    assert (1, 0) == (world["api.kiwoom.com"].issues, world["mockapi.kiwoom.com"].issues)


def test_a_server_with_an_untrusted_certificate_gets_no_keys(world, monkeypatch):
    """A server whose certificate is not trusted gets no keys."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(requests.exceptions.ConnectionError, match="(?i)certificate"):
        auth_for(world["api.kiwoom.com"]).token()

    assert [] == world["api.kiwoom.com"].requests


def test_other_schemes_are_left_untouched(world, production):
    """A request with another scheme than http and https is left untouched, and no token is issued for it."""
    with pytest.raises(requests.exceptions.InvalidSchema):
        requests.get("ftp://api.kiwoom.com/api/", auth=production)
    with pytest.raises(requests.exceptions.InvalidSchema):
        requests.get("mailto:api.kiwoom.com", auth=production)
    assert [] == world["api.kiwoom.com"].requests
