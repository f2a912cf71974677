"""The source distribution contains everything that its own tests need."""

import shutil
import subprocess
import sys
import tarfile

import pytest

from tests.helpers.documents import ROOT

# It copies and packs the whole project, which does not depend on the Python version.
pytestmark = pytest.mark.once

UNWANTED = ".git .coverage* .venv .tox .hypothesis __pycache__ *cache build dist *.egg-info".split()


def test_complete(tmp_path):
    """The archive has every file of the project, including the tests and their data."""
    pytest.importorskip("setuptools", reason="without setuptools no archive can be made")
    project = tmp_path / "project"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*UNWANTED))
    files = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}

    command = [sys.executable, "setup.py", "-q", "sdist", "--dist-dir", str(tmp_path)]
    subprocess.run(command, cwd=project, check=True, capture_output=True, timeout=120)

    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {"setup.cfg", "README.rst", "tests/conftest.py", "tests/docs/test_sdist.py"} <= files
    assert set() == files - names - {".gitignore"}
