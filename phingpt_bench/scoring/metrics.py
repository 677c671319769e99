"""The metrics by name: each is a function of counts that are summed over rows.

`METRICS[name].function(row_counts(outcomes).sum(0))` is the score, and resampled sums give its interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import Outcomes
from phingpt_bench.scoring import classification


@dataclass(frozen=True, slots=True)
class Metric:
    """A score and what is to be known of it.

    kind: of the tasks it belongs to, "labels" or "spans".
    function: from summed counts, (..., k, k + 1) for labels and (..., types + 1, 3) for spans, to (...); nan where the
        score is undefined.
    title: for the head of a column.
    """

    name: str
    kind: str
    function: Callable[[np.ndarray], np.ndarray]
    higher_is_better: bool
    title: str


def entity_precision(counts: np.ndarray) -> np.ndarray:
    """True over predicted, all types and the unreadable pieces together; 0 without predictions, nan as in entity_f1."""
    n_true, n_pred, n_gold = _pooled(counts)
    return np.where(n_pred + n_gold > 0, n_true / np.maximum(n_pred, 1), np.nan)


def entity_recall(counts: np.ndarray) -> np.ndarray:
    """True over gold, all types together; 0 without gold entities, nan as in entity_f1."""
    n_true, n_pred, n_gold = _pooled(counts)
    return np.where(n_pred + n_gold > 0, n_true / np.maximum(n_gold, 1), np.nan)


def entity_f1(counts: np.ndarray) -> np.ndarray:
    """Micro F1, strict (the F1 of CoNLL-2003 and seqeval); counts of shape (..., types + 1, 3).

    nan where nothing is gold and nothing was predicted: seqeval says 0 there, though no answer is wrong.
    """
    n_true, n_pred, n_gold = _pooled(counts)
    return _f1(n_true, n_pred + n_gold)


def entity_f1_macro(counts: np.ndarray) -> np.ndarray:
    """The mean F1 of the types that are gold or predicted (as seqeval); nan without any.

    Pieces of unknown type belong to no type and do not lower this score; they lower `entity_f1`.
    """
    n_true, n_pred, n_gold = np.moveaxis(np.asarray(counts)[..., :-1, :], -1, 0)
    present = n_pred + n_gold > 0
    total = np.where(present, _f1(n_true, n_pred + n_gold), 0.0).sum(-1)
    return np.where(present.any(-1), total / np.maximum(present.sum(-1), 1), np.nan)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("acc", "labels", classification.accuracy, True, "Accuracy"),
        Metric("f1_weighted", "labels", classification.f1_weighted, True, "F1 weighted"),
        Metric("f1_macro", "labels", classification.f1_macro, True, "F1 macro"),
        Metric("mcc", "labels", classification.mcc, True, "MCC"),
        Metric("entity_f1", "spans", entity_f1, True, "Entity F1"),
        Metric("entity_precision", "spans", entity_precision, True, "Entity precision"),
        Metric("entity_recall", "spans", entity_recall, True, "Entity recall"),
        Metric("entity_f1_macro", "spans", entity_f1_macro, True, "Entity F1 macro"),
    )
}


def row_counts(outcomes: Outcomes) -> np.ndarray:
    """The counts by row, int64: (n, k, k + 1) for labels, (n, types + 1, 3) for spans. BenchError if inconsistent."""
    n, k = len(outcomes.ids), len(outcomes.labels)
    try:
        if outcomes.kind == "labels":
            rows = classification.row_confusion(outcomes.gold, outcomes.pred, k)
        elif outcomes.kind == "spans":
            rows = np.array(outcomes.counts, dtype=np.int64).reshape(len(outcomes.counts), k + 1, 3)
        else:
            raise BenchError(f"outcomes of unknown kind '{outcomes.kind}'", hint="known: labels, spans")
    except ValueError as err:  # outcomes come from a file that somebody may have edited
        raise BenchError(f"outcomes are inconsistent ({err})") from None
    if len(rows) != n:
        raise BenchError(f"outcomes hold {n} ids, but {len(rows)} rows")
    return rows


def score_all(outcomes: Outcomes) -> dict[str, float | None]:
    """All metrics of the outcomes' kind by name; None where a score is undefined (no row, or no entity at all)."""
    total = row_counts(outcomes).sum(0)
    scores = {name: float(m.function(total)) for name, m in METRICS.items() if m.kind == outcomes.kind}
    return {name: None if np.isnan(score) else score for name, score in scores.items()}


def _pooled(counts: np.ndarray) -> np.ndarray:
    """True, predicted and gold over all types, shape (3, ...)."""
    return np.moveaxis(np.asarray(counts).sum(-2), -1, 0)


def _f1(n_true: np.ndarray, both: np.ndarray) -> np.ndarray:
    """F1 from true positives and predicted + gold; nan where both are 0."""
    return np.where(both > 0, 2 * n_true / np.maximum(both, 1), np.nan)
