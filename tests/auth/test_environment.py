"""Key files and environment variables: which paths work, and how an error says what to change."""

import os

import pytest

from requests_kiwoom import KiwoomAuth

KEYS = {"KIWOOM_APPKEY": "fake-appkey", "KIWOOM_SECRETKEY": "fake-secretkey"}


@pytest.fixture
def environ(monkeypatch):
    """Set variables; no other ``KIWOOM_`` variable is set."""
    for name in [name for name in os.environ if name.startswith("KIWOOM_")]:
        monkeypatch.delenv(name)

    def change(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return change


def test_a_key_file_in_the_home_directory(tmp_path, monkeypatch, environ, server):
    """``~`` in a path is the home directory."""
    (tmp_path / "0_appkey.txt").write_text(server.appkey + "\r\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    environ(
        KIWOOM_APPKEY_FILE=os.path.join("~", "0_appkey.txt"),
        KIWOOM_SECRETKEY=server.secretkey,
        KIWOOM_BASE_URL=server.url,
    )

    token = KiwoomAuth.from_env().token()

    assert server.token == token


@pytest.mark.parametrize(
    "path, word",
    [
        ('"{}"', "quotation marks"),
        ("'{}'", "quotation marks"),
        ("{}\r", "white space"),
        # Windows itself removes a space at the end.
        pytest.param("{} ", "white space", marks=pytest.mark.skipif(os.name == "nt", reason="the path is right there")),
    ],
)
def test_the_error_names_quotes_and_white_space_around_a_path(tmp_path, environ, path, word):
    """The error names quotation marks or white space around a path, and does not show the path."""
    file = tmp_path / "0_appkey.txt"
    file.write_text("fake-appkey")
    environ(KIWOOM_APPKEY_FILE=path.format(file), KIWOOM_SECRETKEY="fake-secretkey")

    with pytest.raises(ValueError, match=word) as caught:
        KiwoomAuth.from_env()

    assert "0_appkey" not in str(caught.value) and caught.value.__context__ is None


@pytest.mark.parametrize(
    "foreign, ours",
    [
        ("KIWOOM_APP_KEY", "KIWOOM_APPKEY"),
        ("KIWOOM_SECRET_KEY", "KIWOOM_SECRETKEY"),
        ("KIWOOM_APPSECRET", "KIWOOM_SECRETKEY"),
    ],
)
def test_the_error_names_another_client_s_variable_to_rename(environ, foreign, ours):
    """If another client's variable is set and ours is not, the error says to rename it."""
    environ(**{**KEYS, ours: "", foreign: "fake-value"})

    with pytest.raises(ValueError, match=f"{foreign} is set.* rename it to {ours}") as caught:
        KiwoomAuth.from_env()

    assert "fake-value" not in str(caught.value)
