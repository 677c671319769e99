"""JSON and JSON lines as rows: a list of objects, one object a line, pandas' layouts, the logs of other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.column_names import is_named
from phingpt_bench.rescore import logs

Row = JsonObject


class Rows(NamedTuple):
    """rows: as objects. places: the line or number of each. unit: "line" or "row". note: for people."""

    rows: list[Row]
    places: Sequence[int]
    unit: str
    note: str = ""


def json_rows(path: str, text: str, *, lines: bool = False) -> Rows:
    """The rows of a JSON file. BenchError with the place for what is none.

    lines: its name says that it holds an object a line, so that one object of lists is one row, and no table by
    columns.
    """
    if not text.strip():  # separators, which are white space to Python
        raise BenchError("the file is empty", where=path)
    start = len(text) - len(text.lstrip())
    if text[start] == "[":
        values = _value(text, path)
        rows = [_object(value, f"{path}, row {number}") for number, value in enumerate(values, 1)]
        return _numbered(*(logs.of_rows(rows, path) or (rows, "")))
    if not _is_value(text[start:].partition("\n")[0]) and (found := _objects(text, start)):
        rows, places = found
    else:
        rows, places = _one_a_line(path, text)
    if len(rows) == 1 and (whole := _unfolded(rows[0], path, lines)):
        return _numbered(*whole)
    if (known := logs.of_rows(rows, path)) is not None:
        rows, note = known
        return Rows(rows, places, "line", note) if len(rows) == len(places) else _numbered(rows, note)
    return Rows(rows, places, "line")


def _numbered(rows: list[Row], note: str = "") -> Rows:
    return Rows(rows, range(1, len(rows) + 1), "row", note)


def _unfolded(value: Row, path: str, lines: bool) -> tuple[list[Row], str] | None:
    """The rows that one object holds: a log, a list of rows, a table by columns; None for an object that is a row."""
    if (known := logs.of_object(value, path)) is not None:
        return known
    if (columns := _by_columns(value, lists_too=not lines)) is not None:
        return columns
    if any(is_named(key, "answer") and not _is_rows(held) for key, held in value.items()):
        return None  # a column of answers: the object is one row, whatever lists it holds
    lists = [held for held in value.values() if _is_rows(held)]
    if len(lists) == 1:
        return logs.of_rows(lists[0], path) or (lists[0], "")
    return _by_index(value) or _split(value)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _by_columns(value: Row, *, lists_too: bool) -> tuple[list[Row], str] | None:
    """{"text": {"0": "a", "1": "b"}, "answer": {...}} (pandas' to_json()), and the same with lists."""
    held = list(value.values())
    if len(held) < 2 or not any(is_named(key, "answer") for key in value):
        return None
    if all(isinstance(column, dict) and column and column.keys() == held[0].keys() for column in held):
        columns = {key: list(column.values()) for key, column in value.items()}
    elif lists_too and all(isinstance(column, list) and column and len(column) == len(held[0]) for column in held):
        columns = value
    else:
        return None
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return rows, "The file holds columns, as pandas' to_json() writes them."


def _by_index(value: Row) -> tuple[list[Row], str] | None:
    """Rows by their number: {"0": {"text": "a", "answer": ...}, "1": ...}."""
    if not value or not all(isinstance(row, dict) for row in value.values()):
        return None
    rows = [row if "id" in row else {"id": key, **row} for key, row in value.items()]
    return (rows, "") if any(is_named(key, "answer") for row in rows[:1] for key in row) else None


def _split(value: Row) -> tuple[list[Row], str] | None:
    """{"columns": [...], "index": [...], "data": [[...]]}, pandas' orient="split"."""
    names, data = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not isinstance(data, list):
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in data):
        return None
    return [dict(zip(map(str, names), row, strict=True)) for row in data], ""


def _is_value(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _objects(text: str, at: int) -> tuple[list[Row], list[int]] | None:
    """The objects that follow one another in `text`, and the lines on which they begin; None for anything else."""
    decoder = json.JSONDecoder()
    rows: list[Row] = []
    places: list[int] = []
    line, counted = 1, 0
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        rows.append(value)
        places.append(line)
        while at < len(text) and text[at].isspace():
            at += 1
    return rows, places


def _one_a_line(path: str, text: str) -> tuple[list[Row], list[int]]:
    rows, places = [], []
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: a text may hold other line breaks
        if not line.strip():
            continue
        rows.append(_object(_value(line, f"{path}:{number}"), f"{path}:{number}"))
        places.append(number)
    return rows, places


def _value(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise BenchError("not readable as JSON (nested too deeply)", where=where) from None
    except ValueError as err:
        raise BenchError("not readable as JSON ({reason})", where=where, reason=err) from None


def _object(value: Any, where: str) -> Row:
    if not isinstance(value, dict):
        raise BenchError(
            "a row is an object of columns, not {type}",
            where=where,
            hint=sentence('rows look like {"id": "...", "answer": "..."}'),
            type=type(value).__name__,
        )
    return value
