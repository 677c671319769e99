"""The smallest true difference that a paired test detects in four of five samples.

"Not different" says little where the rows are few. A test of size ALPHA finds a true difference d with a probability,
its power; `detectable` is the d at which that is POWER, for rows that vary as these do. It is a property of the rows
and of the two systems, and the same whichever of them is better. It is not a test, and no interval.
"""

from __future__ import annotations

import math

import numpy as np

from phingpt_bench.stats import resample, special
from phingpt_bench.stats.clusters import Clusters, independent, summed
from phingpt_bench.stats.paired import ALPHA, clustered_difference
from phingpt_bench.stats.resample import SEED, Score
from phingpt_bench.stats.score_interval import right
from phingpt_bench.stats.seeds import RESAMPLES, Spread

POWER = 0.8
_REACH = 9  # standard deviations of a binomial beyond which its mass is below 1e-18
_STEPS = 50  # halvings: to 1e-15


def detectable(
    rows_a: np.ndarray,
    rows_b: np.ndarray,
    name: str,
    metric: Score,
    *,
    clusters: Clusters | None = None,
    widest: float = 1.0,
    alpha: float = ALPHA,
    power: float = POWER,
) -> float | None:
    """The smallest true difference of a metric that `paired.paired_test` finds with this power; above 0.

    rows, name, metric, clusters: as there, (n, ...) counts of the same n rows. Accuracy on independent rows takes
    the exact power of the exact test (`detectable_exact`); all else a standard error (`detectable_from_error`), over
    clusters where rows share documents, by bootstrap where the metric is not accuracy.
    widest: the largest difference that there can be (of the metric's bounds).
    None if no difference could be found with this power (few rows), and where the rows say nothing of how
    differences vary: fewer than two rows or clusters, a metric other than accuracy of which no resample differs.
    ValueError for unequal shapes.
    """
    if rows_a.shape != rows_b.shape:
        raise ValueError(f"not the same rows: {rows_a.shape} and {rows_b.shape}")
    if len(rows_a) == 0:
        return None
    clustered = clusters is not None and 0 < len(set(clusters)) < len(rows_a)
    if name == "acc" and not clustered:
        return detectable_exact(right(rows_a, metric), right(rows_b, metric), alpha, power)
    units = independent(len(rows_a), clusters)
    if name == "acc":
        found = clustered_difference(right(rows_a, metric), right(rows_b, metric), clusters)
        error = None if found is None else found[2]
    else:
        error = bootstrap_error(rows_a, rows_b, metric, clusters=clusters)
    return None if error is None else detectable_from_error(error, units, widest=widest, alpha=alpha, power=power)


def detectable_exact(
    correct_a: np.ndarray, correct_b: np.ndarray, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """That of the exact McNemar test for n rows of which a share tells A and B apart; None if n is too small.

    The share is that of the rows (one added on either side, as in the interval of Bonett and Price 2012, so that it is
    never 0), or the difference itself where that is larger. Given it, the number of rows D that tell A and B apart is
    binomial, of these B alone has (1 + difference / share) / 2 right, and the power is the sum over D of the
    probability that the test rejects (Connor 1987 gives the same with normal quantiles, which is too small for few D).
    """
    n = len(correct_a)
    share = (int((correct_a != correct_b).sum()) + 2) / (n + 2)
    if n == 0 or _exact_power(1.0, n, 1.0, alpha) < power:
        return None
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        enough = _exact_power(middle, n, max(share, middle), alpha) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def _exact_power(difference: float, n: int, share: float, alpha: float) -> float:
    """The probability that the exact test finds a gain of `difference` on n rows of which `share` differ."""
    reach = _REACH * math.sqrt(n * share * (1 - share)) + _REACH
    drawn = np.arange(max(0, math.floor(n * share - reach)), min(n, math.ceil(n * share + reach)) + 1)
    # what a binomial (D, 1/2) leaves below a count must be at most alpha / 2: the largest such count, -1 for none
    most = np.floor(special.bdtrik(alpha / 2, drawn, 0.5) + 1e-9)
    most = np.where(np.nan_to_num(special.bdtr(most, drawn, 0.5), nan=1.0) <= alpha / 2, most, most - 1)
    losing = max(0.0, (1 - difference / share) / 2)
    found = np.where(most >= 0, np.nan_to_num(special.bdtr(np.maximum(most, 0), drawn, losing), nan=0.0), 0.0)
    weights = np.exp(
        special.gammaln(n + 1) - special.gammaln(drawn + 1) - special.gammaln(n - drawn + 1)
        + special.xlogy(drawn, share) + special.xlog1py(n - drawn, -share)
    )  # fmt: skip
    return float((weights * found).sum())


def bootstrap_error(
    rows_a: np.ndarray, rows_b: np.ndarray, metric: Score, *, clusters: Clusters | None = None
) -> float | None:
    """The standard error of the difference of two scores, rows of A and B drawn together; None if it has none.

    The draws are the same for A against B as for B against A.
    """
    pair = sorted((rows_a, rows_b), key=lambda rows: np.ascontiguousarray(rows, dtype=float).tobytes())
    units = summed(np.stack(pair, axis=1), clusters)
    if len(units) < 2:
        return None
    drawn = np.concatenate([metric(t[:, 1]) - metric(t[:, 0]) for t in resample.totals(units, RESAMPLES, SEED)])
    drawn = drawn[~np.isnan(drawn)]
    error = float(drawn.std(ddof=1)) if drawn.size > 1 else 0.0
    return error or None


def detectable_from_error(
    error: float, units: float, *, widest: float = 1.0, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """The difference d that a paired test finds where only the standard error of the difference is known.

    units: independent rows, or the effective number of clusters (`clusters.independent`). d solves

        d = t(1 - alpha / 2) sqrt(error^2 + d^2 / units) + t(power) error,    t with units - 1 degrees of freedom

    as a test that swaps answers takes them to be equal, and d itself then adds to what it sees them vary by (Connor
    1987 for proportions). None if no d up to `widest` solves it, and for fewer than two units. ValueError unless
    error > 0.
    """
    if error <= 0:
        raise ValueError(f"a standard error of {error} says nothing of how differences vary")
    if units < 2:
        return None
    size, found = (float(special.stdtrit(units - 1, tail)) for tail in (1 - alpha / 2, power))
    left = 1 - size**2 / units
    if left <= 0:
        return None
    root = math.sqrt(max(0.0, found**2 + left * (size**2 - found**2)))
    difference = error * (found + root) / left
    return difference if difference <= widest else None


def detectable_of_spread(spread: Spread, *, widest: float = 1.0) -> float | None:
    """That of the test of two means over seeds (`seeds.mean_test`): the half widths at both tails, added.

    None if nothing varies, and where it is more than `widest`.
    """
    difference = spread.half(ALPHA / 2) + spread.half(1 - POWER)
    return difference if 0 < difference <= widest else None
