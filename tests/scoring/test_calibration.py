"""Calibration and risk-coverage: scikit-learn's figures, examples worked by hand, and what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from phingpt_bench.scoring.calibration import (
    aurc,
    brier,
    brier_counts,
    ece,
    ece_counts,
    probabilities,
    risk_at,
    risk_coverage,
)

NAN = float("nan")


@st.composite
def answers(draw, k=None, least=1):
    k = k or draw(st.integers(2, 5))
    n = draw(st.integers(least, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gold = rng.integers(0, k, n)
    logits = rng.normal(scale=draw(st.sampled_from([0.1, 2.0, 20.0])), size=(n, k))
    if draw(st.booleans()):
        logits = np.round(logits)  # ties
    return gold, probabilities(logits)


def binary(confidences):
    """Two labels, the first predicted with each confidence."""
    return np.array([[p, 1 - p] for p in confidences])


def test_softmax_by_hand():
    assert probabilities([[0.0, math.log(3)]])[0].tolist() == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize("shift", [-1e5, 1e5])
def test_softmax_of_extreme_likelihoods(shift):
    assert probabilities([[shift, shift - math.log(3)]])[0].tolist() == pytest.approx([0.75, 0.25])


def test_softmax_of_what_could_not_be_scored():
    inf = math.inf
    probs = probabilities([[0.0, -inf], [NAN, 0.0], [inf, 0.0], [-inf, -inf], [0.0, 0.0]])
    np.testing.assert_array_equal(probs, [[1, 0], [NAN, NAN], [NAN, NAN], [NAN, NAN], [0.5, 0.5]])
    assert probabilities(np.zeros((0, 3))).shape == (0, 3)


@given(answers(k=2))
@settings(max_examples=100)
def test_brier_of_two_labels_is_twice_sklearns(case):
    gold, probs = case
    expected = 2 * brier_score_loss(gold, np.clip(probs[:, 1], 0, 1), pos_label=1)
    assert brier(brier_counts(gold, probs).sum(0)) == pytest.approx(expected)


def test_brier_by_hand():
    rows = brier_counts([0, 2, 1], [[0.5, 0.3, 0.2], [0, 0, 1], [1, 0, 0]])
    assert rows.tolist() == [[pytest.approx(0.25 + 0.09 + 0.04), 1], [0, 1], [2, 1]]
    assert brier(rows.sum(0)) == pytest.approx(2.38 / 3)
    assert brier(brier_counts([0], [[0.25] * 4]).sum(0)) == pytest.approx(1 - 1 / 4)


def test_ece_by_hand():
    # bin (0.5, 0.6]: one of two right at 0.6; bin (0.8, 0.9]: two of three right at 0.9; bin (0.9, 1]: one right at 1
    probs = binary([0.6, 0.6, 0.9, 0.9, 0.9, 1.0])
    rows = ece_counts([0, 1, 0, 0, 1, 0], probs, bins=10)
    assert rows.shape == (6, 10, 3)
    assert rows[0, 5].tolist() == [1, 1, 0.6] and rows[0].sum() == pytest.approx(2.6)
    assert rows[2, 8].tolist() == [1, 1, 0.9]
    assert ece(rows.sum(0)) == pytest.approx((2 * 0.1 + 3 * (0.9 - 2 / 3) + 0) / 6)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    edges = binary([k / 15 for k in range(8, 16)])
    assert ece_counts([0] * 8, edges, bins=15)[..., 0].argmax(1).tolist() == list(range(7, 15))
    assert ece_counts([0] * 8, edges, bins=1).shape == (8, 1, 3)


def test_perfect_and_perfectly_wrong():
    sure = np.eye(3)
    right, wrong = [0, 1, 2], [1, 2, 0]
    assert [brier(brier_counts(gold, sure).sum(0)) for gold in (right, wrong)] == [0, 2]
    assert [ece(ece_counts(gold, sure).sum(0)) for gold in (right, wrong)] == [0, 1]
    assert [aurc(gold, sure) for gold in (right, wrong)] == [0, 1]


def test_an_unscored_row_is_wrong_and_sure():
    probs = [[NAN, 0.5], [0.9, 0.1]]
    assert brier_counts([0, 0], probs)[0].tolist() == [2, 1]
    assert ece_counts([0, 0], probs)[0, -1].tolist() == [1, 0, 1]
    coverage, risk = risk_coverage([0, 0], probs)
    assert coverage.tolist() == [0.5, 1.0] and risk.tolist() == [1.0, 0.5]


def test_no_rows():
    none = np.zeros((0, 3))
    assert np.isnan(brier(brier_counts([], none).sum(0))) and np.isnan(ece(ece_counts([], none).sum(0)))
    assert [len(axis) for axis in risk_coverage([], none)] == [0, 0]
    assert math.isnan(aurc([], none)) and np.isnan(risk_at([], none, [0.5, 1.0])).all()


def test_risk_coverage_by_hand():
    probs = binary([0.6, 0.9, 0.7, 0.8])
    gold = [0, 0, 1, 0]  # the answer at 0.7 is wrong
    coverage, risk = risk_coverage(gold, probs)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 4])
    assert aurc(gold, probs) == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)
    assert risk_at(gold, probs, [0, 0.5, 0.51, 1]) == pytest.approx([0, 0, 1 / 3, 1 / 4])


def test_ties_are_answered_together():
    probs = binary([0.9, 0.7, 0.7, 0.6])
    coverage, risk = risk_coverage([0, 1, 0, 0], probs)
    assert coverage.tolist() == [0.25, 0.75, 1.0] and risk.tolist() == pytest.approx([0, 1 / 3, 1 / 4])
    assert aurc([0, 1, 0, 0], probs) == pytest.approx((0 + 2 * 1 / 3 + 1 / 4) / 4)
    assert risk_at([0, 1, 0, 0], probs, [0.3, 0.5]) == pytest.approx([1 / 3, 1 / 3])
    assert aurc([0, 1, 1, 0], binary([0.8] * 4)) == 0.5  # confidence that says nothing: the error rate


def test_a_coverage_is_not_missed_by_rounding():
    probs = binary(np.linspace(0.99, 0.6, 10))
    gold = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert 0.1 * 3 > 0.3
    assert risk_at(gold, probs, [0.1 * 3]) == [0]


def test_equal_labels_give_the_first_listed():
    assert ece_counts([0, 1], [[0.5, 0.5]] * 2).sum((0, 1)).tolist() == [2, 1, 1]


@given(answers(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_bounds_and_indifference_to_order(case, random):
    gold, probs = case
    order = list(range(len(gold)))
    random.shuffle(order)
    error = 1 - (probs.argmax(1) == gold).mean()
    for score, ceiling in (
        (lambda g, p: float(brier(brier_counts(g, p).sum(0))), 2),
        (lambda g, p: float(ece(ece_counts(g, p).sum(0))), 1),
        (aurc, 1),
    ):
        assert 0 <= score(gold, probs) <= ceiling + 1e-12
        assert score(gold[order], probs[order]) == pytest.approx(score(gold, probs), abs=1e-12)
    coverage, risk = risk_coverage(gold, probs)
    assert (np.diff(coverage) > 0).all() and coverage[-1] == 1
    assert risk[-1] == pytest.approx(error)
    assert risk_at(gold, probs, [1.0]) == [pytest.approx(error)]


@given(answers(), answers())
@settings(max_examples=50)
def test_one_bin_is_the_gap_of_the_means_and_more_bins_never_close_it(case, other):
    gold, probs = case
    gap = abs((probs.argmax(1) == gold).mean() - probs.max(1).mean())
    assert ece(ece_counts(gold, probs, bins=1).sum(0)) == pytest.approx(gap, abs=1e-12)
    assert ece(ece_counts(gold, probs, bins=15).sum(0)) >= gap - 1e-12
    stack = np.stack([ece_counts(*one).sum(0) for one in (case, other)])
    assert ece(stack).tolist() == [float(ece(total)) for total in stack]


@given(answers(least=2))
@settings(max_examples=50)
def test_losing_the_probabilities_of_a_row_never_helps(case):
    gold, probs = case
    lost = probs.copy()
    lost[0] = NAN
    assert brier(brier_counts(gold, lost).sum(0)) >= brier(brier_counts(gold, probs).sum(0)) - 1e-12
    assert aurc(gold, lost) >= aurc(gold, probs) - 1e-12


@pytest.mark.parametrize(
    ("gold", "probs"),
    [([0], [[0.5, 0.6]]), ([0], [[-0.1, 1.1]]), ([2], [[0.5, 0.5]]), ([0, 1], [[0.5, 0.5]]), ([0], [0.5, 0.5])],
)
def test_what_is_no_probability_is_refused(gold, probs):
    for function in (brier_counts, ece_counts, risk_coverage, aurc):
        with pytest.raises(ValueError, match=r"must|shape"):
            function(gold, probs)


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="bin"):
        ece_counts([0], [[0.5, 0.5]], bins=0)
    with pytest.raises(ValueError, match="coverages"):
        risk_at([0], [[0.5, 0.5]], [1.5])
