"""Where keys come from: the vault of the operating system, and a .env file."""

import pathlib

import keyring
import keyring.backend
import pytest


class Vault(keyring.backend.KeyringBackend):
    """A vault in memory."""

    priority = 1

    def __init__(self):
        super().__init__()
        self._kept = {}

    def set_password(self, service, username, password):
        self._kept[service, username] = password

    def get_password(self, service, username):
        return self._kept.get((service, username))


@pytest.fixture
def vault():
    """An empty vault in place of the operating system's."""
    before = keyring.get_keyring()
    keyring.set_keyring(Vault())
    yield keyring
    keyring.set_keyring(before)


KEYRING = "Keys from the vault of the operating system: keyring"


def test_keyring(server, vault, run):
    """Keys that were put into the vault as the recipe says issue a token."""
    vault.set_password("kiwoom", "appkey", "my-appkey")
    vault.set_password("kiwoom", "secretkey", "my-secretkey")

    assert run(KEYRING)["auth"].token() == server.token


def test_empty_keyring(server, vault, run):
    """With nothing in the vault, the error names the key that is missing."""
    with pytest.raises(TypeError, match="^appkey must be a str"):
        run(KEYRING)


def test_dotenv(server, run, no_keys_in_environment):
    """Keys in a .env file issue a token."""
    pathlib.Path(".env").write_text("KIWOOM_APPKEY=my-appkey\nKIWOOM_SECRETKEY=my-secretkey\n", "utf-8")

    assert run("Keys from a .env file: python-dotenv")["auth"].token() == server.token
