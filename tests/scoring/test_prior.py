"""Calibration of label scores: the formulas of both papers, and what happens at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.scoring.prior import batch_prior, divided


def test_contextual_calibration_is_that_of_zhao():
    """q = softmax-free W p with W = diag(p_cf)^-1: the example of a model that prefers "positive" by 0.9 to 0.1."""
    found = divided(np.array([[0.85, 0.15], [0.95, 0.05]]), np.array([0.9, 0.1]))
    assert found[0] == pytest.approx([0.85 / 0.9 / (0.85 / 0.9 + 0.15 / 0.1), 0.15 / 0.1 / (0.85 / 0.9 + 0.15 / 0.1)])
    assert found.argmax(1).tolist() == [1, 0]


def test_batch_calibration_is_that_of_zhou():
    """log p(y|x) - log mean over x of p(y|x), the best label by the difference."""
    probs = np.random.default_rng(0).dirichlet([8, 1, 1], size=500)
    by_logs = (np.log(probs) - np.log(probs.mean(0))).argmax(1)
    assert (divided(probs, batch_prior(probs)).argmax(1) == by_logs).all()


@given(st.integers(2, 5), st.integers(1, 40), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_calibrated_probabilities_are_probabilities_and_keep_the_order_within_a_label(k, n, seed):
    probs = np.random.default_rng(seed).dirichlet([1.0] * k, size=n).round(5)
    found = divided(probs, batch_prior(probs))
    assert np.allclose(found.sum(1), 1)
    assert (found >= 0).all()
    uniform = divided(probs, np.full(k, 1 / k))
    assert np.allclose(uniform, probs / probs.sum(1, keepdims=True))


def test_labels_that_are_never_probable_and_rows_without_a_score():
    probs = np.array([[1.0, 0.0], [1.0, 0.0], [np.nan, np.nan]])
    found = divided(probs, batch_prior(probs))
    assert found[:2].tolist() == [[1, 0], [1, 0]]
    assert np.isnan(found[2]).all()
    assert np.isnan(batch_prior(probs[2:])).all()
    assert divided(np.array([[0.0, 1.0]]), np.array([1.0, 0.0])).tolist() == [[0.0, 1.0]]  # nothing is left of it
