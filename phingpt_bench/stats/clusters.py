"""Rows that share a document: counts are summed by cluster, and clusters are used instead of rows.

A score is a function of sums, so resampling or swapping whole clusters is resampling or swapping rows of summed counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from phingpt_bench.stats import special
from phingpt_bench.stats.interval import Interval, wilson

Clusters = Sequence[int] | np.ndarray  # the cluster of each row; empty: every row is independent


def summed(rows: np.ndarray, clusters: Clusters | None) -> np.ndarray:
    """The counts of each cluster, (G, ...), in the order of their numbers; `rows` itself without clusters.

    ValueError unless each row has a cluster.
    """
    if clusters is None or len(clusters) == 0:
        return rows
    if len(clusters) != len(rows):
        raise ValueError(f"{len(clusters)} clusters for {len(rows)} rows")
    order = np.argsort(clusters, kind="stable")
    ordered = np.asarray(clusters)[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return np.add.reduceat(np.asarray(rows)[order], first, axis=0)


def effective(sizes: np.ndarray) -> float:
    """The number of equal clusters with the same evidence on a variance: (sum of sizes)^2 / sum of sizes^2 (Kish 1965).

    If all have one size, this is their number. At least 2, so that there is a quantile.
    """
    return max(2.0, float(np.sum(sizes)) ** 2 / float(np.sum(np.square(sizes, dtype=float))))


def independent(n: int, clusters: Clusters | None) -> float:
    """The effective number of clusters of n rows; n without clusters."""
    return float(n) if clusters is None or len(clusters) == 0 else effective(summed(np.ones(n), clusters))


def equivalent_rows(right: np.ndarray, sizes: np.ndarray, level: float = 0.95) -> float:
    """The number of independent rows that G clusters are equivalent to, for an accuracy.

    right, sizes: (G,) right answers and rows of each cluster.
    The design effect is the variance of right.sum() / sizes.sum() by leaving each cluster out once (jackknife), divided
    by that of the same number of independent rows (Kish 1965; Rao and Scott 1992), at least 1. Since few clusters do
    not show their variance well, the number is also reduced by the ratio of the squared t quantiles, of `effective`
    clusters and of the rows (Korn and Graubard 1998). If all rows are right, or all wrong, nothing shows how similar
    the rows of a cluster are, and each cluster counts as one row. ValueError for fewer than two clusters.
    """
    groups, n = len(sizes), int(np.sum(sizes))
    if groups < 2:
        raise ValueError(f"{groups} clusters have no variance")
    share = float(np.sum(right)) / n
    if share in (0.0, 1.0):
        return float(groups)
    left_out = (right - share * sizes) / (n - sizes)
    variance = (groups - 1) / groups * float((left_out**2).sum())
    effect = max(1.0, variance / (share * (1 - share) / n))
    tail, free = (1 + level) / 2, effective(sizes) - 1
    return n / effect * float(special.stdtrit(n - 1, tail) / special.stdtrit(free, tail)) ** 2


def wilson_clustered(right: np.ndarray, sizes: np.ndarray, level: float = 0.95) -> Interval | None:
    """Wilson's interval of an accuracy over `equivalent_rows` rows; None for fewer than two clusters."""
    if len(sizes) < 2:
        return None
    n = equivalent_rows(right, sizes, level)
    found = wilson(float(np.sum(right)) / float(np.sum(sizes)) * n, n, level)
    assert found is not None
    return Interval(found.low, found.high, level, "wilson-clustered")


def sign_flip_p(differences: np.ndarray) -> float:
    """The exact two-sided p of a sum of whole numbers if each sign is equally likely.

    P(|sum of +-|d|| >= |sum of d|) over all 2^G choices of signs (Fisher 1935), by convolution (Pagano and Tritchler
    1983) and not by chance. With differences of -1, 0 and 1 alone it is the exact McNemar test. 1 if all are 0.
    """
    values, counts = np.unique(np.abs(np.asarray(differences, dtype=np.int64)), return_counts=True)
    chosen = np.ones(1)  # the distribution of the sum of sizes with a positive sign
    for value, count in zip(values[values > 0].tolist(), counts[values > 0].tolist(), strict=True):
        spread = np.zeros(value * count + 1)
        spread[::value] = _coins(count)
        chosen = np.convolve(chosen, spread)
    whole = len(chosen) - 1
    extreme = np.abs(2 * np.arange(whole + 1) - whole) >= abs(int(np.sum(differences)))
    return stored_p(float(chosen[extreme].sum()))


def stored_p(p: float) -> float:
    """A computed p from above 0 (also where it is too small for a float) to 1, with twelve digits.

    Further digits differ between processors, which sum in another order: a board would not be the same byte for byte.
    """
    return min(1.0, max(float(f"{p:.12g}"), math.ulp(0.0)))


def _coins(n: int) -> np.ndarray:
    """The probabilities of 0 to n heads."""
    heads = np.arange(n + 1)
    orders: np.ndarray = special.gammaln(n + 1) - special.gammaln(heads + 1) - special.gammaln(n - heads + 1)
    return np.exp(orders - n * math.log(2))
