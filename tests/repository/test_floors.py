"""A module imports only from lower floors, no rooms or modules import in a circle, and heavy packages load late."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from helpers.paths import ROOT

PACKAGE = ROOT / "phingpt_bench"
# From the ground up. Rooms on one floor do not import each other. A room is a folder, or one module (compat).
FLOORS = [
    ("core",),
    ("text", "compat", "share"),
    ("stats", "scoring", "cost", "data"),
    ("models", "lmeval", "live", "rivals"),
    ("engine", "floors", "served"),
    ("train", "evaluate", "rescore", "results"),
    ("board", "exchange", "why", "hybrids"),
    ("render",),
    ("page",),
    ("api",),
    ("cli",),
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
NO_MODELS = {
    "core",
    "text",
    "stats",
    "scoring",
    "cost",
    "data",
    "live",
    "rivals",
    "rescore",
    "results",
    "board",
    "render",
    "page",
}
MODEL_PACKAGES = {"torch", "transformers", "peft", "bitsandbytes", "accelerate"}
HEAVY = MODEL_PACKAGES | {"lm_eval", "datasets", "sklearn", "scipy", "pandas"}
# a room may hold at most this share of the package's lines
LARGEST = 0.15

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module below the package: "render.board.text"; a package's is its folder's."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(path: Path) -> str:
    """The room of a module: its folder below the package, or the module itself."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


NAMES = {name_of(path) for path in MODULES}


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported anywhere in a module; "from a import b" gives a.b.

    A string (or f-string's beginning) that names a module of ours counts as well: importlib imports by such names.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            for part in ast.walk(node):
                text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
                if re.match(r"phingpt_bench\.[a-z_.]+", text):
                    yield node.lineno, text.rstrip(".")


def target(name: str) -> str | None:
    """The module of ours that an import means: "results.collect" for phingpt_bench.results.collect.Run; else None."""
    if not name.startswith("phingpt_bench."):
        return None
    parts = name.split(".")[1:]
    return next((".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in NAMES), None)


def breaches(room: str, tree: ast.AST) -> list[str]:
    """What a module of a room imports and must not."""
    found = []
    for line, name in imports(tree):
        parts = name.split(".")
        if name.startswith("."):
            found.append(f"{line}: {name} (relative: lm-eval and readers want absolute imports)")
        elif parts[0] == "phingpt_bench" and len(parts) > 1 and parts[1] in FLOOR and parts[1] != room:
            if FLOOR[parts[1]] >= FLOOR[room]:
                found.append(f"{line}: {name} (floor {FLOOR[parts[1]]} from floor {FLOOR[room]})")
        elif parts[0] in MODEL_PACKAGES and room in NO_MODELS:
            found.append(f"{line}: {name} (no model in this room)")
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


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The strongly connected parts of more than one node (Tarjan 1972), each sorted."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in order:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == order[node]:
            part = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(part) > 1:
                found.append(sorted(part))

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def sub_room(module: str) -> str:
    """The sub-room of a module: "render.board" of "render.board.text". What lies directly in a room is its own node."""
    parts = [*module.split("."), ""]
    inside = parts[1] and (PACKAGE / parts[0] / parts[1]).is_dir()
    return ".".join(parts[:2]) if inside else module


def edges() -> Iterator[tuple[str, str]]:
    """(module, module it imports) within the package. Importing a package's own module is no import of the package."""
    for path in MODULES:
        module = name_of(path)
        if not module:
            continue
        for _, name in imports(parsed(path)):
            other = target(name)
            if other and other != module:
                yield module, other


def test_every_room_has_a_floor_and_says_what_it_is_for() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms | {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")} == set(FLOOR)
    for path in PACKAGE.rglob("__init__.py"):
        text = ast.get_docstring(parsed(path))
        assert text, path


@pytest.mark.parametrize(
    "path", [path for path in MODULES if room_of(path) in FLOOR], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_module_keeps_to_its_floor(path: Path) -> None:
    found = breaches(room_of(path), parsed(path))
    assert found == []


def test_no_modules_import_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module, other in edges():
        graph.setdefault(module, set()).add(other)
    assert circles(graph) == []


def test_no_sub_rooms_import_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module, other in edges():
        here, there = sub_room(module), sub_room(other)
        if here != there:
            graph.setdefault(here, set()).add(there)
    assert circles(graph) == []


def test_no_room_is_too_large() -> None:
    lines: dict[str, int] = {}
    for path in MODULES:
        if path.parent != PACKAGE:
            room = path.relative_to(PACKAGE).parts[0]
            lines[room] = lines.get(room, 0) + len(path.read_text(encoding="utf-8").splitlines())
    total = sum(lines.values())
    assert {room: round(count / total, 3) for room, count in lines.items() if count > LARGEST * total} == {}


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_command_line_loads_nothing_heavy(path: Path) -> None:
    assert [(line, name) for line, name in at_import(parsed(path)) if name in HEAVY] == []


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("core", "from phingpt_bench.data import sources"),
        ("train", "import phingpt_bench.evaluate.run"),  # the same floor
        ("data", "def f():\n    from phingpt_bench import models"),
        ("board", "from ..core import records"),
        ("scoring", "def f():\n    import torch"),
        ("core", "import importlib\nimportlib.import_module(f'phingpt_bench.cli.{name}')"),
    ],
)
def test_the_check_sees_a_breach(where: str, code: str) -> None:
    assert len(breaches(where, ast.parse(code))) == 1


def test_the_check_sees_a_heavy_import() -> None:
    code = "import os\nif os:\n    import torch.nn\ndef f():\n    import sklearn\nif TYPE_CHECKING:\n    import peft"
    assert list(at_import(ast.parse(code))) == [(1, "os"), (3, "torch")]


def test_the_check_sees_a_circle() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]
