"""Documents with their answers, ready to be scored, and what became of every row of the file."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.rescore import match
from phingpt_bench.rescore.columns import Columns
from phingpt_bench.rescore.gold import own_docs
from phingpt_bench.rescore.match import Matching
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc, Target

SHOWN = 5  # rows named for each kind of trouble


@dataclass(slots=True, kw_only=True)
class Case:
    """Aligned lists: documents, the answer to each ("" where there is none), and the row it stands in (None: missing).

    likelihoods: of the labels in the order of the target, in place of answers; None where answers were written.
    gold_of: "task" or "file". whole: whether these are all rows of the task; None for a file of one's own.
    left_out: rows of the task without an answer that were not scored. disputed: rows whose own gold column says
    something else than the task.
    """

    docs: list[Doc]
    answers: list[str]
    rows: list[int | None]
    likelihoods: list[list[float]] | None
    matching: Matching
    gold_of: str
    whole: bool | None = None
    left_out: int = 0
    disputed: list[int] = field(default_factory=list)

    @property
    def missing(self) -> list[bool]:
        return [row is None for row in self.rows]


def from_task(
    table: Table, columns: Columns, target: Target, docs: Sequence[Doc], *, doubled: str, answered_only: bool
) -> Case:
    """The rows of the task, each with its answer out of the file.

    answered_only: rows without one are left out. BenchError as in `match.match`.
    """
    answers, likelihoods = _answers(table, columns, target)
    given: Sequence[Any] = answers if likelihoods is None else likelihoods
    found = match.match(table, columns, docs, lambda a, b: given[a] == given[b], doubled)
    pairs = list(zip(docs, found.row_of, strict=True))
    if answered_only:
        pairs = [(doc, row) for doc, row in pairs if row is not None]
    nothing = [math.nan] * len(target.names)
    return Case(
        docs=[doc for doc, _ in pairs],
        answers=["" if row is None else answers[row] for _, row in pairs],
        rows=[row for _, row in pairs],
        likelihoods=None if likelihoods is None else [nothing if row is None else likelihoods[row] for _, row in pairs],
        matching=found,
        gold_of="task",
        whole=len(pairs) == len(docs),
        left_out=len(docs) - len(pairs),
        disputed=_disputed(table, columns, target, pairs),
    )


def from_file(table: Table, columns: Columns, target: Target, *, doubled: str) -> Case:
    """The rows of a file that brings its own gold; rows that repeat an id count once where they say the same."""
    answers, likelihoods = _answers(table, columns, target)
    docs = own_docs(table, columns, target)
    rows = list(range(len(table)))
    if "id" in columns and len({doc["id"] for doc in docs}) < len(docs):
        said = [(answers[row], None if likelihoods is None else likelihoods[row], docs[row]) for row in rows]
        rows = match.once(table, [doc["id"] for doc in docs], lambda a, b: said[a] == said[b], doubled)
    kept = set(rows)
    found = Matching(row_of=list(rows), by="place", doubled=[row for row in range(len(table)) if row not in kept])
    return Case(
        docs=[docs[row] for row in rows],
        answers=[answers[row] for row in rows],
        rows=list(rows),
        likelihoods=None if likelihoods is None else [likelihoods[row] for row in rows],
        matching=found,
        gold_of="file",
    )


def _answers(table: Table, columns: Columns, target: Target) -> tuple[list[str], list[list[float]] | None]:
    if "answer" in columns:
        return [_text(value) for value in table.columns[columns["answer"].name]], None
    if target.kind != "labels":
        raise BenchError(
            "no column is named like answers", where=table.path, hint="--answer-column NAME says which it is"
        )
    return [""] * len(table), _likelihoods(table, columns["likelihoods"].name, target)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:  # nan is how pandas writes that there is none
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)


def _likelihoods(table: Table, column: str, target: Target) -> list[list[float]]:
    """The log-likelihoods in the order of the target's labels; the column "continuations" names them where it is."""
    k = len(target.names)
    named = table.columns.get("continuations", [None] * len(table))
    result = []
    for row, cells in enumerate(zip(table.columns[column], named, strict=True)):
        values, names = map(_listed, cells)
        good = isinstance(values, list) and len(values) == k
        if not good or not all(value is None or type(value) in (int, float) for value in values):
            raise BenchError(
                f"column '{column}' holds no list of {k} log-likelihoods",
                where=table.where(row),
                hint=f"one for each of {', '.join(target.names)}, null where it is not finite",
            )
        numbers = [math.nan if value is None else float(value) for value in values]
        order = [str(name).strip() for name in names] if isinstance(names, list) else []
        if sorted(order) == sorted(target.names):  # in another language than the labels: the order is the labels'
            numbers = [numbers[order.index(name)] for name in target.names]
        result.append(numbers)
    return result


def _listed(value: Any) -> Any:
    """A list that stands as JSON in a cell; anything else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _disputed(table: Table, columns: Columns, target: Target, pairs: Sequence[tuple[Doc, int | None]]) -> list[int]:
    if target.kind != "labels" or "gold" not in columns:
        return []
    gold = [str(value).strip().lower() for value in table.columns[columns["gold"].name]]
    if {name.lower() for name in target.names}.isdisjoint(gold):
        return []  # codes, or no labels at all
    return [row for doc, row in pairs if row is not None and gold[row] != doc["label"].lower()]
