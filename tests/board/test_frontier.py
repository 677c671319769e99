"""The Pareto front, against its definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.board.frontier import frontier

numbers = st.none() | st.integers(0, 5).map(float)


@given(st.lists(st.tuples(numbers, numbers), max_size=12), st.booleans())
def test_it_is_what_nobody_dominates(points, higher):
    sign = 1 if higher else -1

    def dominated(cost, score):
        return any(
            c is not None and s is not None and c <= cost and sign * s >= sign * score and (c, s) != (cost, score)
            for c, s in points
        )

    expected = [None if None in point else not dominated(*point) for point in points]
    assert frontier(points, higher_is_better=higher) == expected


def test_unknown_cost_is_not_free():
    assert frontier([(None, 0.9), (1.0, 0.5), (2.0, 0.5), (2.0, 0.8)]) == [None, True, False, True]
