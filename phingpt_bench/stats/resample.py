"""Bootstrap totals: what the summed counts of n rows would be, had the rows been drawn again with replacement.

A score is a function of sums, so a resample needs no rows, only how often each distinct row was drawn.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from itertools import accumulate

import numpy as np

from phingpt_bench.stats import special

Score = Callable[[np.ndarray], np.ndarray]  # summed counts (..., *shape of a row) -> (...)

RESAMPLES, SEED = 10_000, 0  # of a bootstrap, where nothing else is asked for
_CELLS = 2_000_000  # draws held at a time: 16 MB
_CACHED = 200_000  # rows drawn at a time, one by one: they stay in the processor's cache, which is 2.5 times as fast
_SHARED = 20_000_000  # draws kept for the next system on as many rows: 40 MB
_INVERTED = 60  # tosses up to which numpy inverts
_CODES = 2**62
_ROWS_PER_TYPE = 14  # a multinomial draw of one type costs as much as drawing this many rows (117 and 8.6 ns, measured)


def distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows, flattened to (m, cells), and how often each occurs, (m,); ordered by value.

    What np.unique(axis=0) gives, by sorting one number per row instead of the row: many times faster.
    """
    flat = rows.reshape(len(rows), -1)
    if not flat.size or flat.dtype.kind not in "biuf" or (flat.dtype.kind == "f" and np.isnan(flat).any()):
        return np.unique(flat, axis=0, return_counts=True)
    codes, kinds = np.zeros(len(flat), dtype=np.int64), 1  # codes lie in 0..kinds - 1, in the order of the rows
    for column in flat.T:
        ranks, top = _ranks(column)
        if top * kinds > _CODES:
            unique, codes = np.unique(codes, return_inverse=True)
            kinds = len(unique)
        codes, kinds = codes * top + ranks, kinds * top
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    return flat[first], counts


def _ranks(column: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers from 0 in the order of the values, and one more than the largest."""
    if column.dtype.kind in "biu":
        low, high = int(column.min()), int(column.max())
        if high - low < len(column):
            return column.astype(np.int64) - low if high > low else np.zeros(
                len(column), dtype=np.int64
            ), high - low + 1
    values, ranks = np.unique(column, return_inverse=True)
    return ranks, len(values)


def chunks(resamples: int, width: int, cells: int | None = None) -> Iterator[int]:
    """`resamples` in parts of so many that `width` numbers for each are at most `cells` (None: _CELLS)."""
    step = max(1, (cells or _CELLS) // max(1, width))
    for start in range(0, resamples, step):
        yield min(step, resamples - start)


def totals(rows: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Summed counts of each resample, in chunks of shape (part, *shape of a row); the order of rows plays no part.

    rows: (n, ...) counts, n > 0. Draws over the distinct rows where these are few (labels), row by row where they
    are many (spans): 10,000 resamples of 5,000 rows take under a second either way.
    """
    types, counts = distinct(rows)
    n, m = len(rows), len(types)
    wide: np.ndarray = types.astype(float)  # exact for sums under 2**53, and a product of floats is the fast one
    if m * _ROWS_PER_TYPE <= n:
        generator = np.random.default_rng(seed)
        for part in chunks(resamples, m):
            drawn = generator.multinomial(n, counts / n, size=part)
            yield (drawn @ wide).reshape(part, *rows.shape[1:])
        return
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    for drawn in _kept_draws(n, resamples, seed) if n * resamples <= _SHARED else _draws(n, resamples, seed):
        found = np.add.reduceat(drawn, starts, axis=1).astype(float)
        yield (found @ wide).reshape(-1, *rows.shape[1:])  # one product: many small ones keep BLAS's threads busy


def _draws(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each of n places is drawn in each resample, in chunks of (part, n)."""
    generator = np.random.default_rng(seed)
    for part in chunks(resamples, n):
        found = np.empty((part, n), dtype=np.int16 if n < 2**15 else np.int64)
        done = 0
        for few in chunks(part, n, _CACHED):  # the draws are the same for parts of any size
            picked = generator.integers(0, n, size=(few, n), dtype=np.int32).astype(np.int64)
            picked += np.arange(few)[:, None] * n
            found[done : done + few] = np.bincount(picked.ravel(), minlength=few * n).reshape(few, n)
            done += few
        yield found


@functools.lru_cache(maxsize=2)
def _kept_draws(n: int, resamples: int, seed: int) -> list[np.ndarray]:
    """The same, drawn once for all systems that answered the same rows."""
    return list(_draws(n, resamples, seed))


def heads(generator: np.random.Generator, tosses: np.ndarray, resamples: int) -> np.ndarray:
    """How many of some tosses of a fair coin are heads, (resamples, m) for m numbers of tosses.

    What `generator.binomial` draws, which inverts one uniform number a draw too where there are few tosses, but makes
    its table again for each: several times faster.
    """
    if tosses.max(initial=0) > _INVERTED:
        return np.asarray(generator.binomial(tosses, 0.5, size=(resamples, len(tosses))))
    uniform = np.ascontiguousarray(generator.random((resamples, len(tosses))).T)
    found: np.ndarray = np.zeros(uniform.shape, dtype=np.uint8)
    for heads_of, row, n in zip(found, uniform, tosses.tolist(), strict=True):
        for at_most in _at_most(n):
            heads_of += row > at_most
    by_resample: np.ndarray = found.T
    return by_resample


@functools.cache
def _at_most(n: int) -> list[float]:
    """The probabilities of at most 0, 1 ... n - 1 heads in n tosses."""
    return [count / 2**n for count in accumulate(math.comb(n, k) for k in range(n))]


def tail(level: float, units: float | None = None) -> float:
    """What an interval of `level` leaves out of the resampled scores at each end.

    units: rows that were drawn (of clusters the effective number, clusters.py). With them the ends are taken further
    out, at the normal probability of sqrt(n / (n - 1)) times the t quantile: the expanded percentile interval
    (Hesterberg 2015, section 4), as the plain one is too narrow for few units. At 30 it is the middle 96.2 % for a
    level of 95 %, at 1,000 the middle 95.04 %.
    """
    plain = (1 - level) / 2
    if units is None or units <= 1:
        return plain
    return float(special.ndtr(math.sqrt(units / (units - 1)) * special.stdtrit(units - 1, plain)))


def percentiles(values: np.ndarray, level: float, units: float | None = None) -> tuple[float, float] | None:
    """The middle of the values without the `tail` of level and units.

    nan (an undefined score) is left out; None if nothing is left.
    """
    values = values[~np.isnan(values)]
    if not values.size:
        return None
    out = tail(level, units)
    low, high = np.quantile(values, [out, 1 - out])
    return float(low), float(high)
