"""Documents with their answers, ready to be scored, and the fate of every row of the file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.rescore import answers as several
from phingpt_bench.rescore import match
from phingpt_bench.rescore.answers import Several
from phingpt_bench.rescore.columns import Columns
from phingpt_bench.rescore.gold import own_docs
from phingpt_bench.rescore.match import Matching
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc, Target
from phingpt_bench.scoring.reading import Rules

OURS = "phin"  # the scorer that is ours
SHOWN = 5  # rows that are named for each kind of problem


@dataclass(slots=True, kw_only=True)
class Case:
    """Aligned lists: documents, the answer to each ("" where there is none), and its row (None: missing).

    likelihoods: of the labels in the order of the target, in place of answers; None if answers were written.
    gold_of: "task" or "file". rules: how answers are read. repeats: the most answers that one row has. whole: whether
    these are all rows of the task; None for a file of the user. left_out: rows of the task without an answer that
    were not scored. disputed: rows whose own gold column says something else than the task.
    """

    docs: list[Doc]
    answers: list[str]
    rows: list[int | None]
    likelihoods: list[list[float]] | None
    matching: Matching
    gold_of: str
    rules: Rules
    repeats: int = 1
    whole: bool | None = None
    left_out: int = 0
    disputed: list[int] = field(default_factory=list)

    @property
    def missing(self) -> list[bool]:
        """Whether a document has no answer in the file."""
        return [row is None for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file and the target of its answers, with the user's options for both.

    duplicates: as in `match.match`. repeats: "first", "majority", or None if nothing was said.
    """

    table: Table
    columns: Columns
    target: Target
    rules: Rules
    duplicates: str = "error"
    repeats: str | None = None

    def answers(self) -> tuple[list[Several], list[list[float]] | None]:
        """The texts of all rows, and the log-likelihoods that replace them."""
        numbers = several.likelihoods(self.table, self.columns, self.target)
        if numbers is not None:
            return [("",)] * len(self.table), numbers
        return several.written(self.table, self.columns, self.target, self.repeats), None

    def counting(self, doc: Doc, answers: Several) -> str:
        """The answer to a document that counts."""
        return several.counting(answers, doc, self.target, self.rules, self.repeats)


def from_task(problem: Problem, docs: Sequence[Doc], *, answered_only: bool) -> Case:
    """The rows of the task, each with its answer from the file.

    answered_only: rows without an answer are skipped. BenchError as in `match.match`.
    """
    texts, likelihoods = problem.answers()
    given: Sequence[Any] = texts if likelihoods is None else likelihoods
    found = match.match(
        problem.table, problem.columns, docs, lambda a, b: bool(given[a] == given[b]), problem.duplicates
    )
    pairs = list(zip(docs, found.row_of, strict=True))
    if answered_only:
        pairs = [(doc, row) for doc, row in pairs if row is not None]
    nothing = [math.nan] * len(problem.target.names)
    return Case(
        docs=[doc for doc, _ in pairs],
        answers=["" if row is None else problem.counting(doc, texts[row]) for doc, row in pairs],
        rows=[row for _, row in pairs],
        likelihoods=None if likelihoods is None else [nothing if row is None else likelihoods[row] for _, row in pairs],
        matching=found,
        gold_of="task",
        rules=problem.rules,
        repeats=several.repeated(texts),
        whole=len(pairs) == len(docs),
        left_out=len(docs) - len(pairs),
        disputed=_disputed(problem, pairs),
    )


def from_file(problem: Problem) -> Case:
    """The rows of a file with its own gold; equal rows that repeat an id count once."""
    texts, likelihoods = problem.answers()
    table = problem.table
    docs = own_docs(table, problem.columns, problem.target, problem.rules)
    rows = list(range(len(table)))
    if "id" in problem.columns and len({doc["id"] for doc in docs}) < len(docs):
        said = [(texts[row], None if likelihoods is None else likelihoods[row], docs[row]) for row in rows]
        rows = match.once(table, [doc["id"] for doc in docs], lambda a, b: said[a] == said[b], problem.duplicates)
    kept = set(rows)
    found = Matching(row_of=list(rows), by="place", doubled=[row for row in range(len(table)) if row not in kept])
    return Case(
        docs=[docs[row] for row in rows],
        answers=[problem.counting(docs[row], texts[row]) for row in rows],
        rows=list(rows),
        likelihoods=None if likelihoods is None else [likelihoods[row] for row in rows],
        matching=found,
        gold_of="file",
        rules=problem.rules,
        repeats=several.repeated(texts),
    )


def _disputed(problem: Problem, pairs: Sequence[tuple[Doc, int | None]]) -> list[int]:
    target, columns = problem.target, problem.columns
    if target.kind != "labels" or "gold" not in columns:
        return []
    gold = [str(value).strip().lower() for value in problem.table.columns[columns["gold"].name]]
    if {name.lower() for name in target.names}.isdisjoint(gold):
        return []  # codes, or no labels at all
    return [row for doc, row in pairs if row is not None and gold[row] != doc["label"].lower()]
