"""Checks as runs: answers whose worth is known are scored, kept and shown as such, and never ranked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.board_factory import labels, make_run, spans

from phingpt_bench.board.row import Row
from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.cli.main import main
from phingpt_bench.evaluate.suite import load_suite
from phingpt_bench.results.collect import collect

SENTIMENT, NER = "phin_demo_sentiment", "phin_demo_ner"


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a suite of checks alone: no model is loaded."""
    folder = tmp_path_factory.mktemp("checked")
    suite = folder / "checks.yaml"
    results = folder / "results"
    suite.write_text(
        f"name: checks\ntasks: [{SENTIMENT}, {NER}]\nfloors: false\nchecks: true\nlimit: 12\nresults: {results}\n",
        encoding="utf-8",
    )
    assert load_suite(str(suite)).checks
    assert main(["run", str(suite), "--quiet"]) == 0
    return results


def test_the_gold_answers_score_one_and_none_do_not(checked: Path) -> None:
    runs = {(run.record.model.name, run.task): run.record for run in collect(checked)}
    assert {name for name, _ in runs} == {"oracle", "null", "echo"} and len(runs) == 6
    for (name, task), record in runs.items():
        score = record.scores[record.protocol.metric]
        assert record.model.kind == "check" and record.training is None
        assert score is not None and (score == 1.0 if name == "oracle" else score < 1.0), (name, task)
    assert runs["null", NER].scores["entity_f1"] == runs["echo", NER].scores["entity_f1"] == 0.0
    assert runs["null", SENTIMENT].scores == runs["echo", SENTIMENT].scores, "labels are chosen: there is no text"


def test_samples_and_fingerprints_are_kept_and_nothing_is_done_again(
    checked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = checked / "runs" / NER / "check_echo_first-12"
    first = json.loads((folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["answer"] in first["prompt"]
    before = (folder / "run.json").read_bytes()
    assert main(["run", str(checked.parent / "checks.yaml")]) == 0
    assert (folder / "run.json").read_bytes() == before
    assert "Nothing to do" in capsys.readouterr().out


def test_boards_show_them_when_asked(checked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", str(checked)]) == 0
    assert "--checks shows them" in " ".join(capsys.readouterr().out.split())
    assert main(["leaderboard", str(checked), "--checks"]) == 0
    shown = capsys.readouterr().out
    assert all(f"{name} (check)" in shown for name in ("oracle", "null", "echo"))


@pytest.mark.slow
def test_evaluate_plans_them_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["evaluate", "--base", "smollm2-135m-instruct", "--tasks", SENTIMENT, "--limit", "2", "--dry-run"]
    assert main(flags) == 0
    assert "check" not in capsys.readouterr().out
    assert main([*flags, "--checks"]) == 0
    assert "check: oracle" in capsys.readouterr().out


def rows_without_checks(rows: tuple[Row, ...]) -> list[Row]:
    return [row for row in rows if row.kind != "check"]


def test_checks_are_not_ranked_and_change_nothing_of_the_others() -> None:
    runs = [
        make_run(outcomes=labels(0.5, seed=1)), make_run(kind="tuned", adapter="x", outcomes=labels(0.8, seed=2)),
        make_run("majority", "floor", labels(0.4, seed=3)),
    ]  # fmt: skip
    checks = [make_run(name, "check", labels(share)) for name, share in (("oracle", 1.0), ("null", 0.3), ("echo", 0.3))]
    (bare,), (whole,) = build(runs).sections, build([*runs, *checks], options=Calculation(checks=True)).sections
    assert rows_without_checks(whole.rows) == list(bare.rows)
    checked = {row.name: row for row in whole.rows if row.kind == "check"}
    assert [(row.rank, row.tied, row.frontier, row.notes) for row in checked.values()] == [(None, False, None, ())] * 3
    assert whole.rows[0].name == "oracle", "rows come by score all the same"
    (alone,) = build(checks, options=Calculation(checks=True)).sections
    assert [row.rank for row in alone.rows] == [None] * 3 and alone.n == 300


def test_an_oracle_that_does_not_get_the_best_score_is_marked() -> None:
    (section,) = build(
        [make_run("oracle", "check", spans(0.9)), make_run(outcomes=spans(0.2))], options=Calculation(checks=True)
    ).sections
    oracle = next(row for row in section.rows if row.kind == "check")
    assert [note.level for note in oracle.notes] == ["warning"]
    assert "the gold answers do not get the best score" in oracle.notes[0].text
