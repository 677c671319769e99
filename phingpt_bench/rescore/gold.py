"""Documents out of a file of one's own: its text and what is right for each row, checked row by row."""

from __future__ import annotations

import json
import math
from typing import Any

from phingpt_bench.core.errors import BenchError, nearest
from phingpt_bench.rescore.columns import Columns
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc, Target
from phingpt_bench.scoring.json_entities import read_json

_ENTITIES = '[{"start": 0, "end": 5, "type": "ORG"}], or [{"type": "ORG", "text": "Nokia"}]'


def own_docs(table: Table, columns: Columns, target: Target) -> list[Doc]:
    """A document for each row of the file, in order; the place of the row is its id where it has none.

    "document" says which rows are of one document, where the file has such a column (data/clusters.py).

    BenchError without a gold column (or, for entities, a text column), and for the first row whose gold cannot be used.
    """
    if "gold" not in columns:
        raise BenchError(
            "no column is named like gold answers",
            where=table.path,
            hint="--gold-column NAME says which it is; with --task they come from the task",
        )
    if target.kind == "spans" and "text" not in columns:
        raise BenchError(
            "no column is named like texts, and entities are looked up in them",
            where=table.path,
            hint="--text-column NAME says which it is",
        )
    gold = table.columns[columns["gold"].name]
    ids = table.columns[columns["id"].name] if "id" in columns else table.places
    ids = [f"({table.unit} {at})" if _blank(key) else key for key, at in zip(ids, table.places, strict=True)]
    texts = table.columns[columns["text"].name] if "text" in columns else [""] * len(table)
    shared = table.columns[columns["document"].name] if "document" in columns else [None] * len(table)
    docs = []
    for row, (key, text, value) in enumerate(zip(ids, texts, gold, strict=True)):
        doc: Doc = {"id": str(key), "text": text if isinstance(text, str) else ""}
        if not _blank(shared[row]):
            doc["document"] = str(shared[row])
        if target.kind == "labels":
            doc["label"] = _label(value, target, table, row)
        elif target.kind == "scores":
            doc["score"] = _score(value, table, row)
        else:
            if not isinstance(text, str):
                raise BenchError("this row has no text", where=table.where(row))
            doc["entities"] = _entities(value, text, target, table, row)
        docs.append(doc)
    return docs


def _blank(key: Any) -> bool:
    return key is None or key != key or not str(key).strip()  # nan is how pandas writes that there is none


def _label(value: Any, target: Target, table: Table, row: int) -> str:
    name = str(value).strip()
    if name not in target.names:  # in another case, where that is one label
        same = [own for own in target.names if own.casefold() == name.casefold()]
        name = same[0] if len(same) == 1 else name
    if value is None or name not in target.names:
        near = nearest(name, target.names)
        raise BenchError(
            f"gold label '{name}' is not among {', '.join(target.names)}",
            where=table.where(row),
            hint=_hint(value, near),
        )
    return name


def _hint(value: Any, near: str | None) -> str:
    try:
        float(value)
    except (TypeError, ValueError):
        return f"did you mean '{near}'?" if near else "--gold-column says in which column gold labels are"
    # which number is which label differs from file to file: nothing is assumed
    return "write the names of the labels in place of numbers; where answers are numbers too: --labels 0,1,2"


def _score(value: Any, table: Table, row: int) -> float:
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = math.nan
    if not -1 <= score <= 1:
        raise BenchError(f"gold score '{value}' is no number from -1 to 1", where=table.where(row))
    return score


def _entities(value: Any, text: str, target: Target, table: Table, row: int) -> list[dict[str, Any]]:
    where = table.where(row)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BenchError(
            "gold entities are not a JSON list of objects",
            where=where,
            hint=f"a list such as {_ENTITIES}; [] where there is none",
        )
    spans, named = set(), []
    for item in value:
        type_ = item.get("type")
        if type_ not in target.names:
            raise BenchError(f"gold entity of type '{type_}', known are {', '.join(target.names)}", where=where)
        if "start" not in item:
            named.append({key: item[key] for key in ("type", "text", "nth") if key in item})
            continue
        start, end = item["start"], item.get("end")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
            raise BenchError(
                f"gold entity from {start} to {end} is not within the text of {len(text)} characters",
                where=where,
                hint="offsets count characters from 0, and end is behind the last",
            )
        spans.add((start, end, type_))
    if strange := [item for item in named if not isinstance(item.get("text"), str)]:
        raise BenchError(f"gold entity {json.dumps(strange[0])} has neither offsets nor a text", where=where)
    parsed = read_json(json.dumps(named), text, target.names)
    if wrong := [problem for problem in parsed.problems if problem.kind != "duplicate"]:
        raise BenchError(
            f"gold entity '{wrong[0].surface}' has no place of its own in the text",
            where=where,
            hint="names are looked up as whole words, the longest first; or give start and end",
        )
    spans.update(parsed.spans)
    return [{"start": start, "end": end, "type": type_} for start, end, type_ in sorted(spans)]
