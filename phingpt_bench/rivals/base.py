"""The type of a rival scorer, and what the rivals for labels share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.scoring.classification import INVALID, row_confusion

Answers = Sequence[str]
Docs = Sequence[Mapping[str, Any]]
Labels = Sequence[str]
Function = Callable[[np.ndarray], np.ndarray]
MISSING = "missing"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another benchmark's way to score raw answers.

    kind: "labels" (docs hold "label") or "spans" (docs hold "text" and "entities": [{"start", "end", "type"}]).
    source: the repository, file and commit that the behaviour was read from.
    rule: how an answer is read, one sentence.
    functions: its metrics, each from summed counts (..., *shape of a row) to (...); `primary` is the headline one. They
        return what the rival prints, so 0 where seqeval prints 0; nan only without rows.
    empty: what happens to an empty answer, as a verb with its object; "" if it just counts as wrong.
    counter, reader: behind `rows` and `read`, which check the lengths first.
    """

    name: str
    kind: str
    source: str
    rule: str
    primary: str
    functions: dict[str, Function]
    counter: Callable[[Answers, Docs, Labels], np.ndarray] = field(repr=False)
    reader: Callable[[Answers, Docs, Labels], list[str]] = field(repr=False)
    empty: str = ""

    def rows(self, answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
        """Additive counts by row, (n, ...): `functions` take their sum. `labels`: the label set, or the entity types.

        BenchError for unequal lengths, a gold label outside of `labels`, or labels that this rival cannot score.
        """
        _aligned(answers, docs)
        return self.counter(answers, docs, labels)

    def read(self, answers: Answers, docs: Docs, labels: Labels) -> list[str]:
        """How each answer is read: a label or "missing"; for spans "TYPE: words; ..." or "nothing"."""
        _aligned(answers, docs)
        return self.reader(answers, docs, labels)


def gold_indices(docs: Docs, labels: Labels) -> np.ndarray:
    """The place in `labels` of each doc's label, int64 (n,). BenchError for a label that is not among them."""
    index = {label: i for i, label in enumerate(labels)}
    try:
        return np.array([index[doc["label"]] for doc in docs], dtype=np.int64)
    except KeyError:
        at, strange = next((i, doc.get("label")) for i, doc in enumerate(docs) if doc.get("label") not in index)
        raise BenchError(
            "row {at} has the gold label {strange!r}",
            hint="known: {names}",
            at=at + 1,
            strange=strange,
            names=", ".join(map(str, labels)),
        ) from None


def each(read: Callable[[str], _T], answers: Answers) -> list[_T]:
    """`read` of every answer, called once for each distinct answer, since models repeat themselves."""
    known = {answer: read(answer) for answer in set(answers)}
    return [known[answer] for answer in answers]


def counter(judge: Callable[[Answers, Docs, Labels], Sequence[int]]) -> Callable[[Answers, Docs, Labels], np.ndarray]:
    """Confusion counts (n, k, k + 1) from a function that gives each answer's place in `labels`, -1 for missing."""

    def count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
        return row_confusion(gold_indices(docs, labels), judge(answers, docs, labels), len(labels))

    return count


def reader(judge: Callable[[Answers, Docs, Labels], Sequence[int]]) -> Callable[[Answers, Docs, Labels], list[str]]:
    """The labels that such a function reads from the answers, or "missing"."""

    def read(answers: Answers, docs: Docs, labels: Labels) -> list[str]:
        return [MISSING if at == INVALID else labels[at] for at in judge(answers, docs, labels)]

    return read


def _aligned(answers: Answers, docs: Docs) -> None:
    if len(answers) != len(docs):
        raise BenchError("{answers} answers for {rows} rows", answers=len(answers), rows=len(docs))
