"""What ``help()`` shows: every public name is described, and the examples run against a local Kiwoom server."""

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
    """Yield each public name, and the public methods and properties of its class."""
    for name in requests_kiwoom.__all__:
        thing = getattr(requests_kiwoom, name)
        yield pytest.param(thing, id=name)
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                # TokenStore describes the methods of the stores; `clock` is described by a comment.
                is_elsewhere = (thing is not TokenStore and hasattr(TokenStore, member)) or member == "clock"
                has_docstring = callable(value) or isinstance(value, (property, classmethod))
                if has_docstring and member[0] != "_" and not is_elsewhere:
                    yield pytest.param(value, id=f"{name}.{member}")


@pytest.mark.parametrize("thing", list(public()))
def test_public_name_is_described(thing):
    """A public name has a first sentence, and describes each of its parameters."""
    described = inspect.cleandoc(thing.__doc__)

    assert re.match(r"[A-Za-z`].*[.:]($|\s)", described)
    for parameter in parameters(thing):
        assert re.search(rf":(param|ivar) {parameter}:|`{parameter}`", described)


def parameters(thing):
    """Return the parameters of a function or a constructor of ours."""
    if isinstance(thing, property) or (inspect.isclass(thing) and issubclass(thing, Exception)):
        return []
    function = thing.__init__ if inspect.isclass(thing) else getattr(thing, "__func__", thing)
    if not inspect.isfunction(function) or function.__module__.partition(".")[0] != "requests_kiwoom":
        return []
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_prints_what_it_shows(example, monkeypatch, tmp_path):
    """The example in a docstring prints what it shows."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(tmp_path)
    with KiwoomServer() as server:
        server.appkey, server.secretkey = "my-appkey", "my-secretkey"
        monkeypatch.setattr("requests_kiwoom.auth.PRODUCTION", parse_base_url(server.url))
        names = {**example.globs, **vars(requests_kiwoom), "requests": requests, "server": server}
        names["auth"] = KiwoomAuth("my-appkey", "my-secretkey")
        names["auth"].token()  # The examples assume a token.
        text = example.docstring.replace("https://api.kiwoom.com", server.url)
        test = doctest.DocTestParser().get_doctest(text, names, example.name, example.filename, example.lineno)
        report = []
        failed = doctest.DocTestRunner().run(test, out=report.append).failed

    assert 0 == failed, "".join(report)


def test_manual_page():
    """``help(KiwoomAuth)`` names units, exceptions, every public method and the evidence, and has an example."""
    page = pydoc.plain(pydoc.render_doc(KiwoomAuth))
    methods = [name for name in vars(KiwoomAuth) if not name.startswith("_")]

    for part in (">>> ", ":raises ValueError:", "seconds", "au10001", "[captured]", *methods):
        assert part in page


@pytest.mark.parametrize("name", ["requests_kiwoom.exceptions", "requests_kiwoom.stores", "requests_kiwoom.testing"])
def test_reference_page(name):
    """``help()`` of a module that the README refers to has an example that is run, and all public names."""
    module = importlib.import_module(name)
    page = pydoc.plain(pydoc.render_doc(module))
    public = getattr(module, "__all__", None) or [n for n, c in vars(module).items() if inspect.isclass(c)]

    assert any(example.name == name or example.name.startswith(f"{name}.") for example in EXAMPLES)
    assert [] == [each for each in public if each[0] != "_" and each not in page]
