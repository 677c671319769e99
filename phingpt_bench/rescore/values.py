"""The values of a rescoring: scores with intervals by scorer, answers that rivals read differently, and our details."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.rescore.case import OURS, Case
from phingpt_bench.rescore.columns import Columns
from phingpt_bench.rescore.recorded import Recorded
from phingpt_bench.rescore.shapes import Shape
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Target
from phingpt_bench.stats.interval import Interval

__all__ = ["OURS", "ClassScore", "Details", "Example", "Report", "Scored", "Value"]


@dataclass(frozen=True, slots=True)
class Value:
    """A score, None if it is undefined, and its 95 % interval, None if there is none."""

    metric: str
    """Its name."""

    score: float | None
    """As a fraction; None if it is undefined."""

    interval: Interval | None
    """At 95 %; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An answer that a rival reads differently. place: line or row of the file."""

    place: int
    answer: str
    ours: str
    theirs: str
    gold: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One scorer. values: by its own order, the headline metric `primary` among them.

    differs: the number of answers that it reads differently from ours, None for ours; examples: some of them.
    """

    scorer: str
    """Its name."""

    rule: str
    """How it reads and scores, in one sentence."""

    primary: str
    """Its headline metric."""

    values: dict[str, Value]
    differs: int | None = None
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScore:
    """One label or entity type. partial, typed: F1 with half points for overlaps, and by overlap alone; entities only.

    None if there is nothing to divide by.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    gold: int
    predicted: int
    partial: float | None = None
    typed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The details of our scorer.

    classes: by label or type. reasons: of INVALID answers, with their number. misses: errors of entities by kind.
    shapes: of the answers that cannot be read, where they are more than half.
    risks: share of wrong answers when only the most confident share of the rows is answered, by that share; aurc: the
    area under that curve. Both only for log-likelihoods.
    """

    classes: list[ClassScore] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    misses: dict[str, int] = field(default_factory=dict)
    shapes: list[Shape] = field(default_factory=list)
    risks: dict[str, float] = field(default_factory=dict)
    aurc: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that is shown. unfit: scorers that cannot score these labels, with the reason.

    resamples: of the bootstrap. repeats: which of several answers to a row counts. recorded: where the file lies
    beside a record of its task. notes: sentences for people.
    """

    table: Table
    """The answers as they were read."""

    columns: Columns
    """Which column was taken for what."""

    target: Target
    """What the answers are scored against."""

    case: Case
    """The rows that were scored, each with its answer."""

    scored: list[Scored]
    """The scores, by scorer in the order asked for."""

    details: Details
    """By label or type, and why answers are INVALID."""

    unfit: dict[str, str]
    resamples: int
    repeats: str | None = None
    recorded: Recorded | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        """The rows that were scored."""
        return len(self.case.docs)

    def value(self, scorer: str, metric: str) -> Any:
        """The Value, or None."""
        return next((scored.values.get(metric) for scored in self.scored if scored.scorer == scorer), None)
