"""The smallest difference that a paired test could have shown: found as often as it says, and none where none could."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers.counts import ACC, F1, labels, spans

from phingpt_bench.scoring.classification import row_confusion
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.paired import mcnemar_exact, paired_permutation, sign_flip_exact
from phingpt_bench.stats.power import (
    POWER,
    bootstrap_error,
    detectable,
    detectable_exact,
    detectable_from_error,
    detectable_of_spread,
)
from phingpt_bench.stats.seeds import Spread


def hits(n: int, share: float, difference: float, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Right answers of A and B that differ in `share` of the rows, B better by `difference`, as the truth."""
    kind = generator.choice(
        4, n, p=[(share + difference) / 2, (share - difference) / 2, 0.6 - share / 2, 0.4 - share / 2]
    )
    return np.isin(kind, (1, 2)), np.isin(kind, (0, 2))


@pytest.mark.slow
@pytest.mark.parametrize(("n", "share"), [(60, 0.3), (300, 0.1), (1000, 0.25)])
def test_mcnemar_finds_what_it_is_said_to_find_four_times_in_five(n, share):
    generator = np.random.default_rng(0)
    truth = np.zeros(n, dtype=bool), np.arange(n) < round(share * (n + 2)) - 2
    smallest = detectable_exact(*truth)
    found = [mcnemar_exact(*hits(n, share, smallest, generator)).p < 0.05 for _ in range(2000)]
    assert np.mean(found) == pytest.approx(POWER, abs=0.03)
    smaller = [mcnemar_exact(*hits(n, share, 0.7 * smallest, generator)).p < 0.05 for _ in range(500)]
    assert np.mean(smaller) < 0.6


def test_many_rows_come_near_the_normal_formula_and_few_need_more():
    """Connor (1987): d sqrt(n) = z(0.975) sqrt(share) + z(0.8) sqrt(share - d^2)."""

    def normal(n: int, share: float) -> float:
        d = 0.0
        for _ in range(100):
            d = (1.959964 * math.sqrt(share) + 0.841621 * math.sqrt(max(0.0, share - d * d))) / math.sqrt(n)
        return d

    for n, near in ((20_000, 0.01), (2000, 0.04), (200, 0.15)):
        different = np.arange(n) < 0.1 * n
        share = (different.sum() + 2) / (n + 2)
        ours = detectable_exact(np.zeros(n, dtype=bool), different)
        assert normal(n, share) < ours < normal(n, share) * (1 + near)


def found_more(n: int, seed: int, clusters: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Entity counts of A, and of a B that finds a fifth of what A misses and loses some; a cluster has one luck."""
    a, b = spans(n, seed), spans(n, seed)
    generator = np.random.default_rng(seed + 10_000)
    luck = generator.choice([0.0, 0.4], clusters or n)[np.arange(n) % clusters if clusters else np.arange(n)]
    more = generator.binomial(b[..., 2] - b[..., 0], luck[:, None])
    lost = generator.binomial(b[..., 0], 0.05)
    b[..., :2] += (more - lost)[..., None]
    return a, b


def rows_for(truth: float, error: float, n: int) -> int:
    """How many rows make `truth` the smallest difference, where n rows have this standard error."""
    return next(k for k in range(10, n) if (detectable_from_error(error * math.sqrt(n / k), k) or 1) <= truth)


@pytest.mark.slow
def test_entity_f1_is_found_four_times_in_five():
    truth = np.mean([F1(b.sum(0)) - F1(a.sum(0)) for a, b in (found_more(20_000, seed) for seed in range(30))])
    n = rows_for(truth, bootstrap_error(*found_more(20_000, 1), F1), 20_000)
    assert 40 < n < 600
    said = [detectable(*found_more(n, seed), "entity_f1", F1) for seed in range(40)]
    assert np.mean(said) == pytest.approx(truth, rel=0.05)
    found = [paired_permutation(*found_more(n, seed), F1, 499, interval=False).p < 0.05 for seed in range(100, 900)]
    assert np.mean(found) == pytest.approx(POWER, abs=0.05)


@pytest.mark.slow
def test_rows_that_share_documents_show_less_than_as_many_independent_ones():
    """80 documents of 4 rows in which A and B differ alike; a world in which the test finds the truth 4 times in 5."""
    generator, clusters = np.random.default_rng(3), np.repeat(np.arange(80), 4)
    truth, found, said, alone = 0.96 * 0.15, [], [], []
    for _ in range(250):
        lead = np.repeat(generator.choice([-1, 0, 1], 80, p=[0.05, 0.75, 0.2]), 4)
        noise = generator.choice([-1, 0, 1], 320, p=[0.02, 0.96, 0.02])
        which = np.where(noise != 0, noise, lead)
        found.append(sign_flip_exact(which < 0, which > 0, clusters).p < 0.05)
        if len(said) == 30:
            continue
        rows = [row_confusion(np.zeros(320, dtype=int), np.where(hit, 0, 1), 3) for hit in (which < 0, which > 0)]
        said.append(detectable(*rows, "acc", ACC, clusters=clusters))
        alone.append(detectable(*rows, "acc", ACC))
    assert np.mean(found) == pytest.approx(POWER, abs=0.06)
    assert np.mean(said) == pytest.approx(truth, rel=0.1)
    assert np.mean(alone) < 0.7 * np.mean(said)


def test_it_is_the_same_whichever_is_better_and_with_clusters_of_one():
    gold = np.random.default_rng(0).integers(0, 3, 200)
    a, b = labels(200, 1, 0.6, gold), labels(200, 2, 0.7, gold)
    for name in ("acc", "f1_macro", "mcc"):
        metric = METRICS[name].function
        said = detectable(a, b, name, metric)
        assert said == pytest.approx(detectable(b, a, name, metric), rel=1e-6)
        assert said == pytest.approx(detectable(a, b, name, metric, clusters=range(200)), rel=1e-6)
        assert said > detectable(np.tile(a, (4, 1, 1)), np.tile(b, (4, 1, 1)), name, metric) > said / 2.4
        assert said > detectable(a, b, name, metric, power=0.5)
        assert said < detectable(a, b, name, metric, alpha=0.01)


def test_where_no_difference_could_be_shown_there_is_none():
    never = np.zeros(5, dtype=bool), np.ones(5, dtype=bool)
    assert detectable_exact(*never) is None  # the smallest p of 5 rows is 0.0625
    assert 0.9 < detectable_exact(np.zeros(6, dtype=bool), np.ones(6, dtype=bool)) < 1
    assert detectable_exact(np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)) is None
    same = labels(300)
    assert 0.02 < detectable(same, same, "acc", ACC) < 0.04  # nine rows or so: alike on these, not on the next
    assert detectable(same, same, "f1_macro", METRICS["f1_macro"].function) is None  # a bootstrap sees no variance
    assert detectable(same[:0], same[:0], "acc", ACC) is None
    one = np.zeros(300, dtype=int)
    for name in ("acc", "f1_macro"):
        assert detectable(labels(300), labels(300, 1), name, METRICS[name].function, clusters=one) is None
    with pytest.raises(ValueError, match="not the same rows"):
        detectable(labels(3), labels(4), "acc", ACC)


def test_from_a_standard_error():
    assert detectable_from_error(0.01, 1e6) == pytest.approx((1.959964 + 0.841621) * 0.01, rel=1e-3)
    assert detectable_from_error(0.01, 40) > detectable_from_error(0.01, 1e6)
    assert detectable_from_error(0.4, 1000) is None  # more than 1
    assert detectable_from_error(0.4, 1000, widest=2) == pytest.approx(1.126, abs=0.01)
    assert detectable_from_error(0.01, 1) is None and detectable_from_error(0.01, 3) is None
    with pytest.raises(ValueError, match="a standard error of 0"):
        detectable_from_error(0, 100)


def test_few_seeds_can_show_little():
    rows_alone, two, many = (Spread((1e-4, 500), seeds) for seeds in ((), ((1e-4, 1),), ((1e-4, 50),)))
    assert detectable_of_spread(rows_alone) == pytest.approx((1.965 + 0.842) * 0.01, rel=1e-2)
    assert detectable_of_spread(two) > 3 * detectable_of_spread(many) > 3 * detectable_of_spread(rows_alone)
    assert detectable_of_spread(Spread((0.0, 500), ())) is None
    assert detectable_of_spread(Spread((1.0, 5), ())) is None
