"""``Secret``, ``SecretBytes`` and ``mask``: text that stays out of tracebacks."""

import copy
import json
import pickle
import traceback

import pytest

from requests_kiwoom.secret import Secret, SecretBytes, mask


def test_the_repr_is_masked():
    """Neither the repr of a secret nor that of its container shows the value."""
    for held in ([Secret("fake-key")], {"key": Secret("fake-key")}, (SecretBytes(b"fake-key"),)):
        assert "fake-key" not in repr(held)
    assert ["<Secret>", "<SecretBytes>"] == [repr(Secret("fake-key")), repr(SecretBytes(b"fake-key"))]
    assert "<Secret>" == f"{Secret('fake-key')!r}"


def test_a_secret_is_used_as_text():
    """Formatting, encoding and comparing a secret use its value, as a header or a body needs."""
    secret = Secret("fake-key")

    assert "Bearer fake-key" == f"Bearer {secret}"
    assert b"fake-key" == secret.encode() == bytes(SecretBytes(b"fake-key"))
    assert '{"appkey": "fake-key"}' == json.dumps({"appkey": secret})
    assert {"fake-key": 1}[secret] == 1


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
@pytest.mark.parametrize("secret", [Secret("fake-key"), SecretBytes(b"fake-key")])
def test_a_copy_is_masked_too(clone, secret):
    """A copied or unpickled secret is of the same class."""
    assert (type(secret), secret) == (type(clone(secret)), clone(secret))


def test_only_text_is_masked():
    """``mask`` masks text, and returns anything else unchanged."""
    assert "<Secret>" == repr(mask("fake-key"))
    for other in (None, 5, b"fake-key", ["fake-key"]):
        assert other is mask(other)


def test_a_traceback_with_locals_shows_no_value():
    """An error reporter that prints the locals of a frame prints the mask."""

    def fail(key):
        key = mask(key)
        raise ValueError("no such key")

    try:
        fail("fake-key")
    except ValueError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    frame = text.partition("in fail")[2]
    assert "<Secret>" in frame and "fake-key" not in frame.partition("key = mask")[2]
