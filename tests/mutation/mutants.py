"""``Mutant``: one small change to one module; made by mutmut's operators."""

import ast
import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import libcst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators


class Mutant(NamedTuple):
    """A module with one change."""

    #: Its path in the package, without the suffix: "stores/sqlite".
    module: str
    #: The lines of the changed statement; for a changed default, those of its function.
    lines: tuple[int, int]
    #: Whether the changed statement runs when the module is imported.
    at_import: bool
    source: str
    before: str
    after: str


def make_mutants(package: Path, module: str, left_out: str) -> Iterator[Mutant]:
    """Yield every mutant of a module; string literals that match the pattern `left_out` are not changed."""
    source = (package / f"{module}.py").read_text("utf-8")
    wrapper = MetadataWrapper(libcst.parse_module(source))
    visitor = _Visitor(left_out)
    wrapper.visit(visitor)
    seen = {ast.dump(ast.parse(source))}
    for node, changed, lines, at_import in visitor.found:
        # By libcst's types, anything may stand in the place of a node.
        mutated = wrapper.module.deep_replace(node, changed).code  # type: ignore[arg-type]
        try:
            tree = ast.dump(ast.parse(mutated))
        except SyntaxError:
            continue
        if tree not in seen:
            seen.add(tree)
            yield Mutant(module, lines, at_import, mutated, *_difference(source, mutated))


class _Visitor(libcst.CSTVisitor):
    """Visits decorated functions and module-level code, too, unlike mutmut's own: the whole file is replaced."""

    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, left_out: str) -> None:
        self._left_out = re.compile(left_out, re.DOTALL | re.VERBOSE)
        self.found: list[tuple[libcst.CSTNode, libcst.CSTNode, tuple[int, int], bool]] = []

    def on_visit(self, node: libcst.CSTNode) -> bool:
        if isinstance(node, libcst.Module):
            return True
        # Only type checkers read these.
        if isinstance(node, (libcst.Annotation, libcst.Decorator)) or _is_type_variable(node):
            return False
        if isinstance(node, libcst.SimpleString) and self._left_out.fullmatch(node.value):
            return False
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                place = self._lines_of(node), self._is_at_import(node)
                self.found += [(node, changed, *place) for changed in operator(node)]
        return True

    def _lines_of(self, node: Any) -> tuple[int, int]:
        inner = node
        while not isinstance(node, libcst.BaseStatement | libcst.SimpleStatementLine):
            node = self.get_metadata(ParentNodeProvider, node)
        # A default is evaluated at import, and used when the function is called.
        is_whole = isinstance(node, libcst.FunctionDef | libcst.SimpleStatementLine)
        span = self.get_metadata(PositionProvider, node if is_whole else inner)
        return span.start.line, span.end.line

    def _is_at_import(self, node: Any) -> bool:
        while not isinstance(node, libcst.Module | libcst.FunctionDef):
            node = self.get_metadata(ParentNodeProvider, node)
        return isinstance(node, libcst.Module)


def _is_type_variable(node: libcst.CSTNode) -> bool:
    return isinstance(node, libcst.Assign) and "TypeVar(" in libcst.Module([]).code_for_node(node)


def _difference(before: str, after: str) -> tuple[str, str]:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[3:]
    removed, added = ([line[1:].strip() for line in lines if line[0] == sign] for sign in "-+")
    return " ".join(removed), " ".join(added)
