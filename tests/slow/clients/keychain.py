"""A keychain in memory, in place of the operating system's, for clients that keep keys there."""

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Keychain(KeyringBackend):
    priority = 1

    def __init__(self):
        super().__init__()
        self.passwords = {}

    def get_password(self, service, username):
        return self.passwords.get((service, username))

    def set_password(self, service, username, password):
        self.passwords[service, username] = password

    def delete_password(self, service, username):
        if self.passwords.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


def use_keychain():
    """Let every client of this process keep its keys in memory."""
    keyring.set_keyring(Keychain())
