"""A dataclass as a YAML file with a comment over every key, made from what the dataclass says about its fields."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from phingpt_bench.core.describe import field_texts

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WIDTH = 100  # columns of a comment


def starter_text(value: DataclassInstance, about: str, left_out: Collection[str] = ()) -> str:
    """The file that loads as `value`. about: lines of the comment at its top; left_out: keys that are not written."""
    top = [f"# {line}" for line in about.splitlines()]
    return "\n".join([*top, *_lines(value, "", left_out)]) + "\n"


def commented_out(value: DataclassInstance, about: str) -> str:
    """The lines of `value` as an item of a list, all of them comments."""
    return "\n".join(f"# {line}" for line in [about, *_item(value, "")]) + "\n"


def _lines(value: DataclassInstance, indent: str, left_out: Collection[str] = ()) -> list[str]:
    texts = field_texts(type(value))
    lines: list[str] = []
    for field in dataclasses.fields(value):
        if field.name not in left_out:
            lines += ["" for _ in range(not indent)]  # a blank line before each key of the top level
            lines += _comment(texts.get(field.name, ""), indent)
            lines += _key(field.name, getattr(value, field.name), indent)
    return lines


def _key(name: str, value: object, indent: str) -> list[str]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [f"{indent}{name}:", *_lines(value, indent + "  ")]
    if isinstance(value, list | tuple) and any(dataclasses.is_dataclass(item) for item in value):
        return [f"{indent}{name}:", *(line for item in value for line in _item(item, indent + "  "))]
    return [f"{indent}{name}: {_flow(value)}"]


def _item(value: DataclassInstance, indent: str) -> list[str]:
    """An item of a list; its "-" has a line of its own, above the first comment."""
    return [f"{indent}-", *_lines(value, indent + "  ")]


def _flow(value: object) -> str:
    """A plain value on one line of YAML."""
    text = yaml.safe_dump(_plain(value), default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.strip().removesuffix("\n...").strip()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _comment(text: str, indent: str) -> list[str]:
    """A description as comments, in the words of a file: null is what Python calls None."""
    text = re.sub(r"\bNone\b", "null", text[:1].upper() + text[1:])
    return [f"{indent}# {line}" for line in textwrap.wrap(text, WIDTH - len(indent) - 2)]
