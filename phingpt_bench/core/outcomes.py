"""The results of a run row by row, without texts; outcomes that are read from a file are checked row by row."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from phingpt_bench.core.config import build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.sentences import sentence

Kind = Literal["labels", "spans", "scores"]
ROUNDED = 1e-3  # probabilities are stored with five digits
INVALID = -1  # in place of a label: none could be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Aligned lists of length n; a list that does not apply, or that an older record lacks, is empty."""

    kind: Kind
    labels: list[str]
    """The label set, or the entity types; empty for scores."""

    ids: list[str]
    # labels: places in `labels`, pred INVALID if none could be read; scores: numbers, pred None if none could
    gold: list[int] | list[float] = field(default_factory=list)
    pred: list[int] | list[float | None] = field(default_factory=list)
    # spans: [true positives, predicted, gold] for each type, and last [0, k, 0] for predictions of unknown type
    counts: list[list[list[int]]] = field(default_factory=list)
    partial: list[list[int]] = field(default_factory=list)
    """Spans: [exact, overlapping, predicted, gold]."""

    typed: list[list[int]] = field(default_factory=list)
    """Spans: [overlapping with the right type, predicted, gold]."""

    # spans: [gold, predicted], each a list of [start, end, place in `labels`] by character offset, end exclusive, in
    # order; a prediction without a place in the text (hallucinated, unreadable, in conflict) is in the counts alone
    entities: list[list[list[list[int]]]] = field(default_factory=list)
    misses: list[list[int]] = field(default_factory=list)
    """Spans: by kind, in the order of scoring.ner.MISS_KINDS."""

    invalid: list[bool] = field(default_factory=list)
    """The answer could not be read, in whole or in part."""

    # labels: probabilities, if chosen by log-likelihood; None if one was not finite
    probs: list[list[float] | None] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    """Labels: the number of the question, if each text has several."""

    clusters: list[int] = field(default_factory=list)
    """The document, if rows share documents (data/clusters.py)."""

    @property
    def gold_places(self) -> list[int]:
        """`gold` of labels."""
        return cast("list[int]", self.gold)

    @property
    def pred_places(self) -> list[int]:
        """`pred` of labels."""
        return cast("list[int]", self.pred)


def answer_at(rows: Outcomes, at: int) -> object:
    """The answer to row `at`, to compare with that of another run: of entities their places, or counts without them."""
    if rows.kind != "spans":
        return rows.pred[at]
    return rows.entities[at][1] if rows.entities else rows.counts[at]


def rows_at(rows: Outcomes, places: Sequence[int]) -> Outcomes:
    """The rows at `places`, in that order; columns that the outcomes do not have stay empty. IndexError beyond n."""
    columns = (f.name for f in dataclasses.fields(rows) if f.name not in ("kind", "labels"))
    chosen: dict[str, Any] = {
        name: [column[at] for at in places] for name in columns if (column := getattr(rows, name))
    }
    return dataclasses.replace(rows, **chosen)


def in_order(rows: Outcomes, ids: Sequence[str]) -> Outcomes:
    """The same rows in the order of `ids`; KeyError for one that is not among them."""
    if rows.ids == ids:
        return rows
    places = {row: at for at, row in enumerate(rows.ids)}
    return rows_at(rows, [places[row] for row in ids])


def read_outcomes(path: Path) -> Outcomes:
    """The outcomes in a file; BenchError with the file and the first impossible value."""
    rows = build(Outcomes, read_json(path), str(path))
    if found := next(faults(rows), None):
        raise BenchError(found, where=str(path))
    return rows


def faults(rows: Outcomes) -> Iterator[str]:
    """What is wrong with outcomes beyond the types of their values: lists that do not fit together, impossible values.

    All such checks belong here. They run over all rows whenever a board reads a run, so they must be cheap.
    """
    yield from _alignment(rows)
    yield from {"labels": _label_faults, "spans": _span_faults, "scores": _score_faults}[rows.kind](rows)


def _alignment(rows: Outcomes) -> Iterator[str]:
    n = len(rows.ids)
    if n == 0:
        yield sentence("ids: no rows")
    if len(set(rows.ids)) < n:
        yield sentence("ids: not distinct")
    needed = {"labels": ("gold", "pred"), "scores": ("gold", "pred"), "spans": ("counts",)}[rows.kind]
    for column in dataclasses.fields(rows):
        if column.name in ("kind", "labels", "ids"):
            continue
        length = len(getattr(rows, column.name))
        if length != n and (length or column.name in needed):
            yield sentence("{name}: {values} values for {rows} rows", name=column.name, values=length, rows=n)


def _label_faults(rows: Outcomes) -> Iterator[str]:
    k = len(rows.labels)
    for name, column, least in (("gold", rows.gold_places, 0), ("pred", rows.pred_places, INVALID)):
        if set(map(type, column)) == {int} and least <= min(column) and max(column) < k:
            continue
        for at, value in enumerate(column):
            if type(value) is not int or not least <= value < k:
                yield sentence(
                    "{place}: {value!r} is not a place in the {k} labels", place=f"{name}[{at}]", value=value, k=k
                )
    if rows.groups and min(rows.groups) < 0:
        yield sentence("groups: a question is below 0")
    for at, (probs, pred) in enumerate(zip(rows.probs, rows.pred, strict=False)):
        if probs is None:
            continue
        if len(probs) != k:
            yield sentence("probs[{at}]: {values} values for {k} labels", at=at, values=len(probs), k=k)
        elif min(probs) < 0 or abs(sum(probs) - 1) > ROUNDED:
            yield sentence("probs[{at}]: no probabilities from 0 to 1 that sum to 1", at=at)
        elif not isinstance(pred, int) or pred < 0 or probs[pred] < max(probs):
            yield sentence("probs[{at}]: pred is {pred!r}, and another label is more probable", at=at, pred=pred)


def _span_faults(rows: Outcomes) -> Iterator[str]:
    k = len(rows.labels)
    for at, types in enumerate(rows.counts):
        if len(types) != k + 1 or any(len(counts) != 3 for counts in types):
            yield sentence("counts[{at}]: not {k} times [true positives, predicted, gold]", at=at, k=k + 1)
            continue
        for place, (true, predicted, gold) in enumerate(types):
            if not 0 <= true <= min(predicted, gold):
                yield sentence(
                    "counts[{at}][{place}]: {true} true positives of {predicted} predicted and {gold} gold",
                    at=at,
                    place=place,
                    true=true,
                    predicted=predicted,
                    gold=gold,
                )
        if types[k][2]:
            yield sentence("counts[{at}][{k}]: gold of unknown type", at=at, k=k)
    for name, width in (("partial", 4), ("typed", 3), ("entities", 2)):
        for at, values in enumerate(getattr(rows, name)):
            if len(values) != width:
                yield sentence(
                    "{place}: {values} values, not {width}", place=f"{name}[{at}]", values=len(values), width=width
                )


def _score_faults(rows: Outcomes) -> Iterator[str]:
    for at, value in enumerate(rows.gold):
        if not isinstance(value, int | float):
            yield sentence("gold[{at}]: {value!r} is not a number", at=at, value=value)
