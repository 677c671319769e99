"""The additive counts by row that metrics are functions of, made from outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.scoring import calibration, classification, polarity, regression
from phingpt_bench.scoring.ner import MISS_KINDS


def confusion(outcomes: Outcomes) -> np.ndarray:
    """One-hot confusion counts, (n, k, k + 1)."""
    k = len(outcomes.labels)
    return _checked(outcomes, lambda: classification.row_confusion(outcomes.gold_places, outcomes.pred_places, k))


def written(outcomes: Outcomes) -> np.ndarray | None:
    """The confusion counts of answers that were written; None if labels were compared by likelihood."""
    return None if outcomes.probs else confusion(outcomes)


def questions(outcomes: Outcomes) -> np.ndarray | None:
    """The confusion counts, each in the place of its row's question, (n, questions, k, k + 1)."""
    if not outcomes.groups:
        return None
    rows = confusion(outcomes)
    return _checked(outcomes, lambda: by_question(rows, outcomes.groups))


def by_question(rows: np.ndarray, groups: Sequence[int]) -> np.ndarray:
    """Counts (n, ...) in the place of their row's question, (n, questions, ...); zeros for the other questions."""
    places = np.asarray(groups, dtype=np.int64)
    result = np.zeros((len(rows), places.max() + 1, *rows.shape[1:]), dtype=np.int64)
    result[np.arange(len(rows)), places] = rows
    return result


def flips(outcomes: Outcomes) -> np.ndarray | None:
    """[taken for the opposite pole, gold has a pole], (n, 2); None for labels without poles."""
    if polarity.polarity(outcomes.labels) is None:
        return None
    gold, pred = outcomes.gold_places, outcomes.pred_places
    return _checked(outcomes, lambda: polarity.flip_counts(gold, pred, outcomes.labels))


def brier(outcomes: Outcomes) -> np.ndarray | None:
    """[squared error, 1], (n, 2)."""
    if not outcomes.probs:
        return None
    return _checked(outcomes, lambda: calibration.brier_counts(outcomes.gold_places, probabilities(outcomes)))


def ece(outcomes: Outcomes) -> np.ndarray | None:
    """[rows, right, confidence] in the bin of the row's confidence, (n, bins, 3)."""
    if not outcomes.probs:
        return None
    return _checked(outcomes, lambda: calibration.ece_counts(outcomes.gold_places, probabilities(outcomes)))


def spans(outcomes: Outcomes) -> np.ndarray:
    """[true positives, predicted, gold] by type and one more row for unknown types, (n, types + 1, 3)."""
    k = len(outcomes.labels)
    return _checked(outcomes, lambda: np.array(outcomes.counts, dtype=np.int64).reshape(len(outcomes.counts), k + 1, 3))


def partial(outcomes: Outcomes) -> np.ndarray | None:
    """[exact, overlapping, predicted, gold], (n, 4); None in records that do not hold it."""
    return _checked(outcomes, lambda: np.array(outcomes.partial, dtype=np.int64)) if outcomes.partial else None


def typed(outcomes: Outcomes) -> np.ndarray | None:
    """[overlapping with the right type, predicted, gold], (n, 1, 3); None in records that do not hold it."""
    if not outcomes.typed:
        return None
    return _checked(outcomes, lambda: np.array(outcomes.typed, dtype=np.int64).reshape(-1, 1, 3))


def misses(outcomes: Outcomes) -> np.ndarray | None:
    """What is wrong with entities by kind (scoring.ner.MISS_KINDS), (n, 7); None in records that do not hold it."""
    k = len(MISS_KINDS)
    if not outcomes.misses:
        return None
    return _checked(outcomes, lambda: np.array(outcomes.misses, dtype=np.int64).reshape(len(outcomes.misses), k))


def errors(outcomes: Outcomes) -> np.ndarray:
    """The sums that regression scores are made of, (n, 7)."""

    def made() -> np.ndarray:
        predicted = [np.nan if value is None else value for value in outcomes.pred]
        return regression.error_counts(np.asarray(outcomes.gold, dtype=float), np.asarray(predicted, dtype=float))

    return _checked(outcomes, made)


def probabilities(outcomes: Outcomes) -> np.ndarray:
    """The label probabilities, (n, k); nan in rows without."""
    nothing = [np.nan] * len(outcomes.labels)
    return np.array([nothing if row is None else row for row in outcomes.probs], dtype=float)


STATISTICS: dict[str, Callable[[Outcomes], np.ndarray | None]] = {
    function.__name__: function
    for function in (
        confusion,
        written,
        questions,
        flips,
        brier,
        ece,
        spans,
        partial,
        typed,
        errors,
    )
}


def _checked(outcomes: Outcomes, make: Callable[[], np.ndarray]) -> np.ndarray:
    """What `make` gives, one row for each id; BenchError for outcomes that do not fit together."""
    try:
        rows = make()
    except (ValueError, TypeError, IndexError) as err:  # outcomes come from a file that somebody may have edited
        raise BenchError("outcomes are inconsistent ({reason})", reason=err) from None
    if len(rows) != len(outcomes.ids):
        raise BenchError("outcomes hold {ids} ids, but {rows} rows", ids=len(outcomes.ids), rows=len(rows))
    return rows
