"""Comparisons of runs row by row: intervals, paired tests on aligned rows, ranks in tie bands.

A run that stands for several seeds (`Run.seeds`) has the mean of their scores, and intervals and tests from
stats/seeds.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import matched_seeds, shared_clusters, why_incomparable
from phingpt_bench.results.difference import Difference
from phingpt_bench.scoring.metrics import METRICS, metric_rows, score_all
from phingpt_bench.stats import power
from phingpt_bench.stats.interval import Interval
from phingpt_bench.stats.paired import ALPHA, PairedTest, paired_test
from phingpt_bench.stats.power import detectable_of_spread
from phingpt_bench.stats.score_interval import interval
from phingpt_bench.stats.seeds import mean_interval, mean_test, spread


@dataclass(frozen=True, slots=True)
class _Value:
    """A number with a name, as the cache keeps fields by name."""

    value: float | None


class Comparer:
    """Scores, intervals and tests of runs; each is computed at most once, and taken from `cache` if it is there."""

    def __init__(self, cache: Cache | None = None) -> None:
        self._cache = cache
        self._counts: dict[tuple[int, str], np.ndarray] = {}
        self._positions: dict[int, dict[str, int]] = {}
        self._scores: dict[int, dict[str, float | None]] = {}
        self._tests: dict[tuple[int, int, str, bool, int], Difference] = {}
        self._held: list[Run] = []  # ids of objects are keys above, so the objects must stay alive

    def counts(self, run: Run, metric: str) -> np.ndarray:
        """The per-row counts of a run that a metric of its scores is a function of, (n, ...)."""
        key = id(run), METRICS[metric].statistic
        if key not in self._counts:
            self._held.append(run)
            rows = metric_rows(metric, run.outcomes)
            assert rows is not None  # the metric is among the run's scores
            self._counts[key] = rows
        return self._counts[key]

    def scores(self, run: Run) -> dict[str, float | None]:
        """Every metric of the run's task, recomputed from its outcomes; of several seeds the mean."""
        if id(run) not in self._scores:
            self._held.append(run)
            found = [score_all(member.outcomes) for member in run.members]
            self._scores[id(run)] = {name: mean([scores.get(name) for scores in found]) for name in found[0]}
        return self._scores[id(run)]

    def interval(self, run: Run, metric: str) -> Interval | None:
        """The 95 % interval of one metric of one run; None if a single row, or cluster of rows, gives none."""
        known = METRICS[metric]
        rows = self.aligned(run, run, metric)
        clusters = run.outcomes.clusters

        def compute() -> Interval | None:
            if run.seeds:
                return mean_interval(rows, known.function, clusters=clusters, bounds=known.bounds)
            return interval(rows[0], metric, known.function, clusters=clusters, bounds=known.bounds)

        found = self._remembered("interval", metric, (*rows, np.asarray(clusters, dtype=np.int64)), compute)
        return None if found is None else Interval(**found)

    def test(self, a: Run, b: Run, metric: str, against: str, tests: int = 1) -> Difference:
        """A minus b, tested on the same rows in the same order; no test where rows, labels or gold differ.

        tests: size of the family that this test may be corrected for; permutations continue until the verdict is clear
        under any such correction.
        """
        return dataclasses.replace(self._known(a, b, metric, True, tests), against=against)

    def quick(self, a: Run, b: Run, metric: str, tests: int = 1) -> Difference:
        """Whether they differ: no interval, and no more permutations than that needs, so that p is a rough one.

        tests: the factor by which p is multiplied.
        """
        return self._known(a, b, metric, (id(a), id(b), metric, True, tests) in self._tests, tests)

    def _known(self, a: Run, b: Run, metric: str, interval: bool, tests: int) -> Difference:
        key = (id(a), id(b), metric, interval, tests)
        if key not in self._tests:
            self._held += [a, b]
            self._tests[key] = self._test(a, b, metric, interval, tests)
        return self._tests[key]

    def _test(self, a: Run, b: Run, metric: str, interval: bool, tests: int) -> Difference:
        against = b.record.model.name
        if reason := why_incomparable(a, b):
            return Difference(against=against, reason=reason)
        if metric not in self.scores(a) or metric not in self.scores(b):
            return Difference(against=against, reason="no such score")
        before, after = self.aligned(b, a, metric), self.aligned(a, a, metric)  # the reference first
        clusters = shared_clusters(a, b)
        function, bounds, matched = METRICS[metric].function, METRICS[metric].bounds, matched_seeds(a, b)

        def compute() -> PairedTest | None:
            if a.seeds or b.seeds:
                return mean_test(before, after, function, matched=matched, clusters=clusters, bounds=bounds)
            return paired_test(
                before[0], after[0], metric, function, interval=interval, clusters=clusters,
                factors=range(1, tests + 1) if interval else (tests,),
            )  # fmt: skip

        kind = f"{'paired' if interval else 'paired-p'} {len(before)}{' matched' if matched else ''} {tests}"
        found = self._remembered(kind, metric, (*before, *after, np.asarray(clusters, dtype=np.int64)), compute)
        if found is None:
            single = len(set(clusters) or a.outcomes.ids) == 1
            return Difference(against=against, reason="one document" if single else "no score")
        return Difference(against=against, value=found.pop("difference"), **found)

    def detectable(self, a: Run, b: Run, metric: str) -> float | None:
        """The smallest true difference that `test` of the two finds in four of five samples; None if there is none.

        Also None if they cannot be tested.
        """
        if why_incomparable(a, b) or metric not in self.scores(a) or metric not in self.scores(b):
            return None
        before, after = self.aligned(b, a, metric), self.aligned(a, a, metric)
        clusters = shared_clusters(a, b)
        function, (low, high), matched = METRICS[metric].function, METRICS[metric].bounds, matched_seeds(a, b)

        def compute() -> _Value:
            if a.seeds or b.seeds:
                found = spread([before, after], function, matched=matched, clusters=clusters)
                return _Value(None if found is None else detectable_of_spread(found, widest=high - low))
            return _Value(power.detectable(before[0], after[0], metric, function, clusters=clusters, widest=high - low))

        kind = f"detectable {len(before)}{' matched' if matched else ''}"
        found = self._remembered(kind, metric, (*before, *after, np.asarray(clusters, dtype=np.int64)), compute)
        return None if found is None else found["value"]

    def aligned(self, run: Run, to: Run, metric: str) -> list[np.ndarray]:
        """The counts of each of a run's members, their rows in the order of `to`."""
        return [self._ordered(member, to, self.counts(member, metric)) for member in run.members]

    def _ordered(self, run: Run, to: Run, rows: np.ndarray) -> np.ndarray:
        if run.outcomes.ids == to.outcomes.ids:
            return rows
        if id(run) not in self._positions:
            self._held.append(run)
            self._positions[id(run)] = {row: i for i, row in enumerate(run.outcomes.ids)}
        place = self._positions[id(run)]
        return rows[[place[row] for row in to.outcomes.ids]]

    def _remembered(
        self, kind: str, metric: str, counts: tuple[np.ndarray, ...], compute: Callable[[], Any]
    ) -> dict[str, Any] | None:
        """The fields of what `compute` returns (a dataclass or None), from the cache where it knows them."""
        if self._cache is None:
            value = compute()
            return None if value is None else dataclasses.asdict(value)
        key = self._cache.key(kind, metric, *counts)
        if key not in self._cache:
            value = compute()
            self._cache.put(key, None if value is None else dataclasses.asdict(value))
        value = self._cache.get(key)
        return None if value is None else dict(value)


def mean(scores: Sequence[float | None]) -> float | None:
    """Their mean; None if one is unknown."""
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if len(known) == len(scores) else None


def bands(ordered: Sequence[Run], p: Callable[[Run, Run], float | None]) -> list[int]:
    """Ranks of runs that are sorted best first: 1, 1, 3, 3, 3, 6 ...

    A band is led by its best run and takes in the runs that follow until one differs from it; that one leads the next
    band, and its rank is its place in the order. A run differs from the leader where p, times the number of
    comparisons (runs - 1, Bonferroni), is under ALPHA: the leader was chosen for being the best of all, and with an
    uncorrected p the best of ten equal systems would usually appear better than some of them. Without a test (p None)
    nothing tells the two apart.
    Equality in this sense is not transitive: the last of a band may be tied with the first of the next.
    """
    ranks: list[int] = []
    leader: Run | None = None
    for place, run in enumerate(ordered, 1):
        found = 0.0 if leader is None else p(leader, run)
        if found is not None and found * (len(ordered) - 1) < ALPHA:
            leader = run
            ranks.append(place)
        else:
            ranks.append(ranks[-1])
    return ranks
