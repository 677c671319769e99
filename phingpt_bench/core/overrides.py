"""Overrides: `KEY=VALUE` of the command line, put over the values of a file before these are checked.

Which keys there are:

    epochs=1                      a key
    lora.r=8                      a key of a mapping, which may be missing in the file
    bases.0.quantisation=none     a key of the first item of a list; bases[0].quantisation is the same
    variants=[{shots: 0}]         lists and mappings are YAML, as in the file

A mistake that an override brings in is named with it (core/config.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.secret_names import masked
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.yamlfile import Key, load_text

KEY = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+|\[\d+\])*")
LONGEST = 60  # characters of a folder's name for overrides
EXAMPLE = sentence("give KEY=VALUE as in limit=50 or lora.r=8; keys of mappings and places in lists come after dots")


@dataclass(frozen=True, slots=True)
class Override:
    """One value in place of a file's."""

    key: Key
    """The way from the top of the file; a number is the place in a list, from 0."""

    value: object
    """A plain value, as YAML gives it."""

    text: str
    """As the user wrote it; the value of what names a key is hidden."""


def parsed(texts: Iterable[str]) -> tuple[Override, ...]:
    """The overrides of some `KEY=VALUE`. BenchError for one without a "=", for bad YAML, and for a key given twice."""
    found = []
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not KEY.fullmatch(key.strip()):
            raise BenchError("'{text}' is not an override", hint=EXAMPLE, text=masked(text))
        found.append(Override(_key(key.strip()), load_text(value, masked(text)), masked(text)))
    return _each_once(found)


def given(values: Mapping[str, object]) -> tuple[Override, ...]:
    """Overrides whose values are Python's: {"lora.r": 8}. BenchError for a key that cannot be one."""
    for key in values:
        if not KEY.fullmatch(key):
            raise BenchError("'{key}' is not a key of an override", hint="keys look like limit or lora.r", key=key)
    return _each_once([Override(_key(key), value, f"{key}={value}") for key, value in values.items()])


def applied(values: object, overrides: Iterable[Override]) -> object:
    """The values with the overrides over them, in order; the values themselves are left as they are.

    Mappings and lists that are missing, or null, are made. BenchError for a key below a text or number, and for a place
    that a list does not have; the first place behind its end adds an item.
    """
    for override in overrides:
        values = _put(values, override.key, override)
    return values


def folder_suffix(overrides: Iterable[Override]) -> str:
    """The overrides as a part of a folder's name, "epochs-1_lora.r-8", cut to LONGEST characters; "" for none."""
    return "_".join(re.sub(r"[^A-Za-z0-9.]+", "-", override.text).strip("-.") for override in overrides)[:LONGEST]


def _key(text: str) -> Key:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", text.rstrip("]")))


def _each_once(overrides: Sequence[Override]) -> tuple[Override, ...]:
    seen: dict[Key, str] = {}
    for override in overrides:
        if override.key in seen:
            raise BenchError(
                "the same key is given twice: {first} and {text}", first=seen[override.key], text=override.text
            )
        seen[override.key] = override.text
    return tuple(overrides)


def _put(values: object, rest: Key, override: Override) -> object:
    """`values` with the override's value at `rest`, the part of its key that is below them."""
    if not rest:
        return override.value
    part, below = rest[0], rest[1:]
    if values is None:
        values = [] if isinstance(part, int) else {}
    if isinstance(values, Mapping):
        name = str(part)
        return {**values, name: _put(values.get(name), below, override)}
    if isinstance(values, list | tuple) and isinstance(part, int):
        if part > len(values):
            raise BenchError(
                "there is no item {part}: the list has {n}, counted from 0",
                where=override.text,
                hint="item {n} would be a further one",
                part=part,
                n=len(values),
            )
        item = _put(values[part] if part < len(values) else None, below, override)
        return [*values[:part], item, *values[part + 1 :]]
    way = ".".join(map(str, override.key[: len(override.key) - len(rest)]))
    if isinstance(values, list | tuple):
        text = sentence(
            "'{way}' is a list, whose items are named by their places, so it has no key '{part}'", way=way, part=part
        )
    else:
        text = sentence("'{way}' is not a mapping, so it has no key '{part}'", way=way, part=part)
    raise BenchError(text, where=override.text)
