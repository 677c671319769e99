"""How an interval of the board was made, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import NormalDist

import numpy as np
from scipy.special import stdtrit

from phingpt_bench.board.collect import Run
from phingpt_bench.board.compare import Comparer
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats import resample
from phingpt_bench.stats.clusters import independent, summed, worth
from phingpt_bench.stats.intervals import Interval, right
from phingpt_bench.stats.resample import RESAMPLES, SEED
from phingpt_bench.stats.seeds import RESAMPLES as OF_SEEDS
from phingpt_bench.stats.seeds import spread


def interval_lines(run: Run, metric: str, found: Interval | None, comparer: Comparer) -> Iterable[str]:
    """The interval and the formula or draws that it comes from; a line in its place where there is none."""
    if found is None:
        yield "There is none: a single row, or a single cluster of rows, does not vary."
        return
    yield f"{100 * found.level:g} %: {found.low:.4f} to {found.high:.4f}, method {found.method}"
    makers = {
        "wilson": _wilson, "wilson-clustered": _wilson, "bootstrap": _bootstrap, "bootstrap-clustered": _bootstrap,
        "seeds": _seeds,
    }  # fmt: skip
    yield from makers[found.method](run, metric, found, comparer)


def _wilson(run: Run, metric: str, found: Interval, comparer: Comparer) -> Iterable[str]:
    hits = right(comparer.counts(run, metric), METRICS[metric].function)
    n = float(len(hits))
    if found.method == "wilson-clustered":
        units = summed(np.stack([hits, np.ones(len(hits))], axis=1), run.outcomes.clusters)
        n = worth(units[:, 0], units[:, 1], found.level)
        yield f"{len(hits):,} rows of {len(units):,} clusters are worth {n:.1f} independent ones (docs/statistics.md)."
    z = NormalDist().inv_cdf((1 + found.level) / 2)
    yield "Wilson: (p + z^2/2n -+ z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 + z^2/n)"
    yield f"with p = {hits.sum()} / {len(hits)}, n = {n:.7g}, z = {z:.4f}"


def _bootstrap(run: Run, metric: str, found: Interval, comparer: Comparer) -> Iterable[str]:
    n, clusters = len(run.outcomes.ids), run.outcomes.clusters
    out = resample.tail(found.level, independent(n, clusters))
    drawn = f"{len(set(clusters)):,} clusters" if clusters else f"{n:,} rows"
    yield f"{RESAMPLES:,} times {drawn} are drawn with replacement (seed {SEED}), and the score is worked out anew;"
    yield f"the interval is the middle {100 * (1 - 2 * out):.3f} % of these scores."
    if clusters:
        yield f"They are worth {independent(n, clusters):.1f} clusters of one size: (sum of sizes)^2 / sum of sizes^2."


def _seeds(run: Run, metric: str, found: Interval, comparer: Comparer) -> Iterable[str]:
    parts = spread([comparer.aligned(run, run, metric)], METRICS[metric].function, clusters=run.outcomes.clusters)
    assert parts is not None  # else there were no interval
    yield f"From {OF_SEEDS:,} resamples of the rows (seed {SEED}), drawn once for all runs:"
    tail = (1 - found.level) / 2
    halves = []
    for name, (variance, free) in (("rows", parts.rows), *(("seeds", part) for part in parts.seeds)):
        t = float(stdtrit(free, 1 - tail))
        halves.append(f"({t:.3f} x {variance**0.5:.5f})^2")
        yield f"  standard error by {name} {variance**0.5:.5f}, t {t:.3f} ({free:.4g} degrees of freedom)"
    yield f"half width: sqrt({' + '.join(halves)}) = {parts.half(tail):.4f}"
