"""A file of answers (CSV, TSV, JSON lines, JSON, parquet, .eval) as columns, with the place of every row.

Nothing is guessed about damaged files: an unreadable part is an error with its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.data.separated import separated
from phingpt_bench.rescore import logs
from phingpt_bench.rescore.files import SUFFIXES, decoded, read_bytes
from phingpt_bench.rescore.json_rows import json_rows

_PARQUET = b"PAR1"  # the first bytes of such a file, and its last


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file as columns of one length, None if a row has no value (an empty CSV cell is "").

    places: of each row, the line on which it begins (unit "line") or, in a format without lines, its number (unit
    "row"); both from 1. note: what a reader has to know of how the columns were made, for people. several: a list of
    texts as an answer holds several answers to its row.
    """

    path: str
    columns: dict[str, list[Any]]
    places: Sequence[int]
    unit: str
    note: str = ""
    several: bool = False

    def __len__(self) -> int:
        return len(self.places)

    def where(self, row: int) -> str:
        """The place of a row: "answers.csv:17", or "answers.parquet, row 17"."""
        return f"{self.path}:{self.places[row]}" if self.unit == "line" else f"{self.path}, row {self.places[row]}"


def read_table(path: Path, encoding: str | None = None) -> Table:
    """The rows of a file, its format known by the ending of its name (".gz" aside), otherwise by its first character.

    encoding: of its text, UTF-8 where None is given. BenchError when it is missing, a folder, empty, binary, in another
    encoding (with the byte offset), or broken (with the line).
    """
    path = Path(path)
    data, ending = read_bytes(path)
    kind = SUFFIXES.get(ending)
    if kind == "parquet" or (kind is None and data.startswith(_PARQUET)):
        table = _parquet(path, data)
    elif data.startswith(logs.inspect_ai.ZIP):
        rows, note = logs.of_archive(str(path), data)
        table = Table(str(path), _columns(rows), range(1, len(rows) + 1), "row", note, True)
    else:
        table = _text(path, decoded(path, data, encoding), kind, ending)
    if not len(table):
        raise BenchError("the file holds no rows", where=str(path))
    return table


def table_of(rows: Sequence[Mapping[str, object]]) -> Table:
    """Rows that are in no file, as a table named "answers" in errors and reports. BenchError if there are none."""
    if not rows:
        raise BenchError("there are no answers", where="answers")
    return Table("answers", _columns(rows), range(1, len(rows) + 1), "row")


def _text(path: Path, text: str, kind: str | None, ending: str) -> Table:
    if kind is None and text.lstrip()[:1] not in ("{", "["):
        raise BenchError(
            "neither CSV, JSON lines, JSON nor parquet by its name",
            where=str(path),
            hint="name it with one of {names}",
            names=", ".join(SUFFIXES),
        )
    if kind == "csv":
        names, cells, places, note = separated(str(path), text)
        columns = [list(column) for column in zip(*cells, strict=True)] or [[] for _ in names]
        return Table(str(path), dict(zip(names, columns, strict=True)), places, "line", note)
    rows, numbers, unit, note = json_rows(str(path), text, lines=ending in (".jsonl", ".ndjson"))
    return Table(str(path), _columns(rows), numbers, unit, note)


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _parquet(path: Path, data: bytes) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
        columns = {name: column.to_pylist() for name, column in zip(table.column_names, table.columns, strict=True)}
    except (pa.ArrowException, OSError, ValueError) as err:
        raise BenchError("not readable as parquet ({reason})", where=str(path), reason=first_line(err)) from None
    if len(columns) < len(table.column_names):
        raise BenchError("a column name occurs twice", where=str(path))
    return Table(str(path), columns, range(1, table.num_rows + 1), "row")
