"""What the README shows is run as it stands there, against a Kiwoom on loopback."""

import re

import pytest
import requests

from .documents import README, blocks, section

PROLOGUE = 'import requests\nfrom requests_kiwoom import KiwoomAuth\nauth = KiwoomAuth("my-appkey", "my-secretkey")\n'


def python_blocks():
    """Each Python block of the README, with the number of its line; those of the recipes are for tests/ecosystem."""
    text = README.read_text("utf-8")
    recipes = blocks(*section("Recipes"))
    for start, code in blocks(0, text):
        if (start, code) not in recipes:
            yield pytest.param(code, id=f"line {text[:start].count(chr(10)) + 1}")


@pytest.mark.parametrize("block", list(python_blocks()))
def test_python_blocks_run(server, block):
    """A block runs, with the keys and the address of the local server in place of Kiwoom's; what it sends succeeds."""
    seen = []
    code = block if "KiwoomAuth(" in block and "import" in block else PROLOGUE + block
    code = code.replace('KiwoomAuth("my-appkey", "my-secretkey"', f"KiwoomAuth(*keys, base_url={server.url!r}")
    code = code.replace("https://api.kiwoom.com", server.url)

    with requests.Session() as session:
        exec(compile(code, str(README), "exec"), {"keys": (server.appkey, server.secretkey), "session": session})
        seen = [request for request in server.requests if request.path.startswith("/api/")]

    for request in seen:
        assert ("auth=lambda" in block) == ("authorization" not in request.headers)
    assert bool(seen) == ("post(" in block)


def test_the_two_commands_are_there():
    """The demo and the test command stand in the README as CI runs them."""
    text = README.read_text("utf-8")

    assert 1 == len(re.findall(r"^    python3 -m venv \.venv && .* -m requests_kiwoom demo$", text, re.M))
    assert 1 == len(re.findall(r"^    python3 -m venv \.venv && .* -m pytest$", text, re.M))
