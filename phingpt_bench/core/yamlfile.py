"""A YAML file as plain values, with the line of every key, and syntax errors reported with file and line.

Within bounds, whatever the file holds: of its size, of how deeply values are nested, and of how much its aliases
stand for, since 400 bytes of them can stand for more values than any memory holds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.sentences import sentence

Key = tuple[str | int, ...]  # the path from the top of the file to a value
FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one, where PyYAML was built with it

MOST_BYTES = 1 << 24  # of a file: 70 times all published results together
DEPTH = 100  # of values in each other
MOST_VALUES = 1_000_000  # with all that aliases stand for


class Beyond(yaml.MarkedYAMLError):
    """A YAML file that holds more than the bounds allow."""

    def __init__(self, problem: str, mark: Any):
        """mark: where in the file that is found, as PyYAML says it."""
        super().__init__(problem=problem, problem_mark=mark)
        self.line: int = mark.line + 1


class _Loader(yaml.SafeLoader):
    """SafeLoader that reports the line of an impossible value, such as a day in a 13th month."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        # errors of PyYAML's own readers of dates, numbers and booleans, which do not name the place
        except (ValueError, KeyError, AttributeError, OverflowError) as err:
            shown = node.value if isinstance(node, yaml.ScalarNode) else node.tag
            shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
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
    """The plain values of a YAML file without a mistake; with a mistake it raises any exception, with no message."""
    return bounded_value(read_text(path, MOST_BYTES), _FastLoader)


def bounded_value(text: str, loader: Any) -> Any:
    """The plain values of a text (None for none), read by a class of loader. Beyond for one beyond the bounds."""
    reader = loader(text)
    try:
        node = _composed(text, reader)
        return None if node is None else reader.construct_document(node)
    finally:
        reader.dispose()


def bounded_node(text: str, loader: Any) -> yaml.Node | None:
    """The tree of a text, read by a class of loader, without making values of it. Beyond for one beyond the bounds."""
    reader = loader(text)
    try:
        return _composed(text, reader)
    finally:
        reader.dispose()


def _composed(text: str, reader: Any) -> yaml.Node | None:
    # libyaml composes by recursion without a bound, and ends the process where the stack is full; each of these
    # characters may begin a level, lines that are further indented cannot begin so many
    if sum(text.count(character) for character in "[{-?") > 2_000:
        _check_depth(text)
    node: yaml.Node | None = reader.get_single_node()
    if node is not None and "*" in text:
        _values(node, {}, frozenset())
    return node


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, FAST):  # one event at a time: this does not recurse
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                raise Beyond(f"more than {DEPTH} levels deep", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _values(node: yaml.Node, known: dict[int, int], above: frozenset[int]) -> int:
    """How many values a node holds, those of its aliases too. Beyond for MOST_VALUES, or one within itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in known:
        return known[id(node)]
    if id(node) in above:
        raise Beyond("an alias refers to what it is a part of", node.start_mark)
    inner = above | {id(node)}
    children = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    count = 1 + sum(_values(child, known, inner) for child in children)
    if count > MOST_VALUES:
        problem = f"its aliases stand for more than {MOST_VALUES:,} values"
        raise Beyond(problem, node.start_mark)
    known[id(node)] = count
    return count


def load_yaml(path: Path) -> Any:
    """The plain values of a YAML file (None when it is empty); BenchError with file and line for a syntax error."""
    text = read_text(path, MOST_BYTES)
    with _syntax_errors(Path(path)):
        return bounded_value(text, _Loader)


def load_text(text: str, where: str) -> Any:
    """The plain value of a YAML text of one line; BenchError at `where` for a syntax error and a key given twice."""
    try:
        return bounded_value(text, _FastLoader)
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as err:
        problem = getattr(err, "problem", None) or str(err) or "nested too deeply"
        raise BenchError(
            "the value is not YAML: {problem}", where=where, hint="put text into quotes", problem=problem
        ) from None


def load_with_lines(path: Path) -> tuple[Any, dict[Key, int], list[tuple[Key, str]]]:
    """(values, line of each key, mistakes that YAML accepts: keys given twice, of which it keeps the last)."""
    text = read_text(path, MOST_BYTES)
    with _syntax_errors(path):
        node = bounded_node(text, _Loader)
        value = bounded_value(text, _Loader)
    lines: dict[Key, int] = {} if node is None else {(): node.start_mark.line + 1}
    twice: list[tuple[Key, str]] = []
    for key, line in _walk(node, ()):
        if key in lines:
            text = sentence("key '{name}' is given twice, first in line {line}", name=key[-1], line=lines[key])
            twice.append((key, text))
        lines[key] = line
    return value, lines, twice


def _walk(node: yaml.Node | None, key: Key) -> Iterator[tuple[Key, int]]:
    """(key, line) of everything under a node."""
    if isinstance(node, yaml.MappingNode):
        children = [((*key, name.value), name, item) for name, item in node.value]
    elif isinstance(node, yaml.SequenceNode):
        children = [((*key, i), item, item) for i, item in enumerate(node.value)]
    else:
        return
    for child, name, item in children:
        yield child, name.start_mark.line + 1
        yield from _walk(item, child)


@contextlib.contextmanager
def _syntax_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None) or getattr(err, "context_mark", None)
        problem = getattr(err, "problem", None) or getattr(err, "reason", None) or "cannot be read"
        context = getattr(err, "context", None)
        raise BenchError(
            "YAML syntax: {problem}",
            where=f"{path}:{mark.line + 1}" if mark else str(path),
            hint=_hint(problem),
            problem=f"{problem} ({context})" if context else problem,
        ) from None
    except RecursionError:
        raise BenchError("YAML syntax: nested too deeply", where=str(path)) from None


def _hint(problem: str) -> str | None:
    if "'\\t'" in problem:
        return sentence("indent with spaces, not with tabs")
    return sentence("put it in quotes if it is meant as text") if "cannot be read as" in problem else None
