"""A YAML file as plain values, with the line of every key, and syntax errors with file and line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence

Key = tuple[str | int, ...]  # the path from the top of the file to a value
FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one, where PyYAML was built with it


class _Loader(yaml.SafeLoader):
    """SafeLoader that reports the line of an impossible value, such as a day in a 13th month."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        # errors of PyYAML's own readers of dates, numbers and booleans, which do not name the place
        except (ValueError, KeyError, AttributeError, OverflowError) as err:
            shown = node.value if isinstance(node, yaml.ScalarNode) else node.tag
            problem = f"'{shown}' cannot be read as {node.tag.rpartition(':')[2]} ({err})"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


class _FastLoader(FAST):  # type: ignore[misc]  # which of two classes it is depends on how PyYAML was built
    """Ten times as fast as the loader with lines; refuses a key that is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if len({key.value for key, _ in node.value}) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def load_fast(path: Path) -> Any:
    """The plain values of a correct YAML file; any exception, without a useful message, for an incorrect one."""
    return yaml.load(path.read_text(encoding="utf-8"), _FastLoader)


def load_yaml(path: Path) -> Any:
    """The plain values of a YAML file (None when it is empty); BenchError with file and line for a syntax error."""
    text = _read(Path(path))
    with _syntax_errors(Path(path)):
        return yaml.load(text, _Loader)


def load_text(text: str, where: str) -> Any:
    """The plain value of a YAML text of one line; BenchError at `where` for a syntax error and a key given twice."""
    try:
        return yaml.load(text, _FastLoader)
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as err:
        problem = getattr(err, "problem", None) or str(err) or "nested too deeply"
        raise BenchError(
            sentence("the value is not YAML: {problem}", problem=problem),
            where=where,
            hint=sentence("put text into quotes"),
        ) from None


def load_with_lines(path: Path) -> tuple[Any, dict[Key, int], list[tuple[Key, str]]]:
    """(values, line of each key, mistakes that YAML accepts: keys given twice, of which it keeps the last)."""
    text = _read(path)
    with _syntax_errors(path):
        node = yaml.compose(text, _Loader)
        value = yaml.load(text, _Loader)
    lines: dict[Key, int] = {} if node is None else {(): node.start_mark.line + 1}
    twice: list[tuple[Key, str]] = []
    for key, line in _walk(node, (), frozenset()):
        if key in lines:
            text = sentence("key '{name}' is given twice, first in line {line}", name=key[-1], line=lines[key])
            twice.append((key, text))
        lines[key] = line
    return value, lines, twice


def _walk(node: yaml.Node | None, key: Key, above: frozenset[int]) -> Iterator[tuple[Key, int]]:
    """(key, line) of everything under a node. `above` are the nodes on the way here: an alias may point back at one."""
    if isinstance(node, yaml.MappingNode):
        children = [((*key, name.value), name, item) for name, item in node.value]
    elif isinstance(node, yaml.SequenceNode):
        children = [((*key, i), item, item) for i, item in enumerate(node.value)]
    else:
        return
    for child, name, item in children:
        yield child, name.start_mark.line + 1
        if id(item) not in above:
            yield from _walk(item, child, above | {id(node)})


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BenchError(sentence("no such file"), where=str(path)) from None
    except (OSError, UnicodeDecodeError) as err:
        raise BenchError(sentence("not readable ({reason})", reason=err), where=str(path)) from None


@contextlib.contextmanager
def _syntax_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None) or getattr(err, "context_mark", None)
        problem = getattr(err, "problem", None) or getattr(err, "reason", None) or "cannot be read"
        context = getattr(err, "context", None)
        raise BenchError(
            sentence("YAML syntax: {problem}", problem=f"{problem} ({context})" if context else problem),
            where=f"{path}:{mark.line + 1}" if mark else str(path),
            hint=_hint(problem),
        ) from None
    except RecursionError:
        raise BenchError(sentence("YAML syntax: nested too deeply"), where=str(path)) from None


def _hint(problem: str) -> str | None:
    if "'\\t'" in problem:
        return sentence("indent with spaces, not with tabs")
    return sentence("put it in quotes if it is meant as text") if "cannot be read as" in problem else None
