"""Keys and settings from arguments, key files and the environment."""

import pathlib

import pytest
import requests

from requests_kiwoom import InsecureTransport, KiwoomAuth
from tests.helpers.stores import DictStore

KEYS = {"KIWOOM_APPKEY": "fake-appkey", "KIWOOM_SECRETKEY": "fake-secretkey"}


@pytest.fixture(autouse=True)
def environ(monkeypatch):
    """A function that sets variables, in an environment that has none of Kiwoom's."""
    for variable in ("APPKEY", "SECRETKEY", "APPKEY_FILE", "SECRETKEY_FILE", "MOCK", "BASE_URL"):
        monkeypatch.delenv(f"KIWOOM_{variable}", raising=False)

    def set_variables(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_variables


def test_production_by_default(environ):
    """Without other settings, the keys are for production."""
    environ(**KEYS)

    assert "https://api.kiwoom.com" == KiwoomAuth.from_env().base_url


@pytest.mark.parametrize("text", ["1", "true", "yes", "on", "TRUE", "Yes", " on "])
def test_kiwoom_mock_selects_mock_trading(environ, text):
    """KIWOOM_MOCK selects mock trading with every usual spelling of yes."""
    environ(**KEYS, KIWOOM_MOCK=text)

    assert "https://mockapi.kiwoom.com" == KiwoomAuth.from_env().base_url


@pytest.mark.parametrize("text", ["", "0", "false", "no", "off", "OFF", "False"])
def test_kiwoom_mock_selects_production(environ, text):
    """KIWOOM_MOCK selects production with every usual spelling of no, and if it is empty."""
    environ(**KEYS, KIWOOM_MOCK=text)

    assert "https://api.kiwoom.com" == KiwoomAuth.from_env().base_url


@pytest.mark.parametrize("text", ["2", "mock", "y", "tru", "모의", "none", "-1"])
def test_an_unknown_value_of_kiwoom_mock_is_an_error(environ, text):
    """Any other value of KIWOOM_MOCK is an error: a wrong guess would trade real money."""
    environ(**KEYS, KIWOOM_MOCK=text)

    with pytest.raises(ValueError, match="KIWOOM_MOCK"):
        KiwoomAuth.from_env()


@pytest.mark.parametrize("key", ['"fake-appkey"', "'fake-appkey'", '"fake-appkey'])
def test_a_key_in_quotation_marks_is_an_error(environ, key):
    """Quotation marks around a key, which cmd.exe leaves there, are reported before Kiwoom refuses the key."""
    environ(**{**KEYS, "KIWOOM_APPKEY": key})

    with pytest.raises(ValueError, match="appkey has quotation marks around it") as raised:
        KiwoomAuth.from_env()
    assert "fake" not in str(raised.value)


@pytest.mark.parametrize("key", ["Xfake", "fake\"", "!~"])
def test_any_visible_characters_are_a_key(environ, key):
    """Any visible characters are accepted: all that is known of the portal's keys is that they are one line of text."""
    environ(**{**KEYS, "KIWOOM_APPKEY": key})

    assert "https://api.kiwoom.com" == KiwoomAuth.from_env().base_url


def test_kiwoom_base_url_replaces_kiwoom_s_hosts(environ):
    """KIWOOM_BASE_URL replaces both of Kiwoom's hosts."""
    environ(**KEYS, KIWOOM_BASE_URL="https://gateway.example:8443")

    assert "https://gateway.example:8443" == KiwoomAuth.from_env().base_url


def test_kiwoom_base_url_with_kiwoom_mock_is_an_error(environ):
    """KIWOOM_BASE_URL together with KIWOOM_MOCK=1 is an error, which names the two variables."""
    environ(**KEYS, KIWOOM_BASE_URL="https://gateway.example", KIWOOM_MOCK="1")

    with pytest.raises(ValueError, match="both KIWOOM_MOCK and KIWOOM_BASE_URL are set"):
        KiwoomAuth.from_env()


@pytest.mark.parametrize(
    "options, base_url",
    [
        ({"mock": False}, "https://api.kiwoom.com"),
        ({"mock": True}, "https://mockapi.kiwoom.com"),
        ({"base_url": "https://other.example"}, "https://other.example"),
    ],
)
def test_options_win_over_the_environment(environ, options, base_url):
    """The caller's options win over the environment; ``mock=`` wins over KIWOOM_BASE_URL, too."""
    environ(**KEYS, KIWOOM_MOCK="nonsense", KIWOOM_BASE_URL="https://gateway.example")

    assert base_url == KiwoomAuth.from_env(**options).base_url


@pytest.mark.parametrize("name", ["appkey", "secretkey"])
def test_a_file_s_name_in_place_of_a_key_is_an_error(environ, name):
    """The error names the variable for a file's path, and not the file's name, which holds an account number."""
    environ(**{**KEYS, f"KIWOOM_{name.upper()}": f"12345678_{name}.txt"})

    with pytest.raises(ValueError, match=f"^{name} looks like .* or set KIWOOM_{name.upper()}_FILE$") as raised:
        KiwoomAuth.from_env()
    assert "12345678" not in str(raised.value)


@pytest.mark.parametrize("missing", KEYS)
def test_a_missing_key_is_an_error(environ, missing):
    """The error names a missing or empty variable."""
    environ(**{**KEYS, missing: ""})

    with pytest.raises(ValueError, match=f"set {missing}, or {missing}_FILE"):
        KiwoomAuth.from_env()


def test_a_key_in_a_variable_and_in_a_file_is_an_error(environ):
    """A key in a variable and in a file is an error, since they may be for different accounts."""
    environ(**KEYS, KIWOOM_APPKEY_FILE="12345678_appkey.txt")

    with pytest.raises(ValueError, match="KIWOOM_APPKEY_FILE"):
        KiwoomAuth.from_env()


@pytest.mark.parametrize(
    "content",
    [b"fake-appkey", b"\xef\xbb\xbffake-appkey\r\n", b"fake-appkey\n", " fake-appkey \r\n".encode("utf-16")],
    ids=["plain", "BOM and CR/LF", "LF", "UTF-16"],
)
def test_key_files_are_read(environ, tmp_path, server, content):
    """The portal's key files are read, with or without a BOM, white space and CR/LF around the key."""
    server.appkey = "fake-appkey"
    (tmp_path / "12345678_appkey.txt").write_bytes(content)
    (tmp_path / "12345678_secretkey.txt").write_text(server.secretkey)
    environ(
        KIWOOM_APPKEY_FILE=str(tmp_path / "12345678_appkey.txt"),
        KIWOOM_SECRETKEY_FILE=str(tmp_path / "12345678_secretkey.txt"),
        KIWOOM_BASE_URL=server.url,
    )

    KiwoomAuth.from_env().token()

    assert "fake-appkey" == server.requests[0].json()["appkey"]


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"two\nlines", "white space"),
        (b"\xff\x00\x80", "not text"),
        (b"\xed\x82\xa4", "white space, or characters"),
    ],
)
def test_a_bad_key_file_is_an_error(tmp_path, content, message):
    """The error for a bad key file shows neither the account number in the file's name nor the file's content."""
    path = tmp_path / "12345678_appkey.txt"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ValueError, match=message) as caught:
        KiwoomAuth(path, "fake-secretkey")

    assert "12345678" not in repr(caught.value)
    assert caught.value.__context__ is None


def test_a_path_error_without_a_reason_shows_its_class():
    """If a file error has no reason from the system, only its class is shown, since its text would show the path."""
    with pytest.raises(ValueError, match="^the appkey file cannot be read: ValueError$"):
        KiwoomAuth(pathlib.Path("12345678\0_appkey"), "fake-secretkey")


@pytest.mark.parametrize("key", ["", " fake", "fake\n", "키", "12345678_appkey.txt"])
def test_a_malformed_key_is_an_error(key):
    """A malformed key is an error before anything is sent."""
    with pytest.raises(ValueError, match="^secretkey"):
        KiwoomAuth("fake-appkey", key)


@pytest.mark.parametrize("key", [None, b"fake", 1])
def test_a_key_of_another_type_is_an_error(key):
    """A key is text or a path."""
    with pytest.raises(TypeError, match=f"^appkey must be a str, .* not {type(key).__name__}$"):
        KiwoomAuth(key, "fake-secretkey")


def test_a_missing_key_file_is_an_error():
    """A missing key file is reported for every kind of path."""
    with pytest.raises(ValueError, match="cannot be read"):
        KiwoomAuth(pathlib.PurePath("absent_appkey"), "fake-secretkey")


@pytest.mark.parametrize(
    "given, base_url",
    [
        ("https://Gateway.Example", "https://gateway.example"),
        ("https://gateway.example:443", "https://gateway.example"),
        ("https://gateway.example/", "https://gateway.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_base_url_is_an_origin(given, base_url):
    """base_url is kept as scheme, host and port, lower-cased, without a default port."""
    assert base_url == KiwoomAuth("fake-appkey", "fake-secretkey", base_url=given).base_url


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "gateway.example",
        "https://",
        "https://gateway.example/path",
        "https://gateway.example//",
        "https://gateway.example?query",
        "https://gateway.example/#fragment",
        "https://user@gateway.example",
        "https://user:fake@gateway.example",
        "https://gateway.example:port",
        "https://gateway.example:99999",
        "https://[::1",
        "ftp://gateway.example",
        "https://게이트웨이.example",
        " https://gateway.example",
        1,
        b"https://gateway.example",
    ],
)
def test_a_malformed_base_url_is_an_error(base_url):
    """base_url with a path, a query, a user, or without a scheme is refused by the constructor."""
    with pytest.raises(ValueError, match="base_url"):
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url=base_url)


@pytest.mark.parametrize("host", ["gateway.example", "10.0.0.1", "localhost.evil.example", "api.kiwoom.com"])
def test_base_url_must_be_https(host):
    """A base_url with plain http to another machine is refused."""
    with pytest.raises(InsecureTransport, match="https"):
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url=f"http://{host}")


def test_base_url_with_mock_is_an_error():
    """base_url together with mock=True is refused by the constructor."""
    with pytest.raises(ValueError, match="base_url"):
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url="https://gateway.example", mock=True)


@pytest.mark.parametrize("resend", ["no", 2, None])
def test_resend_is_true_or_false(resend):
    """``resend`` must be True or False: a misread "no" would send an order twice."""
    with pytest.raises(ValueError, match="^resend must be True, or False"):
        KiwoomAuth("fake-appkey", "fake-secretkey", resend=resend)
    if resend is not None:
        with pytest.raises(ValueError, match="^resend must be True, or False"):
            KiwoomAuth("fake-appkey", "fake-secretkey").for_api("kt10000", resend=resend)


@pytest.mark.parametrize("session", [5, "session", requests.Session])
def test_another_object_as_session_is_refused(session):
    """An object that cannot send token calls is refused by the constructor, not reported later as a network error."""
    with pytest.raises(TypeError, match="^session must be a requests.Session"):
        KiwoomAuth("fake-appkey", "fake-secretkey", session=session)


def test_base_url_none_does_not_hide_kiwoom_mock(monkeypatch):
    """``from_env(base_url=None)``, from a program's option that was not given, still reads ``KIWOOM_MOCK``."""
    monkeypatch.setenv("KIWOOM_APPKEY", "fake-appkey")
    monkeypatch.setenv("KIWOOM_SECRETKEY", "fake-secretkey")
    monkeypatch.setenv("KIWOOM_MOCK", "1")

    assert "https://mockapi.kiwoom.com" == KiwoomAuth.from_env(base_url=None).base_url


@pytest.mark.parametrize("mock", [None, "", "false", "0", [], 2])
def test_mock_is_true_or_false(mock):
    """``mock`` must be True or False: None, perhaps a setting that was not given, does not mean production."""
    with pytest.raises(ValueError, match="mock must be True"):
        KiwoomAuth("fake-appkey", "fake-secretkey", mock=mock)


def test_a_key_given_to_from_env_wins(server, monkeypatch):
    """``from_env(secretkey=...)`` uses that key, perhaps from a vault, and takes the other from the environment."""
    monkeypatch.setenv("KIWOOM_APPKEY", server.appkey)
    monkeypatch.delenv("KIWOOM_SECRETKEY", raising=False)

    KiwoomAuth.from_env(secretkey=server.secretkey, base_url=server.url).token()

    assert server.secretkey == server.requests[0].json()["secretkey"]


@pytest.mark.parametrize("base_url", ["https://gate way.example", "https://gateway\\x", "https://<gateway>"])
def test_a_malformed_host_in_base_url_is_an_error(base_url):
    """A ``base_url`` whose host cannot be looked up is refused by the constructor, not later by each token call."""
    with pytest.raises(ValueError, match="base_url must be a URL"):
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url=base_url)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotation_marks_around_a_path_are_an_error(quote):
    """The error names the quotation marks, which Explorer's "Copy as path" puts there, and not the path."""
    with pytest.raises(ValueError, match="^the path of the appkey file has quotation marks around it") as caught:
        KiwoomAuth(pathlib.Path(f"{quote}12345678_appkey.txt{quote}"), "fake-secretkey")
    assert "12345678" not in str(caught.value)


def test_white_space_at_the_end_of_a_path_is_reported():
    """The error names white space at the end of a path, such as a CR from a settings file of Windows."""
    with pytest.raises(ValueError, match="its path ends with white space"):
        KiwoomAuth(pathlib.Path("absent_appkey\r"), "fake-secretkey")


@pytest.mark.parametrize("store", ["tokens.db", 5, object(), DictStore], ids=["path", "number", "object", "class"])
def test_another_object_as_store_is_refused(store):
    """A path, or a store's class, is refused by the constructor."""
    with pytest.raises(TypeError, match="^store must have load, update and discard"):
        KiwoomAuth("fake-appkey", "fake-secretkey", store=store)
