"""The ranking of one section: its metric, which runs are ranked together, and ranks with ties."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from phingpt_bench.board.cost_values import Prices
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer, bands
from phingpt_bench.results.groups import exposed, main_group
from phingpt_bench.scoring.metrics import METRICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """The options of a board that its numbers and ranks depend on."""

    tasks: Collection[str] = ()
    """The tasks to show, or protocol ids, in this order; empty means all, by name."""

    metric: str | None = None
    """In place of the primary metric, where a task has it."""

    checks: bool = False
    """Whether to show oracle, null and echo as well."""

    across_engines: bool = False
    """Whether to rank rows of different engines together."""

    trust_times: bool = False
    """Whether times of shared machines count for the Pareto front and for break-even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What every section of a board is made with."""

    options: Calculation
    comparer: Comparer
    published: Mapping[str, tuple[PublishedRow, ...]] = field(default_factory=dict)  # by protocol id
    prices: Prices | None = None  # None: no estimates
    tasks: int = 1  # of the board: Holm's correction of a model counts at most so many tests


class Rank(NamedTuple):
    """A place among the ranked runs. tied: other runs share it."""

    place: int | None
    tied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The runs of a section, the best first, with their ranks. Runs are identified by `id`."""

    runs: Sequence[Run]
    metric: str
    comparer: Comparer
    apart: Mapping[int, str]  # why a run is not ranked with the others
    ranks: Mapping[int, Rank]
    floor: Run | None  # the best one
    n: int  # rows of those that are ranked

    def rank(self, run: Run) -> Rank:
        """Its rank; Rank(None, False) for a run that is not ranked."""
        return self.ranks.get(id(run), Rank(None, False))


def standing_of(runs: Sequence[Run], scope: Scope, limit: int | None) -> Standing:
    """Ranks of the runs that can be ranked together; checks (oracle, null, echo) are left out.

    Runs of equal score are ordered by what they are of, not by when they were made.
    """
    comparer = scope.comparer
    primary = runs[0].record.protocol.metric
    asked = scope.options.metric
    metric = asked if asked is not None and asked in comparer.scores(runs[0]) else primary
    for run in runs:
        if metric not in comparer.scores(run):
            raise unknown(sentence("metric"), metric, comparer.scores(run), where=str(run.path))
    ordered = sorted(runs, key=lambda run: (-_score(run, metric, comparer), run.record.model.name, str(run.key)))
    models = [run for run in ordered if run.kind != "check"] or ordered
    main, others = main_group(models, across=scope.options.across_engines)
    apart = others | {id(run): reason for run in main if (reason := exposed(run))}
    main = [run for run in main if id(run) not in apart] or main
    ranks: dict[int, Rank] = {}
    if limit is None:
        ranked = [
            run
            for run in main
            if run.kind != "check" and comparer.scores(run)[metric] is not None and id(run) not in apart
        ]
        places = bands(ranked, lambda a, b: comparer.quick(a, b, metric, max(1, len(ranked) - 1)).p)
        shared = Counter(places)
        ranks = {id(run): Rank(at, shared[at] > 1) for run, at in zip(ranked, places, strict=True)}
    return Standing(
        runs=ordered, metric=metric, comparer=comparer, apart=apart, ranks=ranks, n=len(main[0].outcomes.ids),
        floor=next((run for run in main if run.kind == "floor"), None),
    )  # fmt: skip


def _score(run: Run, metric: str, comparer: Comparer) -> float:
    """The sort key of a run, the best highest; a run without a score comes last."""
    score = comparer.scores(run)[metric]
    if score is None:
        return -math.inf
    return score if METRICS[metric].higher_is_better else -score
