"""Fixtures for pytest, by ``pytest_plugins = ["requests_kiwoom.testing.fixtures"]`` in the top ``conftest.py``."""

from collections.abc import Iterator

import pytest
import requests

from .. import KiwoomAuth
from .server import KiwoomServer


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "kiwoom(**options): the options of the kiwoom_server that a test gets")


@pytest.fixture
def kiwoom_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[KiwoomServer]:
    """A Kiwoom on loopback, whose clock is every :class:`~requests_kiwoom.KiwoomAuth`'s as well.

    ``@pytest.mark.kiwoom(rejection=401)`` gives it options: those of :class:`KiwoomServer`.
    """
    options: dict[str, object] = {}
    # From the module's to the function's own, which wins.
    for marker in reversed(list(request.node.iter_markers("kiwoom"))):
        if marker.args:
            raise TypeError("pytest.mark.kiwoom takes options by their names, such as rejection=401")
        options.update(marker.kwargs)
    with KiwoomServer(**options) as server:  # type: ignore[arg-type]  # The constructor checks them.
        monkeypatch.setattr(KiwoomAuth, "clock", server.clock)
        yield server


@pytest.fixture
def kiwoom_auth(kiwoom_server: KiwoomServer) -> Iterator[KiwoomAuth]:
    """An auth with that server's keys, which goes to that server."""
    with requests.Session() as session:
        # Neither a proxy nor a CA bundle of the environment is for loopback, and both would win over Session.verify.
        session.trust_env = False
        if kiwoom_server.tls is True:
            session.verify = kiwoom_server.ca_bundle
        yield KiwoomAuth(
            kiwoom_server.appkey, kiwoom_server.secretkey, base_url=kiwoom_server.url, session=session
        )
