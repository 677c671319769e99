"""Plain values as frozen dataclasses: each is checked against its declared type, and every mistake is collected.

Types that fields may have: str, int, float, bool, Path, Literal, X | None, Annotated[int, Least(1)], list[T],
tuple[T, ...], dict[str, T], nested dataclasses; Any and object take any value. An int is accepted for a float; so is
"1e-4", which YAML 1.1 reads as text because it has no dot. Nothing else is converted.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from phingpt_bench.core.declared import LARGEST, all_of, fields_of, finite, parts, types_of
from phingpt_bench.core.errors import BenchError, meant
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.secret_names import names_a_key
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.core.yamlfile import Key

T = TypeVar("T")
SHOWN = 5  # mistakes that are named for a file without lines; a list of a thousand numbers may hold a thousand of them
_BAD = object()  # replaces a value whose mistake has been reported
_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
_WORDS = {
    str: sentence("text"),
    int: sentence("a whole number"),
    float: sentence("a number"),
    bool: sentence("true or false"),
    Path: sentence("a path"),
    type(None): "null",
}


class Builder:
    """Builds values of declared types; collects mistakes instead of stopping at the first."""

    def __init__(self, where: str, lines: Mapping[Key, int] | None = None, mistakes: Sequence[tuple[Key, str]] = ()):
        """where: the file. lines: the line of each key, if the file has lines. mistakes: those known beforehand."""
        self.where, self.lines, self.mistakes = where, lines, list(mistakes)

    def finish(self, cls: type[T], value: object) -> T:
        """The dataclass `cls`. BenchError: one line for each mistake, or a single line if the file has no lines."""
        result: T = self.of(cls, value, ())
        if self.mistakes and self.lines is None:
            more = len(self.mistakes) - SHOWN
            named = [text for _, text in self.mistakes[:SHOWN]] + (
                [sentence("and {n:,} more", n=more)] if more > 0 else []
            )
            raise BenchError(joined(named, "; "), where=self.where)
        if self.mistakes:
            ordered = sorted(self.mistakes, key=lambda item: self._line(item[0]) or 0)
            raise BenchError(joined((joined((self._at(key), text), ": ") for key, text in ordered), "\n"))
        return result

    def of(self, kind: Any, value: Any, key: Key) -> Any:
        """`value` as the declared type `kind`, or _BAD."""
        if kind in (str, int, float, bool):  # most values
            return self._scalar(kind, value, key)
        if kind is Any or kind is object:
            return value
        origin, args = parts(kind)
        if origin is Annotated:
            return self._bounded(args, value, key)
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

    def _bounded(self, args: tuple[Any, ...], value: Any, key: Key) -> Any:
        result = self.of(args[0], value, key)
        for bound in args[1:]:
            if result is not _BAD and result < bound.value:
                return self._mistake(
                    key, sentence("expected at least {least:g}, got {value}", least=bound.value, value=_shown(value))
                )
        return result

    def _dataclass(self, cls: Any, value: Any, key: Key) -> Any:
        fields = fields_of(cls)
        if not isinstance(value, dict):
            return self._wrong(key, sentence("a mapping with the keys {keys}", keys=", ".join(fields)), value)
        before = len(self.mistakes)
        for name in value:
            if name not in fields and "key_variable" in fields and names_a_key(name):
                about = sentence(
                    "'{name}': a key is not written down here; export NAME=... and give key_variable: NAME", name=name
                )
                self._mistake((*key, name), about, named=False)
            elif name not in fields:
                about = meant(name, fields) or sentence("known: {names}", names=", ".join(fields))
                self._mistake(
                    (*key, name), sentence("unknown key '{name}' ({about})", name=name, about=about), named=False
                )
        for name, field in fields.items():
            required = field.default is field.default_factory is dataclasses.MISSING
            if required and name not in value:
                self._mistake(key, sentence("missing key '{name}'", name=name))
        hints = types_of(cls)
        built = {name: self.of(hints[name], value[name], (*key, name)) for name in fields if name in value}
        if len(self.mistakes) > before:
            return _BAD
        try:
            return cls(**built)
        except BenchError as err:  # a cross-field check of __post_init__
            return self._mistake(
                key, sentence("{message} ({hint})", message=err.message, hint=err.hint) if err.hint else err.message
            )
        except ValueError as err:
            return self._mistake(key, str(err))

    def _union(self, kinds: tuple[Any, ...], value: Any, key: Key) -> Any:
        rest = [kind for kind in kinds if kind is not type(None)]
        if value is None and len(rest) < len(kinds):
            return None
        if len(rest) == 1:  # X | None: the mistake of X is the most helpful one
            return self.of(rest[0], value, key)
        forms = [kind for kind in rest if dataclasses.is_dataclass(kind)]
        if isinstance(value, dict) and len(forms) > 1:  # the one with most of the keys; the first of equals
            fields = {kind: {field.name for field in dataclasses.fields(kind)} for kind in forms}
            return self.of(max(forms, key=lambda kind: len(fields[kind] & set(value))), value, key)
        trials: list[list[tuple[Key, str]]] = []
        for kind in rest:
            trial = Builder(self.where, self.lines)
            result = trial.of(kind, value, key)
            if not trial.mistakes:
                return result
            trials.append(trial.mistakes)
        if isinstance(value, list) and all(typing.get_origin(kind) is list for kind in rest):
            nearest_trial = min(trials, key=len)  # the kind of list that it is most like
            self.mistakes += nearest_trial
            return _BAD
        expected = [_WORDS.get(kind, str(kind)) for kind in rest]
        return self._wrong(key, sentence("{kinds} or {kind}", kinds=joined(expected[:-1]), kind=expected[-1]), value)

    def _literal(self, choices: tuple[Any, ...], value: Any, key: Key) -> Any:
        if any(value == choice and type(value) is type(choice) for choice in choices):
            return value
        about = meant(value, choices) or sentence("known: {names}", names=", ".join(map(str, choices)))
        return self._mistake(key, sentence("unknown value {value} ({about})", value=_shown(value), about=about))

    def _sequence(self, kind: type, args: tuple[Any, ...], value: Any, key: Key) -> Any:
        if not isinstance(value, list | tuple):
            return self._wrong(key, sentence("a list"), value)
        if kind is tuple and args and args[-1] is not Ellipsis:
            if len(value) != len(args):
                return self._wrong(key, sentence("a list of {n}", n=len(args)), value)
            each = list(args)
        else:
            if args and all_of(args[0], value):  # records hold long lists of numbers
                return kind(value)
            each = [args[0] if args else Any] * len(value)
        items = [
            self.of(item_kind, item, (*key, i)) for i, (item_kind, item) in enumerate(zip(each, value, strict=True))
        ]
        return _BAD if any(item is _BAD for item in items) else kind(items)

    def _dict(self, args: tuple[Any, ...], value: Any, key: Key) -> Any:
        if not isinstance(value, dict):
            return self._wrong(key, sentence("a mapping"), value)
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
            if isinstance(value, int | float) and not isinstance(value, bool) and finite(value):
                return float(value)
        elif kind is int:
            if isinstance(value, int) and not isinstance(value, bool):
                if not -LARGEST <= value <= LARGEST:
                    return self._mistake(key, sentence("a number of {value} digits is too large", value=_digits(value)))
                return value
        elif kind is Path:
            if isinstance(value, str | Path):
                return expanded(value)
        elif kind in (str, bool, type(None)):
            if isinstance(value, kind):
                return value
        else:
            raise TypeError(f"{kind!r} is not a type that configuration files can hold")
        return self._wrong(key, _WORDS[kind], value)

    def _wrong(self, key: Key, expected: str, value: Any) -> Any:
        scalar = value is not None and not isinstance(value, list | dict)
        quote = expected == "text" and scalar and self.lines is not None  # only YAML misreads unquoted text
        values = {"expected": expected, "value": _shown(value)}
        if quote:
            return self._mistake(key, sentence("expected {expected}, got {value} (put it in quotes)", **values))
        return self._mistake(key, sentence("expected {expected}, got {value}", **values))

    def _mistake(self, key: Key, text: str, *, named: bool = True) -> Any:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
        self.mistakes.append((key, joined((path, text), ": ") if path and named else text))
        return _BAD

    def _line(self, key: Key) -> int | None:
        lines = self.lines or {}
        while key not in lines:  # a key that was merged with `<<` has no line of its own; its mapping has one
            if not key:
                return None
            key = key[:-1]
        return lines[key]

    def _at(self, key: Key) -> str:
        line = self._line(key)
        return f"{self.where}:{line}" if line else self.where


def _digits(value: int) -> int:
    """About how many decimal digits a number has; writing one of over 4,300 out is refused by Python."""
    return int((value.bit_length() - 1) * math.log10(2)) + 1


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 40 else f"'{value[:37]}...'"
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"a number of {_digits(value)} digits"
    if isinstance(value, list | dict):
        n = len(value)
        return sentence("a list of {n}", n=n) if isinstance(value, list) else sentence("a mapping of {n}", n=n)
    return str(value)
