"""One made-up world at a time: does an interval cover the truth, does a test reject?

Library of `python -m benchmarks.coverage`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import worlds
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats import resample
from phingpt_bench.stats.clusters import summed
from phingpt_bench.stats.paired import PairedTest, mcnemar_exact, paired_permutation, paired_test
from phingpt_bench.stats.score_interval import bootstrap, interval
from phingpt_bench.stats.seeds import mean_interval, mean_test

Draw = np.random.Generator
Trial = Callable[[Draw, int], bool]  # (generator, resamples) -> whether it covered (interval) or rejected (test)


def function(metric: str) -> resample.Score:
    """The score of a metric by name."""
    return METRICS[metric].function


def one(metric: str, n: int, accuracy: float = 0.82) -> Trial:
    """The interval of a label metric on n rows."""

    def trial(draw: Draw, resamples: int) -> bool:
        rows = worlds.labels(draw, draw.random(n) < accuracy)
        found = interval(rows, metric, function(metric), resamples=resamples, seed=_seed(draw))
        return _covers(found, worlds.truth(metric, accuracy))

    return trial


def plain_percentile(metric: str, n: int, accuracy: float = 0.82) -> Trial:
    """The same by the percentile interval that is not expanded."""

    def trial(draw: Draw, resamples: int) -> bool:
        rows = worlds.labels(draw, draw.random(n) < accuracy)
        drawn = [function(metric)(totals) for totals in resample.totals(rows, resamples, _seed(draw))]
        ends = resample.percentiles(np.concatenate(drawn), 0.95)
        return ends is not None and ends[0] <= worlds.truth(metric, accuracy) <= ends[1]

    return trial


def clustered(metric: str, clusters: int, mean: float, share: float = 0.5, *, aware: bool = True) -> Trial:
    """The interval of a label metric on clusters of `mean` rows; aware: whether it knows of them."""

    def trial(draw: Draw, resamples: int) -> bool:
        groups = worlds.sizes(draw, clusters, mean)
        rows = worlds.labels(draw, worlds.alike(draw, 0.82, groups, share))
        found = interval(
            rows, metric, function(metric), clusters=groups if aware else None, resamples=resamples, seed=_seed(draw)
        )
        return _covers(found, worlds.truth(metric, 0.82))

    return trial


def entities(n: int, mean: float | None = None, *, aware: bool = True) -> Trial:
    """The interval of entity F1 on n rows, or on n clusters of `mean` rows."""

    def trial(draw: Draw, resamples: int) -> bool:
        groups = None if mean is None else worlds.sizes(draw, n, mean)
        rows = worlds.spans(draw, n if groups is None else len(groups), 0.75, 0.15, groups)
        known = groups if aware else None
        found = bootstrap(rows, function("entity_f1"), clusters=known, resamples=resamples, seed=_seed(draw))
        return _covers(found, worlds.span_truth(0.75, 0.15))

    return trial


def difference(metric: str, n: int, clusters: tuple[int, float] | None = None) -> Trial:
    """The interval of the difference of two systems, 0.76 and 0.82 right, on the same rows."""

    def trial(draw: Draw, resamples: int) -> bool:
        a, b, groups = _pair(draw, n, clusters, 0.76, 0.82)
        found = _test(a, b, metric, groups, resamples, _seed(draw), True)
        true = worlds.truth(metric, 0.82) - worlds.truth(metric, 0.76)
        return _covers(found, true)

    return trial


def no_difference(metric: str, n: int, clusters: tuple[int, float] | None = None, *, aware: bool = True) -> Trial:
    """The test of two systems that are equally often right on the same rows."""

    def trial(draw: Draw, resamples: int) -> bool:
        a, b, groups = _pair(draw, n, clusters, 0.8, 0.8)
        found = _test(a, b, metric, groups if aware else None, resamples, _seed(draw), False)
        return found is not None and found.p < 0.05

    return trial


def entity_no_difference(n: int, *, other_errors: bool = False) -> Trial:
    """The test of two systems with the same entity F1; other_errors: one misses more, the other invents more."""
    # with recall r and s wrong predictions a type, F1 = 2 T r / (T r + 3 s + T): this s makes 0.6 what 0.75 and 0.15 is
    total = float(worlds.TYPES.sum())
    score = worlds.span_truth(0.75, 0.15)
    fewer = (2 * total * 0.6 / score - total * 0.6 - total) / 3

    def trial(draw: Draw, resamples: int) -> bool:
        gold = draw.poisson(worlds.TYPES, size=(n, 3))
        a = worlds.spans(draw, n, 0.75, 0.15, gold=gold)
        b = worlds.spans(draw, n, *((0.6, fewer) if other_errors else (0.75, 0.15)), gold=gold)
        found = paired_permutation(a, b, function("entity_f1"), resamples, _seed(draw), interval=False)
        return found is not None and found.p < 0.05

    return trial


def over_seeds(metric: str, n: int, k: int, spread: float = 0.08) -> Trial:
    """The interval of a recipe's mean score from k trainings on the same n rows."""

    def trial(draw: Draw, resamples: int) -> bool:
        runs = worlds.seeds(draw, n, worlds.trained(draw, k, spread=spread))
        found = mean_interval(runs, function(metric), bounds=(0, 1), resamples=resamples, seed=_seed(draw))
        return _covers(found, worlds.recipe_truth(metric, spread=spread))

    return trial


def one_seed(metric: str, n: int) -> Trial:
    """The plain interval of a single training, held against the mean of its recipe."""

    def trial(draw: Draw, resamples: int) -> bool:
        (rows,) = worlds.seeds(draw, n, worlds.trained(draw, 1))
        found = interval(rows, metric, function(metric), resamples=resamples, seed=_seed(draw))
        return _covers(found, worlds.recipe_truth(metric))

    return trial


def nested_percentile(metric: str, n: int, k: int) -> Trial:
    """The interval of k trainings by drawing seeds, then rows for each of them: the bootstrap that was not taken."""

    def trial(draw: Draw, resamples: int) -> bool:
        runs = worlds.seeds(draw, n, worlds.trained(draw, k))
        scores = [
            np.concatenate([function(metric)(totals) for totals in resample.totals(rows, k * resamples, _seed(draw))])
            for rows in runs
        ]
        chosen = draw.integers(0, k, size=(resamples, k))
        taken = np.stack(scores)[chosen, np.arange(resamples)[:, None] * k + np.arange(k)].mean(axis=1)
        low, high = np.quantile(taken, [0.025, 0.975])
        return bool(low <= worlds.recipe_truth(metric) <= high)

    return trial


def no_difference_of_recipes(n: int, k: int) -> Trial:
    """The test of k trainings against a single, fixed system that is as good as their recipe."""

    def trial(draw: Draw, resamples: int) -> bool:
        mean = worlds.recipe_truth("acc")
        fixed, *runs = worlds.seeds(draw, n, [mean, *worlds.trained(draw, k)])
        found = mean_test([fixed], runs, function("acc"), resamples=resamples, seed=_seed(draw))
        return found is not None and found.p < 0.05

    return trial


def first_band(systems: int, n: int, *, corrected: bool = True, of_all: bool = False) -> Trial:
    """Whether, of equally good systems, one that was named before (of_all: any) is left out of the band of the best."""

    def trial(draw: Draw, _resamples: int) -> bool:
        common = draw.normal(size=n)
        right = [0.6**0.5 * common + 0.4**0.5 * draw.normal(size=n) < 0.9 for _ in range(systems)]
        best = max(right, key=np.sum)
        tests = [mcnemar_exact(best, other) for other in (right if of_all else right[:1]) if other is not best]
        least = min((test.p for test in tests if test is not None), default=1.0)
        return least * (systems - 1 if corrected else 1) < 0.05

    return trial


def _pair(
    draw: Draw, n: int, clusters: tuple[int, float] | None, a: float, b: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Two systems on the same rows; in clusters both are right or wrong together, each in its own way."""
    groups = worlds.sizes(draw, *clusters) if clusters else None
    n = n if groups is None else len(groups)
    gold = draw.choice(worlds.K, size=n, p=worlds.GOLD)
    alone = np.arange(n) if groups is None else groups
    return (
        worlds.labels(draw, worlds.alike(draw, a, alone, 0.5), gold),
        worlds.labels(draw, worlds.alike(draw, b, alone, 0.5), gold),
        groups,
    )


def _test(
    a: np.ndarray, b: np.ndarray, metric: str, groups: np.ndarray | None, resamples: int, seed: int, between: bool
) -> PairedTest | None:
    if metric == "acc":
        return paired_test(a, b, metric, function(metric), clusters=groups)
    units = summed(a, groups), summed(b, groups)
    return paired_permutation(*units, function(metric), resamples, seed, interval=between)


def _covers(found: Any, true: float) -> bool:
    return found is not None and found.low is not None and found.low <= true <= found.high


def _seed(draw: Draw) -> int:
    return int(draw.integers(1 << 31))
