"""The Pareto front of cost and score: the rows that no other row dominates."""

from __future__ import annotations

import math
from collections.abc import Sequence


def frontier(
    points: Sequence[tuple[float | None, float | None]],
    *,
    higher_is_better: bool = True,
    rivals: Sequence[float | None] = (),
) -> list[bool | None]:
    """Whether each (cost, score) is on the front; None if one of them is unknown: such a point dominates no other.

    rivals: scores of points whose cost cannot be compared, and may be as low as any. Of the points that no other one
    dominates, those that a rival may dominate, as it scores no worse, are None.

    A point is off the front if another one costs no more, scores no worse, and is better in one of the two. Two equal
    points are both on it. Only the values count here: whether a difference is significant is for the tests.
    """
    sign = 1 if higher_is_better else -1
    known = [(cost, sign * score) for cost, score in points if cost is not None and score is not None]
    best: dict[float, float] = {}  # the best score at each cost
    for cost, score in known:
        best[cost] = max(score, best.get(cost, score))
    front: dict[float, float] = {}
    reached = None
    for cost, score in sorted(best.items()):
        if reached is None or score > reached:
            front[cost] = reached = score
    least = max((sign * score for score in rivals if score is not None), default=-math.inf)

    def is_on(cost: float | None, score: float | None) -> bool | None:
        if cost is None or score is None:
            return None
        if front.get(cost) != sign * score:
            return False
        return True if sign * score > least else None

    return [is_on(cost, score) for cost, score in points]
