"""What ``help()`` shows: complete, and its examples are run against a Kiwoom on loopback."""

import doctest
import importlib
import inspect
import os
import pkgutil
import pydoc
import re

import pytest
import requests

import requests_kiwoom
from requests_kiwoom import KiwoomAuth, TokenStore
from requests_kiwoom.origins import parse_base_url
from requests_kiwoom.testing import KiwoomServer

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(requests_kiwoom.__path__, "requests_kiwoom.")
    if not module.name.endswith("__main__")
]
EXAMPLES = [
    example
    for module in MODULES
    for example in doctest.DocTestFinder(exclude_empty=True).find(module)
    if example.examples
]


def public():
    """Each public name, and the public methods and properties of its class: what it is called, and what it is."""
    for name in requests_kiwoom.__all__:
        thing = getattr(requests_kiwoom, name)
        yield pytest.param(thing, id=name)
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                # What a store's methods do is told by TokenStore.
                told = thing is not TokenStore and hasattr(TokenStore, member)
                if (callable(value) or isinstance(value, (property, classmethod))) and member[0] != "_" and not told:
                    yield pytest.param(value, id=f"{name}.{member}")


@pytest.mark.parametrize("thing", list(public()))
def test_public_name_is_described(thing):
    """A public name says in its first paragraph what it is, and names each of its parameters."""
    described = inspect.cleandoc(thing.__doc__)

    assert re.match(r"[A-Za-z`].*[.:]($|\s)", described)
    for parameter in parameters(thing):
        assert re.search(rf":(param|ivar) {parameter}:|`{parameter}`", described)


def parameters(thing):
    """What a function or a constructor of ours takes."""
    if isinstance(thing, property) or (inspect.isclass(thing) and issubclass(thing, Exception)):
        return []
    function = thing.__init__ if inspect.isclass(thing) else getattr(thing, "__func__", thing)
    if not inspect.isfunction(function) or function.__module__.partition(".")[0] != "requests_kiwoom":
        return []
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_examples(example, monkeypatch, tmp_path):
    """The example in a docstring gives what it says it gives."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(tmp_path)
    with KiwoomServer() as server:
        server.appkey, server.secretkey = "my-appkey", "my-secretkey"
        monkeypatch.setattr("requests_kiwoom.auth.PRODUCTION", parse_base_url(server.url))
        names = {**example.globs, **vars(requests_kiwoom), "requests": requests, "server": server}
        names["auth"] = KiwoomAuth("my-appkey", "my-secretkey")
        text = example.docstring.replace("https://api.kiwoom.com", server.url)
        test = doctest.DocTestParser().get_doctest(text, names, example.name, example.filename, example.lineno)
        said = []
        failed = doctest.DocTestRunner().run(test, out=said.append).failed

    assert 0 == failed, "".join(said)


def test_manual_page():
    """``help(KiwoomAuth)`` tells of parameters with their units, what is raised, every method, and shows a use."""
    page = pydoc.plain(pydoc.render_doc(KiwoomAuth))

    for part in (
        ":param appkey:",
        ":param timeout: connect and read, in seconds",
        ":raises ValueError:",
        'KiwoomAuth("my-appkey", "my-secretkey")',
        "for_api(self, api_id: str",
        "from_env(**options",
        "token(self, rejected: str",
        "renew(self)",
        "revoke(self)",
        "expires_at",
        "base_url",
        "au10001",
        "[captured]",
    ):
        assert part in page
