"""Polarity flips: which labels have poles, and the rows that were taken for the opposite one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.scoring.polarity import flip_counts, flip_rate, polarity

LABELS = ["negative", "neutral", "positive"]
SEVEN = [
    *("strong negative", "moderately negative", "mildly negative", "neutral"),
    *("mildly positive", "moderately positive", "strong positive"),
]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (LABELS, [-1, 0, 1]),
        (["Positive", "neutral", "NEGATIVE"], [1, 0, -1]),
        (["negative", "positive"], [-1, 1]),
        (SEVEN, [-1, -1, -1, 0, 1, 1, 1]),
        (["dovish", "hawkish", "neutral"], [-1, 1, 0]),
        (["bearish", "bullish", "neutral"], [-1, 1, 0]),
        (["negativo", "neutral", "positivo"], [-1, 0, 1]),
        (["mildly_negative", " strong-positive "], [-1, 1]),
        (["yes", "no"], None),
        (["PER", "ORG", "LOC"], None),
        (["Finance", "Industry", "Technology"], None),
        (["negative", "neutral", "positive", "mixed"], None),
        (["neutral", "positive"], None),
        (["nonnegative", "positive"], None),
        ([], None),
    ],
)
def test_poles_of_label_sets(labels, expected):
    assert polarity(labels) == expected


def test_flips_by_hand():
    gold, pred = [0, 0, 2, 2, 1, 0, 2], [2, 0, 0, 1, 0, -1, 2]
    rows = flip_counts(gold, pred, LABELS)
    assert rows.tolist() == [[1, 1], [0, 1], [1, 1], [0, 1], [0, 0], [0, 1], [0, 1]]
    assert flip_rate(rows.sum(0)) == pytest.approx(2 / 6)


def test_another_degree_of_the_same_pole_is_no_flip():
    assert flip_counts([0, 0, 0, 0], [1, 2, 3, 4], SEVEN).tolist() == [[0, 1], [0, 1], [0, 1], [1, 1]]


def test_without_polar_gold_there_is_no_rate():
    assert np.isnan(flip_rate(flip_counts([1, 1], [0, 2], LABELS).sum(0)))
    assert flip_counts([], [], LABELS).shape == (0, 2)
    assert np.isnan(flip_rate(flip_counts([], [], LABELS).sum(0)))


def test_rates_of_stacked_sums():
    rates = flip_rate(np.array([[[0, 0], [1, 4]], [[2, 2], [0, 3]]]))
    np.testing.assert_array_equal(rates, [[np.nan, 0.25], [1.0, 0.0]])


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 6)), min_size=1, max_size=40))
@settings(max_examples=100)
def test_flips_are_what_the_definition_says(rows):
    poles = [-1, -1, -1, 0, 1, 1, 1, 0]  # the last is INVALID
    gold, pred = zip(*rows, strict=True)
    expected = sum(poles[g] and poles[p] == -poles[g] for g, p in rows)
    assert flip_counts(gold, pred, SEVEN).sum(0).tolist() == [expected, sum(g != 3 for g in gold)]


@pytest.mark.parametrize(
    ("gold", "pred", "labels"),
    [([0], [0, 1], LABELS), ([3], [0], LABELS), ([-1], [0], LABELS), ([0], [-2], LABELS), ([0], [0], ["yes", "no"])],
)
def test_what_cannot_be_counted_is_refused(gold, pred, labels):
    with pytest.raises(ValueError, match=r"must|poles"):
        flip_counts(gold, pred, labels)
