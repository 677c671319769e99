"""The comparison of two runs with entities: by type, gained and lost, kinds of misses, and each row's entities."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.results.comparison.labels import classes, counted, fate
from phingpt_bench.results.comparison.row_values import FATES, Class, Entities, Found, GoldEntity, SpanRow, Spans
from phingpt_bench.scoring import ner, statistics
from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.entity_metrics import by_type
from phingpt_bench.scoring.placed import Placed, placed
from phingpt_bench.stats.changes import Change, changes


def spans_of(a: Outcomes, b: Outcomes) -> tuple[dict[str, int], Spans]:
    """The counts of FATES and the details; the rows of `a` and `b` are in the same order.

    A row is right if it has all its entities and no other. BenchError if the offsets of a record disagree with its
    counts.
    """
    rows_a, rows_b = statistics.spans(a), statistics.spans(b)
    fates = span_fates(a, b)
    offsets = (placed(a), placed(b)) if a.entities and b.entities else None
    errors = zip(map(_errors, rows_a), map(_errors, rows_b), strict=True)
    rows = tuple(_row(at, a, b, fates[at], mine, theirs, offsets) for at, (mine, theirs) in enumerate(errors))
    return counted(fates, FATES), Spans(
        types=tuple(a.labels), classes=span_classes(a, b), misses=_misses(a, b), rows=rows,
        entities=_by_counts(rows_a, rows_b) if offsets is None else _by_offsets(*offsets),
    )  # fmt: skip


def span_classes(a: Outcomes, b: Outcomes) -> tuple[Class, ...]:
    """Precision, recall and F1 of each entity type."""
    rows_a, rows_b = statistics.spans(a), statistics.spans(b)
    return classes(a.labels, rows_a.sum(0)[:-1, 2], changes(rows_a, rows_b, by_type, a.clusters))


def span_fates(a: Outcomes, b: Outcomes) -> list[str]:
    """One of FATES by row; two wrong answers are equal if their counts and, if known, their offsets are."""
    pairs = list(zip(statistics.spans(a), statistics.spans(b), strict=True))
    alike = [bool(np.array_equal(x, y)) for x, y in pairs]
    if a.entities and b.entities:
        alike = [same and x == y for same, x, y in zip(alike, a.entities, b.entities, strict=True)]
    return [fate(not _errors(x), not _errors(y), same) for (x, y), same in zip(pairs, alike, strict=True)]


def _errors(counts: np.ndarray) -> int:
    """False positives plus false negatives of one row, (types + 1, 3)."""
    n_true, n_pred, n_gold = counts.sum(0)
    return int(n_pred + n_gold - 2 * n_true)


def _row(
    at: int, a: Outcomes, b: Outcomes, fate_: str, errors_a: int, errors_b: int, offsets: tuple[Placed, Placed] | None
) -> SpanRow:
    invalid_a, invalid_b = (bool(side.invalid and side.invalid[at]) for side in (a, b))
    row = SpanRow(
        id=a.ids[at], fate=fate_, errors_a=errors_a, errors_b=errors_b, invalid_a=invalid_a, invalid_b=invalid_b,
        misses_a=_row_misses(a, at), misses_b=_row_misses(b, at),
    )  # fmt: skip
    if offsets is None:
        return row
    mine, theirs = (side.predicted[at] for side in offsets)
    return _with_entities(row, offsets[0].gold[at], mine, theirs, a.labels)


def _row_misses(outcomes: Outcomes, at: int) -> dict[str, int] | None:
    """The number of misses of a row by kind, if known."""
    if not outcomes.misses:
        return None
    return {kind: n for kind, n in zip(ner.MISS_KINDS, outcomes.misses[at], strict=True) if n}


def _with_entities(
    row: SpanRow, gold: list[Span], mine: list[Span], theirs: list[Span], types: Sequence[str]
) -> SpanRow:
    """The row with its entities and their errors."""
    why = [ner.explain(gold, Parsed(side)) for side in (mine, theirs)]
    lacks = [{miss.gold: miss.kind for miss in misses if miss.gold} for misses in why]
    wrong = [{miss.predicted: miss.kind for miss in misses if miss.predicted} for misses in why]

    def at(span: Span) -> dict[str, int]:
        return {"start": span.start, "end": span.end, "type": list(types).index(span.type)}

    return dataclasses.replace(
        row,
        gold=tuple(GoldEntity(**at(span), why_a=lacks[0].get(span), why_b=lacks[1].get(span)) for span in gold),
        a=tuple(Found(**at(span), why=wrong[0].get(span)) for span in mine),
        b=tuple(Found(**at(span), why=wrong[1].get(span)) for span in theirs),
    )


def _by_counts(a: np.ndarray, b: np.ndarray) -> Entities:
    """The bounds from counts (n, types + 1, 3), row by row and type by type."""
    wrong_a, wrong_b = a[..., 1] - a[..., 0], b[..., 1] - b[..., 0]
    true_a, true_b = a[..., 0], b[..., 0]
    return Entities(
        exact=False,
        kept=_least(true_a, true_b),
        gained=_excess(true_b, true_a),
        lost=_excess(true_a, true_b),
        neither=int((a[..., 2] - np.maximum(true_a, true_b)).sum()),
        repeated=_least(wrong_a, wrong_b),
        dropped=_excess(wrong_a, wrong_b),
        introduced=_excess(wrong_b, wrong_a),
    )


def _by_offsets(a: Placed, b: Placed) -> Entities:
    """Exact values from offsets; wrong predictions without a place are paired by row and type."""
    found = dict.fromkeys(("kept", "gained", "lost", "neither"), 0)
    found |= {"repeated": _least(a.unplaced, b.unplaced), "dropped": _excess(a.unplaced, b.unplaced)}
    found["introduced"] = _excess(b.unplaced, a.unplaced)
    for row in zip(a.gold, a.predicted, b.predicted, strict=True):
        gold, mine, theirs = map(set, row)
        found["kept"] += len(gold & mine & theirs)
        found["gained"] += len(gold & theirs - mine)
        found["lost"] += len(gold & mine - theirs)
        found["neither"] += len(gold - mine - theirs)
        found["repeated"] += len(mine & theirs - gold)
        found["dropped"] += len(mine - theirs - gold)
        found["introduced"] += len(theirs - mine - gold)
    return Entities(exact=True, **found)


def _least(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.minimum(a, b).sum())


def _excess(a: np.ndarray, b: np.ndarray) -> int:
    """The sum of the amounts by which `a` exceeds `b`, cell by cell."""
    return int(np.maximum(a - b, 0).sum())


def _misses(a: Outcomes, b: Outcomes) -> dict[str, Change] | None:
    """The counts of each kind of miss over all rows; None if one record does not hold them."""
    mine, theirs = statistics.misses(a), statistics.misses(b)
    if mine is None or theirs is None:
        return None
    return dict(zip(ner.MISS_KINDS, changes(mine, theirs, lambda totals: totals, a.clusters), strict=True))
