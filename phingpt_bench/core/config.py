"""Strict YAML: a file becomes a frozen dataclass, or every mistake in it is told at once with file and line.

The fields of the dataclass are the keys; their types are checked (str, int, float, bool, Path, Literal, X | None,
list[T], tuple[T, ...], dict[str, T], nested dataclasses, Any). An int is accepted for a float; so is "1e-4", which
YAML 1.1 reads as text because it has no dot. Nothing else is converted.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from phingpt_bench.core.errors import BenchError, nearest, unknown
from phingpt_bench.core.yamlfile import Key, load_fast, load_with_lines, load_yaml

__all__ = ["build", "load", "load_yaml"]

T = TypeVar("T")
_BAD = object()  # stands for a value whose mistake has been told
_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    type(None): "null",
}


def shipped_names(folder: Path) -> list[str]:
    """The names under which the YAML files of a shipped folder are known."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_shipped(kind: str, folder: Path, name_or_path: str, cls: type[T]) -> T:
    """A file of `folder` by name, or one's own by path (it ends in .yaml or .yml), as `load` reads it.

    kind: what such a file is called ("recipe"). BenchError with the nearest name, or with file and line.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        if name_or_path not in shipped_names(folder):
            if path.exists():
                raise BenchError(f"not a {kind}", where=name_or_path, hint=f"a {kind} is a file that ends in .yaml")
            raise unknown(kind, name_or_path, shipped_names(folder))
        path = folder / f"{name_or_path}.yaml"
    if not path.is_file():
        raise BenchError(
            f"no such {kind} file", where=str(path), hint=f"shipped {kind}s: {', '.join(shipped_names(folder))}"
        )
    return load(path, cls)


def load(path: Path, cls: type[T]) -> T:
    """The dataclass `cls` from a YAML file. BenchError with one "file:line: mistake" line for each mistake.

    An empty file is an empty mapping. Relative paths in the file stay as they are written.
    """
    try:
        value = load_fast(Path(path))
        return build(cls, {} if value is None else value, str(path))
    except Exception:  # whatever is wrong, the slow way says what and in which line
        value, lines, duplicates = load_with_lines(Path(path))
    return _Builder(str(path), lines, duplicates).finish(cls, {} if value is None else value)


def build(cls: type[T], mapping: Any, where: str) -> T:
    """The dataclass `cls` from plain values that came from `where` (shown before each mistake)."""
    return _Builder(where, {}, []).finish(cls, mapping)


class _Builder:
    """Builds values of declared types; collects mistakes instead of stopping at the first."""

    def __init__(self, where: str, lines: dict[Key, int], mistakes: list[tuple[Key, str]]):
        self.where, self.lines, self.mistakes = where, lines, mistakes

    def finish(self, cls: type[T], value: Any) -> T:
        result = self.of(cls, value, ())
        if self.mistakes:
            ordered = sorted(self.mistakes, key=lambda item: self._line(item[0]) or 0)
            raise BenchError("\n".join(f"{self._at(key)}: {text}" for key, text in ordered))
        return result

    def of(self, kind: Any, value: Any, key: Key) -> Any:
        """`value` as the declared type `kind`, or _BAD."""
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if kind is Any:
            return value
        if dataclasses.is_dataclass(kind):
            return self._dataclass(kind, value, key)
        if origin in (typing.Union, types.UnionType):
            return self._union(args, value, key)
        if origin is typing.Literal:
            return self._literal(args, value, key)
        if (origin or kind) in (list, tuple):
            return self._sequence(origin or kind, args, value, key)
        if (origin or kind) is dict:
            return self._dict(args, value, key)
        return self._scalar(kind, value, key)

    def _dataclass(self, cls: Any, value: Any, key: Key) -> Any:
        fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
        if not isinstance(value, dict):
            return self._wrong(key, f"a mapping with the keys {', '.join(fields)}", value)
        before = len(self.mistakes)
        for name in value:
            if name not in fields:
                near = nearest(name, fields)
                about = f"did you mean '{near}'?" if near else f"known: {', '.join(fields)}"
                self._mistake((*key, name), f"unknown key '{name}' ({about})", named=False)
        for name, field in fields.items():
            required = field.default is field.default_factory is dataclasses.MISSING
            if required and name not in value:
                self._mistake(key, f"missing key '{name}'")
        hints = _types(cls)
        built = {name: self.of(hints[name], value[name], (*key, name)) for name in fields if name in value}
        if len(self.mistakes) > before:
            return _BAD
        try:
            return cls(**built)
        except BenchError as err:  # a cross-field check of __post_init__
            return self._mistake(key, err.message + (f" ({err.hint})" if err.hint else ""))
        except ValueError as err:
            return self._mistake(key, str(err))

    def _union(self, kinds: tuple[Any, ...], value: Any, key: Key) -> Any:
        rest = [kind for kind in kinds if kind is not type(None)]
        if value is None and len(rest) < len(kinds):
            return None
        if len(rest) == 1:  # X | None: X tells best what is wrong
            return self.of(rest[0], value, key)
        for kind in rest:
            trial = _Builder(self.where, self.lines, [])
            result = trial.of(kind, value, key)
            if not trial.mistakes:
                return result
        return self._wrong(key, " or ".join(_WORDS.get(kind, str(kind)) for kind in rest), value)

    def _literal(self, choices: tuple[Any, ...], value: Any, key: Key) -> Any:
        if any(value == choice and type(value) is type(choice) for choice in choices):
            return value
        near = nearest(str(value), map(str, choices))
        about = f"did you mean '{near}'?" if near else f"known: {', '.join(map(str, choices))}"
        return self._mistake(key, f"unknown value {_shown(value)} ({about})")

    def _sequence(self, kind: type, args: tuple[Any, ...], value: Any, key: Key) -> Any:
        if not isinstance(value, list | tuple):
            return self._wrong(key, "a list", value)
        if kind is tuple and args and args[-1] is not Ellipsis:
            if len(value) != len(args):
                return self._wrong(key, f"a list of {len(args)}", value)
            each = list(args)
        else:
            each = [args[0] if args else Any] * len(value)
        items = [
            self.of(item_kind, item, (*key, i)) for i, (item_kind, item) in enumerate(zip(each, value, strict=True))
        ]
        return _BAD if any(item is _BAD for item in items) else kind(items)

    def _dict(self, args: tuple[Any, ...], value: Any, key: Key) -> Any:
        if not isinstance(value, dict):
            return self._wrong(key, "a mapping", value)
        key_kind, item_kind = args or (Any, Any)
        items = {
            self.of(key_kind, name, (*key, name)): self.of(item_kind, item, (*key, name))
            for name, item in value.items()
        }
        return _BAD if _BAD in items or any(item is _BAD for item in items.values()) else items

    def _scalar(self, kind: Any, value: Any, key: Key) -> Any:
        if kind is float:
            if isinstance(value, str) and _EXPONENT.fullmatch(value):
                value = float(value)
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                return float(value)
        elif kind is int:
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        elif kind is Path:
            if isinstance(value, str | Path):
                return Path(value)
        elif kind in (str, bool, type(None)):
            if isinstance(value, kind):
                return value
        else:
            raise TypeError(f"{kind!r} is not a type that configuration files can hold")
        return self._wrong(key, _WORDS[kind], value)

    def _wrong(self, key: Key, expected: str, value: Any) -> Any:
        quote = expected == "text" and value is not None and not isinstance(value, list | dict)
        return self._mistake(
            key, f"expected {expected}, got {_shown(value)}" + (" (put it in quotes)" if quote else "")
        )

    def _mistake(self, key: Key, text: str, *, named: bool = True) -> Any:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
        self.mistakes.append((key, f"{path}: {text}" if path and named else text))
        return _BAD

    def _line(self, key: Key) -> int | None:
        while key not in self.lines:  # a key that came in through `<<` has no line of its own: its mapping has
            if not key:
                return None
            key = key[:-1]
        return self.lines[key]

    def _at(self, key: Key) -> str:
        line = self._line(key)
        return f"{self.where}:{line}" if line else self.where


@functools.cache
def _types(cls: type) -> dict[str, Any]:
    """The declared types of a dataclass; resolving them takes longer than all the rest, and lists hold many of one."""
    return typing.get_type_hints(cls)


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 40 else f"'{value[:37]}...'"
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'mapping'} of {len(value)}"
    return str(value)
