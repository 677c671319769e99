"""Intervals and paired tests: equal to the libraries where there is one, and right as often as they claim."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from helpers.counts import ACC, F1, MACRO, labels, spans
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from phingpt_bench.scoring.classification import row_confusion
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats import resample
from phingpt_bench.stats.clusters import sign_flip_p
from phingpt_bench.stats.interval import Interval, wilson
from phingpt_bench.stats.paired import PairedTest, holm, least_p, mcnemar_exact, paired_permutation, paired_test
from phingpt_bench.stats.score_interval import bootstrap, bootstrap_stderr, interval

# Wilson


@given(st.integers(1, 500), st.data(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(max_examples=150)
def test_wilson_equals_statsmodels(n, data, level):
    successes = data.draw(st.integers(0, n))
    ours = wilson(successes, n, level)
    assert (ours.low, ours.high) == pytest.approx(proportion_confint(successes, n, 1 - level, "wilson"), abs=1e-12)


def test_wilson_at_the_ends():
    assert wilson(0, 0) is None
    assert wilson(0, 10).low == 0
    assert wilson(10, 10).high == 1
    assert wilson(1, 1).low == pytest.approx(0.2065, abs=1e-4)
    with pytest.raises(ValueError, match="3 successes of 2"):
        wilson(3, 2)


# At an end of the scale


@pytest.mark.parametrize("name", ["entity_f1", "f1_macro", "f1_weighted", "mcc", "flip_rate"])
@pytest.mark.parametrize("clusters", [None, np.repeat(np.arange(20), 3)], ids=["rows", "clusters"])
def test_no_score_of_few_rows_has_an_interval_without_width(name, clusters):
    known = METRICS[name]
    right = labels(60, right=1.0)
    if name in ("entity_f1", "flip_rate"):  # and 30 rows without an entity, or a pole, which show nothing
        one = [[2, 2, 2], [0, 0, 0]] if name == "entity_f1" else [0, 1]
        right = np.concatenate([np.repeat([one], 60, axis=0), np.zeros((30, *np.shape(one)))])
        clusters = None if clusters is None else np.repeat(np.arange(30), 3)
    score = float(known.function(right.sum(0)))
    assert score in known.bounds
    found = interval(right, name, known.function, clusters=clusters, bounds=known.bounds)
    low, high = proportion_confint(0, 60 if clusters is None else 20, 0.05, "wilson")
    assert found.method == "edge"
    assert found.high - found.low == pytest.approx((high - low) * (known.bounds[1] - known.bounds[0]))
    assert score in (found.low, found.high)


def test_an_interval_at_the_end_covers_the_shares_that_rows_do_not_show():
    """A system that is wrong in 2 % of all rows is right in all of 60 in three of ten samples."""
    truth, covered, ends = 0.98, 0, 0
    function, bounds = METRICS["f1_weighted"].function, METRICS["f1_weighted"].bounds
    for seed in range(300):
        generator = np.random.default_rng(seed)
        gold = generator.integers(0, 2, 60)
        rows = row_confusion(gold, np.where(generator.random(60) < truth, gold, 1 - gold), 2)
        found = interval(rows, "f1_weighted", function, bounds=bounds, resamples=200)
        ends += found.method == "edge"
        covered += found.low <= truth <= found.high
    assert 60 < ends < 120
    assert covered >= 0.93 * 300


def test_inside_the_scale_an_interval_of_equal_rows_has_no_width():
    rows = np.repeat([[[1, 2, 2], [0, 0, 0]]], 30, axis=0)  # each F1 0.5
    found = interval(rows, "entity_f1", F1, bounds=(0.0, 1.0))
    assert (found.low, found.high, found.method) == (0.5, 0.5, "bootstrap")


# Bootstrap


def plain_bootstrap(rows, metric, resamples, seed):
    """The bootstrap by its definition."""
    generator = np.random.default_rng(seed)
    return np.array([metric(rows[generator.integers(0, len(rows), len(rows))].sum(0)) for _ in range(resamples)])


@pytest.mark.parametrize(("rows", "metric"), [(labels(400), MACRO), (spans(120), F1)], ids=["few types", "many types"])
def test_the_collapsed_bootstrap_has_the_distribution_of_the_plain_one(rows, metric):
    ours = bootstrap(rows, metric, resamples=20_000)
    values = plain_bootstrap(rows, metric, 4000, seed=5)
    sd = values.std()
    assert (ours.low, ours.high) == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.15 * sd)
    assert bootstrap_stderr(rows, metric, resamples=10_000) == pytest.approx(sd, rel=0.05)


@given(
    st.integers(0, 40),
    st.sampled_from([(), (1,), (3,), (2, 3), (9, 2, 3)]),
    st.sampled_from([(0, 2), (-1, 2), (-(2**40), 2**40), (2**62, 2**62 + 3), (0.0, 1.0), (-0.0, 0.0)]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=200)
def test_distinct_rows_are_those_of_numpy(n, shape, ends, seed):
    generator = np.random.default_rng(seed)
    if isinstance(ends[0], float):
        rows = generator.choice([*ends, 0.3, -0.7], size=(n, *shape))
    else:
        rows = generator.choice([*ends, 0], size=(n, *shape))
    rows = rows[generator.integers(0, n, n)] if n else rows  # some of them twice
    if not rows.size:
        return
    types, counts = resample.distinct(rows)
    expected, of_each = np.unique(rows.reshape(n, -1), axis=0, return_counts=True)
    assert types.dtype == rows.dtype
    assert np.array_equal(types, expected) and np.array_equal(counts, of_each)


def test_distinct_rows_with_undefined_numbers_do_not_fail():
    rows = np.array([[np.nan, 1.0], [np.nan, 1.0], [0.0, 2.0]])
    assert resample.distinct(rows)[1].sum() == 3


@pytest.mark.parametrize("rows", [labels(50), spans(50)], ids=["few types", "many types"])
def test_each_resample_draws_n_rows(rows, monkeypatch):
    whole = np.concatenate(list(resample.totals(rows, 101, seed=0)))
    for name in ("_CELLS", "_CACHED"):
        monkeypatch.setattr(resample, name, 1000)  # several chunks
    resample._kept_draws.cache_clear()
    assert (np.concatenate(list(resample.totals(rows, 101, seed=0))) == whole).all()  # of the same draws
    marked = np.concatenate([rows.reshape(50, -1), np.ones((50, 1), dtype=int)], axis=1)
    parts = list(resample.totals(marked, 101, seed=0))
    assert len(parts) > 1
    drawn = np.concatenate(parts)
    assert drawn.shape == (101, marked.shape[1])
    assert (drawn[:, -1] == 50).all()
    assert drawn.mean(0) == pytest.approx(marked.sum(0), rel=0.25, abs=2)


def test_seed_decides_and_the_order_of_rows_does_not():
    for rows, metric in ((labels(200), MACRO), (spans(200), F1)):
        first = bootstrap(rows, metric, resamples=500, seed=3)
        assert first == bootstrap(rows, metric, resamples=500, seed=3)
        assert first == bootstrap(rows[::-1], metric, resamples=500, seed=3)
        assert first != bootstrap(rows, metric, resamples=500, seed=4)


def test_bootstrap_of_hardly_anything():
    assert bootstrap(np.zeros((0, 4, 3)), F1) is None
    assert bootstrap(spans(1), F1) is None
    assert math.isnan(bootstrap_stderr(spans(1), F1))
    assert bootstrap(np.zeros((9, 4, 3)), F1) is None  # never defined
    sometimes = np.zeros((5, 4, 3))
    sometimes[0, 0] = 1  # undefined where row 0 is not drawn
    assert bootstrap(sometimes, F1) == Interval(1.0, 1.0, 0.95, "bootstrap")
    assert not math.isnan(bootstrap_stderr(sometimes, F1))


def test_interval_is_wilson_for_accuracy_only():
    rows = labels(200)
    assert interval(rows, "acc", ACC) == wilson(int(ACC(rows.sum(0)) * 200 + 0.5), 200)
    assert interval(rows, "f1_macro", MACRO, resamples=300) == bootstrap(rows, MACRO, resamples=300)
    assert interval(rows[:0], "acc", ACC) is None
    assert interval(rows, "acc", ACC, level=0.8).level == 0.8


@pytest.mark.perf
@pytest.mark.parametrize("rows", [labels(5000), spans(5000, most=9)], ids=["few types", "many types"])
def test_speed(rows):
    metric = MACRO if rows.shape[-1] == 4 else F1
    start = time.process_time()
    bootstrap(rows, metric)
    assert time.process_time() - start < 2


# McNemar


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
@settings(max_examples=150)
def test_mcnemar_equals_statsmodels(pairs):
    a, b = np.array(pairs).T
    table = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
    found = mcnemar_exact(a, b)
    assert found.p == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert found.difference == pytest.approx(b.mean() - a.mean())
    assert -1 <= found.low <= found.difference <= found.high <= 1


def test_mcnemar_of_hardly_anything():
    assert mcnemar_exact([], []) is None
    assert mcnemar_exact([False], [True]).p == 1
    with pytest.raises(ValueError, match="not the same rows"):
        mcnemar_exact([True], [True, False])


# Permutation


def exhaustive_p(rows_a, rows_b, metric):
    """The p of all 2**n swaps."""
    observed = abs(metric(rows_b.sum(0)) - metric(rows_a.sum(0)))
    n = len(rows_a)
    count = 0
    for bits in range(2**n):
        swap = np.array([bits >> i & 1 for i in range(n)], dtype=bool)[:, None, None]
        a, b = np.where(swap, rows_b, rows_a), np.where(swap, rows_a, rows_b)
        count += abs(metric(b.sum(0)) - metric(a.sum(0))) >= observed - 1e-12
    return count / 2**n


@pytest.mark.parametrize("seed", range(4))
def test_permutation_p_is_near_that_of_all_swaps(seed):
    a = spans(10, seed=1)
    b = a.copy()
    b[..., :2] = spans(10, seed=seed + 50)[..., :2].clip(max=a[..., 2:])
    b[:3] = a[:3] if seed % 2 else b[:3]
    found = paired_permutation(a, b, F1, resamples=20_000)
    assert found.p == pytest.approx(exhaustive_p(a, b, F1), abs=0.015)


def test_permutation_of_label_rows_with_many_equal_ones_is_near_all_swaps():
    gold = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2])
    a = row_confusion(gold, [0, 1, 1, 1, 1, 0, 0, 2, 0, 0, -1], 3)
    b = row_confusion(gold, [0, 0, 0, 0, 1, 1, -1, 2, 2, 0, 2], 3)
    assert paired_permutation(a, b, MACRO, resamples=20_000).p == pytest.approx(exhaustive_p(a, b, MACRO), abs=0.015)


@pytest.mark.parametrize(("rows", "name"), [(labels(80), "acc"), (labels(80), "f1_macro"), (spans(80), "entity_f1")])
def test_identical_systems_do_not_differ(rows, name):
    found = paired_test(rows, rows.copy(), name, METRICS[name].function)
    assert (found.difference, found.p, found.n) == (0, 1, 80)
    assert found.low <= 0 <= found.high


def test_the_sign_is_that_of_b_minus_a_and_p_knows_no_sides():
    gold = np.random.default_rng(0).integers(0, 3, 300)
    base, tuned = labels(300, seed=1, right=0.3, gold=gold), labels(300, seed=2, right=0.9, gold=gold)
    for name in ("acc", "f1_macro"):
        gain = paired_test(base, tuned, name, METRICS[name].function)
        loss = paired_test(tuned, base, name, METRICS[name].function)
        assert gain.difference == pytest.approx(-loss.difference)
        assert gain.difference > 0.3
        assert 0 < gain.low < gain.difference < gain.high
        assert gain.p == pytest.approx(loss.p)
        assert gain.p < 0.001
        assert gain.method == ("mcnemar-exact" if name == "acc" else "permutation")
    assert paired_permutation(base, tuned, MACRO, resamples=99).p == 0.01  # never 0


def two_systems(differ: int, gained: int) -> tuple[np.ndarray, np.ndarray]:
    """Entity counts of 200 rows of which `differ` tell B from A, `gained` of these in its favour."""
    a = np.zeros((200, 1, 3), dtype=int)
    a[:, 0] = (1, 1, 1)
    b = a.copy()
    b[:differ, 0, 0], a[:differ, 0, 0] = 0, 1
    b[:gained, 0, 0], a[:gained, 0, 0] = 1, 0
    return a, b


def test_permutations_go_on_while_a_corrected_p_may_be_on_either_side():
    """McNemar's exact p of 16 and 6 rows is 0.0525, about one standard error of 10,000 permutations above 0.05."""
    exact = mcnemar_exact(np.arange(22) >= 16, np.arange(22) < 16).p
    a, b = two_systems(22, 16)
    whole = paired_test(a, b, "entity_f1", F1, factors=(1,))
    assert 10_000 < whole.resamples < 200_000
    assert whole.p == pytest.approx(exact, abs=0.002)
    assert len({paired_test(a, b, "entity_f1", F1, seed=seed, factors=(1,)).p < 0.05 for seed in range(5)}) == 1
    assert paired_test(a, b, "entity_f1", F1).resamples == 10_000  # no correction was named


@pytest.mark.parametrize("factors", [(1,), range(1, 5), (3, 7)])
@pytest.mark.parametrize("gained", [22, 20, 17, 15, 12])
def test_permutations_end_as_soon_as_no_correction_leaves_it_open(gained: int, factors: Any):
    a, b = two_systems(22, gained)
    found = paired_test(a, b, "entity_f1", F1, factors=factors)
    error = np.sqrt(found.p * (1 - found.p) / found.resamples)
    is_open = any(abs(factor * found.p - 0.05) < 3 * factor * error for factor in factors)
    assert found.resamples % 10_000 == 0
    assert is_open == (found.resamples == 200_000) or found.resamples < 200_000
    assert not (is_open and found.resamples < 200_000)
    if found.resamples == 10_000:
        assert found == paired_test(a, b, "entity_f1", F1)


def test_the_smallest_p_of_a_permutation_test_is_known_as_such():
    a, b = two_systems(40, 40)
    found = paired_test(a, b, "entity_f1", F1)
    assert found.p == least_p(found.resamples) == 1 / 10_001
    assert least_p(mcnemar_exact([False] * 40, [True] * 40).resamples) == 0.0


@pytest.mark.parametrize("gained", [22, 20, 17, 12])
def test_without_the_interval_the_verdict_is_the_same(gained: int):
    a, b = two_systems(22, gained)
    whole, quick = (paired_test(a, b, "entity_f1", F1, interval=interval, factors=(3,)) for interval in (True, False))
    assert (quick.low, quick.high) == (None, None)
    assert (quick.difference, quick.method, quick.n) == (whole.difference, whole.method, whole.n)
    assert (quick.p * 3 < 0.05) == (whole.p * 3 < 0.05)
    assert 1_000 <= quick.resamples <= whole.resamples
    assert whole.low is not None


def test_heads_are_what_numpy_draws():
    """numpy inverts uniform numbers up to 60 tosses; beyond, it does otherwise, and so do they."""
    for tosses in (range(1, 61), [59, 60, 61], [200], []):
        counts = np.array(tosses, dtype=int)
        drawn = resample.heads(np.random.default_rng(7), counts, 300)
        expected = np.random.default_rng(7).binomial(counts, 0.5, size=(300, len(counts)))
        assert np.array_equal(drawn, expected)


def test_draws_are_kept_for_the_next_system_on_as_many_rows():
    a, b = spans(50), spans(50, seed=1)
    together = [np.concatenate(list(resample.totals(rows, 101, seed=0))) for rows in (a, b)]
    resample._kept_draws.cache_clear()
    assert np.array_equal(np.concatenate(list(resample.totals(b, 101, seed=0))), together[1])
    assert np.array_equal(np.concatenate(list(resample.totals(a, 101, seed=0))), together[0])


def test_permutation_of_hardly_anything():
    none = spans(3)[:0]
    assert paired_test(none, none, "entity_f1", F1) is None
    assert paired_test(labels(3)[:0], labels(3)[:0], "acc", ACC) is None
    assert paired_permutation(np.zeros((4, 4, 3)), np.zeros((4, 4, 3)), F1) is None  # no entity anywhere
    a, b = np.zeros((1, 4, 3), dtype=int), np.zeros((1, 4, 3), dtype=int)
    a[0, 0], b[0, 0] = (0, 0, 1), (1, 1, 1)
    assert paired_permutation(a, b, F1) == PairedTest(1.0, None, None, 1.0, "permutation", 1, 10_000)
    with pytest.raises(ValueError, match="not the same rows"):
        paired_permutation(spans(3), spans(4), F1)


# Holm


@pytest.mark.slow
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=30)  # theirs takes half a second a call
def test_holm_equals_statsmodels(pvalues):
    assert holm(pvalues) == pytest.approx(list(multipletests(pvalues, method="holm")[1]))


def test_holm_passes_over_missing_tests():
    assert holm([None, 0.01, None, 0.04]) == [None, 0.02, None, 0.04]
    assert holm([]) == []
    assert holm([None]) == [None]


def test_p_is_never_0_by_underflow():
    """2^-2999 is no float; a p of 0 would say that chance cannot do it."""
    wrong, right = np.zeros(3000, dtype=bool), np.ones(3000, dtype=bool)
    assert mcnemar_exact(wrong, right).p > 0
    assert sign_flip_p(np.ones(3000, dtype=int)) > 0
