"""Agreement with words that people marked: figures by hand, and rows that say nothing."""

from __future__ import annotations

from itertools import permutations

import pytest

from phingpt_bench.why.people import marked_words, people
from phingpt_bench.why.values import RowWhy, Side, Target
from phingpt_bench.why.words import words_of

TEXT = "Profit fell sharply in May"


def row(changes: list[float], marked: list[int], targets: int = 1) -> RowWhy:
    target = Target(name="negative", against="neutral", value=1.0, changes=changes)
    words = words_of(TEXT)[: len(changes)]
    return RowWhy(
        id="a", gold="negative", text=TEXT, words=words, sides=[Side(answer="negative", targets=[target] * targets)],
        marked=marked,
    )  # fmt: skip


def test_words_are_marked_by_place() -> None:
    words = words_of(TEXT)
    assert marked_words({"text": TEXT, "evidence": [[7, 19]]}, words) == [1, 2]
    assert marked_words({"text": TEXT, "evidence": [[9, 10]]}, words) == [1], "a part of a word marks it"
    assert marked_words({"text": TEXT}, words) == marked_words({"text": TEXT, "evidence": []}, words) == []


def test_the_ranking_is_by_size_and_figures_are_those_by_hand() -> None:
    found = people([row([0.1, -3.0, 0.2, 0.5, 0.0], [1, 2])], 0)
    assert found is not None
    assert found.f1.value == 0.5, "'fell' is among the two largest, 'sharply' is not"
    assert found.f1_gain.value == pytest.approx(0.5 - 2 / 5)
    assert found.precision.value == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_chance_is_the_mean_over_all_orders() -> None:
    marked, n = [1, 2], 5
    orders = [people([row([float(n - at) for at in order], marked)], 0) for order in permutations(range(n))]
    assert all(one is not None for one in orders)
    assert sum(one.precision_gain.value for one in orders if one) == pytest.approx(0, abs=1e-9)
    assert sum(one.f1_gain.value for one in orders if one) == pytest.approx(0, abs=1e-9)


def test_rows_that_say_nothing_are_left_out() -> None:
    assert people([row([1.0, 2.0], []), row([1.0, 2.0], [0, 1]), row([1.0, 2.0], [0], targets=2)], 0) is None
    found = people([row([1.0, 2.0], [1]), row([1.0, 2.0], [])], 0)
    assert found is not None and found.f1.n == 1 and found.f1.interval is None
