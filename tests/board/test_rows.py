"""What the board computes: ranks, tests on aligned rows, bases, floors, warnings."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from helpers.board_factory import LABELS, PRICE, example_runs, labels, make_run, seen, spans

from phingpt_bench.board.published.rows import load
from phingpt_bench.board.rows import evaluated
from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Declared, Exposure
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.outcomes import Outcomes, rows_at
from phingpt_bench.core.protocol import AskedPrompt
from phingpt_bench.data.catalogue import Rights
from phingpt_bench.render.board.board_export import to_csv
from phingpt_bench.render.board.row_text import difference_text, floor_mark, row_notes, setting
from phingpt_bench.render.explain.explain_blocks import explain
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.compare import Comparer, bands
from phingpt_bench.scoring.metrics import METRICS, row_counts, score_all
from phingpt_bench.stats.paired import paired_test
from phingpt_bench.stats.power import detectable
from phingpt_bench.stats.score_interval import interval


def only(board):
    (section,) = board.sections
    return section


def notes_of(section, level):
    return [str(note.text) for note in section.notes if note.level == level]


def shuffled(outcomes: Outcomes) -> Outcomes:
    order = list(range(len(outcomes.ids)))[::-1]
    return dataclasses.replace(
        outcomes, **{f: [getattr(outcomes, f)[i] for i in order] for f in ("ids", "gold", "pred", "invalid")}
    )


def test_score_interval_and_difference_are_those_of_the_statistics():
    base, tuned = labels(0.5, seed=1), labels(0.8, seed=2)
    section = only(build([make_run(outcomes=base), make_run(kind="tuned", adapter="x", outcomes=tuned)]))
    row = section.rows[0]
    function = METRICS["f1_weighted"].function
    assert row.score == pytest.approx(float(function(row_counts(tuned).sum(0))))
    assert row.interval == interval(row_counts(tuned), "f1_weighted", function)
    test = paired_test(row_counts(base), row_counts(tuned), "f1_weighted", function)
    assert row.against_base.value == pytest.approx(test.difference)
    assert row.against_base.value > 0
    assert (row.against_base.p, row.against_base.low, row.against_base.n) == (test.p, test.low, 300)
    assert section.rows[1].is_base
    assert section.rows[1].against_base is None


def test_rows_in_another_order_are_aligned_by_id():
    base, tuned = labels(0.5, seed=1), labels(0.6, seed=2)
    straight = only(build([make_run(outcomes=base), make_run(kind="tuned", outcomes=tuned)]))
    turned = only(build([make_run(outcomes=shuffled(base)), make_run(kind="tuned", outcomes=tuned)]))
    assert turned.rows[0].against_base.p == straight.rows[0].against_base.p
    assert turned.rows[0].rank is not None


def test_other_rows_are_never_tested_nor_ranked():
    other = labels(0.9, seed=2, ids=[f"other-{i}" for i in range(300)])
    section = only(build([
        make_run("Model B", outcomes=labels(0.6, seed=3), base="b"), make_run(outcomes=labels(0.5, seed=1)),
        make_run(kind="tuned", outcomes=other), make_run("majority", "floor", labels(0.3)),
    ]))  # fmt: skip
    row = section.rows[0]
    assert row.kind == "tuned"
    assert row.rank is None
    assert row.against_base.p is None
    assert row.against_base.value is None
    assert row.against_base.reason == "other rows"
    assert any("other rows" in note.text for note in row.notes)
    assert any("not tested against majority" in note.text for note in row.notes)
    assert section.rows[1].rank == 1


def test_the_base_has_the_same_weights_quantisation_and_no_shots():
    tuned = make_run(kind="tuned", adapter="x", outcomes=labels(0.8, seed=1))
    wrong = [
        make_run(quantisation=None), make_run(shots=5), make_run("Model B", base="b"),
        make_run("TF-IDF + LR", "floor"), make_run("oracle", "check"),
    ]  # fmt: skip
    row = next(r for r in only(build([tuned, *wrong])).rows if r.kind == "tuned")
    assert row.against_base is None
    right = make_run(outcomes=labels(0.4, seed=9))
    row = next(r for r in only(build([tuned, *wrong, right])).rows if r.kind == "tuned")
    assert row.against_base.value > 0.2


def test_a_tuned_model_with_chat_template_meets_the_base_with_it():
    plain, chat = make_run(outcomes=labels(0.3, seed=1)), make_run(outcomes=labels(0.6, seed=2), chat=True)
    tuned = [make_run(kind="tuned", adapter=str(on), chat=on, outcomes=labels(0.8, seed=3)) for on in (True, False)]
    by_chat = {r.chat_template: r for r in only(build([plain, chat, *tuned])).rows if r.kind == "tuned"}
    assert by_chat[True].against_base.value < by_chat[False].against_base.value
    base_chat = next(r for r in only(build([plain, chat])).rows if r.chat_template)
    assert base_chat.against_base.value > 0


def test_a_new_band_starts_at_the_first_that_differs_from_their_leader():
    values = [10, 9, 8, 7, 6, 3]
    assert bands(values, lambda a, b: 0.001 if a - b > 2 else 0.9) == [1, 1, 1, 4, 4, 6]
    assert bands([], lambda a, b: 0.0) == []
    assert bands([5], lambda a, b: 0.0) == [1]
    assert bands([5, 4], lambda a, b: None) == [1, 1]  # no test, no difference


def test_rows_of_a_single_document_are_not_told_apart():
    """A single cluster allows no test, so it gives no ranks either."""
    rows = [dataclasses.replace(labels(share, seed=i), clusters=[0] * 300) for i, share in enumerate((0.9, 0.3))]
    runs = [make_run(outcomes=rows[1]), make_run(kind="tuned", adapter="x", outcomes=rows[0])]
    tuned, base = only(build(runs)).rows
    assert (tuned.rank, base.rank, tuned.tied) == (1, 1, True)
    assert tuned.against_base.reason == "one document"


def test_bands_pay_for_the_number_of_comparisons():
    """p 0.02 tells two systems apart, but not the first of four from the others."""
    assert bands([1, 2], lambda a, b: 0.02) == [1, 2]
    assert bands([1, 2, 3, 4], lambda a, b: 0.02) == [1, 1, 1, 1]


def test_equal_models_share_a_rank_and_a_clearly_worse_one_does_not():
    section = only(build([
        make_run("Model A", outcomes=labels(0.8, seed=1)), make_run("Model B", base="b", outcomes=labels(0.8, seed=1)),
        make_run("Model C", base="c", outcomes=labels(0.4, seed=3)),
    ]))  # fmt: skip
    assert [(row.rank, row.tied) for row in section.rows] == [(1, True), (1, True), (3, False)]


def test_a_tuned_model_below_the_floor_is_marked_and_one_above_is_not():
    floor = make_run("TF-IDF + LR", "floor", labels(0.75, seed=1))
    weak = make_run(kind="tuned", adapter="weak", outcomes=labels(0.76, seed=2))
    strong = make_run(kind="tuned", adapter="strong", outcomes=labels(0.97, seed=3))
    majority = make_run("majority", "floor", labels(0.2, seed=4))
    by_name = {row.adapter: row for row in only(build([floor, weak, strong, majority])).rows}
    (note,) = by_name["weak"].notes
    assert (note.text, note.marked) == ("not shown to be better than TF-IDF + LR", True)
    assert by_name["strong"].notes == ()


def test_without_floors_the_section_says_so():
    assert any("no floor" in note.text for note in only(build([make_run(kind="tuned")])).notes)
    assert notes_of(only(build([make_run(kind="tuned"), make_run("majority", "floor")])), "warning") == []


def test_limited_runs_are_shown_separately_and_unranked():
    few = [make_run(limit=n, outcomes=labels(1.0, n)) for n in (20, 10)]
    board = build([make_run(), *few])
    assert [len(section.rows) for section in board.sections] == [1]
    assert [(section.limit, section.rows[0].rank) for section in board.limited] == [(10, None), (20, None)]


def test_checks_appear_only_when_asked_for():
    runs = [make_run(), make_run("oracle", "check", labels(1.0))]
    assert {row.name for row in only(build(runs)).rows} == {"Model A"}
    assert {row.name for row in only(build(runs, options=Calculation(checks=True))).rows} == {"Model A", "oracle"}


def test_protocols_are_never_mixed():
    board = build([make_run(), make_run("Model B", base="b", protocol="other/v1")])
    assert [len(section.rows) for section in board.sections] == [1, 1]
    assert all(row.rank == 1 and not row.tied for section in board.sections for row in section.rows)


def test_p_is_corrected_over_the_tasks_of_the_model():
    def pair(task, seed):
        return [
            make_run(task=task, outcomes=labels(0.55, seed=seed)),
            make_run(kind="tuned", adapter="x", task=task, outcomes=labels(0.62, seed=seed + 50)),
        ]

    alone = only(build(pair("a", 1))).rows
    both = build(pair("a", 1) + pair("b", 2))
    single = next(row for row in alone if row.kind == "tuned").against_base
    tests = [row.against_base for section in both.sections for row in section.rows if row.kind == "tuned"]
    assert single.p_holm == single.p
    assert min(t.p_holm for t in tests) == pytest.approx(min(1.0, 2 * min(t.p for t in tests)))
    assert all(t.p_holm >= t.p for t in tests)


def test_scores_come_from_the_outcomes_and_a_wrong_record_is_shown():
    run = make_run(scores={"f1_weighted": 0.999})
    row = only(build([run])).rows[0]
    assert row.score == pytest.approx(only(build([make_run()])).rows[0].score)
    assert any("run.json says 0.999" in note.text for note in row.notes)


def test_another_metric_and_unknown_names():
    runs = [make_run(), make_run(task="phin_ner", outcomes=spans(0.5))]
    assert {s.task: s.metric for s in build(runs, options=Calculation(metric="acc")).sections} == {
        "phin_made_up": "acc",
        "phin_ner": "entity_f1",
    }
    assert [s.task for s in build(runs, options=Calculation(tasks=["phin_ner"])).sections] == ["phin_ner"]
    with pytest.raises(BenchError, match="did you mean 'phin_ner'"):
        build(runs, options=Calculation(tasks=["phin_nerr"]))
    with pytest.raises(BenchError, match="unknown metric 'bleurt'"):
        build(runs, options=Calculation(metric="bleurt"))


def test_published_rows_are_those_of_the_protocol_and_the_metric():
    protocol = "fpb/fingpt-25-seed42/v1"
    rows = load()
    section = only(build([make_run(protocol=protocol)], rows))
    assert len(section.published) == sum("f1_weighted" in row.metrics for row in rows[protocol]) > 20
    comparable = [row.comparison.same_rows and row.comparison.same_metric for row in section.published]
    assert comparable == sorted(comparable, reverse=True)
    for kind in (True, False):
        scores = [
            row.metrics["f1_weighted"].value
            for row, same in zip(section.published, comparable, strict=True)
            if same is kind
        ]
        assert scores
        assert scores == sorted(scores, reverse=True)
    with_mcc = only(build([make_run(protocol=protocol)], rows, Calculation(metric="mcc")))
    assert with_mcc.published == ()
    assert only(build([make_run(protocol=protocol)])).published == ()


def test_seeds_tell_rows_of_several_sections_apart_where_nothing_else_does():
    """Without examples the seed does nothing, so that there is nothing to tell."""

    def board_of(shots):
        one, two = (make_run(task=task, seed=seed, shots=shots) for task, seed in (("a", 1), ("b", 2)))
        return build([one, two, make_run("Model B", base="b", task="a", shots=shots)])

    board = board_of(5)
    assert sorted(setting(row) for section in board.sections for row in section.rows) == [
        "5-shot, nf4+dq", "5-shot, nf4+dq, seed 1", "5-shot, nf4+dq, seed 2",
    ]  # fmt: skip
    assert {setting(row) for section in board_of(0).sections for row in section.rows} == {"0-shot, nf4+dq"}


def test_spans_without_any_entity_have_no_score_and_no_rank():
    empty = Outcomes(kind="spans", labels=["PER"], ids=["a", "b"], counts=[[[0, 0, 0], [0, 0, 0]]] * 2)
    row = only(build([make_run(outcomes=empty)])).rows[0]
    assert (row.score, row.rank, row.interval) == (None, None, None)


def test_a_single_row_is_drawn_without_interval():
    row = only(build([make_run(outcomes=labels(1.0, 1))])).rows[0]
    assert row.rank == 1
    assert row.score == 1.0


@pytest.mark.slow
def test_the_cache_changes_nothing_and_saves_the_work(tmp_path, monkeypatch):
    runs = example_runs()
    fresh = build(runs)
    cache = Cache(tmp_path)
    assert build(runs, cache=cache) == fresh
    cache.save()

    def refuse(*_args, **_kwargs):
        raise AssertionError("computed again")

    monkeypatch.setattr("phingpt_bench.results.compare.paired_test", refuse)
    monkeypatch.setattr("phingpt_bench.results.compare.interval", refuse)
    assert build(runs, cache=Cache(tmp_path)) == fresh
    next(tmp_path.glob("*.json")).write_text("{")
    with pytest.raises(AssertionError, match="computed again"):
        build(runs, cache=Cache(tmp_path))


def test_the_base_of_a_model_without_hub_id_is_found_by_name():
    section = only(build([make_run(base=None), make_run(kind="tuned", base="Model A", adapter="x")]))
    assert next(row for row in section.rows if row.kind == "tuned").against_base is not None


def test_a_run_that_saw_the_test_rows_in_training_is_not_ranked():
    """At the limit it still is; above it, it is shown with the reason, and the others are ranked without it."""

    def tuned(exact, near):
        return make_run(
            kind="tuned", adapter=f"seen-{exact}-{near}", outcomes=labels(0.9, seed=exact + 1),
            exposure=Exposure(exact=exact, normalised=0, near=near),
        )  # fmt: skip

    runs = [make_run(outcomes=labels(0.5, seed=1)), tuned(30, 0), tuned(30, 1), tuned(299, 0)]
    section = only(build(runs))
    ranks = {row.adapter: row.rank for row in section.rows}
    assert (ranks["seen-30-0"], ranks[None]) == (1, 2)
    assert ranks["seen-30-1"] is ranks["seen-299-0"] is None
    warnings = {row.adapter: [note.text for note in row.notes] for row in section.rows}
    assert "31 of 300 test rows were in its training, so it is not ranked" in warnings["seen-30-1"]
    assert not any("not ranked" in warning for warning in warnings["seen-30-0"])
    assert {row.adapter: floor_mark(row) for row in section.rows}["seen-299-0"] == "x"
    alone = only(build([tuned(299, 0)]))
    assert [row.rank for row in alone.rows] == [None]


def test_a_floor_or_a_base_that_saw_the_test_rows_is_not_ranked_and_is_no_floor_to_beat():
    rows = labels(0.9, seed=3).ids
    leaky = make_run("tfidf-lr", "floor", labels(0.9, seed=3), exposure=seen("near", rows[:31]))
    clean = make_run("majority", "floor", labels(0.3, seed=4), exposure=seen())
    known = Declared(sets=["fpb:train"], source="a paper")
    told = make_run(outcomes=labels(0.85, seed=5), exposure=seen("translated", rows[:40], known))
    tuned = make_run(kind="tuned", adapter="x", outcomes=labels(0.8, seed=6), exposure=seen())
    section = only(build([leaky, clean, told, tuned]))
    assert [(row.name, row.rank) for row in section.rows if row.exposed] == [("tfidf-lr", None), ("Model A", None)]
    assert section.floor == "majority"
    assert next(row for row in section.rows if row.adapter).beats_floor is True
    assert {row.name: row.base_unknown for row in section.rows if row.adapter is None} == {
        "tfidf-lr": False, "majority": False, "Model A": False,
    }  # fmt: skip
    assert next(row for row in section.rows if row.adapter).base_unknown


def test_an_adapter_of_a_trial_says_so_in_its_row():
    run = make_run(kind="tuned", adapter="mine")
    model = dataclasses.replace(run.record.model, training_limit=20)
    trial = dataclasses.replace(run, record=dataclasses.replace(run.record, model=model))
    (row,) = only(build([trial])).rows
    assert "a trial: trained on the first 20 rows of each task alone" in [note.text for note in row.notes]


def test_floors_that_are_not_ranked_are_not_said_to_be_missing():
    leaky = make_run("crf", "floor", labels(0.9, seed=3), exposure=seen("near", labels(0.9, seed=3).ids[:31]))
    (note,) = (note.text for note in only(build([leaky, make_run(kind="tuned")])).notes if "floor" in note.text)
    assert note.startswith("no floor row is ranked")


def test_the_score_on_the_unseen_rows_is_that_of_the_others_alone():
    outcomes = labels(0.7, seed=8)
    run = make_run(outcomes=outcomes, exposure=seen("exact", outcomes.ids[10:20]))
    (row,) = only(build([run])).rows
    others = rows_at(outcomes, [at for at in range(300) if not 10 <= at < 20])
    assert (row.unseen.n, row.unseen.score) == (290, pytest.approx(score_all(others)["f1_weighted"]))
    (row,) = only(build([make_run(outcomes=outcomes, exposure=seen("exact", outcomes.ids))])).rows
    assert (row.unseen.n, row.unseen.score) == (0, None)
    assert only(build([make_run(outcomes=outcomes, exposure=seen())])).rows[0].unseen is None
    assert only(build([make_run(outcomes=outcomes)])).rows[0].unseen is None


def test_where_less_is_better_the_least_comes_first():
    runs = [make_run(outcomes=labels(0.5, seed=1)), make_run(kind="tuned", adapter="x", outcomes=labels(0.9, seed=2))]
    section = only(build(runs, options=Calculation(metric="flip_rate")))
    assert [row.kind for row in section.rows] == ["tuned", "base"]
    assert section.rows[0].score < section.rows[1].score
    assert section.rows[0].rank == 1
    floor = make_run("lexicon", kind="floor", outcomes=labels(0.7, seed=3))
    section = only(build([*runs, floor], options=Calculation(metric="flip_rate")))
    assert {row.name + (row.adapter or ""): row.beats_floor for row in section.rows if row.kind != "floor"} == {
        "Model Ax": True,
        "Model A": False,
    }


def test_a_section_says_the_smallest_difference_that_its_rows_can_show():
    """Of the best tuned row and the best floor, by the same function as everywhere (stats/power.py)."""
    base, tuned, floor = labels(0.5, seed=1), labels(0.8, seed=2), labels(0.7, seed=3)
    section = only(build([
        make_run(outcomes=base), make_run(kind="tuned", adapter="x", outcomes=tuned),
        make_run("TF-IDF", "floor", floor), make_run("majority", "floor", labels(0.3, seed=4)),
    ]))  # fmt: skip
    expected = detectable(row_counts(floor), row_counts(tuned), "f1_weighted", METRICS["f1_weighted"].function)
    assert section.detectable.value == pytest.approx(expected)
    assert (section.detectable.n, section.detectable.clusters) == (300, 0)
    assert notes_of(section, "info") == [
        f"Smallest difference that these 300 rows can show: {expected:.3f} at 80% power"
    ]


def test_rows_of_few_documents_can_show_less():
    few = [i // 10 for i in range(300)]
    runs = [
        make_run(kind="tuned", adapter="x", outcomes=dataclasses.replace(labels(0.8, seed=2), clusters=few)),
        make_run("TF-IDF", "floor", dataclasses.replace(labels(0.7, seed=3), clusters=few)),
    ]
    section = only(build(runs))
    (text,) = notes_of(section, "info")
    assert "300 rows of 30 documents" in text
    assert section.detectable.clusters == 30
    rights = {section.protocol: Rights(("en",), "made-up", 3)}
    assert notes_of(only(build(runs, rights=rights)), "warning") == [
        "The rows are of 3 documents, which no row names: intervals and tests hold for these documents only",
    ]


def test_a_section_of_one_row_or_of_a_few_documents_says_nothing_it_cannot_know():
    assert only(build([make_run(outcomes=labels(0.5))])).detectable is None
    few = [labels(0.5, 4, seed=seed) for seed in (1, 2)]
    section = only(build([make_run(outcomes=few[0]), make_run("TF-IDF", "floor", few[1])]))
    assert section.detectable.value is None
    assert notes_of(section, "info") == ["These 4 rows are too few to show any difference at 80% power"]


@pytest.mark.slow
def test_a_p_that_only_bounds_the_true_one_is_shown_as_a_bound():
    runs = [
        run
        for at in range(16)
        for run in (
            make_run(task=f"task_{at:02}", outcomes=labels(0.3, seed=1)),
            make_run(task=f"task_{at:02}", kind="tuned", adapter="x", outcomes=labels(0.9, seed=2)),
        )
    ]
    for section in build(runs).sections:
        row = section.rows[0]
        assert row.against_base.at_most and row.against_base.p_holm == pytest.approx(16 / 10_001)
        assert difference_text(row)[1] == "p<=0.002"


def always(place: int, n: int = 300, but: int = 0) -> Outcomes:
    """One label for all rows but the first few."""
    rows = labels(0.5, n)
    pred = [place] * n
    pred[:but] = rows.gold[:but]
    return dataclasses.replace(rows, pred=pred, invalid=[False] * n)


def by_kind(section, kind):
    return next(row for row in section.rows if row.kind == kind)


def test_one_label_for_all_rows_gets_no_star_however_bad_the_base_is():
    base = labels(0.02, seed=1)
    counts = [base.gold.count(place) for place in range(3)]
    most = counts.index(max(counts))
    section = only(build([make_run(outcomes=base), make_run(kind="tuned", adapter="x", outcomes=always(most))]))
    row = by_kind(section, "tuned")
    assert row.against_base.significant and row.against_base.value > 0.1
    assert (row.against_base.beats_majority, row.starred) == (False, False)
    assert difference_text(row)[0].endswith("*") is False
    assert f"answers {LABELS[most]} in 100% of the rows, MCC 0" in [note.text for note in row.notes]
    assert "no *: not shown to be better than one label for all rows" in [note.text for note in row_notes(row)]


def test_a_gain_beyond_the_commonest_label_keeps_its_star_and_so_does_a_loss():
    section = only(build([
        make_run(outcomes=labels(0.5, seed=1)), make_run(kind="tuned", adapter="x", outcomes=labels(0.8, seed=2)),
        make_run(kind="tuned", adapter="y", digest="1", outcomes=always(0)),
    ]))  # fmt: skip
    gain, loss = (next(row for row in section.rows if row.adapter == name) for name in "xy")
    assert (gain.against_base.beats_majority, gain.starred) == (True, True)
    assert loss.against_base.value < 0 and (loss.against_base.beats_majority, loss.starred) == (None, True)


@pytest.mark.parametrize(("but", "said"), [(0, True), (6, True), (9, True), (60, False)])
def test_one_label_is_said_from_97_percent_of_the_rows_on(but: int, said: bool):
    section = only(build([make_run(outcomes=always(1, but=but))]))
    share = section.rows[0].answering.label_share
    assert (share >= 0.97) == said
    assert any("answers neutral in" in note.text for note in section.rows[0].notes) == said


def test_a_gain_over_pieces_that_could_not_be_read_is_said_to_be_one():
    rows = spans(0.5, 40)
    counts = [[*types, [0, 5, 0]] for *types, _ in rows.counts]  # five pieces in each answer that no one can read
    base = make_run(outcomes=dataclasses.replace(rows, counts=counts, invalid=[True] * 40))
    tuned = make_run(kind="tuned", adapter="x", outcomes=spans(0.5, 40, seed=1))
    row = by_kind(only(build([base, tuned])), "tuned")
    read = score_all(rows)["entity_f1"]  # what the base has without them
    assert row.against_base.value > 0.2 and abs(row.score - read) < 0.1
    text = f"counting readable pieces only: {row.score:.3f}, its base {read:.3f}"
    assert text in [note.text for note in row.notes]
    bare = by_kind(only(build([make_run(outcomes=rows), tuned])), "tuned")
    assert not any("pieces alone" in note.text for note in bare.notes)


def test_unreadable_entities_are_said_by_answers_and_by_pieces():
    rows = spans(0.5, 10)
    counts = [[list(types) for types in row] for row in rows.counts]
    for row in counts[:4]:  # a piece that could not be read beside the others, and one alone
        row[-1][1] = 2
    for types in counts[0][:-1]:
        types[:2] = [0, 0]
    for types in counts[1][:-1]:
        types[1] = max(types[1], 1)
    rows = dataclasses.replace(rows, counts=counts, invalid=[at < 4 for at in range(10)])
    run = make_run(outcomes=rows, diagnostics=Diagnostics(cut_answers=6))
    row = only(build([run])).rows[0]
    assert (row.answering.unread, row.answering.pieces) == (0.4, 8)
    assert 0.1 <= row.answering.nothing_read <= 0.3
    (text,) = [note.text for note in row_notes(row) if "unreadable" in note.text]
    assert text.startswith("unreadable pieces: 8, in 40% of the answers, and nothing else in ")
    assert "60% of the answers reached the token limit" in [note.text for note in row.notes]


def test_inputs_that_were_cut_are_told_on_the_board_and_in_its_exports():
    runs = [make_run(diagnostics=Diagnostics(truncated_prompts=1234)), make_run("Model Z", diagnostics=Diagnostics())]
    board = build(runs)
    said = "1,234 inputs lost their beginning: they are longer than the model reads"
    cut, whole = only(board).rows
    assert [note.level for note in cut.notes if note.text == said] == ["warning"]
    assert said not in [note.text for note in whole.notes]
    lines = list(csv.DictReader(io.StringIO(to_csv(board))))
    assert [(line["cut_inputs"], said in line["warnings"]) for line in lines] == [("1234", True), ("", False)]
    pages = [str(block) for block in explain(board, runs, "Model A", "phin_made_up", Comparer())]
    assert sum(said in page for page in pages) == 2, "among the rows and the warnings"


def test_an_adapter_that_never_saw_the_task_is_told_from_the_floor_that_did():
    def notes(trained: bool | None) -> list[str]:
        section = only(build([
            make_run(kind="tuned", adapter="x", outcomes=labels(0.6, seed=2),
                     diagnostics=Diagnostics(trained_on_task=trained)),
            make_run("TF-IDF", "floor", labels(0.7, seed=3)),
        ]))  # fmt: skip
        return [str(note.text) for note in by_kind(section, "tuned").notes if not note.marked]

    assert notes(trained=False) == ["not trained on this task; TF-IDF was"]
    assert notes(trained=True) == notes(trained=None) == []


def test_a_table_names_the_others_of_its_rows():
    def said(section):
        return [str(note.text) for note in section.notes if "also in table" in note.text]

    chosen, written, other = build(
        [
            make_run(task="phin_a", protocol="a/v1"),
            make_run(task="phin_a_gen", protocol="a/v1"),
            make_run(task="phin_b"),
        ]
    ).sections
    assert said(chosen) == ["the same rows, answered otherwise, are also in table phin_a_gen"]
    assert said(written) == ["the same rows, answered otherwise, are also in table phin_a"]
    assert said(other) == []


def test_a_brief_board_says_that_most_answers_could_not_be_read():
    few, most = (
        build([make_run(outcomes=labels(0.6, invalid=share))]).sections[0].rows[0] for share in (0.4, 0.7)
    )  # fmt: skip
    assert [note.level for note in row_notes(few) if "unreadable" in note.text] == ["info"]
    assert [note.level for note in row_notes(most) if "unreadable" in note.text] == ["warning"]


@pytest.mark.parametrize(
    ("prompt", "declared", "said"),
    [
        (None, False, "trained elsewhere: prompt and rows unknown"),
        (None, True, "trained elsewhere: prompt unknown, rows as declared"),
        ("query", False, "trained elsewhere: prompt and rows unknown"),  # FLARE's, which no one has trained with here
        ("mine", False, "trained elsewhere: prompt as given, rows unknown"),
        ("mine", True, "trained elsewhere: prompt as given, rows as declared"),
    ],
)
def test_a_prompt_file_of_the_user_is_not_called_unknown(prompt, declared, said):
    run = make_run(kind="tuned", adapter="x")
    asked = None if prompt is None else AskedPrompt(name=prompt, digest="0")
    exposure = dataclasses.replace(seen(), adapter=Declared(sets=["fpb"])) if declared else None
    record = dataclasses.replace(
        run.record, model=dataclasses.replace(run.record.model, trained_elsewhere=True), exposure=exposure,
        protocol=dataclasses.replace(run.record.protocol, prompt=asked),
    )  # fmt: skip
    row = only(build([dataclasses.replace(run, record=record)])).rows[0]
    assert [note.text for note in row.notes if "elsewhere" in note.text] == [said]


def test_what_is_done_once_is_no_cost_of_a_document():
    once = {"load": 4.0, "warm-up": 2.0, "probe": 1.0, "paraphrases": 50.0, "combine": 600.0}
    spent = evaluated(Ledger(seconds={**once, "evaluate": 30.0}, usd=6.87, price=PRICE))
    assert spent.seconds == {"evaluate": 30.0} and spent.usd == pytest.approx(0.3)
