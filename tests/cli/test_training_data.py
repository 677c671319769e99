"""`hash-rows` and `recheck`: what was trained on, told without texts, and runs that are looked at again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from helpers.board_factory import labels, make_run, seen, write_run

from phingpt_bench.cli.main import main
from phingpt_bench.cli.verb_recheck import row_ids
from phingpt_bench.core.exposure import Compared
from phingpt_bench.core.records import read_record
from phingpt_bench.data import catalogue
from phingpt_bench.data.copies import hashes
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.train import dataset

TASK, DATASET = "phin_demo_sentiment", "demo_sentiment"


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = main([str(word) for word in words])
    got = capsys.readouterr()
    return code, got.out + got.err


def test_hash_rows(tmp_path, capsys):
    rows, out = tmp_path / "train.jsonl", tmp_path / "rows.txt"
    texts = ["Sales rose.", "SALES ROSE", "Profit fell", None, "!"]
    rows.write_text("".join(json.dumps({"sentence": text}) + "\n" for text in texts), encoding="utf-8")
    code, text = said(capsys, "hash-rows", rows, "--text", "sentence", "--near", "--salt", "s", "--out", out)
    assert (code, text) == (0, f"{out}: 2 distinct texts of 5 rows\n")
    found = hashes.read(out)
    assert found.hashes == {hashes.row_hash("salesrose", "s"), hashes.row_hash("profitfell", "s")}
    assert len(found.near) == 2
    for words, error in (
        (("hash-rows", rows, "--text", "sentence", "--out", out), "the file exists"),
        (("hash-rows", rows, "--out", out), "unknown column 'text'"),
        (("hash-rows", tmp_path / "train.txt", "--out", out), "data files end in"),
        (("hash-rows", tmp_path / "none.jsonl", "--out", out), "no such file"),
    ):
        code, text = said(capsys, *words)
        assert code == 2
        assert error in text and "Traceback" not in text


@pytest.fixture
def runs(tmp_path) -> Path:
    """A base, a floor and a tuned run of the demo task, as an earlier version left them."""
    protocol = catalogue.dataset(DATASET).protocol
    ids = [row["id"] for row in catalogue.load(DATASET)["test"]]
    outcomes = dataclasses.replace(labels(0.6, len(ids)), ids=ids)
    made = {
        "base": make_run("tiny", base="made-up/tiny", task=TASK, protocol=protocol, outcomes=outcomes),
        "floor": make_run("tfidf-lr", "floor", outcomes, task=TASK, protocol=protocol),
        "tuned": make_run("tiny", "tuned", outcomes, task=TASK, protocol=protocol, adapter="no-such-recipe"),
    }
    for name, run in made.items():
        (tmp_path / "runs" / name).mkdir(parents=True)
        write_run(tmp_path / "runs" / name, run)
    return tmp_path / "runs"


@pytest.mark.slow
def test_recheck_changes_exposure_and_nothing_else(runs, capsys):
    before = {path: json.loads(path.read_text()) for path in runs.rglob("run.json")}
    code, text = said(capsys, "recheck", runs, "--trained-on", f"made-up/tiny={DATASET}:test")
    assert code == 0
    n = len(catalogue.load(DATASET)["test"])
    assert f"{runs / 'base' / 'run.json'}: unknown -> {n} of {n} test rows seen" in text
    assert f"{runs / 'floor' / 'run.json'}: unknown -> 0 of {n} test rows seen" in text
    assert "tuned/run.json: unchanged: the training rows of its adapter are no longer known" in text
    assert "3 runs: 2 changed, 1 could not be checked" in text
    for path, old in before.items():
        new = json.loads(path.read_text())
        assert {key for key in new if new[key] != old[key]} <= {"exposure", "provenance"}
    base = read_record(runs / "base" / "run.json")
    assert (base.exposure.exact, base.exposure.base.sets) == (n, [f"{DATASET}:test"])
    assert base.provenance.amendments["exposure"].startswith("looked for again on ")
    code, text = said(capsys, "recheck", runs, "--trained-on", f"made-up/tiny={DATASET}:test")
    assert text.endswith("3 runs: 0 changed, 1 could not be checked\n")
    said(capsys, "recheck", runs, "--trained-on", "made-up/tiny=none")
    assert read_record(runs / "base" / "run.json").exposure.seen == 0


def test_recheck_leaves_runs_on_other_rows_alone(runs, capsys):
    path = runs / "base" / "run.json"
    old = json.loads(path.read_text())
    old["protocol"]["rows_digest"] = "0" * 16
    path.write_text(json.dumps(old), encoding="utf-8")
    text = said(capsys, "recheck", runs, "--trained-on", f"made-up/tiny={DATASET}:test")[1]
    assert f"{path}: unchanged: the rows of task '{TASK}' are not those of the run" in text
    assert json.loads(path.read_text()) == old


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--trained-on", "fpb"], "is not MODEL=DATA"),
        (["--trained-on", "made-up/tiny=no-such-set"], "neither a dataset"),
    ],
)
def test_recheck_refuses(words, error, runs, capsys):
    code, text = said(capsys, "recheck", runs, *words)
    assert code == 2
    assert error in text


def test_recheck_of_no_runs(tmp_path, capsys):
    code, text = said(capsys, "recheck", tmp_path)
    assert code == 2
    assert "no runs in this folder" in text


@pytest.mark.slow
def test_a_recipe_replaces_a_card_where_it_gives_as_many_rows(monkeypatch):
    monkeypatch.setattr("phingpt_bench.cli.tokenizers.tokenizer", lambda model: (None, ""))
    rows = {TASK: ["a", "b", "b"]}

    class Data:
        ids = rows

    monkeypatch.setattr(dataset, "training_data", lambda *_: Data)
    tuned = make_run(kind="tuned", adapter="demo").record
    assert row_ids(tuned, Tasks()) == rows
    for counted, want in ((2, rows), (3, None)):
        exposure = dataclasses.replace(seen(), compared=Compared(by="texts", training_rows=counted))
        assert row_ids(dataclasses.replace(tuned, exposure=exposure), Tasks()) == want
    assert row_ids(make_run(kind="tuned", adapter="no-such-recipe").record, Tasks()) is None
    assert row_ids(make_run().record, Tasks()) is None
