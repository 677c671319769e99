"""Published results for the board: rows by our protocol id, separate from the runs and never ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from phingpt_bench.board.published.files import read
from phingpt_bench.board.published.values import EVIDENCE, PublishedCost, PublishedScore, Source, ZeroShot
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.estimate import Usd
from phingpt_bench.data import training_sets

__all__ = ["EVIDENCE", "Comparison", "PublishedCost", "PublishedRow", "PublishedValue", "Source", "load", "rows_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How far a published value is comparable with ours: the same test rows, the same metric, and what differs."""

    key: str
    same_rows: bool
    same_metric: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedValue:
    """One score: a fraction (the error itself for MSE), the text that the source prints, and the source."""

    value: float
    printed: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One model of one source on one protocol.

    size_b: parameters in billions, None if not stated.

    metrics: values by our name of the metric.
    evidence: one of EVIDENCE.
    cost: of training the model; None for a model that was used zero-shot without training, whatever the source prints
        for the pre-training of its base.
    usd_per_1000, training_on_card: our estimates from a price card, filled in by `board.costs`: for 1,000 documents of
        the board's task through an API, and for the training's GPU hours; None if they cannot be made.
    """

    model: str
    size_b: float | None
    base: str | None
    method: str  # in the words of the source
    zero_shot: ZeroShot | None  # None for a model that was trained or shown examples
    shots: int | None
    metrics: dict[str, PublishedValue]
    evidence: str
    comparison: Comparison
    cost: PublishedCost | None
    note: str | None
    usd_per_1000: Usd | None = None
    training_on_card: Usd | None = None


def load(folder: Path | None = None) -> dict[str, tuple[PublishedRow, ...]]:
    """The rows by our protocol id, for scores in a metric that we have; claims are never among them.

    folder: by default the shipped results/published/. Errors are those of `files.read`.
    """
    return rows_of(read(folder).scores)


def rows_of(scores: Iterable[PublishedScore]) -> dict[str, tuple[PublishedRow, ...]]:
    """Scores of the same runs on the same protocol become one row if they compare with ours in the same way."""
    rows: dict[str, dict[tuple[object, ...], PublishedRow]] = {}
    for score in scores:
        if score.metric.metric is None:
            continue
        comparison = _comparison(score)
        key = (score.runs, comparison.key, score.model, score.method, score.zero_shot, score.shots, score.evidence)
        for ours in score.protocol.our_ids:
            of_protocol = rows.setdefault(ours, {})
            row = of_protocol.get(key)
            of_protocol[key] = _first(score, comparison) if row is None else _joined(row, score)
    return {ours: tuple(_with_training(row, ours) for row in found.values()) for ours, found in rows.items()}


def _with_training(row: PublishedRow, protocol: str) -> PublishedRow:
    """The row, with a note on how many of the test rows were in its training data, as far as its authors say."""
    name = training_sets.of_published(row.model)
    seen = None if name is None else training_sets.seen_of(name, protocol)
    if seen is None:
        return row
    text = sentence("its published training rows hold a copy of {seen} of the {n} test rows", seen=seen[0], n=seen[1])
    return replace(
        row, note=text if row.note is None else sentence("{note}; {seen}", note=sentence(row.note), seen=text)
    )


def _comparison(score: PublishedScore) -> Comparison:
    protocol, same_metric = score.protocol, score.metric.same_metric
    quoted = score.elsewhere and score.note is not None
    key = [protocol.key, *([] if same_metric else ["another metric"]), *(["other rows"] if quoted else [])]
    return Comparison(
        key=", ".join(key),
        same_rows=score.same_rows,
        same_metric=same_metric,
        note=score.note if quoted and score.note else protocol.note,
    )


def _first(score: PublishedScore, comparison: Comparison) -> PublishedRow:
    return PublishedRow(
        model=score.model, size_b=score.size_b, base=score.base, method=score.method,
        zero_shot=score.zero_shot, shots=score.shots,
        metrics=_value(score), evidence=score.evidence, comparison=comparison, cost=_cost(score),
        note=None if score.elsewhere else score.note,
    )  # fmt: skip


def _joined(row: PublishedRow, score: PublishedScore) -> PublishedRow:
    """The row with one more metric; what it lacks is taken from the score. Existing metrics stay."""
    return replace(
        row,
        metrics=row.metrics | {name: value for name, value in _value(score).items() if name not in row.metrics},
        size_b=score.size_b if row.size_b is None else row.size_b,
        base=row.base or score.base,
        cost=row.cost or _cost(score),
        note=row.note or score.note,
    )


def _cost(score: PublishedScore) -> PublishedCost | None:
    return None if score.zero_shot is not None else score.cost


def _value(score: PublishedScore) -> dict[str, PublishedValue]:
    assert score.metric.metric is not None
    return {score.metric.metric: PublishedValue(value=score.value, printed=score.printed, source=score.source)}
