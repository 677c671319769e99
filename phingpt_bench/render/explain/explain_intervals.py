"""How an interval of the board was made, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import NormalDist

import numpy as np

from phingpt_bench.render.explain.explain_lines import Line, below, method_name
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats import resample, special
from phingpt_bench.stats.clusters import equivalent_rows, independent, summed
from phingpt_bench.stats.interval import EDGE, Interval
from phingpt_bench.stats.resample import RESAMPLES, SEED
from phingpt_bench.stats.score_interval import counted, right
from phingpt_bench.stats.seeds import RESAMPLES as OF_SEEDS
from phingpt_bench.stats.seeds import spread
from phingpt_bench.text.language import say


def interval_lines(run: Run, metric: str, found: Interval | None, comparer: Comparer) -> Iterable[Line]:
    """The interval and the formula or draws that it comes from; a line in its place where there is none."""
    if found is None:
        yield say("There is none: a single row, or a single cluster of rows, does not vary.")
        return
    yield say(
        "{level:g} %: {low:.4f} to {high:.4f}, method {method}", level=100 * found.level, low=found.low,
        high=found.high, method=method_name(found.method),
    )  # fmt: skip
    makers = {
        "wilson": _wilson, "wilson-clustered": _wilson, "bootstrap": _bootstrap, "bootstrap-clustered": _bootstrap,
        "seeds": _seeds, EDGE: _edge,
    }  # fmt: skip
    yield from makers[found.method](run, metric, found, comparer)


def _wilson(run: Run, metric: str, found: Interval, comparer: Comparer) -> Iterable[Line]:
    hits = right(comparer.counts(run, metric), METRICS[metric].function)
    n = float(len(hits))
    if found.method == "wilson-clustered":
        units = summed(np.stack([hits, np.ones(len(hits))], axis=1), run.outcomes.clusters)
        n = equivalent_rows(units[:, 0], units[:, 1], found.level)
        yield say(
            "{rows:,} rows of {clusters:,} clusters are worth {n:.1f} independent ones (docs/statistics.md).",
            rows=len(hits), clusters=len(units), n=n,
        )  # fmt: skip
    z = NormalDist().inv_cdf((1 + found.level) / 2)
    yield "Wilson: (p + z^2/2n -+ z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 + z^2/n)"
    yield say("with p = {hits} / {rows}, n = {n:.7g}, z = {z:.4f}", hits=hits.sum(), rows=len(hits), n=n, z=z)


def _bootstrap(run: Run, metric: str, found: Interval, comparer: Comparer) -> Iterable[Line]:
    n, clusters = len(run.outcomes.ids), run.outcomes.clusters
    out = resample.tail(found.level, independent(n, clusters))
    if clusters:
        yield say(
            "{times:,} times {n:,} clusters are drawn with replacement (seed {seed}), and the score is worked out "
            "again;", times=RESAMPLES, n=len(set(clusters)), seed=SEED,
        )  # fmt: skip
    else:
        yield say(
            "{times:,} times {n:,} rows are drawn with replacement (seed {seed}), and the score is worked out again;",
            times=RESAMPLES, n=n, seed=SEED,
        )  # fmt: skip
    yield say("the interval is the middle {share:.3f} % of these scores.", share=100 * (1 - 2 * out))
    if clusters:
        yield say(
            "They are worth {n:.1f} clusters of one size: (sum of sizes)^2 / sum of sizes^2.",
            n=independent(n, clusters),
        )


def _edge(run: Run, metric: str, found: Interval, comparer: Comparer) -> Iterable[Line]:
    clusters, function = run.outcomes.clusters, METRICS[metric].function
    n, (low, high) = counted(comparer.counts(run, metric), function, clusters), METRICS[metric].bounds
    yield say(
        "Whichever rows are drawn, the score is the same, at an end of its scale; the bootstrap has no width there."
    )
    if clusters:
        yield say(
            "So the interval is Wilson's of 0 of {n:,} clusters with a score of their own, times {length:g}, the "
            "length of the scale.",
            n=n, length=high - low,
        )  # fmt: skip
    else:
        yield say(
            "So the interval is Wilson's of 0 of {n:,} rows with a score of their own, times {length:g}, the "
            "length of the scale.",
            n=n, length=high - low,
        )  # fmt: skip


def _seeds(run: Run, metric: str, found: Interval, comparer: Comparer) -> Iterable[Line]:
    parts = spread([comparer.aligned(run, run, metric)], METRICS[metric].function, clusters=run.outcomes.clusters)
    assert parts is not None  # else there were no interval
    yield say("From {times:,} resamples of the rows (seed {seed}), drawn once for all runs:", times=OF_SEEDS, seed=SEED)
    tail = (1 - found.level) / 2
    halves = []
    for name, (variance, free) in ((say("rows"), parts.rows), *((say("seeds"), part) for part in parts.seeds)):
        t = float(special.stdtrit(free, 1 - tail))
        halves.append(f"({t:.3f} x {variance**0.5:.5f})^2")
        yield below(say(
            "standard error by {name} {error:.5f}, t {t:.3f} ({free:.4g} degrees of freedom)", name=name,
            error=variance**0.5, t=t, free=free,
        ))  # fmt: skip
    yield say("half width: {sum} = {half:.4f}", sum=f"sqrt({' + '.join(halves)})", half=parts.half(tail))
