"""Worlds: a token service on loopback, and a client that sends requests to it. All have the same methods."""

from contextlib import contextmanager

import requests

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer, faults, refusal
from tests.helpers.constants import PATH

from .floor import API_ID


class KiwoomWorld:
    """The plugin, with a local Kiwoom server; both use one clock."""

    def __init__(self, server):
        self._server = server
        self._session = requests.Session()
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))
        self.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)

    def send(self, api_id=API_ID):
        response = self._session.post(
            self._server.url + PATH, json={"stk_cd": "005930"}, auth=self.auth.for_api(api_id)
        )
        return response.status_code == 200 and response.json()["return_code"] == 0

    @property
    def issues(self):
        return self._server.issues

    @property
    def sends(self):
        return sum(request.path == PATH for request in self._server.requests)

    def revoke_all(self):
        self._server.revoke_all()

    def renew(self):
        """Replace the token, after it is no longer new."""
        self._server.clock.advance(minutes=2)
        self.auth.renew()

    def come_near_expiry(self):
        """Advance to the last 200 seconds of the token."""
        self.send()
        self._server.clock.advance(seconds=86400 - 200)

    def expire_in(self, seconds):
        """Let the token expire in `seconds`."""
        self.send()
        self._server.clock.advance(seconds=86400 - seconds)

    def set_latency(self, latency):
        self._server.latency = latency

    def reject_every_token(self):
        self._server.fail(*[refusal(8103)] * 2000, path=PATH)

    def go_down(self):
        self._server.fail(*[faults.server_error()] * 2000)


class ServiceWorld:
    """A peer, with a token service in its own format."""

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
        # A peer takes its token for expired `margin` seconds early; as with Kiwoom, a token call does not help then.
        self._service.lifetime = self._margin + seconds
        self.send()
        self._service.lifetime = 86400

    def set_latency(self, latency):
        self._service.latency = latency

    def reject_every_token(self):
        self._service.is_rejecting = True

    def go_down(self):
        self._service.is_down = True


@contextmanager
def plugin_world(reissue="same"):
    """Run the world of the plugin."""
    real = KiwoomAuth.clock
    with KiwoomServer(reissue=reissue, strict=False) as server:
        KiwoomAuth.clock = server.clock
        try:
            yield KiwoomWorld(server)
        finally:
            KiwoomAuth.clock = real


def peer_world(make_sender, margin):
    """Return a function that runs the world of a peer; `reissue` says what a second token call returns."""
    from .service import TokenService

    @contextmanager
    def world(reissue="same"):
        with TokenService(reissue) as service:
            yield ServiceWorld(service, make_sender, margin)

    return world
