"""``Client``: a client without the plugin, so that tests see what the server sends to any client."""

import threading

import requests

from requests_kiwoom.testing.catalogue import api_paths

JSON = "application/json;charset=UTF-8"


class Client:
    def __init__(self, server, session):
        self.server = server
        self.session = session
        self.token = None

    def issue(self, **changes):
        """Call au10001 with the server's own keys and with `changes`; ``None`` omits a field."""
        keys = {"appkey": self.server.appkey, "secretkey": self.server.secretkey}
        body = {"grant_type": "client_credentials", **keys, **changes}
        body = {name: value for name, value in body.items() if value is not None}
        return self.session.post(f"{self.server.url}/oauth2/token", json=body, headers={"content-type": JSON})

    def revoke(self, token, **changes):
        """Call au10002 with the server's own keys and with `changes`."""
        body = {"appkey": self.server.appkey, "secretkey": self.server.secretkey, "token": token, **changes}
        return self.session.post(f"{self.server.url}/oauth2/revoke", json=body, headers={"content-type": JSON})

    def log_in(self):
        """Issue a token, and send it with each call from now on."""
        self.token = self.issue().json()["token"]
        return self.token

    def call(self, api_id="ka10001", *, path=None, headers=(), **body):
        """Call an API at its own path; ``None`` omits a header."""
        sent = {"content-type": JSON, "authorization": f"Bearer {self.token}", "api-id": api_id, **dict(headers)}
        url = self.server.url + (path or api_paths()[api_id])
        return self.session.post(url, json=body, headers=sent)


def session_from(address):
    """Return a session whose connections come from another address of this machine."""
    session = requests.Session()
    session.mount("http://", _FromAddress(address))
    return session


class _FromAddress(requests.adapters.HTTPAdapter):
    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


def threads_of_servers():
    """Return the running threads of servers."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("kiwoom ")]


def threads_left_behind():
    """Return the threads of servers that do not end, even on a slow machine."""
    for thread in threads_of_servers():
        thread.join(60)
    return threads_of_servers()
