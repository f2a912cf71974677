"""Read the keys from the operating system's vault with keyring.

Put them there once, at the prompt; it asks for the key::

    keyring set kiwoom appkey
    keyring set kiwoom secretkey

Needs ``pip install keyring``. This demonstration uses a vault in memory instead of
yours. Prints::

    token issued: True
"""

import keyring
import keyring.backend

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer


def auth_from_vault(**options):
    """Return an auth with the keys in the vault."""
    appkey, secretkey = (keyring.get_password("kiwoom", name) for name in ("appkey", "secretkey"))
    if appkey is None or secretkey is None:
        raise LookupError("run: keyring set kiwoom appkey, then: keyring set kiwoom secretkey")
    return KiwoomAuth(appkey, secretkey, **options)


class MemoryVault(keyring.backend.KeyringBackend):
    """A vault for the demonstration."""

    priority = 1

    def __init__(self):
        super().__init__()
        self._passwords = {}

    def set_password(self, service, username, password):
        self._passwords[service, username] = password

    def get_password(self, service, username):
        return self._passwords.get((service, username))


def main():
    keyring.set_keyring(MemoryVault())
    with KiwoomServer() as server:
        keyring.set_password("kiwoom", "appkey", server.appkey)
        keyring.set_password("kiwoom", "secretkey", server.secretkey)
        print("token issued:", auth_from_vault(base_url=server.url).token() == server.token)


if __name__ == "__main__":
    main()
