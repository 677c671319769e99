"""Several runs that differ only in the seed: the interval of their mean, and the test of two such means.

All runs answered the same rows, so a hard row is hard for all of them: k runs on n rows are not k * n rows. Seeds and
rows are crossed, and the variance of the mean has two parts (Owen 2007 on such bootstraps):

    rows   variance of the mean of the k scores when rows (clusters) are drawn again, once for all runs
    seeds  s^2 / k, s^2 the variance of the k scores; from it goes what the rows alone make runs differ by,
           which drawing rows again adds once more: max(0, 2 s^2 - E*[s*^2]) / k

A bootstrap over two or three seeds would understate the second part by (k - 1) / k and could show no more than a few
values; s^2 / k is what it would give in the limit, without either fault. The interval is the mean +- t * sqrt(rows +
seeds), t with the degrees of freedom of Satterthwaite (1946): k - 1 where seeds make most of the variance, so two seeds
that differ give a very wide interval, as they should.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phingpt_bench.stats import resample, special
from phingpt_bench.stats.clusters import Clusters, summed
from phingpt_bench.stats.interval import Interval
from phingpt_bench.stats.paired import LEVEL, PairedTest
from phingpt_bench.stats.resample import Score

RESAMPLES = 2000  # for a variance: its own error is 3 %
METHOD = "seeds"


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance of a mean of scores (or of the difference of two) by its parts, and its degrees of freedom."""

    rows: float
    seeds: float
    freedom: float

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.rows + self.seeds)


def mean_interval(
    runs: Sequence[np.ndarray],
    metric: Score,
    *,
    clusters: Clusters | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """The interval of the mean score of k >= 2 runs, each (n, ...) counts of the same rows in the same order.

    bounds: of the score; the interval is cut there. None for fewer than two rows (clusters), and where a score is
    undefined. ValueError for one run: its interval is that of `intervals.interval`.
    """
    scores = [float(metric(rows.sum(0))) for rows in runs]
    found = spread([runs], metric, clusters=clusters, resamples=resamples, seed=seed)
    if found is None:
        return None
    middle, half = float(np.mean(scores)), _quantile(found, level) * found.error
    return Interval(max(bounds[0], middle - half), min(bounds[1], middle + half), level, METHOD)


def mean_test(
    runs_a: Sequence[np.ndarray],
    runs_b: Sequence[np.ndarray],
    metric: Score,
    *,
    matched: bool = False,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> PairedTest | None:
    """Mean score of B minus mean score of A on the same rows, one of them or both of several runs.

    matched: the runs of A and B go together one by one (same example seed), so that their differences vary and not
    each by itself. A single run is taken as it is: what another seed would have made of it is not known.
    p is that of the t test; 1 where neither rows nor seeds let the difference vary. None as in `mean_interval`.
    """
    found = spread([runs_a, runs_b], metric, matched=matched, clusters=clusters, resamples=resamples, seed=seed)
    if found is None:
        return None
    means = [float(np.mean([metric(rows.sum(0)) for rows in runs])) for runs in (runs_a, runs_b)]
    difference, half = means[1] - means[0], _quantile(found, LEVEL) * found.error
    p = 1.0 if found.error == 0 else 2 * float(special.stdtr(found.freedom, -abs(difference) / found.error))
    return PairedTest(difference, difference - half, difference + half, p, METHOD, len(runs_a[0]))


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
    together = summed(np.stack([rows for runs in groups for rows in runs], axis=1), clusters)
    if len(together) < 2:
        return None
    observed = np.asarray(metric(together.sum(0)))
    drawn = np.concatenate([np.asarray(metric(totals)) for totals in resample.totals(together, resamples, seed)])
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    if np.isnan(observed).any() or len(drawn) < 2:
        return None
    ends = np.cumsum(counts)[:-1]
    seen, again = np.split(observed, ends), np.split(drawn, ends, axis=1)
    if len(groups) == 2 and matched:
        seen, again = [seen[1] - seen[0]], [again[1] - again[0]]
    signs = [1.0] if len(seen) == 1 else [-1.0, 1.0]
    mean = sum(sign * part.mean(axis=1) for sign, part in zip(signs, again, strict=True))
    rows = float(np.var(mean, ddof=1))
    seeds, uncertain = 0.0, rows**2 / (len(together) - 1)
    for now, then in zip(seen, again, strict=True):
        k = len(now)
        if k > 1:
            apart, expected = float(np.var(now, ddof=1)), float(np.var(then, axis=1, ddof=1).mean())
            seeds += max(0.0, 2 * apart - expected) / k
            uncertain += (apart / k) ** 2 / (k - 1)
    return Spread(rows, seeds, (rows + seeds) ** 2 / uncertain if uncertain else math.inf)


def _quantile(found: Spread, level: float) -> float:
    return float(special.stdtrit(found.freedom, (1 + level) / 2))
