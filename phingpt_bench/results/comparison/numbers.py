"""The comparison of two runs with numbers: which error is smaller, row by row, and which sign is wrong."""

from __future__ import annotations

import numpy as np

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.results.comparison.labels import counted, flips_of
from phingpt_bench.results.comparison.row_values import ERROR_FATES, ScoreRow, Scores
from phingpt_bench.scoring import statistics

ABSOLUTE = 4  # the column of the absolute error in regression.error_counts


def numbers_of(a: Outcomes, b: Outcomes) -> tuple[dict[str, int], Scores]:
    """The counts of ERROR_FATES and the details; rows of `a` and `b` in the same order."""
    errors_a, errors_b = (statistics.errors(side)[:, ABSOLUTE] for side in (a, b))
    fates = number_fates(a, b)
    rows = tuple(
        ScoreRow(
            id=row, fate=fate, gold=float(gold), a=mine, b=theirs, error_a=float(before), error_b=float(after),
        )
        for row, fate, gold, mine, theirs, before, after in zip(
            a.ids, fates, a.gold, a.pred, b.pred, errors_a, errors_b, strict=True
        )
    )  # fmt: skip
    gold = np.asarray(a.gold, dtype=float)
    flipped = [gold * np.array([0.0 if p is None else p for p in side.pred], dtype=float) < 0 for side in (a, b)]
    details = Scores(flips=flips_of(a.ids, flipped[0], flipped[1], int((gold != 0).sum())), rows=rows)
    return counted(fates, ERROR_FATES), details


def number_fates(a: Outcomes, b: Outcomes) -> list[str]:
    """One of ERROR_FATES by row."""
    changes = statistics.errors(b)[:, ABSOLUTE] - statistics.errors(a)[:, ABSOLUTE]
    return ["better" if change < 0 else "worse" if change > 0 else "equal" for change in changes]
