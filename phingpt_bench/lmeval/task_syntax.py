"""What is wrong with task YAMLs as files, each with its line: syntax, includes, keys that lm-eval does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from phingpt_bench.core.errors import BenchError, nearest
from phingpt_bench.core.files import Unsafe, read_text
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.yamlfile import FAST, MOST_BYTES, Beyond, bounded_node, bounded_value


class Loader(FAST):
    """A safe loader that knows `!function` and leaves it text."""


Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))


def syntax_errors(files: Iterable[Path]) -> Iterator[BenchError]:
    """An error with file and line for each YAML file, given or included, with a syntax error or a missing include.

    Also for one that is included twice on the way: lm-eval takes it for a circle, and leaves the task out.
    """
    includes: dict[Path, list[tuple[Path, str]]] = {}
    for path, node in _nodes(files):
        if isinstance(node, BenchError):
            yield node
            continue
        places = includes[path.resolve()] = []
        for item in _includes(node):
            where = f"{path}:{item.start_mark.line + 1}"
            if not isinstance(item, yaml.ScalarNode):
                yield BenchError("include: a list of file names, or one of them", where=where)
            elif not _is_file(path.parent / item.value):
                if _is_there(path.parent / item.value):
                    yield Unsafe(sentence("includes '{file}', which is not a file", file=item.value), where=where)
                else:
                    yield BenchError("includes '{file}', and there is no such file", where=where, file=item.value)
            else:
                places.append(((path.parent / item.value).resolve(), where))
    yield from _twice(includes)


def _twice(includes: Mapping[Path, Sequence[tuple[Path, str]]]) -> Iterator[BenchError]:
    """An error for the first file that each file of `includes` reaches a second time."""
    for top in includes:
        seen, waiting = {top}, [top]
        while waiting:
            for path, where in includes.get(waiting.pop(), ()):
                if path in seen:
                    yield BenchError(
                        "includes '{file}' a second time, on the way from {top}",
                        where=where,
                        file=path.name,
                        top=top.name,
                    )
                    waiting.clear()
                    break
                seen.add(path)
                waiting.append(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or with a zero byte
        return False


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def unknown_keys(file: Path, known: Iterable[str], known_of_fewshot: Iterable[str]) -> Iterator[BenchError]:
    """An error with file and line for each key that lm-eval does not know, in a task file or what it includes.

    known_of_fewshot: the keys of `fewshot_config`.
    """
    known, inner = {*known, "include", "task_list", "class"}, set(known_of_fewshot)
    for path, node in _nodes([file]):
        if not isinstance(node, yaml.MappingNode):
            continue
        for key, value in node.value:
            yield from _unknown(path, key, known)
            if key.value == "fewshot_config" and isinstance(value, yaml.MappingNode):
                for below, _ in value.value:
                    yield from _unknown(path, below, inner, "fewshot_config.")


def _unknown(path: Path, key: yaml.Node, known: set[str], within: str = "") -> Iterator[BenchError]:
    if key.value not in known:
        near = nearest(key.value, known)
        name = f"{within}{key.value}"
        yield BenchError(
            sentence("unknown key '{name}' (did you mean '{near}'?)", name=name, near=near)
            if near
            else sentence("unknown key '{name}'", name=name),
            where=f"{path}:{key.start_mark.line + 1}",
        )


def _nodes(files: Iterable[Path]) -> Iterator[tuple[Path, yaml.Node | BenchError | None]]:
    """The tree of each file, given or included and there, or what keeps it from being read."""
    waiting, seen = list(files), set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            # `!function` tags stay text, so nothing is imported
            text = read_text(path, MOST_BYTES)
            node = bounded_node(text, Loader)
            bounded_value(text, Loader)
        except Beyond as err:
            yield path, Unsafe(sentence("YAML syntax: {problem}", problem=err.problem), where=f"{path}:{err.line}")
            continue
        except BenchError as err:
            yield path, err
            continue
        except yaml.MarkedYAMLError as err:
            mark = err.problem_mark or err.context_mark
            where = f"{path}:{mark.line + 1}" if mark else str(path)
            yield path, BenchError("YAML syntax: {problem}", where=where, problem=err.problem or err.context)
            continue
        except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as err:
            yield path, BenchError("not readable ({reason})", where=str(path), reason=err)
            continue
        yield path, node
        included = (path.parent / item.value for item in _includes(node) if isinstance(item, yaml.ScalarNode))
        waiting += [file for file in included if _is_file(file)]


def _includes(node: yaml.Node | None) -> list[yaml.Node]:
    """The nodes with the file names that a task file includes."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    values = [value for key, value in pairs if key.value == "include"]
    return [item for value in values for item in (value.value if isinstance(value, yaml.SequenceNode) else [value])]
