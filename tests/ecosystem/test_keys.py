"""Where keys come from: the vault of the operating system, and a .env file."""

import os
import pathlib

import keyring
import pytest

from tests.recipes.keys_from_dotenv import auth_from_file
from tests.recipes.keys_from_keyring import MemoryVault, auth_from_vault


@pytest.fixture
def vault():
    """An empty vault in place of the operating system's."""
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryVault())
    yield keyring
    keyring.set_keyring(before)


def test_keyring(server, vault):
    """Keys that were stored in the vault as the recipe says issue a token."""
    vault.set_password("kiwoom", "appkey", server.appkey)
    vault.set_password("kiwoom", "secretkey", server.secretkey)

    token = auth_from_vault(base_url=server.url).token()

    assert server.token == token


def test_empty_keyring(vault):
    """With nothing in the vault, the error says how to put a key there."""
    with pytest.raises(LookupError, match="keyring set kiwoom appkey"):
        auth_from_vault()


def test_dotenv(server, monkeypatch):
    """Keys in a .env file issue a token; a variable that is set already wins over the file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIWOOM_")}
    monkeypatch.setattr(os, "environ", {**kept, "KIWOOM_APPKEY": server.appkey})
    lines = ["KIWOOM_APPKEY=another", f"KIWOOM_SECRETKEY={server.secretkey}", f"KIWOOM_BASE_URL={server.url}"]
    pathlib.Path(".env").write_text("\n".join(lines), "utf-8")

    auth_from_file(".env").token()

    assert server.appkey == server.requests.last.json()["appkey"]
