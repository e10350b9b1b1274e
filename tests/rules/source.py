"""The product's own source, as tests of its architecture read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """A Python file of the product."""

    name: str
    text: str
    tree: ast.Module

    def length(self) -> int:
        """Lines of code: without blank lines, comments and docstrings."""
        said = {
            line
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        return sum(
            bool(line.strip()) and not line.lstrip().startswith("#") and number not in said
            for number, line in enumerate(self.text.splitlines(), 1)
        )

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call, with the function that makes it, such as `Store.put`."""
        yield from _calls(self.tree, "")


@cache
def sources() -> tuple[Source, ...]:
    """All of `groupware` and `modules`, but the migrations."""
    paths = sorted([*ROOT.glob("groupware/**/*.py"), *ROOT.glob("modules/**/*.py")])
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    return tuple(
        Source(str(path.relative_to(ROOT)), text, ast.parse(text))
        for path, text in texts.items()
        if "migrations/versions" not in str(path)
    )


def called(call: ast.Call) -> str:
    """The last word of what is called: `get` for `session().get(...)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def entity(argument: ast.expr) -> str:
    """`Task` for `Task`, `Task.id` and `models.Task.id`; otherwise some other name."""
    names = []
    while isinstance(argument, ast.Attribute):
        names.append(argument.attr)
        argument = argument.value
    if isinstance(argument, ast.Name):
        names.append(argument.id)
    return next((name for name in reversed(names) if name[:1].isupper()), "")


def _calls(node: ast.AST, within: str) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _calls(child, f"{within}.{child.name}" if within else child.name)
            continue
        if isinstance(child, ast.Call):
            yield within, child
        yield from _calls(child, within)
