"""Which runs the board pairs: bases, prompts, conditions of the run, floors, and the families of Holm's correction."""

from __future__ import annotations

import dataclasses

import pytest
from helpers.board_factory import labels, make_run, named, spans

from phingpt_bench.board.rows import evaluated
from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.render.board.overview import by_model
from phingpt_bench.render.board.row_text import after_name, display_name, setting


def only(board):
    (section,) = board.sections
    return section


def tuned_row(*runs):
    return next(row for row in only(build(list(runs))).rows if row.kind == "tuned")


def difference(a, b):
    rows = {row.run_id: row.score for row in only(build([a, b])).rows}
    return rows[a.record.run_id] - rows[b.record.run_id]


def test_a_tuned_row_meets_the_base_with_its_own_shots_and_the_base_rows_meet_the_0_shot_base():
    zero, five = make_run(outcomes=labels(0.3, seed=1)), make_run(outcomes=labels(0.6, seed=2), shots=5)
    tuned = make_run(kind="tuned", adapter="x", shots=5, outcomes=labels(0.8, seed=3))
    rows = {(row.kind, row.shots): row for row in only(build([zero, five, tuned])).rows}
    assert rows["tuned", 5].against_base.value == pytest.approx(difference(tuned, five))
    assert rows["tuned", 5].notes == ()
    assert rows["base", 5].against_base.value == pytest.approx(difference(five, zero))
    assert rows["base", 0].is_base


def test_one_right_entity_is_no_significant_difference_whatever_else_was_named():
    """The permutation test sees that one system names more wrong entities than the other."""
    base = make_run(outcomes=named(1, 1))
    test = tuned_row(base, make_run(kind="tuned", adapter="x", outcomes=named(0, 4))).against_base
    assert test.value < 0 and test.p < 0.05 and test.spans_zero
    assert not test.significant and not test.starred
    assert tuned_row(base, make_run(kind="tuned", adapter="x", outcomes=named(60, 4))).against_base.significant


def test_the_0_shot_base_in_place_of_another_is_reported():
    row = tuned_row(make_run(outcomes=labels(0.3)), make_run(kind="tuned", adapter="x", shots=5))
    assert row.against_base.p is not None
    assert any("0-shot base" in note.text for note in row.notes)


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "reason"),
    [
        ("device", "cpu", "cuda", "other device"),
        ("dequantised_once", True, False, "other kernels"),
        ("batch_size", 1, 16, "other batch size"),
    ],
)
def test_runs_under_other_conditions_are_not_tested(name, ours, theirs, reason):
    def row(a, b):
        base = make_run(outcomes=labels(0.3), diagnostics=b)
        return tuned_row(base, make_run(kind="tuned", adapter="x", diagnostics=a)).against_base

    found = row(Diagnostics(**{name: ours}), Diagnostics(**{name: theirs}))
    assert (found.reason, found.p, found.value) == (reason, None, None)
    assert row(Diagnostics(**{name: ours}), Diagnostics(**{name: ours})).p is not None
    assert row(Diagnostics(**{name: ours}), Diagnostics()).p is not None  # unknown is no objection
    assert row(Diagnostics(), Diagnostics(**{name: theirs})).p is not None


def test_the_conditions_also_hold_between_bases():
    zero = make_run(outcomes=labels(0.3), diagnostics=Diagnostics(device="cpu"))
    rows = only(build([zero, make_run(shots=5, diagnostics=Diagnostics(device="cuda"))])).rows
    assert next(row for row in rows if row.shots == 5).against_base.reason == "other device"


def test_other_prompts_are_not_tested_and_not_ranked_together():
    base = make_run(outcomes=labels(0.3, seed=1))
    other = make_run(outcomes=labels(0.8, seed=2), kind="tuned", adapter="x", prompts="1" * 12)
    more = make_run("Model B", base="b", outcomes=labels(0.6, seed=3))
    row = tuned_row(base, other, more)
    assert row.against_base.reason == "other prompts"
    assert row.rank is None
    assert any("other prompts" in note.text for note in row.notes)
    rows = only(build([base, other, more])).rows
    assert sorted(row.rank for row in rows if row.kind == "base") == [1, 2]


@pytest.mark.parametrize("rows", [labels(0.9, seed=3), spans(0.9, seed=3)])
def test_other_gold_is_not_tested_and_not_ranked_together(rows):
    """The ids agree, what counts as right does not: row by row the two scores are of different questions."""
    gold = [(g + 1) % 3 for g in rows.gold]
    counts = [[[right, said, gold + 1] for right, said, gold in types] for types in rows.counts]
    other = dataclasses.replace(rows, gold=gold, counts=counts)
    bases = [make_run(name, base=name, outcomes=rows) for name in ("A", "B")]
    found = only(build([*bases, make_run("A", "tuned", other, base="A", adapter="x")]))
    tuned = next(row for row in found.rows if row.kind == "tuned")
    assert (tuned.rank, tuned.against_base.reason, tuned.against_base.p) == (None, "other gold", None)
    assert tuned.notes[0].text == "was measured by other gold or labels than the rest, so it is not ranked"
    assert [row.rank for row in found.rows if row.kind == "base"] == [1, 1]


def test_a_chat_template_is_the_models_own_and_a_floor_takes_no_prompt():
    runs = [
        make_run(chat=True, prompts="1" * 12, outcomes=labels(0.9, seed=1)),
        make_run("Model B", base="b", chat=True, prompts="2" * 12, outcomes=labels(0.6, seed=2)),
        make_run(prompts="3" * 12, outcomes=labels(0.5, seed=3)),
        make_run("majority", "floor", labels(0.2, seed=4), prompts="4" * 12),
    ]
    assert all(row.rank is not None for row in only(build(runs)).rows)


def test_every_model_that_does_not_beat_the_floor_is_known_and_tuned_ones_are_reported():
    rows = only(build([
        make_run("TF-IDF + LR", "floor", labels(0.75, seed=1)), make_run(outcomes=labels(0.5, seed=2)),
        make_run(shots=5, outcomes=labels(0.97, seed=3)), make_run(chat=True, outcomes=labels(0.75, seed=4)),
        make_run(kind="tuned", adapter="x", outcomes=labels(0.76, seed=5)),
    ])).rows  # fmt: skip
    found = {(row.kind, row.variant): row.beats_floor for row in rows}
    assert found == {
        ("floor", "0-shot"): None, ("base", "0-shot"): False, ("base", "5-shot"): True, ("base", "0-shot chat"): False,
        ("tuned", "0-shot"): False,
    }  # fmt: skip
    assert [
        row.kind for row in rows if "not shown to be better than TF-IDF + LR" in [note.text for note in row.notes]
    ] == ["tuned"]


def pair(task, seed, **how):
    return [
        make_run(task=task, outcomes=labels(0.55, seed=seed), **how),
        make_run(kind="tuned", adapter="x", task=task, outcomes=labels(0.62, seed=seed + 50), **how),
    ]


def corrected(board):
    sections = (*board.sections, *board.limited)
    return {(s.task, s.limit): r.against_base.p_holm for s in sections for r in s.rows if r.kind == "tuned"}


@pytest.mark.slow
def test_holms_family_does_not_depend_on_the_tasks_that_are_shown():
    runs = [run for i, task in enumerate("abc") for run in pair(task, i)]
    whole = corrected(build(runs))
    for task in "abc":
        assert corrected(build(runs, options=Calculation(tasks=[task]))) == {(task, None): whole[task, None]}
    assert min(whole.values()) > min(corrected(build(pair("a", 0))).values())  # alone it is not corrected


def test_holms_family_is_one_of_each_limit():
    alone = corrected(build(pair("a", 1, limit=300)))
    both = corrected(build(pair("a", 1, limit=300) + pair("b", 2, limit=200) + pair("b", 3)))
    assert both["a", 300] == alone["a", 300]


def test_holms_family_is_of_one_model_and_not_of_its_label():
    def run(task, name, revision):
        how = {"task": task, "revision": revision, "base": "m"}
        return [make_run(name, outcomes=labels(0.5, seed=1), **how),
                make_run(name, kind="tuned", adapter="x", outcomes=labels(0.6, seed=2), **how)]  # fmt: skip

    def ratios(runs):
        rows = [row for section in build(runs).sections for row in section.rows if row.kind == "tuned"]
        return [row.against_base.p_holm / row.against_base.p for row in rows]

    assert ratios(run("a", "Model", "r1") + run("b", "Model", "r2")) == [1, 1]
    assert max(ratios(run("a", "Model", "r1") + run("b", "Renamed", "r1"))) > 1.5


@pytest.mark.parametrize(
    ("field", "one", "two", "shown"),
    [
        ("revision", "aaaaaaaaaaaa", "bbbbbbbbbbbb", ("revision aaaaaaa", "revision bbbbbbb")),
        ("dtype", "float32", "bfloat16", ("float32", "bfloat16")),
        ("base", "one/model", "two/model", ("one/model", "two/model")),
    ],
)
def test_two_models_of_one_name_are_told_apart_in_every_section(field, one, two, shown):
    runs = [
        make_run(task="a", outcomes=labels(0.6, seed=1), **{field: one}),
        make_run(task="a", outcomes=labels(0.5, seed=2), **{field: two}),
        make_run(task="b", outcomes=labels(0.5, seed=3), **{field: one}),
        make_run("Model C", base="c", task="b", **({} if field == "base" else {field: one})),
    ]
    board = build(runs)
    assert {row.details for row in board.sections[0].rows} == {(shown[0],), (shown[1],)}
    assert {row.name: row.details for row in board.sections[1].rows} == {"Model A": (shown[0],), "Model C": ()}
    assert build(runs, options=Calculation(tasks=["b"])).sections == board.sections[1:]
    lines = {setting(next(iter(cells.values()))): sorted(cells) for cells in by_model(board.sections)}
    assert lines == {f"0-shot, nf4+dq, {shown[0]}": [0, 1], f"0-shot, nf4+dq, {shown[1]}": [0], "0-shot, nf4+dq": [1]}


def test_two_adapters_of_one_name_are_told_apart_by_their_digests():
    runs = [
        make_run(kind="tuned", adapter="x", digest=d, outcomes=labels(0.5, seed=i))
        for i, d in enumerate(("1" * 8, "2" * 8))
    ]
    rows = only(build(runs)).rows
    assert {row.details for row in rows} == {("adapter 1111111",), ("adapter 2222222",)}


def test_the_overview_drops_no_model():
    runs = [make_run(name, base="m") for name in ("One", "Another")]
    runs += [make_run("majority", "floor", seed=seed) for seed in (1, 2)]
    runs += [make_run("One", base="m", task="phin_ner", outcomes=spans(0.5))]
    firsts = [next(iter(cells.values())) for cells in by_model(build(runs).sections)]
    assert [display_name(row) + after_name(row) for row in firsts] == [
        "Another, 0-shot, nf4+dq", "One, 0-shot, nf4+dq", "majority (floor), 2 seeds",
    ]  # fmt: skip


def test_the_adapter_is_always_shown():
    (row,) = only(build([make_run("Model A tuned-x", kind="tuned", adapter="tuned-x")])).rows
    assert display_name(row) == "Model A tuned-x + tuned-x"


def test_evaluation_leaves_out_loading_and_probing_with_their_usd():
    ledger = Ledger(seconds={"load": 30.0, "probe": 10.0, "evaluate": 50.0, "harness": 10.0}, usd=1.0)
    found = evaluated(ledger)
    assert found.seconds == {"evaluate": 50.0, "harness": 10.0}
    assert found.usd == pytest.approx(0.6)
    assert evaluated(Ledger(seconds={"evaluate": 5.0}, usd=0.5)).usd == 0.5
    assert evaluated(Ledger(seconds={"load": 5.0}, usd=0.5)) == Ledger(seconds={}, usd=None)
    assert evaluated(Ledger(seconds={"load": 5.0, "evaluate": 5.0})).usd is None
    (row,) = only(build([make_run(evaluation=ledger)])).rows
    assert row.evaluation == found
