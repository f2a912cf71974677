"""Each recipe runs by itself and prints what its docstring says."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import textwrap

import pytest

from tests.helpers.documents import ROOT, links

RECIPES = sorted(path for path in (ROOT / "tests" / "recipes").glob("*.py") if path.name != "__init__.py")


def missing_libraries(path):
    """Return the libraries that a recipe imports and this environment does not have."""
    imports = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Import)]
    imports += [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    named = {getattr(node, "module", None) or node.names[0].name for node in imports}
    libraries = {name.partition(".")[0] for name in named}
    return sorted(library for library in libraries if importlib.util.find_spec(library) is None)


def expected_output(path):
    """Return what the docstring says that the recipe prints."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    return textwrap.dedent(docstring.partition("Prints::\n\n")[2])


def test_readme_links_to_each_recipe():
    """The README links to every recipe, and to nothing else in that folder."""
    linked = [link for link in links() if link.startswith("tests/recipes/")]

    assert sorted(linked) == [path.relative_to(ROOT).as_posix() for path in RECIPES]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipe(path, tmp_path):
    """The recipe prints what its docstring says, and nothing on stderr."""
    if missing := missing_libraries(path):
        # tox's environment "ecosystem" has them all: there, a recipe that is not run is a failure.
        assert os.environ.get("TOX_ENV_NAME") != "ecosystem", missing
        pytest.skip(f"needs {', '.join(missing)}: pip install -e '.[ecosystem]'")
    env = {name: value for name, value in os.environ.items() if not name.startswith("KIWOOM_")}
    env["PYTHONIOENCODING"] = "utf-8"

    done = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", timeout=120
    )

    assert "" == done.stderr
    assert expected_output(path) == done.stdout.rstrip()
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipe_is_short(path):
    """A recipe is at most 100 lines of at most 100 characters, and names the libraries that it needs."""
    lines = path.read_text("utf-8").splitlines()

    assert len(lines) <= 100 and max(map(len, lines)) <= 100
    assert re.search(r"Needs (nothing but|``pip install [\w -]+``)", path.read_text("utf-8"))
