"""Key files and variables as users give them: what is taken, and what an error says to change."""

import os

import pytest

from requests_kiwoom import KiwoomAuth

KEYS = {"KIWOOM_APPKEY": "fake-appkey", "KIWOOM_SECRETKEY": "fake-secretkey"}


@pytest.fixture
def environ(monkeypatch):
    """Set variables; no other one of this kind is set."""
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
        # Windows itself takes off a space at the end.
        pytest.param("{} ", "white space", marks=pytest.mark.skipif(os.name == "nt", reason="the path is right there")),
    ],
)
def test_a_path_that_holds_more_than_a_path(tmp_path, environ, path, word):
    """Quotation marks and white space around a path are named, and the path is not."""
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
def test_a_variable_of_another_client(environ, foreign, ours):
    """Where another client's variable is set and ours is not, the error names the one to rename."""
    environ(**{**KEYS, ours: "", foreign: "fake-value"})

    with pytest.raises(ValueError, match=f"{foreign} is set.* rename it to {ours}") as caught:
        KiwoomAuth.from_env()

    assert "fake-value" not in str(caught.value)
