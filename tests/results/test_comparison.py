"""Two runs compared: small cases by hand, sums that must hold, agreement with the board, and the awkward cases."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from helpers.board_factory import LABELS, TYPES, example_runs, labels, make_run, spans
from helpers.comparison_factory import ADAPTER as TUNED
from helpers.comparison_factory import entities, entity_row
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from phingpt_bench.board.sections import build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.outcomes import Outcomes, in_order, rows_at
from phingpt_bench.render.comparison.comparison_blocks import head
from phingpt_bench.render.comparison.comparison_summary import summary
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.comparison.build import compare, corrected_tests
from phingpt_bench.results.comparison.form import form_of, twin
from phingpt_bench.results.comparison.labels import labels_of
from phingpt_bench.results.comparison.numbers import numbers_of
from phingpt_bench.results.comparison.row_values import FATES
from phingpt_bench.results.comparison.spans import spans_of
from phingpt_bench.scoring.classification import by_class, f1_weighted, row_confusion
from phingpt_bench.scoring.entities import Problem
from phingpt_bench.stats.changes import Change, changes, linear
from phingpt_bench.stats.paired import holm, paired_permutation
from phingpt_bench.text.write_terminal import terminal

NEG, NEU, POS = range(3)


def answers(gold, pred, probs=None, ids=None) -> Outcomes:
    return Outcomes(
        kind="labels", labels=LABELS, ids=ids or [f"r{i}" for i in range(len(gold))], gold=list(gold), pred=list(pred),
        invalid=[p == -1 for p in pred], probs=probs or [],
    )  # fmt: skip


GOLD = [NEG, NEG, NEU, POS, POS, POS]
# fixed, broken, same error, different error, right, wrong alike (both INVALID)
BEFORE = answers(GOLD, [POS, NEG, POS, NEG, POS, -1])
AFTER = answers(GOLD, [NEG, POS, POS, NEU, POS, -1])


def test_labels_by_hand():
    fates, found = labels_of(BEFORE, AFTER)
    assert fates == {"fixed": 1, "broken": 1, "same-error": 2, "different-error": 1, "right": 1}
    assert [row.fate for row in found.rows] == [
        "fixed", "broken", "same-error", "different-error", "right", "same-error"
    ]  # fmt: skip
    assert found.confusion_a == ((1, 0, 1, 0), (0, 0, 1, 0), (1, 0, 1, 1))
    assert found.confusion_b == ((1, 0, 1, 0), (0, 0, 1, 0), (0, 1, 1, 1))
    assert found.shift == ((0, 0, 0, 0), (0, 0, 0, 0), (-1, 1, 0, 0))
    assert [kind.gold for kind in found.classes] == [2, 1, 3]
    negative, neutral, positive = found.classes
    assert (negative.precision.a, negative.precision.b) == (1 / 2, 1.0)
    assert (negative.recall.a, negative.f1.a) == (1 / 2, 1 / 2)
    assert neutral.precision == Change(a=None, b=0.0, difference=None)  # A never says neutral
    assert (neutral.recall.a, neutral.f1.a) == (0.0, 0.0)
    assert (positive.precision.a, positive.recall.a, positive.f1.a) == (1 / 3, 1 / 3, 1 / 3)
    # r0 was negative taken for positive, r3 positive taken for negative; r1 is a flip of B alone
    assert found.flips.removed == ("r0", "r3")
    assert found.flips.introduced == ("r1",)
    assert (found.flips.kept, found.flips.polar) == ((), 5)
    assert found.calibration is None
    assert {row.margin_a for row in found.rows} == {None}


def test_margins_and_calibration_by_hand():
    a = answers([NEG, POS, NEU], [NEG, NEG, -1], probs=[[0.7, 0.1, 0.2], [0.5, 0.5, 0.0], None])
    b = answers([NEG, POS, NEU], [NEG, POS, NEU], probs=[[0.9, 0.1, 0.0], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]])
    _, found = labels_of(a, b)
    assert [row.margin_a for row in found.rows] == [0.5, 0.0, None]
    assert [row.margin_b for row in found.rows] == [0.8, 0.7, 0.7]
    assert found.rows[2].probs_a is None
    calibration = found.calibration
    assert calibration.n == 2  # the third row has no probabilities in A
    assert calibration.confidence.a == pytest.approx(0.6) and calibration.confidence.b == pytest.approx(0.85)
    assert calibration.overconfidence.a == pytest.approx(0.6 - 0.5)
    assert calibration.overconfidence.b == pytest.approx(0.85 - 1)
    assert calibration.brier.a == pytest.approx((0.09 + 0.01 + 0.04 + 0.25 + 0.25 + 1) / 2)


PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=40)


@pytest.mark.slow
@given(PAIRS)
@settings(max_examples=100)
def test_fates_partition_the_rows_and_explain_the_accuracy(rows):
    gold, mine, theirs = zip(*rows, strict=True)
    fates, found = labels_of(answers(gold, mine), answers(gold, theirs))
    n = len(rows)
    assert sum(fates.values()) == n == len(found.rows)
    assert set(fates) == set(FATES)
    right_a, right_b = (sum(g == p for g, p in zip(gold, side, strict=True)) for side in (mine, theirs))
    assert fates["fixed"] - fates["broken"] == right_b - right_a
    assert fates["right"] + fates["broken"] == right_a
    assert np.sum(found.shift) == 0
    assert (np.sum(found.shift, axis=1) == 0).all()  # gold does not move
    assert (np.array(found.confusion_b) - found.confusion_a == found.shift).all()


@given(PAIRS)
@settings(max_examples=100)
def test_scores_by_class_are_those_of_sklearn(rows):
    gold, pred, _ = zip(*rows, strict=True)
    ours = by_class(row_confusion(gold, pred, 3).sum(0))
    theirs = precision_recall_fscore_support(gold, pred, labels=range(3), zero_division=np.nan)
    np.testing.assert_allclose(ours[:, :2], np.stack(theirs[:2], axis=-1))
    np.testing.assert_allclose(np.nan_to_num(ours[:, 2]), np.nan_to_num(theirs[2]))


def test_intervals_of_changes_are_those_of_the_paired_test():
    a, b = (row_confusion(side.gold, side.pred, 3) for side in (labels(0.6, 120, seed=1), labels(0.7, 120, seed=2)))
    test = paired_permutation(a, b, f1_weighted)
    change = changes(a, b, f1_weighted)
    assert (change.low, change.high) == (test.low, test.high)
    assert change.difference == pytest.approx(test.difference)
    nested = changes(a, b, by_class)
    assert [len(nested), len(nested[0])] == [3, 3]
    assert changes(a[:1], b[:1], f1_weighted).low is None
    with pytest.raises(ValueError, match="not the same rows"):
        changes(a, b[:5], f1_weighted)


def test_rows_that_share_a_document_are_drawn_together():
    a, b = labels(0.6, 120, seed=1), labels(0.7, 120, seed=2)
    clusters = [at // 4 if at < 80 else 20 + at // 40 for at in range(120)]  # of different sizes
    mine, theirs = (dataclasses.replace(side, clusters=clusters) for side in (a, b))
    found = compare(make_run(outcomes=mine), make_run(outcomes=theirs, **TUNED))
    assert (found.test.method, found.documents) == ("permutation-clustered", 21)
    change = found.metrics["f1_weighted"]
    assert (change.low, change.high) == (found.test.low, found.test.high)
    alone = compare(make_run(outcomes=a), make_run(outcomes=b, **TUNED))
    assert (change.low, change.high) != (alone.test.low, alone.test.high)
    # a record of before knows no documents: those of the other hold
    assert compare(make_run(outcomes=a), make_run(outcomes=theirs, **TUNED)).metrics == found.metrics
    whole = [0] * 120
    one = dataclasses.replace(a, clusters=whole)
    assert compare(make_run(outcomes=one), make_run(outcomes=one, **TUNED)).labels.classes[0].f1.low is None


def test_a_difference_of_differences_draws_the_same_rows_for_all():
    a, b = (row_confusion(side.gold, side.pred, 3) for side in (labels(0.6, 120, seed=1), labels(0.7, 120, seed=2)))
    none = linear([b, a, b, a], f1_weighted, [1, -1, -1, 1])
    assert (none.difference, none.low, none.high) == (0.0, 0.0, 0.0)


GOLD_ENTITIES = [(0, "PER"), (2, "ORG", 2), (5, "LOC"), (7, "ORG")]


def test_spans_by_hand():
    a = entities([
        entity_row(GOLD_ENTITIES, [(0, "PER"), (2, "ORG"), (9, "LOC")], [Problem("hallucinated", "x", "ORG")]),
        entity_row([], [(1, "PER")]),
        entity_row([], []),
    ])  # fmt: skip
    b = entities([
        entity_row(GOLD_ENTITIES, [(0, "ORG"), (2, "ORG", 2), (5, "LOC"), (9, "LOC")], [Problem("format", "?", None)]),
        entity_row([], []),
        entity_row([], []),
    ])  # fmt: skip
    fates, found = spans_of(a, b)
    assert fates == {"fixed": 1, "broken": 0, "same-error": 0, "different-error": 1, "right": 1}
    first = found.rows[0]
    assert (first.errors_a, first.errors_b) == (3 + 3, 3 + 2)
    assert [(e.why_a, e.why_b) for e in first.gold] == [
        (None, "type"), ("boundary", None), ("missed", None), ("missed", "missed")
    ]  # fmt: skip
    assert [e.why for e in first.a] == [None, "boundary", "spurious"]
    assert [e.why for e in first.b] == ["type", None, None, "spurious"]
    assert (first.a[1].start, first.a[1].end, TYPES[first.a[1].type]) == (8, 11, "ORG")
    assert first.misses_a == {"boundary": 1, "hallucinated": 1, "missed": 2, "spurious": 1}
    assert (first.invalid_a, first.invalid_b) == (False, True)
    counts = found.entities
    assert counts.exact
    assert (counts.kept, counts.gained, counts.lost, counts.neither) == (0, 2, 1, 1)
    # (9, LOC) is wrong in both; A alone has (2, ORG) of one word, a hallucination and (1, PER); B (0, ORG) and a "?"
    assert (counts.repeated, counts.dropped, counts.introduced) == (1, 3, 2)
    assert (found.misses["type"].a, found.misses["type"].b, found.misses["type"].difference) == (0, 1, 1)
    per, org, loc = found.classes
    assert (per.precision.a, per.recall.a, per.gold) == (1 / 2, 1.0, 1)
    assert (org.f1.a, org.f1.b) == (0.0, 2 / 4)
    assert (loc.precision.b, loc.recall.b) == (1 / 2, 1.0)


WORDS = st.sets(st.integers(0, 11), max_size=6).flatmap(
    lambda at: st.tuples(*(st.tuples(st.just(i), st.sampled_from(TYPES)) for i in sorted(at)))
)
UNPLACED = st.lists(
    st.builds(Problem, st.sampled_from(["format", "hallucinated", "duplicate", "conflict"]), st.just("x"),
              st.sampled_from([*TYPES, None])), max_size=3,
)  # fmt: skip


@pytest.mark.slow
@given(st.lists(st.tuples(WORDS, WORDS, UNPLACED, WORDS, UNPLACED), min_size=1, max_size=6))
@settings(max_examples=30)
def test_entities_add_up_and_counts_alone_give_true_bounds(rows):
    a = entities([entity_row(gold, mine, wrong) for gold, mine, wrong, _, _ in rows])
    b = entities([entity_row(gold, theirs, wrong) for gold, _, _, theirs, wrong in rows])
    fates, exact = spans_of(a, b)
    bare = [dataclasses.replace(side, entities=[]) for side in (a, b)]
    bare_fates, bound = spans_of(*bare)
    for side, kept, other in ((a, "lost", "dropped"), (b, "gained", "introduced")):
        n_true, n_pred, n_gold = np.sum(side.counts, axis=(0, 1))
        for found in (exact.entities, bound.entities):
            assert found.kept + getattr(found, kept) == n_true
            assert found.repeated + getattr(found, other) == n_pred - n_true
            assert found.kept + found.gained + found.lost + found.neither == n_gold
    for name in ("gained", "lost", "dropped", "introduced"):
        assert getattr(bound.entities, name) <= getattr(exact.entities, name)
    for name in ("kept", "neither", "repeated"):
        assert getattr(bound.entities, name) >= getattr(exact.entities, name)
    assert sum(fates.values()) == sum(bare_fates.values()) == len(rows)
    right = [np.sum([(row[..., :2].sum() == 2 * row[..., 0].sum()) and (row[..., 0] == row[..., 2]).all()
             for row in np.array(side.counts)]) for side in (a, b)]  # fmt: skip
    assert fates["fixed"] - fates["broken"] == right[1] - right[0]
    for at, row in enumerate(exact.rows):
        assert row.errors_a == sum(n for kind, n in row.misses_a.items() if kind != "duplicate") + sum(
            kind in ("type", "boundary") for kind in (entity.why for entity in row.a)
        )
        assert (row.fate == "right") == (row.errors_a == row.errors_b == 0), at


def test_offsets_that_disagree_with_the_counts_are_an_error():
    a = entities([entity_row(GOLD_ENTITIES, [(0, "PER")])])
    for broken in ([[[0, 3, 0]], [[0, 3, 0]]], [[[0, 3, 9]], []], [[[3, 0, 0]], []], [[]]):
        with pytest.raises(BenchError, match="inconsistent"):
            spans_of(a, dataclasses.replace(a, entities=[broken]))


def test_numbers_by_hand():
    def numbers(pred):
        ids, gold = list("wxyz"), [0.5, -0.5, 0.25, 0.0]
        return Outcomes(kind="scores", labels=[], ids=ids, gold=gold, pred=pred, invalid=[p is None for p in pred])

    fates, found = numbers_of(numbers([0.5, 0.5, None, 0.5]), numbers([-0.25, 0.0, 0.25, -0.5]))
    assert fates == {"better": 2, "worse": 1, "equal": 1}
    assert [(row.error_a, row.error_b) for row in found.rows] == [(0.0, 0.75), (1.0, 0.5), (1.25, 0.0), (0.5, 0.5)]
    assert (found.flips.introduced, found.flips.removed, found.flips.polar) == (("w",), ("x",), 3)
    assert found.rows[2].a is None


WHO = {"task": "phin_x_gen", "form_of": "phin_x", "extraction": "generation", "protocol": "x/made-up/v1"}
CHOSEN = {"task": "phin_x", "protocol": "x/made-up/v1"}


def labels_fates(a, b):
    return [row.fate for row in labels_of(a.outcomes, b.outcomes)[1].rows]


def test_form_and_knowledge_by_hand():
    gold = [NEG, NEG, POS, POS]
    probs = [[0.5, 0.2, 0.3]] * 4
    a = make_run(outcomes=answers(gold, [-1, -1, -1, POS]), **WHO)
    b = make_run(outcomes=answers(gold, [NEG, NEG, POS, -1]), **WHO, **TUNED)
    chosen_a = make_run(outcomes=answers(gold, [NEG, POS, NEG, POS], probs), **CHOSEN)
    chosen_b = make_run(outcomes=answers(gold, [NEG, NEG, NEG, POS], probs), **CHOSEN, **TUNED)
    runs = [a, b, chosen_a, chosen_b, make_run(outcomes=answers(gold, gold, probs), **CHOSEN, shots=5)]
    form = form_of(a, b, a.outcomes, b.outcomes, "acc", runs, labels_fates(a, b))
    assert (form.fixed_unread, form.broken_unread) == (3, 1)
    assert form.written and form.n_readable == 0 and form.readable is None
    assert (form.bounds_a, form.bounds_b) == ((0.25, 1.0), (0.75, 1.0))
    assert form.bounds_difference == (-0.25, 0.75)
    split = form.split
    assert (split.written, split.chosen) == ("phin_x_gen", "phin_x")
    assert (split.gain.difference, split.knowledge.difference, split.form.difference) == (0.5, 0.25, 0.25)
    assert (split.form.a, split.form.b) == (-0.25, 0.0)  # W - C of each
    assert split.form.low <= 0.25 <= split.form.high
    # from the side of the task with chosen labels it is the same
    assert compare(chosen_a, chosen_b, metric="acc", runs=runs).form.split == split
    assert twin(a, runs) is chosen_a and twin(a, [runs[-1]]) is None
    assert form_of(a, b, a.outcomes, b.outcomes, "acc", [a, b, chosen_a], labels_fates(a, b)).split is None


def test_rows_readable_by_both_and_no_form_where_all_was_read():
    gold = [NEG, NEG, POS, POS]
    a, b = answers(gold, [NEG, POS, -1, POS]), answers(gold, [NEG, NEG, POS, POS])
    form = form_of(make_run(outcomes=a), make_run(outcomes=b), a, b, "acc", [], ["right", "fixed", "fixed", "right"])
    assert (form.fixed_unread, form.broken_unread) == (1, 0)
    assert (form.n_readable, form.readable.a, form.readable.b) == (3, 2 / 3, 1.0)
    assert form_of(make_run(outcomes=b), make_run(outcomes=b), b, b, "acc", [], ["right"] * 4) is None


def test_bounds_of_entities_and_numbers():
    a = entities(
        [entity_row(GOLD_ENTITIES, [(0, "PER")], [Problem("format", "?", None)]), entity_row([(1, "PER")], [])]
    )
    form = form_of(make_run(outcomes=a), make_run(outcomes=a), a, a, "entity_f1", [], ["same-error"] * 2)
    assert form.bounds_a == (0.0, 2 * 4 / (4 + 5))
    assert (form.pieces.a, form.pieces.difference) == (2 * 1 / (1 + 5), 0)  # the piece costs nothing
    assert form.n_readable == 1
    bare = Outcomes(kind="scores", labels=[], ids=["x"], gold=[1.0], pred=[None], invalid=[True])
    assert form_of(make_run(outcomes=a), make_run(outcomes=a), bare, bare, "mse", [], ["equal"]).bounds_a == (0.0, 4.0)


@pytest.mark.slow
def test_a_comparison_agrees_with_the_board():
    runs = example_runs()
    board = build(runs)
    comparer = Comparer()
    for section in (*board.sections, *board.limited):
        for row in section.rows:
            if row.kind != "tuned" or row.against_base is None:
                continue
            by_id = {run.record.run_id: run for run in runs}
            tuned = by_id[row.run_id]
            base = next(
                run for run in runs
                if (run.record.task, run.record.limit, run.record.model.kind, run.record.protocol.shots,
                    run.record.protocol.chat_template) == (section.task, section.limit, "base", 0, False)
            )  # fmt: skip
            found = compare(base, tuned, comparer)
            assert found.test.p == row.against_base.p
            assert found.test.value == row.against_base.value
            assert (found.b.score, found.b.interval) == (row.score, row.interval)
            assert found.metrics[found.metric].difference == pytest.approx(found.test.value)


def test_a_gain_that_one_label_gives_too_has_no_star_in_one_task_in_many_or_in_a_gate():
    rows = labels(0.02, seed=1)
    most = max(range(3), key=rows.gold.count)
    constant = dataclasses.replace(rows, pred=[most] * len(rows.ids), invalid=[False] * len(rows.ids), probs=[])
    a, b = make_run(outcomes=rows), make_run(kind="tuned", adapter="x", outcomes=constant)
    gain, loss = compare(a, b).test, compare(b, a).test
    assert gain.significant and gain.value > 0.1 and (gain.beats_majority, gain.starred) == (False, False)
    assert loss.value < 0 and (loss.beats_majority, loss.starred) == (None, True)
    why = "no *: not shown to be better than one label for all rows"
    one = terminal(head(compare(a, b), 1))
    assert why in one and "*" not in one.replace(why, "")
    drawn = " ".join(terminal(summary([compare(a, b)])).split())
    assert f"{a.record.task}: {why}" in drawn
    assert corrected_tests([(a, b)], Comparer())[0].starred is False


def test_holm_is_over_the_tasks_given_and_limits_are_families_of_their_own():
    pairs = [
        [make_run(outcomes=labels(0.6, seed=1), task=task), make_run(outcomes=labels(x, seed=2), task=task, **TUNED)]
        for task, x in (("t0", 0.62), ("t1", 0.68), ("t2", 0.9))
    ]  # fmt: skip
    few = labels(0.6, 20, seed=1), labels(0.9, 20, seed=2)
    limited = make_run(outcomes=few[0], limit=20), make_run(outcomes=few[1], limit=20, **TUNED)
    found = corrected_tests([*pairs, limited], Comparer())
    assert [test.p_holm for test in found[:3]] == holm([test.p for test in found[:3]])
    assert found[3].p_holm == found[3].p


def test_rows_are_aligned_whatever_their_order():
    a, b = labels(0.6, 60, seed=1), labels(0.8, 60, seed=2)
    order = np.random.default_rng(0).permutation(60).tolist()
    straight = compare(make_run(outcomes=a), make_run(outcomes=b, **TUNED))
    mixed = compare(make_run(outcomes=a), make_run(outcomes=rows_at(b, order), **TUNED))
    assert mixed.labels == straight.labels and mixed.fates == straight.fates
    assert in_order(rows_at(b, order), a.ids) == b


def test_runs_that_cannot_be_compared_say_why():
    a = make_run(outcomes=answers(GOLD, GOLD))
    other_rows = make_run(outcomes=answers(GOLD, GOLD, ids=list("abcdef")))
    other_labels = make_run(outcomes=dataclasses.replace(answers(GOLD, GOLD), labels=["x", "y", "z"]))
    other_gold = make_run(outcomes=answers([POS, *GOLD[1:]], GOLD))
    fewer = make_run(outcomes=answers(GOLD[:3], GOLD[:3]), limit=3)
    for b, reason in (
        (other_rows, "other rows"), (other_labels, "other labels"), (other_gold, "other gold"), (fewer, "other rows"),
        (make_run(outcomes=entities([entity_row([], [])])), "other rows"),
    ):  # fmt: skip
        found = compare(a, b)
        assert (found.test.reason, found.test.p, found.fates, found.metrics) == (reason, None, {}, {})
        assert found.labels is found.spans is found.numbers is found.form is None
        assert found.a.score == 1.0
    with pytest.raises(BenchError, match="unknown metric"):
        compare(a, a, metric="no_such")


def test_conditions_keep_from_a_test_but_not_from_looking():
    a = make_run(outcomes=BEFORE, prompts="1" * 12)
    found = compare(a, make_run(outcomes=AFTER, prompts="2" * 12, **TUNED))
    assert found.test.reason == "other prompts"
    assert found.fates["fixed"] == 1
    shots = compare(a, make_run(outcomes=AFTER, prompts="2" * 12, shots=5, **TUNED))
    assert shots.test.reason is None
    assert "other setting" in [caveat.kind for caveat in shots.caveats]
    chat = make_run(outcomes=AFTER, prompts="2" * 12, chat=True, base="made-up/other")
    before = make_run(outcomes=BEFORE, prompts="1" * 12, chat=True)
    assert compare(before, chat).test.reason is None
    assert "other setting" in [caveat.kind for caveat in compare(before, chat).caveats]
    sent = make_run(outcomes=AFTER, prompts="1" * 12, chat=True, base="made-up/other")
    assert "other setting" not in [caveat.kind for caveat in compare(before, sent).caveats], "the same messages"


def test_caveats():
    one = answers([NEG], [NEG])
    seen = Exposure(exact=1, normalised=0, near=0)
    found = compare(make_run(outcomes=one, limit=1), make_run(outcomes=one, limit=1, exposure=seen, **TUNED))
    kinds = [(caveat.kind, caveat.values.get("side")) for caveat in found.caveats]
    assert kinds == [
        ("limited", "A"), ("limited", "B"), ("exposed", "B"), ("one row", None), ("no probabilities", None)
    ]  # fmt: skip
    assert (found.test.p, found.metrics["f1_weighted"].low) == (1.0, None)
    same = make_run(outcomes=spans(0.5))
    assert [caveat.kind for caveat in compare(same, same).caveats] == ["same run", "no offsets"]
    other = dataclasses.replace(
        make_run(outcomes=one, task="x_gen"), record=dataclasses.replace(make_run(outcomes=one, task="x_gen").record)
    )
    assert [c.kind for c in compare(make_run(outcomes=one, task="x"), other).caveats][:2] == [
        "other task", "other protocol",
    ]  # fmt: skip


def test_nothing_is_a_number_that_is_none():
    found = compare(make_run(outcomes=BEFORE), make_run(outcomes=AFTER, **TUNED))

    def numbers(value):
        if isinstance(value, float):
            assert math.isfinite(value)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
            numbers(part)

    numbers(dataclasses.asdict(found))
