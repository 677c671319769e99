"""The score on the test rows that are not in a model's training data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer, mean
from phingpt_bench.scoring.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Unseen:
    """score: on `n` rows; None if there are none, or if they have no score."""

    score: float | None
    n: int


def unseen(run: Run, metric: str, comparer: Comparer) -> Unseen | None:
    """The score of a run on the test rows that it has not seen; None if it has seen none, or if that was not checked.

    For several seeds it is the mean, each on the rows that its own training left, and `n` is the smallest number.
    """
    if run.record.exposure is None or not run.record.exposure.ids:
        return None
    parts = [_part(member, metric, comparer) for member in run.members]
    return Unseen(mean([part.score for part in parts]), min(part.n for part in parts))


def _part(run: Run, metric: str, comparer: Comparer) -> Unseen:
    seen = set(run.record.exposure.ids) if run.record.exposure is not None else set()
    left = np.array([row not in seen for row in run.outcomes.ids])
    if not left.any():
        return Unseen(None, 0)
    score = float(METRICS[metric].function(comparer.counts(run, metric)[left].sum(0)))
    return Unseen(None if np.isnan(score) else score, int(left.sum()))
