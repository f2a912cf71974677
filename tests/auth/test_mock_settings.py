"""Settings that would trade real money by mistake."""

import pytest

from requests_kiwoom import KiwoomAuth


def test_base_url_none_does_not_hide_kiwoom_mock(monkeypatch):
    """``from_env(base_url=None)``, as a program passes on an option that was not given, still reads ``KIWOOM_MOCK``."""
    monkeypatch.setenv("KIWOOM_APPKEY", "fake-appkey")
    monkeypatch.setenv("KIWOOM_SECRETKEY", "fake-secretkey")
    monkeypatch.setenv("KIWOOM_MOCK", "1")
    monkeypatch.setenv("KIWOOM_BASE_URL", "https://gateway.example")

    assert "https://mockapi.kiwoom.com" == KiwoomAuth.from_env(base_url=None).base_url


@pytest.mark.parametrize("mock", [None, "", "false", "0", [], 2])
def test_mock_is_true_or_false(mock):
    """``mock=None`` may be a setting that nobody gave: it is not taken for production."""
    with pytest.raises(ValueError, match="mock must be True"):
        KiwoomAuth("fake-appkey", "fake-secretkey", mock=mock)


def test_a_key_given_to_from_env_wins(server, monkeypatch):
    """``from_env(secretkey=...)`` takes that key, out of a vault say, and the other one from the environment."""
    monkeypatch.setenv("KIWOOM_APPKEY", server.appkey)
    monkeypatch.delenv("KIWOOM_SECRETKEY", raising=False)

    KiwoomAuth.from_env(secretkey=server.secretkey, base_url=server.url).token()

    assert server.secretkey == server.requests[0].json()["secretkey"]


@pytest.mark.parametrize("base_url", ["https://gate way.example", "https://gateway\\x", "https://<gateway>"])
def test_a_host_that_is_none(base_url):
    """A ``base_url`` whose host no look-up takes is refused at once, and not by each token call."""
    with pytest.raises(ValueError, match="base_url must be a URL"):
        KiwoomAuth("fake-appkey", "fake-secretkey", base_url=base_url)
