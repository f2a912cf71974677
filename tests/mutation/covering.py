"""``CoveringTests``: which tests run which lines, and how long each takes."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from coverage import CoverageData
from coverage.exceptions import CoverageException

from .mutants import Mutant

_SETTINGS = """[run]
source_pkgs = requests_kiwoom
parallel = True
patch = _exit
context = ${PYTEST_CURRENT_TEST-}
"""


class CoveringTests:
    """The tests that cover each line, from one run of the tests in the tree at `tree`.

    :param folder: keeps the results of that run; without results, the tests are run.
    :param tests: the arguments of pytest that select the tests.
    """

    def __init__(self, tree: Path, folder: Path, tests: list[str]) -> None:
        self._package = tree / "requests_kiwoom"
        cache = folder / "covering.json"
        if not cache.exists():
            folder.mkdir(exist_ok=True)
            _measure(tree, folder, tests)
            cache.write_text(json.dumps(self._read_all(folder)))
        found = json.loads(cache.read_text())
        self._seconds: dict[str, float] = found["seconds"]
        #: By module and line, as "stores/sqlite:85".
        self._tests: dict[str, list[str]] = found["tests"]

    def find(self, mutant: Mutant) -> list[str]:
        """Return the tests of the changed lines, quickest first; if they run at import, also those of their users."""
        first, last = mutant.lines
        tests = self._find_for_lines(mutant.module, range(first, last + 1))
        if mutant.at_import:
            tests |= self._find_for_users(mutant.module, first)
        return sorted(tests, key=self.seconds)

    def seconds(self, test: str) -> float:
        """Return how long a test took."""
        return self._seconds[test]

    def _find_for_lines(self, module: str, lines: Iterable[int]) -> set[str]:
        return {test for line in lines for test in self._tests.get(f"{module}:{line}", ())}

    def _find_for_users(self, module: str, line: int) -> set[str]:
        """Return the tests that run a use of the name assigned at `line`, or of a name derived from it at import."""
        sources = {self._module_name(path): path.read_text("utf-8") for path in self._package.rglob("*.py")}
        tests: set[str] = set()
        done: set[str] = set()
        todo = [sources[module].splitlines()[line - 1]]
        while todo:
            named = re.match(r"(\w+)(: .+)? = ", todo.pop())
            if named and named[1] not in done:
                done.add(named[1])
                for user, source in sources.items():
                    for first, last in _find_uses(source, named[1]):
                        tests |= self._find_for_lines(user, range(first, last + 1))
                        todo.append(source.splitlines()[first - 1])
        return tests or self._find_for_lines(module, range(1, 1000))

    def _read_all(self, folder: Path) -> dict[str, Any]:
        seconds: dict[str, float] = {}
        for path in folder.glob("data-times-*"):
            seconds.update(map(json.loads, path.read_text("utf-8").splitlines()))
        tests: defaultdict[str, set[str]] = defaultdict(set)
        for path in folder.glob("data.*"):
            try:
                self._read(path, tests)
            except CoverageException:
                pass  # The process was killed while it wrote this.
        return {"seconds": seconds, "tests": {line: sorted(found & seconds.keys()) for line, found in tests.items()}}

    def _read(self, path: Path, tests: defaultdict[str, set[str]]) -> None:
        data = CoverageData(path)
        data.read()
        for measured in map(Path, data.measured_files()):
            if measured.is_relative_to(self._package):
                for line, contexts in data.contexts_by_lineno(str(measured)).items():
                    # In a process that a test started: "tests/test_x.py::test_y (call)".
                    names = {re.sub(r" \((setup|call|teardown)\)$", "", name) for name in contexts}
                    tests[f"{self._module_name(measured)}:{line}"] |= names

    def _module_name(self, path: Path) -> str:
        return path.relative_to(self._package).with_suffix("").as_posix()


def _find_uses(source: str, name: str) -> Iterator[tuple[int, int]]:
    """Yield first and last line of each use of a name; in a module-level assignment, those of the assignment."""
    assignments = [node for node in ast.parse(source).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(rf"\b{name}\b", line):
            within = (node for node in assignments if node.lineno <= number <= (node.end_lineno or 0))
            yield next(((node.lineno, node.end_lineno or 0) for node in within), (number, number))


def _measure(tree: Path, folder: Path, tests: list[str]) -> None:
    (folder / "settings").write_text(_SETTINGS)
    environ = {
        **os.environ,
        "COVERAGE_PROCESS_START": str(folder / "settings"),
        "COVERAGE_FILE": str(folder / "data"),
        "PYTHONPATH": str(tree),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.contexts", "-p", "no:cacheprovider"]
    command += ["-n", "2", "--dist", "loadfile"]
    print("Running all tests once, to see which lines each of them runs", flush=True)
    subprocess.run([*command, *tests], cwd=tree, env=environ, check=True)
