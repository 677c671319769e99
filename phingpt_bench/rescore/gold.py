"""Documents from a user's file: the text and the gold answer of each row, checked row by row."""

from __future__ import annotations

import math
from typing import Any

from phingpt_bench.core.errors import BenchError, nearest
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rescore.columns import Columns
from phingpt_bench.rescore.gold_entities import gold_entities
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc, Target
from phingpt_bench.scoring.codes import CODE, Codes, codes_of, number
from phingpt_bench.scoring.reading import PLAIN, Rules


def own_docs(table: Table, columns: Columns, target: Target, rules: Rules = PLAIN) -> list[Doc]:
    """A document for each row of the file, in order; a row without an id gets its position.

    "document" says which rows belong to one document, if the file has such a column (data/clusters.py).

    BenchError without a gold column (or, for entities, a text column), and for the first row whose gold cannot be used.
    """
    if "gold" not in columns:
        raise BenchError(
            "no column looks like a column of gold answers",
            where=table.path,
            hint="--gold-column NAME says which it is; with --task they come from the task",
        )
    if target.kind == "spans" and "text" not in columns:
        raise BenchError(
            "no column looks like a column of texts, in which entities are looked up",
            where=table.path,
            hint="--text-column NAME says which it is",
        )
    gold = table.columns[columns["gold"].name]
    ids = table.columns[columns["id"].name] if "id" in columns else table.places
    ids = [f"({table.unit} {at})" if _blank(key) else key for key, at in zip(ids, table.places, strict=True)]
    texts = table.columns[columns["text"].name] if "text" in columns else [""] * len(table)
    shared = table.columns[columns["document"].name] if "document" in columns else [None] * len(table)
    codes = codes_of(target.names, rules.codes)
    docs = []
    for row, (key, given, value) in enumerate(zip(ids, texts, gold, strict=True)):
        text = " ".join(given) if _are_tokens(given) else given
        doc: Doc = {"id": str(key), "text": text if isinstance(text, str) else ""}
        if not _blank(shared[row]):
            doc["document"] = str(shared[row])
        if target.kind == "labels":
            doc["label"] = _label(value, target, codes, table, row)
        elif target.kind == "scores":
            doc["score"] = _score(value, table, row)
        else:
            if not isinstance(text, str):
                raise BenchError("this row has no text", where=table.where(row))
            doc["entities"] = gold_entities(value, text, target, rules, table.where(row))
        docs.append(doc)
    return docs


def _blank(key: Any) -> bool:
    return key is None or key != key or not str(key).strip()  # pandas writes NaN for a missing value


def _are_tokens(text: Any) -> bool:
    return isinstance(text, list) and bool(text) and all(isinstance(token, str) for token in text)


def _label(value: Any, target: Target, codes: Codes, table: Table, row: int) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    name = str(value).strip()
    if name not in target.names:  # ignore case if the match is unique
        same = [own for own in target.names if own.casefold() == name.casefold()]
        name = same[0] if len(same) == 1 else codes.words.get(name, name)
    if name not in target.names and (code := number(name)) is not None and code in codes.numbers:
        name = target.names[codes.numbers[code]]
    if value is None or name not in target.names:
        near = nearest(name, target.names)
        raise BenchError(
            "gold label '{name}' is not among {names}",
            where=table.where(row),
            hint=_hint(name, near, target),
            name=name,
            names=", ".join(target.names),
        )
    return name


def _hint(name: str, near: str | None, target: Target) -> str:
    if not CODE.fullmatch(name):
        return (
            sentence("did you mean '{name}'?", name=near)
            if near
            else sentence("--gold-column says in which column gold labels are")
        )
    # the meaning of numbers differs between files: nothing is assumed
    example = ",".join(f"{at}={label}" for at, label in enumerate(target.names[:3]))
    return sentence(
        "--codes says which code is which label (for example {example}); or write the names of the labels",
        example=example,
    )


def _score(value: Any, table: Table, row: int) -> float:
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = math.nan
    if not -1 <= score <= 1:
        raise BenchError("gold score '{value}' is not a number from -1 to 1", where=table.where(row), value=value)
    return score
