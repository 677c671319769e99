"""The Pareto front, against its definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.board.frontier import frontier

numbers = st.none() | st.integers(0, 5).map(float)


@given(st.lists(st.tuples(numbers, numbers), max_size=12), st.booleans(), st.lists(numbers, max_size=2))
def test_the_front_is_what_no_other_point_dominates_whatever_the_rivals_cost(points, higher, rivals):
    sign = 1 if higher else -1

    def dominated(cost, score):
        return any(
            c is not None and s is not None and c <= cost and sign * s >= sign * score and (c, s) != (cost, score)
            for c, s in points
        )

    def judged(cost, score):
        if cost is None or score is None:
            return None
        if dominated(cost, score):
            return False
        return None if any(rival is not None and sign * rival >= sign * score for rival in rivals) else True

    assert frontier(points, higher_is_better=higher, rivals=rivals) == [judged(*point) for point in points]


def test_unknown_cost_is_not_free():
    assert frontier([(None, 0.9), (1.0, 0.5), (2.0, 0.5), (2.0, 0.8)]) == [None, True, False, True]
