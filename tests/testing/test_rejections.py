"""How a dead token is answered."""

import pytest

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer, Reply

TEXT = "인증에 실패했습니다[8005:Token이 유효하지 않습니다]"


@pytest.mark.parametrize(
    "options, status, return_code, said",
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
def test_signals(kiwoom, client_of, options, status, return_code, said):
    """Each way in which a dead token is told, of those that are captured or that the vendor's client looks for."""
    client = client_of(kiwoom(**options))
    client.log_in()
    client.server.revoke_all()

    answer = client.call()

    assert (status, return_code) == (answer.status_code, answer.json()["return_code"])
    assert said == answer.json()["return_msg"][: len(said)]


@pytest.mark.parametrize("rejection", [8005, 401, "top", 8003, 8031, 8103])
@pytest.mark.parametrize("numbers_as_strings", [False, True])
def test_the_plugin_understands_each(kiwoom, client_of, rejection, numbers_as_strings):
    """After each of them, the plugin issues a token and sends the request again."""
    server = kiwoom(rejection=rejection, numbers_as_strings=numbers_as_strings)
    client = client_of(server)
    client.session.auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
    client.call()
    server.revoke_all()

    assert 0 == int(client.call().json()["return_code"])
    assert 2 == server.issues


def test_strings_in_a_success(kiwoom, client_of):
    """With numbers_as_strings, a success says "0" [vendor]."""
    assert "0" == client_of(kiwoom(numbers_as_strings=True)).issue().json()["return_code"]


def test_no_strings_without_an_envelope(kiwoom, client_of):
    """With numbers_as_strings, what has no ``return_code`` stays as it is."""
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
def test_unknown_option(options, allowed):
    """A value that an option does not have is told at once, with those that it has; later on as well."""
    with KiwoomServer() as server, pytest.raises(ValueError, match=f"must be {allowed}"):
        for name, value in options.items():
            setattr(server, name, value)
    with pytest.raises(ValueError, match=f"must be {allowed}"):
        KiwoomServer(**options)


@pytest.mark.parametrize(
    "name, told", [("rejecton", ": did you mean rejection[?]$"), ("Mock", ": did you mean mock[?]$"), ("life", "$")]
)
def test_misspelt_attribute(name, told):
    """An attribute that a server does not have is told at once, with the one that was meant; it is not set."""
    with KiwoomServer() as server, pytest.raises(AttributeError, match=f"a KiwoomServer has no '{name}'{told}"):
        setattr(server, name, 401)
    assert not hasattr(server, name)


def test_attribute_of_a_subclass():
    """A subclass has attributes of its own, whenever they are set."""

    class Counting(KiwoomServer):
        def __init__(self, **options):
            self.before = 1
            super().__init__(**options)
            self.after = 2

    server = Counting(rejection=401)
    server.later = 3
    assert (1, 2, 3, 401) == (server.before, server.after, server.later, server.rejection)
