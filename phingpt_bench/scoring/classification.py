"""Label scores from confusion counts, over a fixed label set with INVALID as one more predicted class.

Each score takes summed confusion counts of shape (..., k, k + 1), gold by row and predicted by column with INVALID
last, and gives shape (...). INVALID is a wrong answer in every class and a right one in none. Without any row (all
counts zero) a score is nan: callers write None. The definitions are those of scikit-learn with `labels=range(k)` and
`zero_division=0`: a class without gold rows and without predictions has F1 0 and counts in the macro mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phingpt_bench.scoring.ratio import ratio

INVALID = -1


def row_confusion(gold: Sequence[int] | np.ndarray, pred: Sequence[int] | np.ndarray, k: int) -> np.ndarray:
    """One-hot confusion counts by row, shape (n, k, k + 1), int64; pred -1 is INVALID, the last column.

    ValueError for unequal lengths, gold outside 0..k-1 or pred outside -1..k-1.
    """
    right, said = aligned(gold, pred, k)
    rows = np.zeros((right.size, k, k + 1), dtype=np.int64)
    rows[np.arange(right.size), right, np.where(said == INVALID, k, said)] = 1
    return rows


def aligned(
    gold: Sequence[int] | np.ndarray, pred: Sequence[int] | np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Both as int64 (n,). ValueError for unequal lengths, gold outside 0..k-1 or pred outside -1..k-1."""
    right, said = np.asarray(gold, dtype=np.int64), np.asarray(pred, dtype=np.int64)
    if right.shape != said.shape or right.ndim != 1:
        raise ValueError(f"gold and pred must be aligned lists, not of shape {right.shape} and {said.shape}")
    if right.size and (right.min() < 0 or right.max() >= k or said.min() < INVALID or said.max() >= k):
        raise ValueError(f"gold must lie in 0..{k - 1} and pred in -1..{k - 1}")
    return right, said


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Right answers over all rows."""
    return ratio(_hits(confusion).sum(-1), _rows(confusion))


def f1_macro(confusion: np.ndarray) -> np.ndarray:
    """The plain mean of the F1 of all k classes, absent ones included with 0."""
    return _unless_empty(confusion, _f1_by_class(confusion).mean(-1))


def f1_weighted(confusion: np.ndarray) -> np.ndarray:
    """The mean of the F1 of all classes, weighted by their gold rows."""
    support = _gold(confusion)
    return ratio((_f1_by_class(confusion) * support).sum(-1), support.sum(-1))


def f1_by_question(counts: np.ndarray) -> np.ndarray:
    """The mean over the questions of their weighted F1, from (..., questions, k, k + 1), as BloombergGPT averages.

    A question without rows is left out; nan without any.
    """
    scores = f1_weighted(counts)
    asked = ~np.isnan(scores)
    return ratio(np.where(asked, scores, 0.0).sum(-1), asked.sum(-1))


def f1_weighted_valid(confusion: np.ndarray) -> np.ndarray:
    """Weighted F1 over the rows with a readable answer alone; nan without any.

    Beside f1_weighted it splits a gain: what remains here is knowledge, the rest is form.
    """
    valid = np.array(confusion, dtype=float)
    valid[..., -1] = 0
    return f1_weighted(valid)


def invalid_rate(confusion: np.ndarray) -> np.ndarray:
    """INVALID answers over all rows."""
    confusion = np.asarray(confusion)
    return ratio(confusion[..., -1].sum(-1), _rows(confusion))


def mcc(confusion: np.ndarray) -> np.ndarray:
    """Matthews correlation for k classes (Gorodkin 2004, R_K), INVALID as one more predicted class.

    0 if it is undefined because gold, or the predictions, are all of one class (as scikit-learn has it).
    """
    counts = np.asarray(confusion, dtype=float)
    n, gold, pred = _rows(counts), _gold(counts), _predicted(counts)
    covariance = _hits(counts).sum(-1) * n - (gold * pred[..., :-1]).sum(-1)  # no gold row is INVALID
    spread = (n**2 - (gold**2).sum(-1)) * (n**2 - (pred**2).sum(-1))
    return _unless_empty(confusion, np.where(spread > 0, covariance / np.sqrt(np.where(spread > 0, spread, 1.0)), 0.0))


def by_class(confusion: np.ndarray) -> np.ndarray:
    """[precision, recall, F1] of each class, shape (..., k, 3).

    nan if there is nothing to divide by: precision without predictions of the class, recall without gold rows, F1
    without either. INVALID is no prediction of any class, and a gold row that was not found.
    """
    hits, counts = _hits(confusion), np.asarray(confusion)
    gold, pred = _gold(counts), _predicted(counts)[..., :-1]
    return np.stack([ratio(hits, pred), ratio(hits, gold), ratio(2 * hits, gold + pred)], axis=-1)


def _gold(confusion: np.ndarray) -> np.ndarray:
    """The gold rows by class, shape (..., k). einsum sums short axes five times as fast as np.sum, and to the same."""
    sums: np.ndarray = np.einsum("...ij->...i", confusion)
    return sums


def _predicted(confusion: np.ndarray) -> np.ndarray:
    """The predictions by class and INVALID, shape (..., k + 1)."""
    sums: np.ndarray = np.einsum("...ij->...j", confusion)
    return sums


def _rows(confusion: np.ndarray) -> np.ndarray:
    """All rows, shape (...)."""
    sums: np.ndarray = np.einsum("...ij->...", confusion)
    return sums


def _hits(confusion: np.ndarray) -> np.ndarray:
    """The right answers by class, shape (..., k)."""
    confusion = np.asarray(confusion)
    return np.diagonal(confusion[..., : confusion.shape[-2]], axis1=-2, axis2=-1)


def _f1_by_class(confusion: np.ndarray) -> np.ndarray:
    """F1 by class, shape (..., k); 0 for a class that is neither gold nor predicted."""
    confusion = np.asarray(confusion)
    both = _gold(confusion) + _predicted(confusion)[..., :-1]
    return 2 * _hits(confusion) / np.where(both > 0, both, 1)


def _unless_empty(confusion: np.ndarray, score: np.ndarray) -> np.ndarray:
    return np.where(_rows(confusion) > 0, score, np.nan)
