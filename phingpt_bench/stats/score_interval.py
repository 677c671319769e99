"""The interval of one score: Wilson for accuracy, otherwise bootstrap; over clusters where rows share documents."""

from __future__ import annotations

import math

import numpy as np

from phingpt_bench.stats import resample
from phingpt_bench.stats.clusters import Clusters, independent, summed, wilson_clustered
from phingpt_bench.stats.interval import Interval, at_edge, wilson
from phingpt_bench.stats.resample import RESAMPLES, SEED, Score


def bootstrap(
    rows: np.ndarray,
    metric: Score,
    *,
    clusters: Clusters | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval | None:
    """The expanded percentile interval of `metric(rows.sum(0))`, rows (n, ...) of counts, drawn whole.

    clusters: of each row; these are then drawn whole, not rows (Davison and Hinkley 1997, section 3.8).
    None for fewer than two rows (clusters), which cannot vary, and where the score is undefined (nan) in every
    resample; resamples where it is undefined are left out otherwise. Where all rows are alike the interval has no
    width: the bootstrap cannot see what did not occur. docs/statistics.md says how often it covers the truth.
    """
    units = summed(rows, clusters)
    if len(units) < 2:
        return None
    values = [np.asarray(metric(totals)) for totals in resample.totals(units, resamples, seed)]
    ends = resample.percentiles(np.concatenate(values), level, independent(len(rows), clusters))
    return Interval(*ends, level, "bootstrap" if units is rows else "bootstrap-clustered") if ends else None


def interval(
    rows: np.ndarray,
    name: str,
    metric: Score,
    *,
    clusters: Clusters | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval | None:
    """The interval of one score: Wilson's for the metric "acc", `bootstrap` for every other.

    With clusters, Wilson's is that of the effective number of rows. None for no row, and for fewer than two clusters.
    bounds: of the score; at one of them the bootstrap may have no width, and `at_edge` is taken.
    """
    if name == "acc":
        hits = right(rows, metric)
        units = summed(np.stack([hits, np.ones(len(rows))], axis=1), clusters)
        if len(units) < len(rows):
            return wilson_clustered(units[:, 0], units[:, 1], level)
        return wilson(int(hits.sum()), len(rows), level)
    found = bootstrap(rows, metric, clusters=clusters, level=level, resamples=resamples, seed=seed)
    if found is None or found.high > found.low:
        return found
    return at_edge(found.low, counted(rows, metric, clusters), bounds, level) or found


def counted(rows: np.ndarray, metric: Score, clusters: Clusters | None) -> int:
    """How many rows (clusters) have a score of their own: one without an entity, or a pole, cannot lower any."""
    return int(np.count_nonzero(~np.isnan(np.asarray(metric(summed(rows, clusters)), dtype=float))))


def right(rows: np.ndarray, accuracy: Score) -> np.ndarray:
    """Which rows are right, bool (n,): the accuracy of each row alone."""
    return np.asarray(accuracy(rows)) > 0.5 if len(rows) else np.zeros(0, dtype=bool)


def bootstrap_stderr(rows: np.ndarray, metric: Score, resamples: int = 2000, seed: int = 0) -> float:
    """The bootstrap standard error (what lm-eval calls `<metric>_stderr`); nan if `bootstrap` gives None."""
    if len(rows) < 2:
        return math.nan
    values = np.concatenate([np.asarray(metric(totals)) for totals in resample.totals(rows, resamples, seed)])
    values = values[~np.isnan(values)]
    return float(values.std(ddof=1)) if values.size > 1 else math.nan
