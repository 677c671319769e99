"""Strict files: YAML or JSON becomes a frozen dataclass, or every mistake in it is reported at once, with its place.

The fields of the dataclass are the keys; builder.py says which types they may have. A mistake in a YAML file is
reported with its line, one in JSON with the path to the value ("model.kind").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from phingpt_bench.core.builder import Builder
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.overrides import Override, applied
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.sentences import joined
from phingpt_bench.core.yamlfile import Key, load_fast, load_with_lines

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Mistake = tuple[Key, str]

T = TypeVar("T")
D = TypeVar("D", bound="DataclassInstance")


def shipped_names(folder: Path) -> list[str]:
    """The names under which the YAML files of a shipped folder are known."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_shipped(kind: str, folder: Path, name_or_path: str, cls: type[T], overrides: Sequence[Override] = ()) -> T:
    """A file of `folder` by name, or any file by path (it ends in .yaml or .yml), as `load` reads it.

    kind: what such a file is called ("recipe"). BenchError with the nearest name, or with file and line.
    """
    path = expanded(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        if name_or_path not in shipped_names(folder):
            if path.exists():
                raise BenchError(
                    "not a {kind}", where=name_or_path, hint="a {kind} is a file that ends in .yaml", kind=kind
                )
            raise unknown(kind, name_or_path, shipped_names(folder))
        path = folder / f"{name_or_path}.yaml"
    if not path.is_file():
        raise BenchError(
            "no such {kind} file",
            where=str(path),
            hint="shipped: {names}",
            kind=kind,
            names=", ".join(shipped_names(folder)),
        )
    return load(path, cls, overrides)


def load(path: Path, cls: type[T], overrides: Sequence[Override] = ()) -> T:
    """The dataclass `cls` from a YAML file. BenchError with one "file:line: mistake" line for each mistake.

    An empty file is an empty mapping. Relative paths in the file stay as they are written. overrides: values that take
    the place of the file's; a mistake that they bring in is named with them instead of with a line.
    """
    try:
        value = load_fast(Path(path))
        return build(cls, applied({} if value is None else value, overrides), str(path))
    except Exception:  # whatever is wrong, the slow loader says what and in which line
        value, lines, duplicates = load_with_lines(Path(path))
    value = {} if value is None else value
    _check(cls, value, overrides)
    return Builder(str(path), lines, duplicates).finish(cls, applied(value, overrides))


def changed(value: D, overrides: Sequence[Override]) -> D:
    """A dataclass with other values, checked as a file's are. BenchError names the override that is at fault."""
    if not overrides:
        return value
    plain = asdict(value)
    _check(type(value), plain, overrides)
    return build(type(value), applied(plain, overrides), "overrides")


def build(cls: type[T], mapping: object, where: str) -> T:
    """The dataclass `cls` from plain values that came from `where`, such as a file of JSON.

    BenchError at `where` with the first SHOWN mistakes in one line.
    """
    return Builder(where).finish(cls, mapping)


def _check(cls: type, value: object, overrides: Sequence[Override]) -> None:
    """BenchError for the mistakes that overrides bring into `value`: a line each, with those that cause it."""
    before = _mistakes(cls, value)
    lines = []
    for mistake in _mistakes(cls, applied(value, overrides)):
        if mistake not in before:
            causes = [one.text for one in overrides if not _without(cls, value, overrides, one, mistake)]
            named = " ".join(causes or [one.text for one in overrides])
            lines.append(joined((named, mistake[1]), ": "))
    if lines:
        raise BenchError(joined(lines, "\n"))


def _without(cls: type, value: object, overrides: Sequence[Override], left_out: Override, mistake: Mistake) -> bool:
    """Whether the mistake is still there when one of the overrides is left out."""
    try:
        return mistake in _mistakes(cls, applied(value, [one for one in overrides if one is not left_out]))
    except BenchError:  # another override refers to an item of a list that this one adds
        return False


def _mistakes(cls: type, value: object) -> list[Mistake]:
    builder = Builder("")
    builder.of(cls, value, ())
    return builder.mistakes
