"""A file of answers (CSV, TSV, JSON lines, JSON, parquet) as columns, with the place of every row.

Nothing is guessed about damaged files: what cannot be read whole is an error that names the place.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError

SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet",
    ".pq": "parquet",
}  # fmt: skip
_DELIMITERS = (",", ";", "\t", "|")
_PARQUET = b"PAR1"  # the first bytes of such a file, and its last


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file as columns of one length, None where a row has no value (an empty CSV cell is "").

    places: of each row, the line on which it begins (unit "line") or, in a format without lines, its number (unit
    "row"); both from 1. note: what a reader has to know of how the columns were made, for people.
    """

    path: str
    columns: dict[str, list[Any]]
    places: Sequence[int]
    unit: str
    note: str = ""

    def __len__(self) -> int:
        return len(self.places)

    def where(self, row: int) -> str:
        """ "answers.csv:17", or "answers.parquet, row 17"."""
        return f"{self.path}:{self.places[row]}" if self.unit == "line" else f"{self.path}, row {self.places[row]}"


def read_table(path: Path) -> Table:
    """The rows of a file, its format told by the ending of its name, else by its first character.

    BenchError when it is missing, a folder, empty, binary, not UTF-8 (with the byte offset), or broken (with the line).
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BenchError("no such file", where=str(path)) from None
    except IsADirectoryError:
        names = sorted(file.name for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        held = f"it holds {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}" if names else None
        raise BenchError("is a folder, not a file of answers", where=str(path), hint=held) from None
    except OSError as err:
        raise BenchError(f"not readable ({err.strerror or err})", where=str(path)) from None
    if not data.strip():
        raise BenchError("the file is empty", where=str(path))
    kind = SUFFIXES.get(path.suffix.lower())
    if kind == "parquet" or (kind is None and data.startswith(_PARQUET)):
        table = _parquet(path, data)
    else:
        text = _text(path, data)
        start = text.lstrip()[:1]
        if kind is None and start not in ("{", "["):
            raise BenchError(
                "neither CSV, JSON lines, JSON nor parquet by its name",
                where=str(path),
                hint=f"name it with one of {', '.join(SUFFIXES)}",
            )
        table = _csv(path, text) if kind == "csv" else _list(path, text) if start == "[" else _lines(path, text)
    if not len(table):
        raise BenchError("the file holds no rows", where=str(path))
    return table


def _text(path: Path, data: bytes) -> str:
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            raise BenchError("is UTF-16, not UTF-8", where=str(path), hint=_convert(path, name))
    if (at := data.find(b"\0")) >= 0:
        raise BenchError(
            f"is no text: a zero byte at offset {at:,}",
            where=str(path),
            hint="answers come as CSV, JSON lines, JSON or parquet; parquet by the name .parquet",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        at = err.start + (len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0)
        line = data.count(b"\n", 0, at) + 1
        raise BenchError(
            f"not UTF-8: byte 0x{data[at]:02x} at offset {at:,}", where=f"{path}:{line}", hint=_convert(path, "cp1252")
        ) from None


def _convert(path: Path, name: str) -> str:
    return f"save it as UTF-8, for example: iconv -f {name} -t utf-8 {path.name} > utf8-{path.name}"


def _csv(path: Path, text: str) -> Table:
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)  # the first among equals
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    rows, places, before = [], [], 0
    try:
        for row in reader:
            at, before = before + 1, reader.line_num
            if not row:
                continue
            if names is None:
                names = [name.strip() for name in row]
                if twice := sorted({name for name in names if names.count(name) > 1}):
                    raise BenchError(f"column '{twice[0]}' stands twice in the header", where=f"{path}:{at}")
                continue
            if len(row) != len(names):
                raise BenchError(
                    f"{len(row)} columns, the header has {len(names)}",
                    where=f"{path}:{at}",
                    hint="a field with a comma, a quote or a line break in it needs double quotes around it",
                )
            rows.append(row)
            places.append(at)
    except csv.Error as err:
        raise BenchError(f"not readable as CSV ({err})", where=f"{path}:{before + 1}") from None
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names or ()]
    return Table(str(path), dict(zip(names or (), columns, strict=True)), places, "line")


def _lines(path: Path, text: str) -> Table:
    """JSON lines; also objects over several lines, and one object that holds the list of rows."""
    start = len(text) - len(text.lstrip())
    if not _is_value(text[start:].partition("\n")[0]) and (found := _objects(text, start)):
        rows, places = found
    else:
        rows, places = _one_a_line(path, text)
    lists = [value for value in rows[0].values() if _are_rows(value)] if len(rows) == 1 else []
    if len(lists) == 1:
        return Table(str(path), _columns(lists[0]), range(1, len(lists[0]) + 1), "row")
    return Table(str(path), _columns(rows), places, "line")


def _is_value(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _objects(text: str, at: int) -> tuple[list[dict[str, Any]], list[int]] | None:
    """The objects that stand one behind the other in `text`, and on which lines they begin; None for anything else."""
    decoder, rows, places, line, counted = json.JSONDecoder(), [], [], 1, 0
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


def _one_a_line(path: Path, text: str) -> tuple[list[dict[str, Any]], list[int]]:
    rows, places = [], []
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: a text may hold other line breaks
        if not line.strip():
            continue
        rows.append(_object(_value(line, f"{path}:{number}"), f"{path}:{number}"))
        places.append(number)
    return rows, places


def _list(path: Path, text: str) -> Table:
    values = _value(text, str(path))
    rows = [_object(value, f"{path}, row {number}") for number, value in enumerate(values, 1)]
    return Table(str(path), _columns(rows), range(1, len(rows) + 1), "row")


def _value(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise BenchError("not readable as JSON (nested too deeply)", where=where) from None
    except ValueError as err:
        raise BenchError(f"not readable as JSON ({err})", where=where) from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BenchError(
            f"a row is an object of columns, not {type(value).__name__}",
            where=where,
            hint='rows look like {"id": "...", "answer": "..."}',
        )
    return value


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _parquet(path: Path, data: bytes) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
        columns = {name: column.to_pylist() for name, column in zip(table.column_names, table.columns, strict=True)}
    except (pa.ArrowException, OSError, ValueError) as err:
        reason = str(err).split("\n", 1)[0]
        raise BenchError(f"not readable as parquet ({reason})", where=str(path)) from None
    if len(columns) < len(table.column_names):
        raise BenchError("a column name stands twice", where=str(path))
    return Table(str(path), columns, range(1, table.num_rows + 1), "row")
