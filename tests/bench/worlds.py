"""Worlds: a token service on loopback, and a client that sends requests to it; the same verbs for all of them."""

from contextlib import contextmanager

import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer, faults, refusal
from tests.helpers.constants import PATH

from .floor import API_ID


class KiwoomWorld:
    """The plugin, against a Kiwoom; both go by one clock."""

    def __init__(self, server):
        self._server = server
        self._session = requests.Session()
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))
        self.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)

    def send(self, api_id=API_ID):
        answer = self._session.post(
            self._server.url + PATH, json={"stk_cd": "005930"}, auth=self.auth.for_api(api_id)
        )
        return answer.status_code == 200 and answer.json()["return_code"] == 0

    @property
    def issues(self):
        return self._server.issues

    @property
    def sends(self):
        return sum(request.path == PATH for request in self._server.requests)

    def revoke_all(self):
        self._server.revoke_all()

    def renew(self):
        """Replace the token, once it is no longer new."""
        self._server.clock.advance(minutes=2)
        self.auth.renew()

    def come_near_expiry(self):
        """Go to the last 200 seconds of the token."""
        self.send()
        self._server.clock.advance(seconds=86400 - 200)

    def expire_in(self, seconds):
        """Have the token expire so many seconds from now, with `latency` seconds for the next token call."""
        self.send()
        self._server.clock.advance(seconds=86400 - seconds)

    def take(self, latency):
        self._server.latency = latency

    def refuse_every_token(self):
        self._server.fail(*[refusal(8103)] * 2000, path=PATH)

    def go_down(self):
        self._server.fail(*[faults.server_error()] * 2000)


class ServiceWorld:
    """A peer, against a token service in its own dialect."""

    def __init__(self, service, make_sender, margin):
        self._service = service
        self._margin = margin
        self.send = make_sender(service)

    @property
    def issues(self):
        return self._service.issues

    @property
    def sends(self):
        return self._service.sends

    def revoke_all(self):
        self._service.revoke_all()

    def come_near_expiry(self):
        self._service.lifetime = 200
        self.send()

    def expire_in(self, seconds):
        # What it takes for its expiry comes that much earlier; in Kiwoom's way, asking then does not help.
        self._service.lifetime = self._margin + seconds
        self.send()
        self._service.lifetime = 86400

    def take(self, latency):
        self._service.latency = latency

    def refuse_every_token(self):
        self._service.refusing = True

    def go_down(self):
        self._service.down = True


@contextmanager
def plugin_world(reissue="same"):
    """The plugin's own."""
    real = KiwoomAuth.clock
    with KiwoomServer(reissue=reissue, strict=False) as server:
        KiwoomAuth.clock = server.clock
        try:
            yield KiwoomWorld(server)
        finally:
            KiwoomAuth.clock = real


def peer_world(make_sender, margin):
    """The world of a peer, as a function of what a second token call gives."""
    from .service import TokenService

    @contextmanager
    def world(reissue="same"):
        with TokenService(reissue) as service:
            yield ServiceWorld(service, make_sender, margin)

    return world
