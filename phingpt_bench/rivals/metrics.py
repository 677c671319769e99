"""Scores that rivals print and we do not: scikit-learn's and seqeval's, where no label set is fixed.

Confusion counts have the shape (..., k, k + 1), as in scoring/classification.py; columns beyond those are ignored.
Entity counts have the shape (..., types + 1, 3): true, predicted, gold, with all unknown types in the last line.
"""

from __future__ import annotations

import numpy as np

from phingpt_bench.scoring import classification
from phingpt_bench.scoring.ratio import ratio


def confusion(counts: np.ndarray) -> np.ndarray:
    """The first k + 1 columns of counts (..., k, k + 1 + extra)."""
    counts = np.asarray(counts)
    return counts[..., : counts.shape[-2] + 1]


def accuracy(counts: np.ndarray) -> np.ndarray:
    """Right answers over all rows."""
    return classification.accuracy(confusion(counts))


def f1_weighted(counts: np.ndarray) -> np.ndarray:
    """The mean F1 of the classes, weighted by their gold rows."""
    return classification.f1_weighted(confusion(counts))


def precision_weighted(counts: np.ndarray) -> np.ndarray:
    """Precision of each class, 0 if it was never predicted, weighted by the gold rows."""
    counts = confusion(counts)
    support = counts.sum(-1)
    return ratio((_over(_hits(counts), counts.sum(-2)[..., :-1]) * support).sum(-1), support.sum(-1))


def f1_macro_seen(counts: np.ndarray) -> np.ndarray:
    """The mean F1 of the classes that are gold or predicted: scikit-learn's default without `labels`."""
    counts = confusion(counts)
    return _mean_f1(counts, (counts.sum(-1) + counts.sum(-2)[..., :-1]) > 0)


def f1_macro_gold(counts: np.ndarray) -> np.ndarray:
    """The mean F1 of the classes that are gold: `labels` made from the gold answers."""
    counts = confusion(counts)
    return _mean_f1(counts, counts.sum(-1) > 0)


def missing(counts: np.ndarray) -> np.ndarray:
    """The share of answers without a readable label."""
    counts = confusion(counts)
    return ratio(counts[..., -1].sum(-1), counts.sum((-2, -1)))


def entity_precision(counts: np.ndarray) -> np.ndarray:
    """Micro precision; 0 without predictions, as seqeval has it."""
    n_true, n_pred, _ = np.moveaxis(np.asarray(counts).sum(-2), -1, 0)
    return _over(n_true, n_pred)


def entity_recall(counts: np.ndarray) -> np.ndarray:
    """Micro recall; 0 without gold entities."""
    n_true, _, n_gold = np.moveaxis(np.asarray(counts).sum(-2), -1, 0)
    return _over(n_true, n_gold)


def entity_f1(counts: np.ndarray) -> np.ndarray:
    """Micro F1; 0 without any entity."""
    n_true, n_pred, n_gold = np.moveaxis(np.asarray(counts).sum(-2), -1, 0)
    return _over(2 * n_true, n_pred + n_gold)


def entity_f1_macro(counts: np.ndarray) -> np.ndarray:
    """The mean F1 of the types that are gold or predicted, all unknown types as one; 0 without any."""
    n_true, n_pred, n_gold = np.moveaxis(np.asarray(counts), -1, 0)
    return _over(_over(2 * n_true, n_pred + n_gold).sum(-1), ((n_pred + n_gold) > 0).sum(-1))


def _hits(counts: np.ndarray) -> np.ndarray:
    return np.diagonal(counts[..., :-1], axis1=-2, axis2=-1)


def _mean_f1(counts: np.ndarray, of: np.ndarray) -> np.ndarray:
    f1 = _over(2 * _hits(counts), counts.sum(-1) + counts.sum(-2)[..., :-1])
    return ratio((f1 * of).sum(-1), of.sum(-1))


def _over(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Their ratio; 0 if the denominator is 0."""
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1), 0.0)
