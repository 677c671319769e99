"""Label scores equal scikit-learn's over a fixed label set, INVALID answers included."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.scoring import classification
from phingpt_bench.scoring.metrics import METRICS, row_counts, score_all


@st.composite
def answers(draw):
    k = draw(st.integers(2, 5))
    n = draw(st.integers(1, 40))
    gold = draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    pred = draw(st.one_of(st.lists(st.integers(-1, k - 1), min_size=n, max_size=n), st.just(gold)))
    return k, gold, pred


@given(answers())
@settings(max_examples=200)
def test_scores_equal_sklearn(case):
    k, gold, pred = case
    total = classification.row_confusion(gold, pred, k).sum(0)
    labels = range(k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sklearn warns of a single class
        f1 = {
            average: f1_score(gold, pred, labels=labels, average=average, zero_division=0)
            for average in ("macro", "weighted")
        }
        expected_mcc = matthews_corrcoef(gold, pred)
    assert classification.accuracy(total) == pytest.approx(accuracy_score(gold, pred))
    assert classification.f1_macro(total) == pytest.approx(f1["macro"])
    assert classification.f1_weighted(total) == pytest.approx(f1["weighted"])
    assert classification.mcc(total) == pytest.approx(expected_mcc, abs=1e-12)


@given(st.lists(answers(), min_size=1, max_size=4))
@settings(max_examples=40)
def test_metrics_work_on_stacks_of_totals(cases):
    stack = np.stack([classification.row_confusion(gold, pred, 5).sum(0) for _, gold, pred in cases])
    for metric in METRICS.values():
        if metric.statistic in ("confusion", "written"):
            each = [[float(metric.function(total)) for total in stack]]
            np.testing.assert_array_equal(metric.function(stack[None]), each)  # nan where all are INVALID


@given(answers())
@settings(max_examples=60)
def test_an_invalid_answer_never_scores_better_than_the_right_one(case):
    k, gold, pred = case
    right = classification.row_confusion(gold, [*pred[:-1], gold[-1]], k).sum(0)
    invalid = classification.row_confusion(gold, [*pred[:-1], -1], k).sum(0)
    assert classification.accuracy(invalid) < classification.accuracy(right)
    assert classification.f1_macro(invalid) < classification.f1_macro(right)
    assert classification.f1_weighted(invalid) < classification.f1_weighted(right)


def test_all_invalid_is_zero_and_not_a_class():
    total = classification.row_confusion([0, 1, 2], [-1, -1, -1], 3).sum(0)
    for metric in ("acc", "f1_weighted", "f1_macro", "mcc"):
        assert METRICS[metric].function(total) == 0


def test_no_rows_is_unscored():
    outcomes = Outcomes(kind="labels", labels=["a", "b", "c"], ids=[])
    assert row_counts(outcomes).shape == (0, 3, 4)
    names = ("acc", "f1_weighted", "f1_macro", "mcc", "f1_valid", "invalid_rate")
    assert score_all(outcomes) == dict.fromkeys(names)


def test_scores_of_outcomes():
    outcomes = Outcomes(kind="labels", labels=["a", "b"], ids=list("1234"), gold=[0, 0, 1, 1], pred=[0, -1, 1, 0])
    scores = score_all(outcomes)
    assert scores["acc"] == 0.5
    assert scores["f1_macro"] == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert {type(score) for score in scores.values()} == {float}


@pytest.mark.parametrize(("gold", "pred"), [([0, 3], [0, 0]), ([-1], [0]), ([0], [3]), ([0], [-2]), ([0, 1], [0])])
def test_out_of_set_indices_are_errors(gold, pred):
    with pytest.raises(ValueError, match="must"):
        classification.row_confusion(gold, pred, 3)
    with pytest.raises(BenchError, match="inconsistent"):
        row_counts(Outcomes(kind="labels", labels=["a", "b", "c"], ids=["x"] * len(gold), gold=gold, pred=pred))


def test_which_metrics_there_are_depends_on_what_the_outcomes_hold():
    """Likelihoods give calibration, written answers give validity, poles give flips, questions their own mean."""
    values = {"ids": ["a", "b", "c"], "gold": [0, 1, 2], "pred": [0, 2, -1]}
    chosen = Outcomes(
        kind="labels",
        labels=["negative", "neutral", "positive"],
        **values,
        probs=[[0.8, 0.1, 0.1], [0, 0.4, 0.6], None],
    )
    written = Outcomes(kind="labels", labels=["tax", "trade", "law"], **values)
    asked = Outcomes(kind="labels", labels=["no", "yes", "unsure"], **values, groups=[0, 1, 1])
    common = {"acc", "f1_weighted", "f1_macro", "mcc"}
    assert set(score_all(chosen)) == common | {"flip_rate", "brier", "ece"}
    assert set(score_all(written)) == common | {"f1_valid", "invalid_rate"}
    assert set(score_all(asked)) == common | {"f1_valid", "invalid_rate", "f1_by_question"}
    assert score_all(written)["invalid_rate"] == 1 / 3
    # without the INVALID row: "tax" right (F1 1), "trade" taken for "law" (F1 0), one row each
    assert score_all(written)["f1_valid"] == 0.5
    # question 0: one row, right. Question 1: two rows, none right
    assert score_all(asked)["f1_by_question"] == 0.5
    # squared errors 0.06, 0.72 (0.6, 0.6, 0), and 2 for the row without a result
    assert score_all(chosen)["brier"] == pytest.approx((0.06 + 0.72 + 2) / 3)
