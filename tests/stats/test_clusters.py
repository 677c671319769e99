"""Rows that share documents: the plain statistics without shared ones, else equal to the libraries and to all swaps."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from helpers.counts import ACC, F1, MACRO, labels, spans
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import proportion_confint

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.scoring.metrics import METRICS, metric_rows
from phingpt_bench.stats.clusters import sign_flip_p, stored_p, summed, wilson_clustered
from phingpt_bench.stats.interval import wilson
from phingpt_bench.stats.paired import mcnemar_exact, paired_permutation, paired_test, sign_flip_exact
from phingpt_bench.stats.score_interval import bootstrap, interval
from phingpt_bench.stats.seeds import mean_interval


def groups(n: int, seed: int = 0, most: int = 5) -> np.ndarray:
    """Clusters of 1 to `most` rows, in no order."""
    generator = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(n), generator.integers(1, most + 1, n))[:n]
    return generator.permutation(numbers)


def test_counts_are_summed_by_cluster():
    rows, clusters = spans(50), groups(50)
    found = summed(rows, clusters)
    assert np.array_equal(found, [rows[clusters == c].sum(0) for c in np.unique(clusters)])
    assert summed(rows, []) is rows
    assert summed(rows, None) is rows
    with pytest.raises(ValueError, match="49 clusters for 50 rows"):
        summed(rows, clusters[:-1])


def test_a_cluster_a_row_changes_nothing_but_the_method():
    rows, other, alone = spans(80), spans(80, seed=1), np.arange(80)
    plain, clustered = bootstrap(rows, F1), bootstrap(rows, F1, clusters=alone)
    assert (plain.low, plain.high) == (clustered.low, clustered.high)
    assert interval(labels(80), "acc", ACC, clusters=alone) == interval(labels(80), "acc", ACC)
    assert paired_test(rows, other, "entity_f1", F1, clusters=alone) == paired_test(rows, other, "entity_f1", F1)


def test_copies_of_every_row_are_worth_no_more_than_the_rows():
    """Four copies of each row: intervals and p of the rows alone, where clusters are known."""
    rows, other = spans(60), spans(60, seed=1)
    four, copies = np.tile(np.arange(60), 4), (np.tile(rows, (4, 1, 1)), np.tile(other, (4, 1, 1)))
    alone, told = bootstrap(rows, F1), bootstrap(copies[0], F1, clusters=four)
    assert (told.low, told.high) == pytest.approx((alone.low, alone.high))
    untold = bootstrap(copies[0], F1)
    assert untold.high - untold.low < 0.6 * (alone.high - alone.low)
    assert paired_test(*copies, "entity_f1", F1, clusters=four).p == paired_test(rows, other, "entity_f1", F1).p
    right = labels(60), labels(60, seed=1)
    found = paired_test(*(np.tile(r, (4, 1, 1)) for r in right), "acc", ACC, clusters=four)
    assert found.p == pytest.approx(paired_test(*right, "acc", ACC).p)
    assert (found.method, found.n) == ("sign-flip-exact", 240)


def test_wilson_at_the_design_effect():
    """By hand: each cluster left out once, and statsmodels' Wilson at the number of rows that gives."""
    clusters = groups(200, seed=3)
    hits = (np.random.default_rng(5).random(200)[clusters] + np.random.default_rng(6).random(200) < 1.3).astype(float)
    right, sizes = summed(np.stack([hits, np.ones(200)], axis=1), clusters).T
    found = wilson_clustered(right, sizes)
    share, count = hits.mean(), len(sizes)
    without = [hits[clusters != c].mean() for c in np.unique(clusters)]
    variance = (count - 1) / count * np.sum(np.square(without - share))
    t = scipy_stats.t(199).ppf(0.975) / scipy_stats.t(200**2 / np.sum(sizes**2) - 1).ppf(0.975)
    effective = 200 / (variance / (share * (1 - share) / 200)) * t**2
    assert effective < 150
    expected = proportion_confint(share * effective, effective, 0.05, "wilson")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)
    assert found.method == "wilson-clustered"


def test_clusters_that_say_nothing_of_themselves():
    """All right: each cluster counts as one row. One cluster has no interval, and no test."""
    sizes = np.array([3, 5, 2, 4])
    found = wilson_clustered(sizes, sizes)
    assert (found.low, found.high) == (wilson(4, 4).low, 1.0)
    assert wilson_clustered(np.array([3]), np.array([5])) is None
    rows = labels(5)
    assert interval(rows, "acc", ACC, clusters=[0] * 5) is None
    assert interval(rows, "f1_macro", MACRO, clusters=[0] * 5) is None
    assert paired_test(rows, labels(5, seed=1), "acc", ACC, clusters=[0] * 5) is None
    assert paired_test(rows, labels(5, seed=1), "f1_macro", MACRO, clusters=[0] * 5) is None
    with pytest.raises(ValueError, match="not the same rows"):
        sign_flip_exact([True], [True, False], [0])


def test_clusters_that_happen_to_be_even_never_narrow_wilson():
    right, sizes = np.array([1, 1, 1, 1] * 30), np.array([2] * 120)  # one of two in each: less spread than chance
    found, plain = wilson_clustered(right, sizes), wilson(120, 240)
    assert found.high - found.low >= plain.high - plain.low


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=11))
@settings(max_examples=100)
def test_sign_flips_are_all_of_them(differences):
    signs = np.array(list(itertools.product([-1, 1], repeat=len(differences))))
    sums = np.abs(signs @ np.abs(differences))
    assert sign_flip_p(np.array(differences)) == pytest.approx(np.mean(sums >= abs(sum(differences))), abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=300))
@settings(max_examples=100)
def test_sign_flips_of_lone_rows_are_mcnemar_and_scipys_binomial_test(pairs):
    a, b = np.array(pairs).T
    flips, plain = sign_flip_exact(a, b, np.arange(len(a))), mcnemar_exact(a, b)
    assert flips.p == pytest.approx(plain.p, abs=1e-10)
    gained, lost = int((b & ~a).sum()), int((a & ~b).sum())
    if gained + lost:
        assert plain.p == pytest.approx(scipy_stats.binomtest(gained, gained + lost).pvalue, abs=1e-10)
    if len(a) > 30 and gained + lost:  # z and t are then nearly one
        assert (flips.low, flips.high) == pytest.approx((plain.low, plain.high), abs=0.02)


def test_whole_clusters_are_swapped_as_scipy_does():
    """scipy's permutation test on the sums of the clusters: all 2^12 swaps."""
    rows, other, clusters = spans(40, seed=1), spans(40, seed=2), np.arange(40) % 12
    a, b = summed(rows, clusters), summed(other, clusters)

    def statistic(x, y, axis=-1):
        both = np.concatenate([a, b])
        return F1(both[np.asarray(y, int)].sum(-3)) - F1(both[np.asarray(x, int)].sum(-3))

    exact = scipy_stats.permutation_test(
        (np.arange(12), np.arange(12, 24)), statistic, permutation_type="samples", vectorized=True, n_resamples=np.inf
    )
    found = paired_test(rows, other, "entity_f1", F1, clusters=clusters)
    assert exact.null_distribution.size == 2**12
    assert found.p == pytest.approx(exact.pvalue, abs=0.02)
    assert found.method == "permutation-clustered"
    assert found.n == 40


@pytest.mark.parametrize("method", ["percentile"])
def test_the_ends_are_those_of_scipys_bootstrap(method):
    """scipy's percentile bootstrap of the same statistic, its level expanded as ours is."""
    rows = spans(60)
    level = 0.95
    tail = scipy_stats.norm.cdf(np.sqrt(60 / 59) * scipy_stats.t(59).ppf((1 - level) / 2))

    def statistic(at, axis=-1):
        return F1(rows[np.asarray(at, int)].sum(-3))

    theirs = scipy_stats.bootstrap(
        (np.arange(60),), statistic, n_resamples=20_000, confidence_level=1 - 2 * tail, method=method, vectorized=True,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    ours = bootstrap(rows, F1, resamples=20_000, level=level)
    width = ours.high - ours.low
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.04 * width)


def outcomes(seed: int, n: int = 5000) -> dict[str, Outcomes]:
    """Two kinds of outcomes on the same rows for every seed."""
    generator, ids = np.random.default_rng(seed), [str(i) for i in range(n)]
    gold = np.random.default_rng(99).integers(0, 3, n)
    probs = generator.dirichlet(np.ones(3), n).round(5)
    entities = spans(n, seed=seed, most=9)
    return {
        "labels": Outcomes(
            kind="labels", labels=["negative", "neutral", "positive"], ids=ids, gold=gold.tolist(),
            pred=probs.argmax(1).tolist(), probs=probs.tolist(), groups=[i % 9 for i in range(n)],
        ),
        "spans": Outcomes(kind="spans", labels=["a", "b", "c"], ids=ids, counts=entities.tolist()),
        "scores": Outcomes(
            kind="scores", labels=[], ids=ids, gold=(gold / 3).tolist(), pred=generator.uniform(-1, 1, n).tolist()
        ),
    }  # fmt: skip


@pytest.mark.perf
@pytest.mark.parametrize("name", ["f1_weighted", "f1_by_question", "entity_f1"])
def test_speed(name):
    """10,000 resamples of 5,000 rows: measured 0.0 to 0.8 s for an interval, 0.0 to 0.7 s for a p."""
    metric, clusters = METRICS[name], np.arange(5000) // 3
    a, b = (metric_rows(name, outcomes(seed)[metric.kind]) for seed in (1, 2))
    works = [
        lambda: interval(a, name, metric.function),
        lambda: paired_test(a, b, name, metric.function, interval=False),
        lambda: interval(a, name, metric.function, clusters=clusters),
        lambda: paired_test(a, b, name, metric.function, clusters=clusters),
        lambda: mean_interval([a, b, a], metric.function, clusters=clusters),
    ]
    for work in works:
        start = time.process_time()
        assert work() is not None
        assert time.process_time() - start < 2


@pytest.mark.perf
def test_sign_flips_of_5000_rows_are_quick():
    a, b = (labels(5000, seed=seed) for seed in (1, 2))
    start = time.process_time()
    assert paired_test(a, b, "acc", ACC, clusters=np.arange(5000) // 40) is not None
    assert time.process_time() - start < 1


def test_sign_flips_of_5000_rows_agree_with_permutations():
    a, b = (labels(5000, seed=seed) for seed in (1, 2))
    found = paired_test(a, b, "acc", ACC, clusters=np.arange(5000) // 40)
    assert 0 < found.p <= 1
    permuted = paired_permutation(summed(a, np.arange(5000) // 40), summed(b, np.arange(5000) // 40), ACC)
    assert found.p == pytest.approx(permuted.p, abs=0.02)


def test_a_p_is_stored_with_the_digits_that_all_processors_agree_on() -> None:
    """The last digits of sums differ with the kernels of a processor; the published board must not."""
    assert stored_p(6.036984443968312e-08) == stored_p(6.036984443968314e-08) == 6.03698444397e-08
    assert (stored_p(1.0000000001), stored_p(0.5)) == (1.0, 0.5) and stored_p(0.0) > 0
    draw = np.random.default_rng(0).integers(-3, 4, 400)
    assert sign_flip_p(draw) == stored_p(sign_flip_p(draw))
