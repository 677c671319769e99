"""Rows with calibrated label scores: from stored probabilities, with the model's own row left as it is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from helpers.board_factory import LABELS, labels, make_run, spans

from phingpt_bench.board.sections import build
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.outcomes import INVALID, Outcomes, faults
from phingpt_bench.render.board.row_text import row_notes
from phingpt_bench.results.calibrated import calibrated, with_calibrated
from phingpt_bench.results.comparison.build import compare
from phingpt_bench.results.comparison.prior import label_prior, prior_of
from phingpt_bench.scoring.metrics import score_all
from phingpt_bench.scoring.prior import METHODS


def chosen(bias: float, skill: float, n: int = 300, seed: int = 0) -> Outcomes:
    """Outcomes of a model that knows something, and is drawn to the first label by `bias`."""
    rows = labels(0.5, n)
    logits = np.random.default_rng(seed).normal(size=(n, 3))
    logits[np.arange(n), rows.gold] += skill
    logits[:, 0] += bias
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return dataclasses.replace(
        rows, pred=probs.argmax(1).tolist(), probs=probs.tolist(), invalid=[False] * n, clusters=[]
    )  # fmt: skip


def test_a_bias_to_one_label_is_taken_out_without_labels():
    biased = make_run(outcomes=chosen(6, 2))
    found = calibrated(biased, "batch")
    assert biased.outcomes.pred.count(0) > 270
    assert found.record.scores["f1_weighted"] > biased.record.scores["f1_weighted"] + 0.3
    assert (found.record.protocol.calibration, found.record.protocol.variant) == ("batch", "0-shot, batch-calibrated")
    assert found.record.run_id == f"{biased.record.run_id}~batch"
    assert found.record.scores == score_all(found.outcomes)
    assert list(faults(found.outcomes)) == []
    assert found.outcomes.gold == biased.outcomes.gold
    shuffled_gold = dataclasses.replace(biased, outcomes=dataclasses.replace(biased.outcomes, gold=[0] * 300))
    assert calibrated(shuffled_gold, "batch").outcomes.pred == found.outcomes.pred  # no label plays a part


def test_each_question_has_a_prior_of_its_own():
    rows = dataclasses.replace(chosen(6, 2, 200), groups=[0] * 200)
    other = chosen(-6, 2, 200, seed=1)
    both = dataclasses.replace(
        rows, ids=[f"row-{i}" for i in range(400)], gold=[*rows.gold, *other.gold], pred=[*rows.pred, *other.pred],
        probs=[*rows.probs, *other.probs], invalid=[False] * 400, groups=[0] * 200 + [1] * 200,
    )  # fmt: skip
    found = calibrated(make_run(outcomes=both), "batch").outcomes
    alone = calibrated(make_run(outcomes=rows), "batch").outcomes
    assert found.pred[:200] == alone.pred


def test_contextual_calibration_divides_by_what_was_asked_without_text():
    run = make_run(outcomes=chosen(6, 2), diagnostics=Diagnostics(content_free=[[0.99, 0.005, 0.005]]))
    found = calibrated(run, "contextual")
    weights = np.array(run.outcomes.probs) / [0.99, 0.005, 0.005]
    assert found.outcomes.pred == weights.argmax(1).tolist()
    assert calibrated(make_run(outcomes=chosen(6, 2)), "contextual") is None  # it was not asked


@pytest.mark.parametrize(
    "run",
    [
        make_run(outcomes=labels(0.5)),
        make_run(outcomes=spans(0.5)),
        calibrated(make_run(outcomes=chosen(1, 1)), "batch"),
    ],
)
def test_nothing_is_made_of_written_answers_entities_and_calibrated_rows(run):
    assert [calibrated(run, method) for method in METHODS] == [None, None]
    assert with_calibrated([run], METHODS) == [run]


def test_a_label_that_could_not_be_scored_stays_invalid():
    rows = chosen(6, 2)
    rows = dataclasses.replace(rows, probs=[None, *rows.probs[1:]], pred=[INVALID, *rows.pred[1:]])
    found = calibrated(make_run(outcomes=rows), "batch").outcomes
    assert (found.pred[0], found.probs[0]) == (INVALID, None)


def board_of(*methods):
    base = make_run(outcomes=chosen(6, 1))
    tuned = make_run(kind="tuned", adapter="x", outcomes=chosen(0, 4, seed=2))
    floor = make_run("majority", "floor", labels(0.3, seed=3))
    (section,) = build(with_calibrated([base, tuned, floor], methods)).sections
    return {(row.kind, row.calibration): row for row in section.rows}, base, tuned


@pytest.mark.slow
def test_calibrated_rows_are_rows_of_their_own_and_change_no_other():
    plain, *_ = board_of()
    found, *_ = board_of("batch")
    assert set(found) - set(plain) == {("base", "batch"), ("tuned", "batch")}
    for key, row in plain.items():
        assert (found[key].score, found[key].against_base) == (row.score, row.against_base)
    base, tuned = found["base", "batch"], found["tuned", "batch"]
    assert base.against_base.value == pytest.approx(base.score - found["base", None].score)
    assert tuned.against_base.value == pytest.approx(tuned.score - base.score)  # calibrated against calibrated
    assert len({row.identity for row in found.values()}) == len(found)


def test_a_row_whose_record_lacks_the_answers_without_a_text_says_how_to_get_them():
    asked = make_run(outcomes=chosen(6, 1), diagnostics=Diagnostics(content_free=[[0.98, 0.01, 0.01]]))
    adapter = make_run(kind="tuned", adapter="x", outcomes=chosen(0, 4, seed=2))
    served = make_run(kind="tuned", adapter="y", outcomes=chosen(0, 4, seed=3))
    model = dataclasses.replace(served.record.model, engine="vllm")
    served = dataclasses.replace(served, record=dataclasses.replace(served.record, model=model))
    (section,) = build(with_calibrated([asked, adapter, served], METHODS)).sections
    notes = {
        (row.adapter, row.calibration): [note.text for note in row.notes if "contextual" in note.text]
        for row in section.rows
    }
    (how,), (never,) = notes.pop(("x", None)), notes.pop(("y", None))
    assert (
        how == "no contextual calibration: its labels were not scored without a text (evaluate it again with --force)"
    )
    assert never == "no contextual calibration: a served model is not asked without a text"
    assert set(notes) == {(None, None), (None, "batch"), (None, "contextual"), ("x", "batch"), ("y", "batch")}
    assert not any(notes.values())
    assert not any("contextual" in note.text for row in build([adapter]).sections[0].rows for note in row.notes)


def test_the_gain_is_split_into_the_label_prior_and_the_rest():
    found, base, tuned = board_of("batch")
    row = found["tuned", None]
    assert row.label_prior == pytest.approx(found["base", "batch"].score - found["base", None].score)
    (text,) = [note.text for note in row_notes(row) if "label prior" in note.text]
    assert text == f"{row.label_prior:+.3f} of the gain of {row.against_base.value:+.3f} is due to the label prior"
    split = label_prior(base, tuned, "f1_weighted")
    assert split.prior.difference == pytest.approx(row.label_prior)
    assert split.prior.difference + split.rest.difference == pytest.approx(row.against_base.value)
    assert split.prior.low < split.prior.difference < split.prior.high
    assert compare(base, tuned).prior == split
    assert label_prior(tuned, tuned, "f1_weighted") is None  # only a base has one
    assert compare(make_run(outcomes=labels(0.5)), tuned).prior is None


def test_written_answers_are_split_by_their_twins_whose_labels_were_chosen():
    _, base, tuned = board_of()
    written = [
        make_run(
            kind=run.kind, adapter=run.record.model.adapter, task="phin_made_up_gen", protocol=run.protocol,
            outcomes=dataclasses.replace(run.outcomes, probs=[]), extraction="generation", form_of="phin_made_up",
        )
        for run in (base, tuned)
    ]  # fmt: skip
    runs = [base, tuned, *written]
    assert prior_of(*written, "f1_weighted", (), runs) == label_prior(base, tuned, "f1_weighted")
    assert prior_of(*written, "f1_weighted", (), written) is None
    assert base.outcomes.labels == LABELS
