"""The responses to a revoked token, and the options of the server that choose among them."""

import pytest

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer, Reply

TEXT = "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"


@pytest.mark.parametrize(
    "options, status, return_code, text",
    [
        ({}, 200, 3, TEXT),
        ({"rejection": 401}, 401, 3, TEXT),
        ({"rejection": "top"}, 200, 8005, TEXT),
        ({"numbers_as_strings": True}, 200, "3", TEXT),
        ({"rejection": "top", "numbers_as_strings": True}, 200, "8005", TEXT),
        ({"rejection": 8003}, 200, 3, "인증에 실패했습니다[8003:"),
        ({"rejection": 8031}, 200, 2, "입력 값 오류입니다[8031:"),
        ({"rejection": 8103}, 200, 3, "인증에 실패했습니다[8103:"),
    ],
)
def test_each_kind_of_rejection(kiwoom, client_of, options, status, return_code, text):
    """The server rejects a revoked token in each way that is captured, or that the vendor's client looks for."""
    client = client_of(kiwoom(**options))
    client.log_in()
    client.server.revoke_all()

    response = client.call()

    assert (status, return_code) == (response.status_code, response.json()["return_code"])
    assert text == response.json()["return_msg"][: len(text)]


@pytest.mark.parametrize("rejection", [8005, 401, "top", 8003, 8031, 8103])
@pytest.mark.parametrize("numbers_as_strings", [False, True])
def test_the_plugin_recognizes_each_rejection(kiwoom, client_of, rejection, numbers_as_strings):
    """After each kind of rejection, the plugin issues a token and resends the request."""
    server = kiwoom(rejection=rejection, numbers_as_strings=numbers_as_strings)
    client = client_of(server)
    client.session.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
    client.call()
    server.revoke_all()

    assert 0 == int(client.call().json()["return_code"])
    assert 2 == server.issues


def test_numbers_as_strings_in_a_success(kiwoom, client_of):
    """With numbers_as_strings, a success has the return_code "0" [vendor]."""
    assert "0" == client_of(kiwoom(numbers_as_strings=True)).issue().json()["return_code"]


def test_numbers_as_strings_does_not_change_html(kiwoom, client_of):
    """With numbers_as_strings, a response without ``return_code`` is not changed."""
    client = client_of(kiwoom(numbers_as_strings=True))
    client.server.fail(Reply(b"<html>maintenance</html>"), path="/oauth2/token")

    assert "<html>maintenance</html>" == client.issue().text


@pytest.mark.parametrize(
    "options, allowed",
    [
        ({"rejection": 500}, "one of 8005, 401, "),
        ({"reissue": "always"}, "one of 'same', 'new'"),
        ({"latency": -1}, "a number from 0 to 3600"),
        ({"chaos": 5}, "a number from 0 to 1"),
    ],
)
def test_a_wrong_value_of_an_option_is_an_error(options, allowed):
    """A wrong value of an option raises an error with the allowed values, also when it is set later."""
    with KiwoomServer() as server, pytest.raises(ValueError, match=f"must be {allowed}"):
        for name, value in options.items():
            setattr(server, name, value)
    with pytest.raises(ValueError, match=f"must be {allowed}"):
        KiwoomServer(**options)


@pytest.mark.parametrize(
    "name, message", [("rejecton", ": did you mean rejection[?]$"), ("Mock", ": did you mean mock[?]$"), ("life", "$")]
)
def test_a_misspelt_attribute_is_an_error(name, message):
    """A misspelt attribute raises an error that suggests the right name, and is not set."""
    with KiwoomServer() as server, pytest.raises(AttributeError, match=f"a KiwoomServer has no '{name}'{message}"):
        setattr(server, name, 401)
    assert not hasattr(server, name)


def test_a_subclass_may_have_other_attributes():
    """A subclass may have attributes of its own, set at any time."""

    class Counting(KiwoomServer):
        def __init__(self, **options):
            self.before = 1
            super().__init__(**options)
            self.after = 2

    server = Counting(rejection=401)
    server.later = 3
    assert (1, 2, 3, 401) == (server.before, server.after, server.later, server.rejection)
