"""Whether a model's confidence can be trusted: Brier score, expected calibration error, and risk against coverage.

`probs` are probabilities over k labels, one row of shape (k,) for each answer, from the log-likelihoods of the labels.
The answer of a row is its most probable label, the first listed among equals; its confidence is that probability.

A row with a nan probability (a label that could not be scored) counts as wrong with confidence 1: Brier 2, the worst
value, and first in the order of confidence. A model gains nothing by failing on hard rows.

Brier and ECE are functions of sums over rows, so that intervals and paired tests are bootstraps of sums. Risk and
coverage depend on the order of the rows and are not; `aurc` of resampled rows is needed there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phingpt_bench.scoring.ratio import ratio

COVERAGES = (0.5, 0.8, 0.9)  # shares of answered rows whose risk is shown
BINS = 15  # of ECE, as in Guo et al. 2017


def probabilities(log_likelihoods: np.ndarray) -> np.ndarray:
    """The softmax over labels of an array (n, k): probabilities given that the answer is one of the k labels.

    Large and small log-likelihoods are safe; -inf has probability 0. A row with nan or +inf, or of -inf alone, is nan.
    The log-likelihoods are taken as they are: where labels have different numbers of tokens, the longer one has the
    lower sum, and the caller decides whether to normalise before.
    """
    logits = _matrix(log_likelihoods)
    with np.errstate(invalid="ignore"):
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def brier_counts(gold: Sequence[int], probs: np.ndarray) -> np.ndarray:
    """[sum over the labels of (probability - 1 if gold else 0)^2, 1] by row, shape (n, 2).

    Brier 1950, in his own form over all classes: 0 to 2. With two labels it is twice what scikit-learn's
    brier_score_loss has. ValueError for arrays of other shapes, gold outside 0..k-1, and rows that are no
    probabilities (outside 0..1, or of a sum that differs from 1 by more than 0.001).
    """
    right, shares = _checked(gold, probs)
    errors = shares.copy()
    errors[np.arange(right.size), right] -= 1.0
    squared = np.where(np.isnan(shares).any(1), 2.0, (errors**2).sum(1))
    return np.stack([squared, np.ones(right.size)], axis=-1)


def brier(counts: np.ndarray) -> np.ndarray:
    """The mean Brier score from summed `brier_counts` (..., 2), shape (...); nan without rows.

    0 (right and sure) to 2 (wrong and sure); uniform probabilities have 1 - 1/k.
    """
    total, n = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    return ratio(total, n)


def ece_counts(gold: Sequence[int], probs: np.ndarray, bins: int = BINS) -> np.ndarray:
    """[count, right, confidence] of each row in the bin of its confidence, shape (n, bins, 3); zero in other bins.

    Bin i of m holds confidences in ((i - 1)/m, i/m], as in Guo et al. 2017. ValueError as in `brier_counts`, and for
    fewer than one bin.
    """
    if bins < 1:
        raise ValueError(f"at least one bin, not {bins}")
    right, confidence = _answers(gold, probs)
    rows = np.zeros((right.size, bins, 3))
    at = np.searchsorted(np.arange(1, bins) / bins, confidence, side="left")
    rows[np.arange(right.size), at] = np.stack([np.ones(right.size), right, confidence], axis=-1)
    return rows


def ece(counts: np.ndarray) -> np.ndarray:
    """The expected calibration error, 0 to 1, from summed `ece_counts` (..., bins, 3), shape (...); nan without rows.

    Guo et al. 2017, equation 3: the difference of accuracy and mean confidence in each bin, weighted by its rows. The
    estimate is biased upwards with few rows in a bin, and depends on the number of bins: compare it at the same number
    of rows only, and read Brier beside it.
    """
    count, right, confidence = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    n = count.sum(-1)
    return np.where(n > 0, np.abs(right - confidence).sum(-1) / np.where(n > 0, n, 1.0), np.nan)


def risk_coverage(gold: Sequence[int], probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(coverage, risk) when only the most confident rows are answered: two arrays of one shape, coverage rising to 1.

    One point for each distinct confidence that occurs: the share of rows at least as confident, and the share of
    wrong answers among them. Rows of equal confidence cannot be told apart by a threshold and are answered together,
    so the order of the rows never matters. Empty without rows. ValueError as in `brier_counts`.
    """
    right, confidence = _answers(gold, probs)
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(1.0 - right[order])
    falling = confidence[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if right.size else np.zeros(0, dtype=np.int64)
    answered = last + 1.0
    return answered / max(right.size, 1), wrong[last] / answered


def aurc(gold: Sequence[int], probs: np.ndarray) -> float:
    """The area under the curve of `risk_coverage`, 0 to 1, lower is better; nan without rows.

    Geifman and El-Yaniv 2017: the mean of the risk at the coverages 1/n, 2/n ... 1. Rows of equal confidence all have
    the risk of answering all of them. So a model whose confidence says nothing because it is always the same has its
    error rate, and that is what a useful confidence must lie below.
    """
    coverage, risk = risk_coverage(gold, probs)
    return float((np.diff(coverage, prepend=0.0) * risk).sum()) if risk.size else float("nan")


def risk_at(gold: Sequence[int], probs: np.ndarray, coverages: Sequence[float]) -> list[float]:
    """The risk at each of `coverages`: of the smallest set of most confident rows that is at least that share of all.

    With ties the set may be larger than asked for. Coverage 0 gives the risk of the most confident rows. nan without
    rows. ValueError for a coverage outside 0..1.
    """
    if not all(0 <= wanted <= 1 for wanted in coverages):
        raise ValueError("coverages lie in 0..1")
    coverage, risk = risk_coverage(gold, probs)
    if not risk.size:
        return [float("nan")] * len(coverages)
    at = np.searchsorted(
        coverage, np.asarray(coverages, dtype=float) - 1e-12, side="left"
    )  # 1e-12: 3 * 0.1 is over 0.3
    return [float(value) for value in risk[at]]


def _answers(gold: Sequence[int], probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(right as 0.0 or 1.0, confidence) by row."""
    of_gold, shares = _checked(gold, probs)
    lost = np.isnan(shares).any(1)
    right = (shares.argmax(1) == of_gold) & ~lost  # argmax takes the first among equals
    return right.astype(float), np.where(lost, 1.0, np.clip(shares.max(1), 0.0, 1.0))


def _checked(gold: Sequence[int], probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    right, shares = np.asarray(gold, dtype=np.int64), _matrix(probs)
    if right.shape != shares.shape[:1]:
        raise ValueError(f"gold and probabilities must be aligned, not of shape {right.shape} and {shares.shape}")
    if right.size and (right.min() < 0 or right.max() >= shares.shape[1]):
        raise ValueError(f"gold must lie in 0..{shares.shape[1] - 1}")
    known = shares[~np.isnan(shares).any(1)]
    if known.size and (known.min() < -1e-6 or known.max() > 1 + 1e-6 or np.abs(known.sum(1) - 1).max() > 1e-3):
        raise ValueError("probabilities must lie in 0..1 and sum to 1 in each row")
    return right, shares


def _matrix(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or values.shape[1] == 0:
        raise ValueError(f"an array of shape (rows, labels), not {values.shape}")
    return values
