"""The answers of a file: the texts for each row, and which of them counts."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.rescore.answer_text import text_of
from phingpt_bench.rescore.columns import Columns
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc, Target
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.reading import Rules

Several = tuple[str, ...]  # the answers to one row, at least one


def written(table: Table, columns: Columns, target: Target, repeats: str | None) -> list[Several]:
    """The texts of the answers of each row, in the order of the file.

    A list of several texts holds several answers where the file is one that has them (`Table.several`), where the
    answers are labels or numbers, and where the user asks for repeats; else it is JSON.
    """
    values = table.columns[columns["answer"].name]
    several = table.several or target.kind != "spans" or repeats is not None
    return [_texts(value) if several else (text_of(value),) for value in values]


def _texts(value: Any) -> Several:
    if isinstance(value, list) and len(value) > 1 and all(item is None or isinstance(item, str) for item in value):
        return tuple(map(text_of, value))
    return (text_of(value),)


def counting(answers: Several, doc: Doc, target: Target, rules: Rules, repeats: str | None) -> str:
    """The answer that counts: the first, or the earliest with the reading of most readable ones."""
    if len(answers) == 1 or repeats != "majority":
        return answers[0]
    said: list[Any] = []
    for answer in answers:
        row = answered.written(target.kind, doc, target.names, answer, target.form, rules)
        if target.kind == "spans":
            said.append(None if row.parsed.invalid else tuple(row.parsed.spans))
        else:
            said.append(row.parsed)
    counts = Counter(one for one in said if one is not None)
    if not counts:
        return answers[0]
    most = max(counts.values())
    return next(answer for answer, one in zip(answers, said, strict=True) if one is not None and counts[one] == most)


def likelihoods(table: Table, columns: Columns, target: Target) -> list[list[float]] | None:
    """The log-likelihoods in the order of the target's labels; None if the file holds written answers.

    The column "continuations" names the labels where it is.
    """
    if "answer" in columns:
        return None
    if target.kind != "labels":
        raise BenchError(
            "no column looks like a column of answers", where=table.path, hint="--answer-column NAME says which it is"
        )
    column = columns["likelihoods"].name
    k = len(target.names)
    named = table.columns.get("continuations", [None] * len(table))
    result = []
    for row, cells in enumerate(zip(table.columns[column], named, strict=True)):
        values, names = map(_listed, cells)
        good = isinstance(values, list) and len(values) == k
        if not good or not all(value is None or type(value) in (int, float) for value in values):
            raise BenchError(
                "column '{column}' holds no list of {k} log-likelihoods",
                where=table.where(row),
                hint="one for each of {names}, null where it is not finite",
                column=column,
                k=k,
                names=", ".join(target.names),
            )
        numbers = [_number(value) for value in values]
        order = [str(name).strip() for name in names] if isinstance(names, list) else []
        if sorted(order) == sorted(target.names):  # in another language than the labels: the order is the labels'
            numbers = [numbers[order.index(name)] for name in target.names]
        result.append(numbers)
    return result


def _number(value: float | None) -> float:
    try:
        return math.nan if value is None else float(value)
    except OverflowError:  # a whole number beyond those of float
        return math.nan


def _listed(value: Any) -> Any:
    """A list that is JSON text in a cell; anything else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def repeated(answers: Sequence[Several]) -> int:
    """The largest number of answers to one row."""
    return max(map(len, answers), default=1)
