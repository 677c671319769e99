"""Several seeds: the interval and the test of means over runs on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.counts import ACC, F1, labels, spans
from scipy import stats as scipy_stats

from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.interval import wilson
from phingpt_bench.stats.score_interval import interval
from phingpt_bench.stats.seeds import Spread, mean_interval, mean_test, spread

WEIGHTED = METRICS["f1_weighted"].function


def runs(accuracies, n: int = 400, seed: int = 0) -> list[np.ndarray]:
    """Runs on the same rows that share what is hard."""
    generator = np.random.default_rng(seed)
    gold, common = generator.integers(0, 3, n), generator.normal(size=n)
    made = []
    for accuracy in accuracies:
        right = 0.8 * common + 0.6 * generator.normal(size=n) < scipy_stats.norm.ppf(accuracy)
        rows = np.zeros((n, 3, 4), dtype=int)
        rows[np.arange(n), gold, np.where(right, gold, (gold + 1) % 3)] = 1
        made.append(rows)
    return made


def test_seeds_that_agree_have_the_interval_of_one_of_them():
    """The same run three times: no variance by seeds, and k runs on n rows are not k * n rows."""
    rows = labels(400)
    found, one = mean_interval([rows] * 3, ACC), interval(rows, "acc", ACC)
    assert found.method == "seeds"
    assert (found.low, found.high) == pytest.approx((one.low, one.high), abs=0.005)
    again, plain = mean_interval([spans(200)] * 3, F1), interval(spans(200), "entity_f1", F1)
    assert (again.low, again.high) == pytest.approx((plain.low, plain.high), abs=0.005)


def test_the_parts_of_the_variance_by_hand():
    """Accuracy: the rows' part is the variance of the mean over the rows, the seeds' that of the k accuracies."""
    made = runs([0.7, 0.8, 0.9], n=2000)
    found = spread([made], ACC, resamples=20_000)
    right = np.stack([ACC(rows) for rows in made])
    assert found.rows == (pytest.approx(right.mean(0).var(ddof=1) / 2000, rel=0.05), 1999)
    noise = np.mean((right - right.mean(0) - right.mean(1, keepdims=True) + right.mean()) ** 2) * 3 / 2 / 2000
    assert found.seeds[0] == (pytest.approx((right.mean(1).var(ddof=1) - noise) / 3, rel=0.05), 2)


def test_two_seeds_that_differ_say_little_and_ten_say_more():
    def width(accuracies):
        found = mean_interval(runs(accuracies), WEIGHTED, bounds=(0, 1))
        assert 0 <= found.low < np.mean([float(WEIGHTED(r.sum(0))) for r in runs(accuracies)]) < found.high <= 1
        return found.high - found.low

    assert width([0.7, 0.8]) > 0.45
    assert width([0.7, 0.8] * 5) < 0.15


def test_a_test_of_means_agrees_with_its_interval():
    a, b = runs([0.70, 0.71, 0.72]), runs([0.85, 0.86, 0.85])
    found = mean_test(a, b, ACC)
    assert found.difference == pytest.approx(np.mean([ACC(r.sum(0)) for r in b]) - np.mean([ACC(r.sum(0)) for r in a]))
    assert found.low > 0
    assert found.p < 0.05
    assert (found.method, found.n) == ("seeds", 400)
    back = mean_test(b, a, ACC)
    assert back.difference == pytest.approx(-found.difference)
    assert back.p == pytest.approx(found.p, rel=1e-9)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), rel=1e-9)
    single = mean_test([a[0]], b, ACC)
    assert single.low < single.difference < single.high


def test_p_is_that_of_the_t_test_where_one_part_is_all():
    only = Spread((1e-12, 10_000), ((4e-4, 4),))
    assert only.p(0.06) == pytest.approx(2 * scipy_stats.t(4).sf(0.06 / 0.02), rel=1e-3)
    assert only.p(only.half(0.025)) == pytest.approx(0.05, rel=1e-6)
    assert only.p(0.0) == 1
    assert Spread((0.0, 9), ()).p(0.3) == 1
    rows = Spread((4e-4, 299), ((0.0, 4),))  # seeds that differ by no more than the rows explain
    assert rows.p(0.03) == pytest.approx(2 * scipy_stats.t(299).sf(0.03 / 0.02), rel=1e-6)
    assert 0 <= rows.p(1.0) < 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_p_is_under_5_percent_where_the_interval_leaves_out_0(seed):
    accuracies = np.random.default_rng(seed).uniform(0.70, 0.76, 4)
    one, *others = runs([0.69, *accuracies], n=200, seed=seed)
    found = mean_test([one], others, ACC, resamples=200)
    assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_matched_seeds_vary_by_their_differences():
    """Both are good under the same seeds: matched, the seeds explain nothing of the difference."""
    accuracies = np.array([0.6, 0.7, 0.8, 0.9])
    together = runs([*accuracies, *(accuracies + 0.05)], n=1000)
    a, b = together[:4], together[4:]
    apart, matched = mean_test(a, b, ACC), mean_test(a, b, ACC, matched=True)
    assert matched.difference == apart.difference
    assert matched.high - matched.low < (apart.high - apart.low) / 3
    with pytest.raises(ValueError, match="matched"):
        mean_test(a[:2], b, ACC, matched=True)


def test_clusters_count_in_the_part_of_the_rows():
    made = [np.repeat(rows, 4, axis=0) for rows in runs([0.7, 0.75, 0.8], n=200)]
    told = mean_interval(made, ACC, clusters=np.repeat(np.arange(200), 4))
    alone = mean_interval(runs([0.7, 0.75, 0.8], n=200), ACC)
    assert (told.low, told.high) == pytest.approx((alone.low, alone.high), abs=0.003)


def test_the_interval_of_a_difference_ends_at_the_bounds_of_the_metric():
    a, b = runs([0.2, 0.3]), runs([0.5, 0.9])
    wide = mean_test(a, b, ACC)
    assert wide.high > 1
    found = mean_test(a, b, ACC, bounds=(0.0, 1.0))
    assert (found.low, found.high) == (max(-1.0, wide.low), 1.0)
    assert found.p == wide.p


def test_seeds_of_hardly_anything():
    with pytest.raises(ValueError, match="runs to be summed up"):
        mean_interval([labels(9)], ACC)
    assert mean_interval([labels(1), labels(1)], ACC) is None
    assert mean_interval([labels(6), labels(6)], ACC, clusters=[0] * 6) is None
    nothing = np.zeros((5, 4, 3), dtype=int)
    assert mean_interval([nothing, nothing], F1) is None
    assert mean_test([nothing], [spans(5), spans(5)], F1) is None


def test_seeds_that_are_all_right_have_an_interval_with_a_width():
    right = np.repeat([[[2, 2, 2], [0, 0, 0]]], 40, axis=0)
    found = mean_interval([right, right, right], F1, bounds=(0.0, 1.0))
    assert found.method == "edge"
    assert (found.low, found.high) == (pytest.approx(1 - wilson(0, 40).high), 1.0)
