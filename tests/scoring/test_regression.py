"""Sentiment scores: numbers read from answers, and errors as scikit-learn has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.metrics.pairwise import cosine_similarity

from phingpt_bench.scoring.regression import (
    SCORE_REASONS,
    cosine,
    error_counts,
    mae,
    mse,
    r2,
    read_score,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("0.5", 0.5),
        (" -0.35", -0.35),
        ("−0.35", -0.35),  # minus sign
        ("–.5", -0.5),
        ("+1", 1),
        ("-1.0.", -1),
        ("0", 0),
        ("-0", 0),
        ("0,5", 0.5),
        ("−0,75.", -0.75),
        ("0,500", 0.5),
        ("１．０", 1),
        ("5e-1", 0.5),
        ("**-0.4**", -0.4),
        ("_-0.4_", -0.4),
        ("Score: 0.25\nThe profit rose by 30 %.", 0.25),
        ("\n\n 0.25", 0.25),
        ('{"score": -0.4}', -0.4),
        ('```json\n{"score": 0.4}\n```', 0.4),
        ("minus 0.5", -0.5),
        ("menos 0,5", -0.5),
        ("más o menos 0,5", 0.5),
        ("0.5 (that is, 0.50)", 0.5),
        ("For Q3: 0.5", 0.5),
        ("\ufeff0.\u200b5\ud800", 0.5),
    ],
)
def test_numbers_that_are_read(answer, value):
    assert read_score(answer) == (value, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "empty"),
        ("", "empty"),
        ("\n --- \n", "empty"),
        ("positive", "no number"),
        ("positive\n0.5", "no number"),
        ("nan", "no number"),
        ("inf", "no number"),
        ("Q3", "no number"),
        ("1.2.3", "no number"),
        ("0.5 to 0.7", "several numbers"),
        ("0.2–0.5", "several numbers"),
        ("0,5, 0,7", "several numbers"),
        ("On a scale from -1 to 1: 0.5", "several numbers"),
        ("0.5/1", "several numbers"),
        ("0.5 (50%)", "several numbers"),
        ("-0.5 or 0.5", "several numbers"),
        ("1%", "percent"),
        ("0.5 percent", "percent"),
        ("1,000", "ambiguous"),
        ("- 0.5", "ambiguous"),
        ("Score: - 0.5", "ambiguous"),
        ("Score-0.5", "ambiguous"),
        ("±0.5", "ambiguous"),
        ("1.5", "out of range"),
        ("-1,1", "out of range"),
        ("1e400", "out of range"),
    ],
)
def test_answers_without_a_score(answer, reason):
    assert read_score(answer) == (None, reason)
    assert reason in SCORE_REASONS


def test_another_scale():
    assert read_score("7", 0, 10).value == 7
    assert read_score("-7", 0, 10).reason == "out of range"


@given(st.text(st.characters(codec=None)))
@settings(max_examples=300)
def test_no_text_is_too_strange(answer):
    value, reason = read_score(answer)
    assert (value is None) == (reason in SCORE_REASONS)
    assert value is None or -1 <= value <= 1


@given(st.floats(-1, 1), st.sampled_from(["{}", "Score: {}.", "**{}**", '{{"score": {}}}', " {}\n1.5"]))
@settings(max_examples=200)
def test_a_written_number_is_read_back(value, frame):
    assert read_score(frame.format(repr(value))).value == value
    assert read_score(frame.format(f"{value:.2f}".replace("-", "−").replace(".", ","))).value == float(f"{value:.2f}")


scores = st.floats(-1, 1).map(lambda value: round(value, 3))


@pytest.mark.slow
@given(st.lists(st.tuples(scores, scores), min_size=2, max_size=40))
@settings(max_examples=200)
def test_errors_equal_sklearns(rows):
    gold, pred = (np.array(side) for side in zip(*rows, strict=True))
    total = error_counts(gold, pred).sum(0)
    assert mse(total) == pytest.approx(mean_squared_error(gold, pred))
    assert mae(total) == pytest.approx(mean_absolute_error(gold, pred))
    if len(set(gold)) > 1:
        assert r2(total) == pytest.approx(r2_score(gold, pred), rel=1e-6, abs=1e-6)
    else:
        assert np.isnan(r2(total))
    if gold.any():
        assert cosine(total) == pytest.approx(cosine_similarity([gold], [pred])[0, 0], abs=1e-9)
    else:
        assert np.isnan(cosine(total))


def test_scores_of_stacked_sums():
    totals = np.stack([error_counts([0.1, -0.5], pred).sum(0) for pred in ([0.1, -0.5], [0.3, 0.3], [NAN, NAN])])
    for metric in (mse, mae, r2, cosine):
        assert metric(totals[None]).tolist() == [[float(metric(total)) for total in totals]]
    assert mse(totals).tolist() == pytest.approx([0, (0.04 + 0.64) / 2, (1.1**2 + 1.5**2) / 2])


def test_an_invalid_answer_is_the_wrong_end_of_the_scale():
    rows = error_counts([0.2, -0.2, 0.0, 1.0], [NAN, NAN, NAN, np.inf])
    assert rows[:, 4].tolist() == [1.2, 1.2, 1.0, 2.0]
    assert rows[:, 5].tolist() == pytest.approx([-0.2, -0.2, 0, -1])


@given(scores, scores)
@settings(max_examples=100)
def test_no_answer_on_the_scale_is_worse_than_none(gold, pred):
    none, some = error_counts([gold, gold], [NAN, pred])
    assert none[3] >= some[3] and none[4] >= some[4]


def test_undefined_scores():
    nothing = error_counts([], []).sum(0)
    assert all(np.isnan(metric(nothing)) for metric in (mse, mae, r2, cosine))
    assert np.isnan(r2(error_counts([0.1] * 1000, np.linspace(-1, 1, 1000)).sum(0)))  # constant but for rounding
    assert cosine(error_counts([0.1, 0.2], [0, 0]).sum(0)) == 0


def test_the_mean_explains_nothing_and_a_scaled_answer_has_the_same_cosine():
    gold = np.array([-0.8, 0.1, 0.4, 0.9])
    assert r2(error_counts(gold, np.full(4, gold.mean())).sum(0)) == pytest.approx(0)
    assert cosine(error_counts(gold, gold / 2).sum(0)) == pytest.approx(1)


@pytest.mark.parametrize(("gold", "pred"), [([NAN], [0]), ([1.1], [0]), ([0], [0, 0]), ([[0]], [[0]])])
def test_gold_that_cannot_be_scored_is_refused(gold, pred):
    with pytest.raises(ValueError, match="must"):
        error_counts(gold, pred)
