"""``help(requests_kiwoom.testing)``: complete, and its examples run."""

import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

from requests_kiwoom import testing
from requests_kiwoom.testing import KiwoomServer, faults

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(testing.__path__, "requests_kiwoom.testing.")
]


@pytest.mark.parametrize("module", [testing, *MODULES], ids=lambda module: module.__name__)
def test_examples_run(module):
    """The examples of each module return what they show."""
    assert 0 == doctest.testmod(module).failed


def test_every_option_method_and_fault_is_named():
    """The manual page names every option of the server, every method and every fault."""
    named = set(re.findall(r"\w+", testing.__doc__))
    options = {option.name for option in dataclasses.fields(KiwoomServer)}
    members = {name for name, _ in inspect.getmembers(KiwoomServer) if name[0] != "_"}
    constants = {name for name in vars(faults) if name.isupper() and name[0] != "_"}

    assert set() == (options | members | constants) - named - {"respond"}


@pytest.mark.parametrize("name", sorted(testing.__all__))
def test_every_public_name_is_described(name):
    """Each public name and each of its public members has a description."""
    thing = getattr(testing, name)
    members = [value for key, value in vars(thing).items() if key[0] != "_" and callable(value)]

    assert all(inspect.getdoc(each) for each in [thing, *(members if inspect.isclass(thing) else [])])


@pytest.mark.parametrize("module", [testing, *MODULES], ids=lambda module: module.__name__)
def test_modules_are_short(module):
    """Each module has a docstring, and at most 250 lines."""
    assert module.__doc__
    assert len(inspect.getsource(module).splitlines()) <= 250
