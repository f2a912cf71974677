"""The metadata of a release."""

import importlib.metadata
import importlib.resources
import re
import subprocess
import sys
import urllib.parse

import requests_kiwoom
from tests.helpers.documents import README


def test_versions_agree():
    """The package, its metadata and the newest entry of the history have the same version."""
    history = README.with_name("HISTORY.rst").read_text("utf-8")

    assert requests_kiwoom.__version__ == importlib.metadata.version("requests-kiwoom")
    assert requests_kiwoom.__version__ == re.search(r"^(\d+\.\d+\.\d+) \(.*\)\n---", history, re.M)[1]


def test_import_without_a_warning():
    """Importing the package with warnings as errors prints nothing."""
    command = [sys.executable, "-W", "error", "-c", "import requests_kiwoom"]

    done = subprocess.run(command, capture_output=True, timeout=60)

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)


def test_public_names():
    """Each name of ``__all__`` can be imported and is in ``dir()``, from which editors complete names."""
    assert sorted(requests_kiwoom.__all__) == requests_kiwoom.__all__
    assert set(requests_kiwoom.__all__) <= set(dir(requests_kiwoom))
    assert [] == [name for name in requests_kiwoom.__all__ if not hasattr(requests_kiwoom, name)]


def test_typed():
    """The package contains the marker that lets type checkers read it."""
    assert importlib.resources.files(requests_kiwoom).joinpath("py.typed").is_file()


def test_project_urls():
    """The project's URLs have no other host than Kiwoom's."""
    metadata = importlib.metadata.metadata("requests-kiwoom")
    addresses = [url.partition(", ")[2] for url in metadata.get_all("Project-URL")]

    assert ["openapi.kiwoom.com"] == [urllib.parse.urlsplit(url).hostname for url in addresses]
    assert "Home-page" not in metadata
