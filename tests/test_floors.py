"""A module imports only from lower floors, and heavy packages load only when they are needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "phingpt_bench"
FLOORS = {
    "core": 0,
    **dict.fromkeys(("data", "scoring", "stats", "cost"), 1),
    **dict.fromkeys(("models", "harness", "live"), 2),
    **dict.fromkeys(("train", "evaluate", "rescore"), 3),
    "board": 4,
    "cli": 5,
}
HEAVY = {
    "torch",
    "transformers",
    "peft",
    "bitsandbytes",
    "accelerate",
    "lm_eval",
    "datasets",
    "sklearn",
    "scipy",
    "pandas",
}
OF_MODELS = {"torch", "transformers", "peft", "bitsandbytes", "accelerate"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported anywhere in a module; "from a import b" gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def breaches(room: str, tree: ast.AST) -> list[str]:
    """What a module of a room imports and must not."""
    found = []
    for line, name in imports(tree):
        parts = name.split(".")
        if name.startswith("."):
            found.append(f"{line}: {name} (relative: lm-eval and readers want absolute imports)")
        elif parts[0] == "phingpt_bench" and len(parts) > 1 and parts[1] in FLOORS and parts[1] != room:
            if FLOORS[parts[1]] >= FLOORS[room]:
                found.append(f"{line}: {name} (floor {FLOORS[parts[1]]} from floor {FLOORS[room]})")
        elif parts[0] in OF_MODELS and FLOORS[room] <= 1:
            found.append(f"{line}: {name} (no model below floor 2)")
    return found


def at_import(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, top-level package) of what is imported along with the module: outside functions, not for types only."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((line, name.split(".")[0]) for line, name in imports(node))
        else:
            pending.extend(ast.iter_child_nodes(node))


def room(path: Path) -> str | None:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


def test_every_room_has_a_floor() -> None:
    rooms = {room(path) for path in MODULES} - {None}
    assert rooms == set(FLOORS)


@pytest.mark.parametrize(
    "path", [path for path in MODULES if room(path)], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_module_keeps_to_its_floor(path: Path) -> None:
    assert breaches(str(room(path)), ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_command_line_loads_nothing_heavy(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [(line, name) for line, name in at_import(tree) if name in HEAVY] == []


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_every_room_names_its_floor(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert text is not None
    assert text.startswith(f"Floor {FLOORS[path.parent.name]}: ")


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("core", "from phingpt_bench.data import sources"),
        ("train", "import phingpt_bench.evaluate.run"),  # the same floor
        ("data", "def f():\n    from phingpt_bench import models"),
        ("board", "from ..core import records"),
        ("scoring", "def f():\n    import torch"),
    ],
)
def test_the_check_sees_a_breach(where: str, code: str) -> None:
    assert len(breaches(where, ast.parse(code))) == 1


def test_the_check_sees_a_heavy_import() -> None:
    code = "import os\nif os:\n    import torch.nn\ndef f():\n    import sklearn\nif TYPE_CHECKING:\n    import peft"
    assert list(at_import(ast.parse(code))) == [(1, "os"), (3, "torch")]
