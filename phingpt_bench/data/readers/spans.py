"""The general reader of entities: a file of JSON lines for each split, a text with its entities in each row."""

from __future__ import annotations

import itertools
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.readers.table import check_columns
from phingpt_bench.data.rows import Row, Rows
from phingpt_bench.data.sources import place, read_rows, source_of


def spans(
    origin: Origin,
    path: str | None,
    *,
    files: dict[str, str],
    text: str = "text",
    entities: str = "entities",
    document: str | None = None,
    hub_splits: dict[str, str] | None = None,
) -> dict[str, Rows]:
    """{split: rows} of files whose rows have a text and a list of {"start", "end", "type"}, in characters.

    files: our split -> path below the origin's folder. text, entities, document: the columns. hub_splits: our split ->
    the Hub's, if the names differ. An entity may be [start, end, type] as well. BenchError with the file and the row
    (the first is 1) for an entity that is outside its text, overlaps another, or has no type.
    """
    source = source_of(origin, files, hub_splits=hub_splits or {})
    splits = {}
    for split in files:
        raw, where = read_rows(source, split, path), place(source, split, path)
        check_columns(raw, [name for name in (text, entities, document) if name], where)
        splits[split] = [
            {
                "text": row[text],
                "entities": _entities(row[text], row[entities], where, number),
                **({"document": row[document]} if document else {}),
            }
            for number, row in enumerate(raw, 1)
        ]
    return splits


def _entities(text: Any, held: Any, where: str, number: int) -> list[Row]:
    made: list[Row] = []
    if not isinstance(text, str) or not text.strip():
        raise BenchError("row {number} has no text", where=where, number=number)
    for one in held if isinstance(held, list) else [held]:
        if isinstance(one, dict):
            start, end, type_ = one.get("start"), one.get("end"), one.get("type", one.get("label"))
        else:
            start, end, type_ = one if isinstance(one, list | tuple) and len(one) == 3 else (None, None, None)
        fits = isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)
        if not fits or not isinstance(type_, str) or not type_:
            raise BenchError(
                "row {number}: {value!r} is not an entity of the text",
                where=where,
                hint=sentence('entities are {"start": 0, "end": 5, "type": "ORG"}, in characters'),
                number=number,
                value=one,
            )
        made.append({"start": start, "end": end, "type": type_})
    made.sort(key=lambda entity: int(entity["start"]))
    for one, following in itertools.pairwise(made):
        if one["end"] > following["start"]:
            raise BenchError(
                "row {number}: two entities overlap",
                where=where,
                hint="'phingpt-bench init task FILE' keeps the longest of them",
                number=number,
            )
    return made
