"""The interval of one score: Wilson for accuracy, percentile bootstrap for every other metric."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from phingpt_bench.stats import resample
from phingpt_bench.stats.resample import Score


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, as fractions. method: "wilson" or "bootstrap"."""

    low: float
    high: float
    level: float
    method: str


def wilson(successes: int, n: int, level: float = 0.95) -> Interval | None:
    """The score interval of a proportion (Wilson 1927), without continuity correction; None for n = 0.

    One row gives a true interval too (0.21 to 1 after a success). ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}")
    if n == 0:
        return None
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle = (successes + z2 / 2) / (n + z2)
    half = math.sqrt(z2) / (n + z2) * math.sqrt(successes * (n - successes) / n + z2 / 4)
    low = 0.0 if successes == 0 else max(0.0, middle - half)  # exactly, not up to rounding
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Interval(low, high, level, "wilson")


def bootstrap(
    rows: np.ndarray, metric: Score, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval | None:
    """The percentile interval of `metric(rows.sum(0))`, rows (n, ...) of counts, drawn whole (Efron 1979).

    None for n < 2, as a single row cannot vary, and where the score is undefined (nan) in every resample; resamples
    where it is undefined are left out otherwise. Where all rows are alike the interval has no width: the bootstrap
    cannot see what did not occur. Few rows make it too narrow: in simulations the 95 % interval of macro F1 and entity
    F1 covered the truth in 92 to 94 % of worlds at 30 rows, and in 94 to 95 % from 100 rows on.
    """
    if len(rows) < 2:
        return None
    values = [np.asarray(metric(totals)) for totals in resample.totals(rows, resamples, seed)]
    ends = resample.percentiles(np.concatenate(values), level)
    return Interval(*ends, level, "bootstrap") if ends else None


def interval(
    rows: np.ndarray,
    name: str,
    metric: Score,
    *,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval | None:
    """The interval of one score: `wilson` for the metric "acc", else `bootstrap`. None for n = 0."""
    if name == "acc":
        return wilson(int(right(rows, metric).sum()), len(rows), level)
    return bootstrap(rows, metric, level=level, resamples=resamples, seed=seed)


def right(rows: np.ndarray, accuracy: Score) -> np.ndarray:
    """Which rows are right, bool (n,): the accuracy of each row alone."""
    return np.asarray(accuracy(rows)) > 0.5 if len(rows) else np.zeros(0, dtype=bool)


def bootstrap_stderr(rows: np.ndarray, metric: Score, resamples: int = 2000, seed: int = 0) -> float:
    """The bootstrap standard error (what lm-eval calls `<metric>_stderr`); nan where `bootstrap` gives None."""
    if len(rows) < 2:
        return math.nan
    values = np.concatenate([np.asarray(metric(totals)) for totals in resample.totals(rows, resamples, seed)])
    values = values[~np.isnan(values)]
    return float(values.std(ddof=1)) if values.size > 1 else math.nan
