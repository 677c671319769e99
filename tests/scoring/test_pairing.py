"""Gold and predicted entities are paired in the best way there is, whatever their types are called."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from helpers.paths import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.ner import partial_counts, partial_f1, type_only_counts
from phingpt_bench.scoring.pairing import overlap_pairs

TYPES = ("PER", "ORG", "LOC")
SETS = 2_000


def disjoint(draw: random.Random, length: int = 30, cuts: int = 10) -> list[Span]:
    """Spans of one side as a reader gives them: dense, none overlapping."""
    places = sorted(draw.sample(range(length + 1), cuts))
    return [Span(a, b, draw.choice(TYPES)) for a, b in itertools.pairwise(places) if draw.random() < 0.8]


def best(gold: list[Span], predicted: list[Span]) -> float:
    """The most points of any pairing one to one, by trying every one: 1 for equal extent, 1/2 for an overlap."""
    if not gold:
        return 0.0
    first, rest = gold[0], gold[1:]
    found = best(rest, predicted)
    for at, span in enumerate(predicted):
        if first.start < span.end and span.start < first.end:
            points = 1.0 if first[:2] == span[:2] else 0.5
            found = max(found, points + best(rest, predicted[:at] + predicted[at + 1 :]))
    return found


def points(pairs: list[tuple[Span, Span]]) -> float:
    return sum(1.0 if a[:2] == b[:2] else 0.5 for a, b in pairs)


anywhere = st.lists(
    st.builds(lambda a, n, t: Span(a, a + n, t), st.integers(0, 8), st.integers(1, 5), st.sampled_from(TYPES)),
    max_size=5, unique=True,
)  # fmt: skip


@pytest.mark.slow
@given(anywhere, anywhere)
@settings(max_examples=400)
def test_no_pairing_has_more_points(gold, predicted):
    """Overlapping sides too, as nested gold has them."""
    pairs = overlap_pairs(gold, predicted)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    assert all(a in gold and b in predicted and a.start < b.end and b.start < a.end for a, b in pairs)
    assert points(pairs) == best(gold, predicted)


@given(anywhere, anywhere, st.permutations(TYPES))
@settings(max_examples=200)
def test_the_names_of_types_play_no_part(gold, predicted, names):
    other = dict(zip(TYPES, names, strict=True))
    renamed = [[span._replace(type=other[span.type]) for span in side] for side in (gold, predicted)]
    assert partial_counts(gold, Parsed(predicted)) == partial_counts(renamed[0], Parsed(renamed[1]))
    counts = dict(zip(TYPES, type_only_counts(gold, Parsed(predicted), TYPES), strict=False))
    mine = dict(zip(TYPES, type_only_counts(renamed[0], Parsed(renamed[1]), TYPES), strict=False))
    assert {other[type_]: row for type_, row in counts.items()} == mine


def test_two_spans_that_swapped_a_quarter_and_a_half():
    gold = [Span(0, 2, "B"), Span(3, 8, "A")]
    for x, y in itertools.product("AB", repeat=2):
        counts = partial_counts(gold, Parsed([Span(0, 5, x), Span(6, 8, y)]))
        assert (counts, float(partial_f1(counts))) == ([0, 2, 2, 2], 0.5)


def nervaluate(gold: list[Span], predicted: list[Span]) -> tuple[float, int]:
    """(points of the partial measure, true ones of the type measure) by nervaluate, which counts ends as inclusive."""
    strategies = pytest.importorskip("nervaluate.strategies")  # Python 3.11 and later
    entity = pytest.importorskip("nervaluate.entities").Entity
    sides = [[entity(label=s.type, start=s.start, end=s.end - 1) for s in side] for side in (gold, predicted)]
    partial, _ = strategies.PartialEvaluation().evaluate(*sides, list(TYPES))
    typed, _ = strategies.EntityTypeEvaluation().evaluate(*sides, list(TYPES))
    return partial.correct + partial.partial / 2, typed.correct


def true_of_type(gold: list[Span], predicted: list[Span]) -> int:
    return sum(row[0] for row in type_only_counts(gold, Parsed(predicted), TYPES))


def test_partial_counts_are_nervaluates():
    draw = random.Random(0)
    for _ in range(SETS):
        gold, predicted = disjoint(draw), disjoint(draw)
        exact, overlapping, *_ = partial_counts(gold, Parsed(predicted))
        assert exact + overlapping / 2 == nervaluate(gold, predicted)[0]


def test_type_only_counts_are_nervaluates_or_more_and_docs_say_how_often(page_numbers):
    """nervaluate goes from left to right and lets a prediction of another type use up a gold entity."""
    draw = random.Random(0)
    differ, most, ours, theirs = 0, 0, 0, 0
    for _ in range(SETS):
        gold, predicted = disjoint(draw), disjoint(draw)
        mine, other = true_of_type(gold, predicted), nervaluate(gold, predicted)[1]
        assert mine >= other
        differ, most, ours, theirs = differ + (mine != other), max(most, mine - other), ours + mine, theirs + other
    assert page_numbers == (f"{differ / SETS:.0%}", str(most), f"{ours / theirs - 1:.0%}")


@pytest.fixture
def page_numbers() -> tuple[str, ...]:
    """The three numbers that docs/answers.md gives of the difference."""
    text = " ".join((ROOT / "docs" / "answers.md").read_text(encoding="utf-8").split())
    found = re.search(
        r"differs in (\d+ ?%) of the texts, by at most (\d+) of about seven, (\d+ ?%) more in total", text
    )
    assert found, "docs/answers.md does not say how type-only F1 differs from nervaluate's"
    return tuple(number.replace(" ", "") for number in found.groups())


@pytest.mark.slow
@given(st.data())
@settings(max_examples=200)
def test_type_only_counts_are_nervaluates_where_entities_overlap_one_other_only(data):
    """Which is nearly always so: the two differ on texts where a prediction lies across two gold entities."""
    gold, predicted = [], []
    for at in range(data.draw(st.integers(0, 5))):
        start = 20 * at
        if data.draw(st.booleans()):
            gold.append(Span(start, start + data.draw(st.integers(1, 9)), data.draw(st.sampled_from(TYPES))))
        if data.draw(st.booleans()):
            predicted.append(Span(start, start + data.draw(st.integers(1, 9)), data.draw(st.sampled_from(TYPES))))
    assert true_of_type(gold, predicted) == nervaluate(gold, predicted)[1]


def test_thousands_of_entities_are_paired_at_once():
    gold = [Span(3 * at, 3 * at + 2, "PER") for at in range(20_000)]
    predicted = [Span(3 * at + 1, 3 * at + 4, "PER") for at in range(20_000)]
    assert len(overlap_pairs(gold, predicted)) == 20_000
