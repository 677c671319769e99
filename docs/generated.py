"""Pages and schemas that are made from the code, so that they cannot be out of date.

python docs/generated.py     writes docs/reference.md and docs/schemas/; a test compares them with what this gives
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Annotated, Any

from phingpt_bench.board.values import Board
from phingpt_bench.core.declared import Least
from phingpt_bench.core.describe import field_texts
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.records import RunRecord
from phingpt_bench.cost.prices import ApiPrice, Entry, LabelPrice, PriceCard
from phingpt_bench.data.passport import Origin, Passport
from phingpt_bench.data.prompt_file import MadeFrom, PromptFile
from phingpt_bench.evaluate.suite import AdapterEntry, Suite
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.render.board.board_export import SCHEMA_VERSION
from phingpt_bench.served.spec import ServedAdapter, ServedSpec
from phingpt_bench.train.recipe import Lora, Recipe

DOCS = Path(__file__).resolve().parent
HEAD = """\
# Reference of files

Every key of the YAML files, made from the code by `python docs/generated.py`. `phingpt-bench init suite` (or `recipe`,
`task`) writes a file with all keys and their meaning; a key that is misspelt is an error with the nearest name. JSON
files that the program writes have schemas: [run.json](schemas/run.json), [outcomes.json](schemas/outcomes.json) and
[board.json](schemas/board.json) (`leaderboard --format json`).
"""
FILES: tuple[tuple[str, str, tuple[type, ...]], ...] = (
    ("Suites", "`phingpt-bench run SUITE.yaml`; shipped ones are in `adapters/suites`.",
     (Suite, BaseSpec, ServedSpec, ServedAdapter, AdapterEntry, Variant)),
    ("Recipes", "`phingpt-bench train RECIPE.yaml`; shipped ones are in `adapters/recipes`.", (Recipe, Lora)),
    ("Passports", "`passports/NAME.yaml` next to task files ([add a task](add-a-task.md)).", (Passport, Origin)),
    ("Price cards", "`--prices FILE` or `PHINGPT_BENCH_PRICES` ([costs](costs.md)).",
     (PriceCard, Entry, ApiPrice, LabelPrice)),
    ("Prompt files", "`--prompt FILE` ([prompts](prompts.md)).", (PromptFile, MadeFrom)),
)  # fmt: skip


def reference() -> str:
    """The page docs/reference.md."""
    parts = [HEAD]
    for title, about, classes in FILES:
        parts.append(f"## {title}\n\n{about}\n")
        parts += [_table(cls, first=cls is classes[0]) for cls in classes]
    return "\n".join(parts)


def _table(cls: Any, *, first: bool) -> str:
    texts, hints = field_texts(cls), typing.get_type_hints(cls, include_extras=True)
    head = "" if first else f"### {cls.__name__}\n\n"
    lines = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for field in dataclasses.fields(cls):
        if field.init:
            text = texts.get(field.name, "").replace("|", "\\|")
            lines.append(f"| `{field.name}` | {_type(hints[field.name])} | {_default(field)} | {text} |")
    return head + "\n".join(lines) + "\n"


def _type(kind: Any) -> str:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return _type(args[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(arg) for arg in args)
    if origin is typing.Literal:
        return " or ".join(f"`{arg}`" for arg in args)
    if origin in (list, tuple):
        return f"list of {_type(args[0])}" if args else "list"
    if origin is dict:
        return f"mapping to {_type(args[1])}"
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path", type(None): "null"}
    return names.get(kind, "anything")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    elif field.default is not dataclasses.MISSING:
        value = field.default
    else:
        return "(needed)"
    if dataclasses.is_dataclass(value) or (
        isinstance(value, list | tuple) and any(map(dataclasses.is_dataclass, value))
    ):
        return "its own defaults"
    shown = json.dumps(value if isinstance(value, str | int | float | bool | list | dict | type(None)) else str(value))
    return f"`{shown}`"


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON schemas (draft 2020-12) by file name."""
    board = schema(Board, "leaderboard --format json")
    board["properties"] = {"schema_version": {"const": SCHEMA_VERSION}, **board["properties"]}
    board["required"] = ["schema_version", *board["required"]]
    return {
        "run.json": schema(RunRecord, "run.json of a run, of the newest schema"),
        "outcomes.json": schema(Outcomes, "outcomes.json of a run"),
        "board.json": board,
    }


def schema(cls: Any, title: str) -> dict[str, Any]:
    """The schema of a dataclass; nested ones are under $defs."""
    definitions: dict[str, Any] = {}
    whole = _object(cls, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **whole,
        "$defs": dict(sorted(definitions.items())),
    }  # fmt: skip


def _object(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    texts, hints = field_texts(cls), typing.get_type_hints(cls, include_extras=True)
    properties: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        about = {"description": texts[field.name]} if field.name in texts else {}
        properties[field.name] = {**_of(hints[field.name], definitions), **about}
    needed = [
        field.name for field in dataclasses.fields(cls) if field.default is field.default_factory is dataclasses.MISSING
    ]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        least = next((arg.value for arg in args[1:] if isinstance(arg, Least)), None)
        return _of(args[0], definitions) | ({} if least is None else {"minimum": least})
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_of(arg, definitions) for arg in args]}
    if origin is typing.Literal:
        return {"enum": list(args)}
    if origin in (list, tuple):
        if origin is tuple and args[-1] is not Ellipsis:
            return {"type": "array", "prefixItems": [_of(arg, definitions) for arg in args]}
        return {"type": "array", **({"items": _of(args[0], definitions)} if args else {})}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(args[1], definitions)}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] = _object(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    names = {str: "string", int: "integer", float: "number", bool: "boolean", Path: "string", type(None): "null"}
    return {"type": names[kind]} if kind in names else {}


def write() -> None:
    """Write the page and the schemas."""
    (DOCS / "reference.md").write_text(reference(), encoding="utf-8")
    (DOCS / "schemas").mkdir(exist_ok=True)
    for name, value in schemas().items():
        (DOCS / "schemas" / name).write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
