"""A user's file or folder of annotated texts, in whatever form it is, as examples."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.own.annotated import annotated
from phingpt_bench.data.own.brat import brat
from phingpt_bench.data.own.columns import Ask
from phingpt_bench.data.own.example import Found
from phingpt_bench.data.own.table import Columns, table
from phingpt_bench.data.own.text_file import text_of
from phingpt_bench.data.own.tokens import SUFFIXES as TOKENS
from phingpt_bench.data.own.tokens import is_tagged, tagged
from phingpt_bench.data.separated import separated
from phingpt_bench.data.sources import read_file

JSON = (".jsonl", ".ndjson", ".json", ".json1")


def read(path: Path, wanted: Columns, ask: Ask, encoding: str | None = None) -> Found:
    """The examples of a file by its content, of a folder as brat writes it.

    BenchError with file and line for what cannot be read, and for a table whose columns cannot be found.
    """
    if path.is_dir():
        _no_columns(wanted, path)
        return brat(path)
    if path.suffix.lower() == ".parquet":
        rows = read_file(path)
        places = [f"{path}, row {number}" for number in range(1, len(rows) + 1)]
        return _of_rows(path, rows, places, wanted, ask)
    if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise BenchError("is a workbook, which is not read", where=str(path), hint="save it as CSV, and give that")
    text, notes = text_of(path, encoding)
    if path.suffix.lower() in TOKENS or (path.suffix.lower() not in (".csv", *JSON) and is_tagged(text)):
        _no_columns(wanted, path)
        found = tagged(str(path), text)
    elif path.suffix.lower() in JSON or text.lstrip()[:1] in ("{", "["):
        json_rows, places = _json(path, text)
        found = _of_rows(path, json_rows, places, wanted, ask)
    else:
        cells = separated(str(path), text)
        if not cells.rows:
            raise BenchError("holds no rows, only a header", where=str(path))
        table_rows = [dict(zip(cells.names, row, strict=True)) for row in cells.rows]
        places = [f"{path}:{place}" for place in cells.places]
        notes += [cells.note] if cells.note else []
        found = table(str(path), table_rows, places, wanted, ask)
    found.notes = notes + found.notes
    if not found.examples:
        raise BenchError("the file holds no rows", where=str(path))
    return found


def _no_columns(wanted: Columns, path: Path) -> None:
    """BenchError where a user names columns of a file that has none, such as one of tokens with tags."""
    given = [f"--{name}" for name, value in dataclasses.asdict(wanted).items() if value is not None]
    if given:
        raise BenchError(
            "is for tables with named columns, and {file} has none", where=", ".join(given),
            hint="leave it out", file=path,
        )  # fmt: skip


def _of_rows(path: Path, rows: Sequence[Mapping[str, Any]], places: Sequence[str], wanted: Columns, ask: Ask) -> Found:
    """The examples of rows that were read as objects."""
    if not rows:
        raise BenchError("the file holds no rows", where=str(path))
    return annotated(rows, places) or table(str(path), rows, places, wanted, ask)


def _json(path: Path, text: str) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The objects of a JSON list or of lines of JSON, with their places."""
    if text.lstrip().startswith("["):
        values, places = _value(text, str(path)), []
        places = [f"{path}, row {number}" for number in range(1, len(values) + 1)]
    else:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        places = [f"{path}:{number}" for number, _ in lines]
        values = [_value(line, place) for (_, line), place in zip(lines, places, strict=True)]
    for value, place in zip(values, places, strict=True):
        if not isinstance(value, dict):
            raise BenchError("not a JSON object", where=place)
    return values, places


def _value(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as err:
        raise BenchError("not readable as JSON ({reason})", where=where, reason=err) from None
