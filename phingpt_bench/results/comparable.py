"""Whether two runs can be compared row by row: the same rows, labels and gold, clusters and seeds."""

from __future__ import annotations

from typing import Any

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.results.collect import Run


def gold_of(outcomes: Outcomes) -> tuple[Any, ...]:
    """What was right for each row: of entities, how many there are of each type."""
    if outcomes.kind != "spans":
        return tuple(outcomes.gold)
    return tuple(tuple(gold for _, _, gold in counts) for counts in outcomes.counts)


def same_rows(a: Run, b: Run) -> bool:
    """Whether two runs answered the same set of rows, in whatever order."""
    return a.outcomes.ids == b.outcomes.ids or set(a.outcomes.ids) == set(b.outcomes.ids)


def why_incomparable(a: Run, b: Run) -> str | None:
    """Why two runs cannot be compared row by row, or None: other rows, labels or gold."""
    if not same_rows(a, b):
        return "other rows"
    x, y = a.outcomes, b.outcomes
    if (x.kind, x.labels) != (y.kind, y.labels):
        return "other labels"
    if x.ids == y.ids and x.gold == y.gold and x.counts == y.counts:
        return None
    gold = gold_of(x), gold_of(y)
    if x.ids != y.ids:
        of = dict(zip(y.ids, gold[1], strict=True))
        gold = gold[0], tuple(of[row] for row in x.ids)
    return None if gold[0] == gold[1] else "other gold"


def shared_clusters(a: Run, b: Run) -> list[int]:
    """The clusters of the rows of two runs on the same rows, in the order of `a`; empty if neither knows any.

    An older record knows none; where both do and differ, those with fewer clusters hold.
    """
    if a.outcomes.clusters == b.outcomes.clusters and a.outcomes.ids == b.outcomes.ids:
        return a.outcomes.clusters
    known = [run.outcomes for run in (a, b) if run.outcomes.clusters]
    if not known:
        return []
    fewest = min(known, key=lambda outcomes: len(set(outcomes.clusters)))
    of = dict(zip(fewest.ids, fewest.clusters, strict=True))
    return [of[row] for row in a.outcomes.ids]


def matched_seeds(a: Run, b: Run) -> bool:
    """Whether the members of two runs go together one by one: both were made under the same seeds, in that order."""
    seeds = [_draws(run) for run in (a, b)]
    return len(seeds[0]) > 1 and seeds[0] == seeds[1]


def _draws(run: Run) -> list[tuple[object, ...]]:
    """What tells the members of a run apart: the seed of the training only where there are several trainings."""
    trainings = {member.record.model.training_seed for member in run.seeds}
    return [
        (m.record.seed, m.record.protocol.block, m.record.model.training_seed if len(trainings) > 1 else None)
        for m in run.seeds
    ]
