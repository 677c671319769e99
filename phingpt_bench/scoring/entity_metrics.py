"""Entity scores from strict counts that are summed over rows: shape (..., types + 1, 3), see scoring/ner.py."""

from __future__ import annotations

import numpy as np


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

    nan if nothing is gold and nothing was predicted: seqeval says 0 there, though no answer is wrong.
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


def by_type(counts: np.ndarray) -> np.ndarray:
    """[precision, recall, F1] of each type, shape (..., types, 3); nan if there is nothing to divide by.

    Pieces of unknown type belong to no type.
    """
    n_true, n_pred, n_gold = np.moveaxis(np.asarray(counts, dtype=float)[..., :-1, :], -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([n_true / n_pred, n_true / n_gold, 2 * n_true / (n_pred + n_gold)], axis=-1)


def _pooled(counts: np.ndarray) -> np.ndarray:
    """True, predicted and gold over all types, shape (3, ...)."""
    return np.moveaxis(np.asarray(counts).sum(-2), -1, 0)


def _f1(n_true: np.ndarray, both: np.ndarray) -> np.ndarray:
    """F1 from true positives and predicted + gold; nan if both are 0."""
    return np.where(both > 0, 2 * n_true / np.maximum(both, 1), np.nan)
