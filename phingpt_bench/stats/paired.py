"""Two systems on the same rows: is B better than A, and by how much?

Everywhere A is the reference (the base model) and B the challenger (the tuned one): a positive difference is a gain.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from phingpt_bench.stats import resample, special
from phingpt_bench.stats.clusters import Clusters, effective, independent, sign_flip_p, stored_p, summed
from phingpt_bench.stats.resample import RESAMPLES, SEED, Score
from phingpt_bench.stats.score_interval import right

LEVEL = 0.95
ALPHA = 0.05  # the significance level
FEW = 1_000  # permutations to begin with where only the verdict is needed
MOST_RESAMPLES = 200_000  # the maximum for a permutation test without a clear verdict
OPEN = 3.0  # a verdict is open if p is within this many standard errors of ALPHA
_TIE = 1e-12  # two differences closer than this differ by rounding only


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The result of a paired test of A and B.

    difference: score of B minus score of A.
    low, high: its 95 % interval; None if one row alone gives none, and where none was asked for.
    p: two-sided, for the hypothesis that A and B are equally good.
    n: rows.
    method: "mcnemar-exact" or "permutation"; "sign-flip-exact" or "permutation-clustered" where rows share documents;
    "seeds" if one of them is the mean of several runs.
    resamples: permutations that p was counted from, None if it is exact or from a formula.
    Interval and p come from different methods and may disagree near 0.05: p decides.
    """

    difference: float
    low: float | None
    high: float | None
    p: float
    method: str
    n: int
    resamples: int | None = None


def mcnemar_exact(correct_a: Sequence[bool] | np.ndarray, correct_b: Sequence[bool] | np.ndarray) -> PairedTest | None:
    """The exact McNemar test for accuracy: two-sided binomial over the rows on which exactly one of the two is right.

    p = min(1, 2 P(X <= min(b, c))) with X ~ Bin(b + c, 1/2), so 1 if no row tells them apart. The interval is that
    of Bonett and Price (2012): a Wald interval after one row was added to b and one to c, so it has a width even if
    all rows agree (two systems that agree on n rows need not agree on the next).
    None for n = 0; one row can never be significant (p = 1). ValueError for unequal lengths.
    """
    a, b = _same_rows(correct_a, correct_b)
    n, gained, lost = len(a), int((b & ~a).sum()), int((a & ~b).sum())
    if n == 0:
        return None
    discordant = gained + lost
    p = stored_p(2 * float(special.bdtr(min(gained, lost), discordant, 0.5))) if discordant else 1.0
    difference = (gained - lost) / n
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    middle, spread = (gained - lost) / (n + 2), (discordant + 2) / (n + 2)
    half = z * math.sqrt((spread - middle**2) / (n + 2))
    return PairedTest(difference, max(-1.0, middle - half), min(1.0, middle + half), p, "mcnemar-exact", n)


def sign_flip_exact(
    correct_a: Sequence[bool] | np.ndarray, correct_b: Sequence[bool] | np.ndarray, clusters: Clusters
) -> PairedTest | None:
    """McNemar's test for rows that share documents: the answers of A and B are swapped by whole clusters.

    p is exact over all swaps (`clusters.sign_flip_p`), and that of `mcnemar_exact` if each row is a cluster.
    The interval is that of Bonett and Price (2012) with the variance over clusters and a t quantile for their effective
    number; if no row distinguishes A and B, the two rows that it adds are clusters of mean size, since nothing is known
    about the correlation of differences. None for fewer than two clusters.
    """
    a, b = _same_rows(correct_a, correct_b)
    found = clustered_difference(a, b, clusters)
    if found is None:
        return None
    units, middle, error = found
    half = float(special.stdtrit(effective(units[:, 1]) - 1, (1 + LEVEL) / 2)) * error
    return PairedTest(
        float(b.mean() - a.mean()), max(-1.0, middle - half), min(1.0, middle + half), sign_flip_p(units[:, 0]),
        "sign-flip-exact", len(a),
    )  # fmt: skip


def clustered_difference(
    correct_a: np.ndarray, correct_b: np.ndarray, clusters: Clusters | None
) -> tuple[np.ndarray, float, float] | None:
    """(units, middle, standard error) of the interval of `sign_flip_exact`; None for fewer than two clusters.

    units: [rows that only B has right minus those that only A has right, rows] by cluster, (clusters, 2).
    """
    differences = correct_b.astype(int) - correct_a
    units = summed(np.stack([differences, np.ones(len(differences), dtype=int)], axis=1), clusters)
    groups = len(units)
    if groups < 2:
        return None
    added = 1.0 if differences.any() else len(differences) / groups
    found, sizes = np.concatenate([units, [[added, added], [-added, added]]]).T
    middle = float(found.sum() / sizes.sum())
    variance = (groups + 2) / (groups + 1) * ((found - middle * sizes) ** 2).sum() / sizes.sum() ** 2
    return units, middle, math.sqrt(variance)


def _same_rows(
    correct_a: Sequence[bool] | np.ndarray, correct_b: Sequence[bool] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(correct_a, dtype=bool), np.asarray(correct_b, dtype=bool)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"not the same rows: {a.shape} and {b.shape}")
    return a, b


def paired_permutation(
    rows_a: np.ndarray,
    rows_b: np.ndarray,
    metric: Score,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    interval: bool = True,
    units: float | None = None,
    *,
    factors: Collection[int] = (),
) -> PairedTest | None:
    """The approximate randomisation test (Noreen 1989): the answers of A and B are swapped row by row at random.

    rows: (n, ...) counts of the same n rows. p = (1 + permutations at least as different) / (1 + resamples), which is
    never 0 (Phipson and Smyth 2010); a permutation with an undefined score counts against us. The interval is a
    percentile interval of the difference, rows of A and B drawn together, from the same seed, expanded for `units`
    (resample.percentiles; None: n); without `interval` it is left out (None), which changes nothing else and saves most
    of the time.
    factors: possible factors of a correction for several tests. While p times one of them is within OPEN standard
    errors of ALPHA, as many permutations again are drawn (RESAMPLES at most), up to MOST_RESAMPLES in all, so that the
    verdict does not depend on the seed. Without factors none are added.
    Identical systems: difference 0, p 1. None for n = 0 and where a score is undefined. One row: p is 1 and there is
    no interval.
    """
    rows_a, rows_b = np.asarray(rows_a), np.asarray(rows_b)
    if rows_a.shape != rows_b.shape:
        raise ValueError(f"not the same rows: {rows_a.shape} and {rows_b.shape}")
    n, shape = len(rows_a), rows_a.shape[1:]
    if n == 0:
        return None
    total_a, total_b = rows_a.sum(0), rows_b.sum(0)
    observed = float(metric(total_b)) - float(metric(total_a))
    if math.isnan(observed):
        return None

    types, counts = resample.distinct(rows_b - rows_a)
    moved = types.any(axis=1)  # a row with equal counts does not change in a swap
    types, counts = types[moved].astype(float), counts[moved]
    lone = counts == 1
    types, times = np.concatenate([types[lone], types[~lone]]), counts[~lone]
    generator = np.random.default_rng(seed)
    extreme = done = 0
    more = resamples
    while done == 0 or (done + more <= MOST_RESAMPLES and _is_open((1 + extreme) / (1 + done), done, factors)):
        for part in resample.chunks(more, len(types)):
            # for a unique row, a fair coin is cheaper than a binomial of one
            flips = generator.integers(0, 2, size=(part, int(lone.sum())), dtype=np.int8)
            swapped = np.concatenate([flips, resample.heads(generator, times, part)], axis=1)
            delta = (swapped @ types).reshape(part, *shape)
            differences = metric(total_b - delta) - metric(total_a + delta)
            extreme += int(part - (np.abs(differences) < abs(observed) - _TIE).sum())
        done += more
        more = min(done, RESAMPLES)
    p = (1 + extreme) / (1 + done)

    low = high = None
    if interval and n > 1:
        both = np.stack([rows_a, rows_b], axis=1)
        drawn = [metric(t[:, 1]) - metric(t[:, 0]) for t in resample.totals(both, resamples, seed)]
        low, high = resample.percentiles(np.concatenate(drawn), LEVEL, n if units is None else units) or (None, None)
    return PairedTest(observed, low, high, p, "permutation", n, done)


def _is_open(p: float, drawn: int, factors: Collection[int]) -> bool:
    """Whether p times one of the factors is within OPEN of its standard errors of ALPHA."""
    error = math.sqrt(p * (1 - p) / drawn)
    return any(abs(factor * p - ALPHA) < OPEN * factor * error for factor in factors)


def least_p(resamples: int | None) -> float:
    """The smallest p that so many permutations can give; 0 if p does not come from permutations."""
    return 0.0 if resamples is None else 1 / (1 + resamples)


def paired_test(
    rows_a: np.ndarray,
    rows_b: np.ndarray,
    name: str,
    metric: Score,
    seed: int = SEED,
    interval: bool = True,
    clusters: Clusters | None = None,
    *,
    factors: Collection[int] = (),
) -> PairedTest | None:
    """`mcnemar_exact` for the metric "acc", `paired_permutation` for every other. None for n = 0.

    interval: False if only the verdict is needed: permutations then begin with FEW. The exact test gives its interval
    all the same, at no cost.
    clusters: of each row; answers are swapped, and rows drawn, by whole clusters. None for fewer than two.
    factors: as in `paired_permutation`.
    """
    clustered = clusters is not None and 0 < len(set(clusters)) < len(rows_a)
    if name == "acc":
        hits = right(rows_a, metric), right(rows_b, metric)
        return mcnemar_exact(*hits) if clusters is None or not clustered else sign_flip_exact(*hits, clusters)
    few = RESAMPLES if interval else FEW
    options: dict[str, Any] = {"resamples": few, "seed": seed, "interval": interval, "factors": factors}
    if not clustered:
        return paired_permutation(rows_a, rows_b, metric, **options)
    units = summed(rows_a, clusters), summed(rows_b, clusters)
    if len(units[0]) < 2:
        return None
    found = paired_permutation(*units, metric, units=independent(len(rows_a), clusters), **options)
    return found and replace(found, method="permutation-clustered", n=len(rows_a))


def holm(pvalues: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values (Holm 1979) in the order given; None (no test was made) stays None and is not counted."""
    order = sorted((p, at) for at, p in enumerate(pvalues) if p is not None)
    adjusted: list[float | None] = [None] * len(pvalues)
    largest = 0.0
    for rank, (p, at) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        adjusted[at] = largest
    return adjusted
