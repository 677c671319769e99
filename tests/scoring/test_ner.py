"""Entity counts equal seqeval's strict scheme, and the reasons for misses add up to them."""

from __future__ import annotations

import itertools
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.entities import Parsed, Problem, Span
from phingpt_bench.scoring.entity_lines import parse_entities
from phingpt_bench.scoring.formats import answer_format
from phingpt_bench.scoring.metrics import METRICS, row_counts, score_all
from phingpt_bench.scoring.ner import (
    MISS_KINDS,
    explain,
    misses_by_kind,
    partial_counts,
    partial_f1,
    strict_counts,
)
from phingpt_bench.scoring.spans import format_entities

TYPES = ("PER", "ORG", "LOC")


def bio(length: int, chunks: list[tuple[int, int, str]]) -> list[str]:
    tags = ["O"] * length
    for start, end, type_ in chunks:
        tags[start:end] = [f"B-{type_}"] + [f"I-{type_}"] * (end - start - 1)
    return tags


def characters(chunks: list[tuple[int, int, str]]) -> list[Span]:
    """Token chunks as spans of the text "w00 w01 w02 ...", in which no word occurs twice."""
    return [Span(4 * start, 4 * end - 1, type_) for start, end, type_ in chunks]


@st.composite
def chunkings(draw, length):
    """Disjoint token chunks; neighbours may touch."""
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    return [
        (start, end, draw(st.sampled_from(TYPES))) for start, end in itertools.pairwise(cuts) if draw(st.booleans())
    ]


@st.composite
def rows(draw):
    length = draw(st.integers(1, 12))
    gold = draw(chunkings(length))
    pred = draw(st.one_of(chunkings(length), st.just(gold)))
    return length, gold, pred


@pytest.mark.slow
@given(st.lists(rows(), min_size=1, max_size=8))
@settings(max_examples=150)
def test_scores_equal_seqeval_strict(cases):
    counts, y_true, y_pred = [], [], []
    for length, gold, pred in cases:
        text = " ".join(f"w{i:02d}" for i in range(length))
        answer = format_entities(text, characters(pred))
        parsed = parse_entities(answer, text, TYPES)
        assert parsed == Parsed(characters(pred))
        counts.append(strict_counts(characters(gold), parsed, TYPES))
        y_true.append(bio(length, gold))
        y_pred.append(bio(length, pred))
    outcomes = Outcomes(kind="spans", labels=list(TYPES), ids=[str(i) for i in range(len(counts))], counts=counts)
    scores = score_all(outcomes)
    if not any(tag != "O" for tags in y_true + y_pred for tag in tags):
        assert set(scores.values()) == {None}
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # seqeval warns of every empty class
        for name, function, average in (
            ("entity_f1", f1_score, "micro"),
            ("entity_precision", precision_score, "micro"),
            ("entity_recall", recall_score, "micro"),
            ("entity_f1_macro", f1_score, "macro"),
        ):
            theirs = function(y_true, y_pred, mode="strict", scheme=IOB2, average=average, zero_division=0)
            assert scores[name] == pytest.approx(theirs), name


PROBLEMS = st.lists(
    st.builds(
        Problem,
        st.sampled_from(["format", "hallucinated", "duplicate", "conflict"]),
        st.just("x"),
        st.sampled_from([*TYPES, None]),
    ),
    max_size=5,
)


@given(rows(), PROBLEMS)
@settings(max_examples=200)
def test_reasons_add_up_to_the_strict_counts(case, problems):
    _, gold, pred = case
    gold, parsed = characters(gold), Parsed(characters(pred), problems)
    n_true, n_pred, n_gold = np.sum(strict_counts(gold, parsed, TYPES), axis=0)
    misses = explain(gold, parsed)
    reasons = Counter(miss.kind for miss in misses)
    assert set(reasons) <= set(MISS_KINDS)
    assert sum(reasons[k] for k in ("type", "boundary", "spurious", "hallucinated", "format")) == n_pred - n_true
    assert sum(reasons[k] for k in ("type", "boundary", "missed")) == n_gold - n_true
    assert reasons["duplicate"] == sum(problem.kind == "duplicate" for problem in problems)
    assert len({m.gold for m in misses if m.gold}) == n_gold - n_true  # each gold entity is explained once


@given(rows(), PROBLEMS)
@settings(max_examples=200)
def test_partial_is_at_least_strict_and_types_add_up(case, problems):
    _, gold, pred = case
    gold, parsed = characters(gold), Parsed(characters(pred), problems)
    n_true, n_pred, n_gold = np.sum(strict_counts(gold, parsed, TYPES), axis=0)
    exact, overlapping, p, g = partial_counts(gold, parsed)
    assert (p, g) == (n_pred, n_gold)
    assert exact >= n_true
    assert exact + overlapping <= min(p, g)
    by_type = np.array([partial_counts(gold, parsed, type_) for type_ in TYPES])
    assert by_type[:, 0].sum() == n_true
    assert by_type[:, 3].sum() == n_gold
    assert by_type[:, 2].sum() == n_pred - strict_counts(gold, parsed, TYPES)[-1][1]


def test_counts_by_hand():
    text = "Anna Lee left Nokia Oyj for Espoo"
    gold = [Span(0, 8, "PER"), Span(14, 23, "ORG"), Span(28, 33, "LOC")]
    answer = "PER: Anna Lee; LOC: Nokia Oyj; ORG: Turku; What: ever; junk; LOC: Espoo; LOC: Espoo"
    parsed = parse_entities(answer, text, TYPES)
    assert strict_counts(gold, parsed, TYPES) == [[1, 1, 1], [0, 1, 1], [1, 2, 1], [0, 2, 0]]
    assert strict_counts([], Parsed(), TYPES) == [[0, 0, 0]] * 4
    assert strict_counts(gold, parse_entities("", text, TYPES), TYPES)[-1] == [0, 1, 0]
    assert [m.kind for m in explain(gold, parsed)] == ["type", "hallucinated", "format", "format", "duplicate"]


def test_kinds_of_misses():
    gold = [Span(0, 8, "PER"), Span(14, 23, "ORG"), Span(28, 33, "LOC")]
    parsed = Parsed([Span(0, 4, "PER"), Span(14, 23, "LOC"), Span(24, 27, "ORG")], [Problem("conflict", "Lee", "PER")])
    misses = explain(gold, parsed)
    assert [(m.kind, m.gold, m.predicted, m.surface) for m in misses] == [
        ("type", gold[1], parsed.spans[1], None),
        ("boundary", gold[0], parsed.spans[0], None),
        ("missed", gold[2], None, None),
        ("spurious", None, parsed.spans[2], None),
        ("spurious", None, None, "Lee"),
    ]
    assert explain(gold, Parsed(gold)) == []


def test_one_gold_entity_excuses_one_prediction_only():
    gold = [Span(0, 13, "ORG")]
    parsed = Parsed([Span(0, 4, "ORG"), Span(5, 13, "PER")])
    assert [m.kind for m in explain(gold, parsed)] == ["boundary", "spurious"]
    assert partial_counts(gold, parsed) == [0, 1, 2, 1]
    assert partial_f1(partial_counts(gold, parsed)) == pytest.approx(2 * 0.5 / 3)


def test_partial_f1_ignores_types_and_is_nan_without_entities():
    assert partial_f1(partial_counts([Span(0, 4, "PER")], Parsed([Span(0, 4, "LOC")]))) == 1
    assert np.isnan(partial_f1(np.zeros((2, 4)))).all()


def test_pieces_of_unknown_type_lower_precision_but_no_type():
    counts = np.array([[1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 1, 0]])
    assert METRICS["entity_precision"].function(counts) == 0.5
    assert METRICS["entity_f1"].function(counts) == pytest.approx(2 / 3)
    assert METRICS["entity_f1_macro"].function(counts) == 1


def test_metrics_work_on_stacks_of_totals():
    stack = np.random.default_rng(0).integers(0, 5, (7, 2, 4, 3))
    stack[..., 1:] += stack[..., :1]
    for metric in METRICS.values():
        if metric.statistic == "spans":
            scores = metric.function(stack)
            assert scores.shape == (7, 2)
            assert scores[3, 1] == metric.function(stack[3, 1])


def test_gold_of_unknown_type_is_an_error():
    with pytest.raises(BenchError, match="MISC"):
        strict_counts([Span(0, 1, "MISC")], Parsed(), TYPES)


def test_inconsistent_outcomes_are_errors():
    good = [[0, 0, 0]] * 4
    with pytest.raises(BenchError, match="inconsistent"):
        row_counts(Outcomes(kind="spans", labels=list(TYPES), ids=["a"], counts=[good[:3]]))
    with pytest.raises(BenchError, match="2 ids"):
        row_counts(Outcomes(kind="spans", labels=list(TYPES), ids=["a", "b"], counts=[good]))
    with pytest.raises(BenchError, match="unknown kind"):
        row_counts(Outcomes(kind="x", labels=[], ids=[]))
    empty = Outcomes(kind="spans", labels=list(TYPES), ids=[])
    assert row_counts(empty).shape == (0, 4, 3)
    assert set(score_all(empty).values()) == {None}


@pytest.mark.parametrize("form", ["lines", "json", "tags"])
@given(case=rows(), problems=PROBLEMS)
@settings(max_examples=100)
def test_entities_by_offset_and_misses_recount_the_strict_counts(form, case, problems):
    length, gold, pred = case
    text = " ".join(f"w{i:02d}" for i in range(length))
    doc = {"text": text, "entities": [{"start": s, "end": e, "type": t} for s, e, t in characters(gold)]}
    written = answered.written_spans(doc, TYPES, answer_format(form).write(text, characters(pred), TYPES), form)
    for row in (written, answered.spans_row(doc, TYPES, Parsed(characters(pred), problems))):
        own, found = ({tuple(span) for span in spans} for spans in row.entities)
        assert found == {(s, e, TYPES.index(t)) for s, e, t in row.parsed.spans}
        unplaced = Counter(problem.type for problem in row.parsed.wrong)
        for at, type_ in enumerate(TYPES):
            n_true, n_pred, n_gold = row.counts[at]
            assert n_true == sum(span[2] == at for span in own & found)
            assert n_gold == sum(span[2] == at for span in own)
            assert n_pred == sum(span[2] == at for span in found) + unplaced[type_]
        misses = dict(zip(MISS_KINDS, row.misses, strict=True))
        n_true, n_pred, n_gold = np.sum(row.counts, axis=0)
        assert sum(misses[k] for k in ("type", "boundary", "spurious", "hallucinated", "format")) == n_pred - n_true
        assert sum(misses[k] for k in ("type", "boundary", "missed")) == n_gold - n_true


def test_misses_by_kind_of_no_rows_are_zeros():
    assert misses_by_kind([]) == dict.fromkeys(MISS_KINDS, 0)
    assert misses_by_kind([[1, 0, 0, 0, 0, 0, 2], [1, 0, 0, 0, 0, 0, 0]])["boundary"] == 2
