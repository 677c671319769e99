"""What a comparison holds by row and by class: of labels, of entities and of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.stats.changes import Change

# For a row with an answer that is right or wrong as a whole (a label; all entities of a text, and no other):
# wrong in A and right in B; right in A and wrong in B; the same wrong answer in both; two wrong answers; right in both.
FATES = ("fixed", "broken", "same-error", "different-error", "right")
# For a row with a number: the error of B is smaller than that of A, larger, or the same.
ERROR_FATES = ("better", "worse", "equal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A label or an entity type: its gold rows (or entities), precision and recall."""

    name: str
    """The label or entity type."""

    gold: int
    """Number of rows or entities of this class."""

    precision: Change
    """In A, in B, and the change."""

    recall: Change
    """In A, in B, and the change."""

    f1: Change
    """In A, in B, and the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """One row with a label.

    gold, a, b: places in the label set; -1 is INVALID.
    margin_a, margin_b: the probability of the chosen label minus that of the best other label; None if the answer was
        written or has no finite probability.
    """

    id: str
    fate: str
    gold: int
    a: int
    b: int
    margin_a: float | None
    margin_b: float | None
    probs_a: tuple[float, ...] | None
    probs_b: tuple[float, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Ids of rows with one polarity that were answered with the opposite one: by B alone, by A alone, by both.

    polar: the number of rows that have a polarity.
    """

    introduced: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    polar: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Over the n rows with probabilities in both. overconfidence: mean confidence minus accuracy."""

    n: int
    brier: Change
    ece: Change
    confidence: Change
    overconfidence: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """confusion: counts gold by predicted, INVALID last, (k, k + 1); shift: that of B minus that of A."""

    labels: tuple[str, ...]
    confusion_a: tuple[tuple[int, ...], ...]
    confusion_b: tuple[tuple[int, ...], ...]
    shift: tuple[tuple[int, ...], ...]
    classes: tuple[Class, ...]
    flips: Flips | None
    calibration: Calibration | None
    rows: tuple[LabelRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entity by offset.

    type: its place in the list of types.
    why: None if it is right, otherwise a kind of scoring.ner.Miss: "type", "boundary" or "missed" for a gold entity;
        "type", "boundary" or "spurious" for a prediction.
    """

    start: int
    end: int
    type: int
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldEntity:
    """A gold entity, and why A and B missed it (None: they have it)."""

    start: int
    end: int
    type: int
    why_a: str | None
    why_b: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRow:
    """One row with entities.

    errors_a, errors_b: false positives plus false negatives. misses: counts by kind.
    gold, a, b: None if a record holds no offsets.
    """

    id: str
    fate: str
    errors_a: int
    errors_b: int
    invalid_a: bool
    invalid_b: bool
    gold: tuple[GoldEntity, ...] | None = None
    a: tuple[Found, ...] | None = None
    b: tuple[Found, ...] | None = None
    misses_a: dict[str, int] | None = None
    misses_b: dict[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """Gold entities by which run found them, and wrong predictions by which run made them.

    Without offsets (`exact` False) these come from counts by row and type, and are bounds: `gained`, `lost`, `dropped`
    and `introduced` are lower bounds, `kept`, `neither` and `repeated` upper bounds.
    """

    exact: bool
    kept: int
    gained: int
    lost: int
    neither: int
    repeated: int
    dropped: int
    introduced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """misses: the number of wrong entities by kind over all rows; None if a record does not have it."""

    types: tuple[str, ...]
    classes: tuple[Class, ...]
    entities: Entities
    misses: dict[str, Change] | None
    rows: tuple[SpanRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """gold, a, b: numbers; a and b are None if INVALID. errors: absolute; the largest on the scale if INVALID."""

    id: str
    fate: str
    gold: float
    a: float | None
    b: float | None
    error_a: float
    error_b: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """flips: ids as in `Flips`, of rows whose gold and prediction have opposite signs."""

    flips: Flips
    rows: tuple[ScoreRow, ...]
