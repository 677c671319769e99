"""Which rows are explained: flips, errors, all of them, some at random, or those that are named."""

from __future__ import annotations

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.why.choice import chosen

N = 200


def answers(wrong: int) -> Outcomes:
    """Rows sorted by label, of which the first few are answered wrong."""
    gold = [at * 3 // N for at in range(N)]
    pred = [2 if at < wrong else label for at, label in enumerate(gold)]
    labels = ["negative", "neutral", "positive"]
    return Outcomes(kind="labels", labels=labels, ids=[f"row{at}" for at in range(N)], gold=gold, pred=pred)


def test_rows_are_those_that_were_meant() -> None:
    some, fewer = answers(9), answers(4)
    assert chosen([], [some, fewer]) == ("flips", [f"row{at}" for at in range(4, 9)])
    assert chosen([], [some]) == ("errors", [f"row{at}" for at in range(9)])
    assert chosen(["all"], [some]) == ("all", some.ids)
    assert chosen(["row7", "row2"], [some, fewer]) == ("ids", ["row7", "row2"])


def test_random_rows_are_all_rows_and_the_first_of_them_stand_for_all() -> None:
    choice, ids = chosen(["random"], [answers(9), answers(4)])
    assert choice == "random" and sorted(ids) == sorted(answers(9).ids)
    first = [int(name.removeprefix("row")) * 3 // N for name in ids[:60]]
    assert all(12 <= first.count(label) <= 28 for label in range(3)), "not one label first"
    assert chosen(["random"], [answers(9)])[1] == ids, "the same for each pair of runs"


@pytest.mark.parametrize(
    ("wanted", "said"), [(["flips"], "only one was given"), (["row7", "row777"], "no row 'row777'")]
)
def test_rows_that_there_are_not_are_an_error(wanted: list[str], said: str) -> None:
    with pytest.raises(BenchError, match=said):
        chosen(wanted, [answers(9)])


def test_no_row_left_is_an_error() -> None:
    with pytest.raises(BenchError, match="no row is one of the flips"):
        chosen([], [answers(9), answers(9)])
