"""Several runs that differ only in the seed: the interval of their mean, and the test of two such means.

All runs answered the same rows, so a hard row is hard for all of them: k runs on n rows are not k * n rows. Seeds and
rows are crossed, and the variance of the mean has two parts (Owen 2007 on such bootstraps):

    rows   variance of the mean of the k scores when rows (clusters) are drawn again, once for all runs
    seeds  s^2 / k, where s^2 is the variance of the k scores, less the part of it that is due to the rows and
           that drawing rows again adds a second time, E*[s*^2] - s^2: max(0, 2 s^2 - E*[s*^2]) / k

A bootstrap over two or three seeds would understate the second part by (k - 1) / k and could show no more than a few
values; s^2 / k is what it would give in the limit, without either fault. Each part has a t quantile of its own, with
G - 1 and with k - 1 degrees of freedom, and the half width is the square root of the sum of their squared half
widths (Zou and Donner 2008, for limits of independent parts). So two seeds that differ give a very wide interval
(t = 12.7), as they should, and seeds that differ no more than the rows explain add nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phingpt_bench.stats import resample, special
from phingpt_bench.stats.clusters import Clusters, independent, summed
from phingpt_bench.stats.interval import Interval, at_edge
from phingpt_bench.stats.paired import LEVEL, PairedTest
from phingpt_bench.stats.resample import Score
from phingpt_bench.stats.score_interval import counted

RESAMPLES = 2000  # for a variance: its own error is 3 %
METHOD = "seeds"


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance of a mean of scores (or of the difference of two): (variance, degrees of freedom) of each part.

    rows: by the rows. seeds: by the seeds, one part for each mean over several.
    """

    rows: tuple[float, float]
    seeds: tuple[tuple[float, float], ...]

    def half(self, tail: float) -> float:
        """Half the width of the interval that leaves out `tail` on each side."""
        parts = [part for part in (self.rows, *self.seeds) if part[0]]  # avoids 0 times infinity
        return math.sqrt(sum(variance * float(special.stdtrit(free, tail)) ** 2 for variance, free in parts))

    def p(self, difference: float) -> float:
        """Two-sided: twice the tail probability at which one end of the interval is 0; 1 if nothing varies."""
        if not difference or not self.half(0.25):
            return 1.0
        low, high = -700.0, math.log(0.5)  # of the logarithm of the tail
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.half(math.exp(middle)) > abs(difference) else (low, middle)
        return min(1.0, 2 * math.exp(high))


def mean_interval(
    runs: Sequence[np.ndarray],
    metric: Score,
    *,
    clusters: Clusters | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """The interval of the mean score of k >= 2 runs, each (n, ...) counts of the same rows in the same order.

    bounds: of the score; the interval is cut there, and there `at_edge` is taken if nothing varies. None for fewer
    than two rows (clusters), and where a score is undefined. ValueError for one run: its interval is that of
    `intervals.interval`.
    """
    scores = [float(metric(rows.sum(0))) for rows in runs]
    found = spread([runs], metric, clusters=clusters, resamples=resamples, seed=seed)
    if found is None:
        return None
    middle, half = float(np.mean(scores)), found.half((1 - LEVEL) / 2)
    edge = None if half else at_edge(middle, counted(runs[0], metric, clusters), bounds, LEVEL)
    return edge or Interval(max(bounds[0], middle - half), min(bounds[1], middle + half), LEVEL, METHOD)


def mean_test(
    runs_a: Sequence[np.ndarray],
    runs_b: Sequence[np.ndarray],
    metric: Score,
    *,
    matched: bool = False,
    clusters: Clusters | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> PairedTest | None:
    """Mean score of B minus mean score of A on the same rows, one of them or both of several runs.

    matched: the runs of A and B are paired by example seed, and the variance is that of their differences.
    A single run is taken as it is: what another seed would have made of it is not known.
    bounds: of the score; the interval of a difference is cut where no two scores can be further apart.
    p belongs to the interval; it is 1 if neither rows nor seeds let the difference vary. None as in `mean_interval`.
    """
    found = spread([runs_a, runs_b], metric, matched=matched, clusters=clusters, resamples=resamples, seed=seed)
    if found is None:
        return None
    means = [float(np.mean([metric(rows.sum(0)) for rows in runs])) for runs in (runs_a, runs_b)]
    difference, half, widest = means[1] - means[0], found.half((1 - LEVEL) / 2), bounds[1] - bounds[0]
    low, high = max(-widest, difference - half), min(widest, difference + half)
    return PairedTest(difference, low, high, found.p(difference), METHOD, len(runs_a[0]))


def spread(
    groups: Sequence[Sequence[np.ndarray]],
    metric: Score,
    *,
    matched: bool = False,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Spread | None:
    """The variance of one mean, or of the difference of two: see the top of this file.

    groups: one or two lists of runs, (n, ...) each; of several runs in at least one. None as in `mean_interval`.
    """
    counts = [len(runs) for runs in groups]
    if max(counts) < 2 or (matched and len(set(counts)) > 1):
        raise ValueError(f"runs to be summed up: {counts}{', matched' if matched else ''}")
    every = [rows for runs in groups for rows in runs]
    # the runs in an order that is always the same, so that A against B has the same draws as B against A
    order = sorted(range(len(every)), key=lambda at: np.ascontiguousarray(every[at], dtype=float).tobytes())
    together = summed(np.stack([every[at] for at in order], axis=1), clusters)
    if len(together) < 2:
        return None
    back = np.argsort(order)
    observed = np.asarray(metric(together.sum(0)))[back]
    drawn = np.concatenate(
        [np.asarray(metric(totals))[:, back] for totals in resample.totals(together, resamples, seed)]
    )
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    if np.isnan(observed).any() or len(drawn) < 2:
        return None
    ends = np.cumsum(counts)[:-1]
    seen, again = np.split(observed, ends), np.split(drawn, ends, axis=1)
    if len(groups) == 2 and matched:
        seen, again = [seen[1] - seen[0]], [again[1] - again[0]]
    signs = [1.0] if len(seen) == 1 else [-1.0, 1.0]
    mean = sum(sign * part.mean(axis=1) for sign, part in zip(signs, again, strict=True))
    parts = []
    for now, then in zip(seen, again, strict=True):
        if (k := len(now)) > 1:
            apart, expected = float(np.var(now, ddof=1)), float(np.var(then, axis=1, ddof=1).mean())
            parts.append((max(0.0, 2 * apart - expected) / k, k - 1))
    free = independent(len(groups[0][0]), clusters) - 1
    return Spread((float(np.var(mean, ddof=1)), free), tuple(parts))
