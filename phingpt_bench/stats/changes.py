"""Intervals of many changes at once: B minus A for every number that a function computes from their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phingpt_bench.stats import resample
from phingpt_bench.stats.clusters import Clusters, independent, summed
from phingpt_bench.stats.paired import LEVEL
from phingpt_bench.stats.resample import RESAMPLES, SEED, Score


@dataclass(frozen=True, slots=True)
class Change:
    """A number of A, the same of B, and B minus A with its interval.

    None if a number is undefined (so is the difference then); low and high are None if one row (cluster) alone,
    or a number that is undefined in every resample, gives no interval.
    """

    a: float | None
    b: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None


def changes(
    rows_a: np.ndarray,
    rows_b: np.ndarray,
    function: Score,
    clusters: Clusters | None = None,
) -> Any:
    """`Change`s of `function`, in nested lists of the shape of its result.

    rows: (n, ...) counts of the same n rows. function: from summed counts (..., *shape of a row) to (..., *shape of
    the result). clusters: of each row; whole clusters are drawn. The interval is that of `paired_permutation`: a
    percentile bootstrap of the difference in which rows of A and B are drawn together, expanded for the number of rows
    (documents: the effective one). ValueError for unequal shapes.
    """
    return linear([rows_a, rows_b], function, [-1, 1], clusters)


def linear(
    rows: Sequence[np.ndarray],
    function: Score,
    weights: Sequence[int],
    clusters: Clusters | None = None,
) -> Any:
    """Like `changes`, for a weighted sum of the scores of several systems on the same rows, with weights -1 and 1.

    `a` of the result is the sum of the subtracted scores, `b` of the added ones. So a difference of differences,
    (d - c) - (b - a), has a correct interval: the same rows are drawn for all four.
    """
    if len({part.shape for part in rows}) != 1:
        raise ValueError(f"not the same rows: {', '.join(str(part.shape) for part in rows)}")
    units = summed(np.stack(rows, axis=1), clusters)

    def scored(totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(subtracted, added) from totals (..., systems, *shape of a row)."""
        sums: dict[int, np.ndarray | float] = {-1: 0.0, 1: 0.0}
        for at, weight in enumerate(weights):
            sums[weight] = sums[weight] + np.asarray(function(totals[:, at]), dtype=float)
        return np.asarray(sums[-1]), np.asarray(sums[1])

    a, b = (part[0] for part in scored(units.sum(0)[None]))
    low = high = np.full(a.shape, np.nan)
    if len(units) > 1:
        drawn = [added - taken for taken, added in map(scored, resample.totals(units, RESAMPLES, SEED))]
        low, high = _ends(np.concatenate(drawn), independent(len(rows[0]), clusters))
    return _nested(a, b, low, high)


def _ends(values: np.ndarray, units: float) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the intervals of values (resamples, *shape), (low, high) of that shape; nan left out."""
    flat = values.reshape(len(values), -1)
    ends = [resample.percentiles(column, LEVEL, units) or (np.nan, np.nan) for column in flat.T]
    low, high = np.array(ends).T if ends else np.zeros((2, 0))
    return low.reshape(values.shape[1:]), high.reshape(values.shape[1:])


def _nested(a: np.ndarray, b: np.ndarray, low: np.ndarray, high: np.ndarray) -> Any:
    if a.ndim:
        return [_nested(*parts) for parts in zip(a, b, low, high, strict=True)]
    known = [None if np.isnan(value) else float(value) for value in (a, b, b - a, low, high)]
    return Change(*known) if known[2] is not None else Change(*known[:3])
