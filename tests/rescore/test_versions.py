"""Versions of scoring: records keep their scores, and our own stored answers show old and new."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.stored_run import write_files

from phingpt_bench.cli.main import main
from phingpt_bench.core.config import build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.provenance import Provenance
from phingpt_bench.data import catalogue
from phingpt_bench.rescore.rescore import Request, rescore
from phingpt_bench.scoring import answered, version
from phingpt_bench.scoring.answered import Answered, outcomes_of
from phingpt_bench.scoring.classification import INVALID

LABELS = ("negative", "neutral", "positive")
TYPES = ("PER", "ORG", "LOC")
NOTE = "Recorded under version 1 of scoring, read now under version 3: "


def thinking_run(folder: Path, **provenance: Any) -> Path:
    """Right answers behind reasoning that names another label, as version 1 read them: several labels, INVALID."""
    docs = catalogue.load("demo_sentiment")["test"]
    rows, lines = [], []
    for at, doc in enumerate(docs):
        answer = doc["label"]
        row = answered.written_label(doc, LABELS, answer)
        if at % 2:
            answer = f"<think>Is it negative, neutral or positive?</think>\n{answer}"
            row = dataclasses.replace(row, parsed=None, pred=INVALID, invalid=True, reason="several labels")
        lines.append({"doc_id": at, "id": doc["id"], "answer": answer, "parsed": row.parsed, "gold": doc["label"]})
        rows.append(row)
    outcomes = outcomes_of("labels", LABELS, [doc["id"] for doc in docs], rows)
    return write_files(folder, "phin_demo_sentiment", outcomes, lines, **provenance)


def chosen_run(folder: Path) -> Path:
    docs = catalogue.load("demo_sentiment")["test"]
    rows, lines = [], []
    for at, doc in enumerate(docs):
        values = [-1.0, -2.0, -3.0]
        row = answered.chosen_label(doc, LABELS, values)
        lines.append({
            "doc_id": at, "id": doc["id"], "continuations": [f" {name}" for name in LABELS], "log_likelihoods": values,
            "parsed": row.parsed, "gold": doc["label"],
        })  # fmt: skip
        rows.append(row)
    return write_files(
        folder, "phin_demo_sentiment", outcomes_of("labels", LABELS, [doc["id"] for doc in docs], rows), lines
    )


def json_run(folder: Path) -> Path:
    """Right answers in JSON where lines were asked for, as version 1 read them: format problems."""
    docs = catalogue.load("demo_ner")["test"]
    rows: list[Answered] = []
    lines = []
    for at, doc in enumerate(docs):
        named = [{"type": e["type"], "text": doc["text"][e["start"] : e["end"]]} for e in doc["entities"]]
        rows.append(answered.written_spans(doc, TYPES, "?"))
        lines.append({"doc_id": at, "id": doc["id"], "answer": json.dumps(named), "parsed": [], "gold": []})
    outcomes = outcomes_of("spans", TYPES, [doc["id"] for doc in docs], rows)
    return write_files(folder, "phin_demo_ner", outcomes, lines)


def test_scores_as_recorded_and_now_are_shown_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = thinking_run(tmp_path / "run")
    before = file.with_name("run.json").read_bytes()
    assert main(["rescore", str(file), "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    found = report["recorded"]
    assert (found["scoring"]["recorded"], found["scoring"]["now"]) == (1, version.VERSION)
    assert "reasoning is taken out" in found["scoring"]["changed"][0]
    assert found["changes"]["acc"] == {"recorded": 0.5, "now": 1.0, "difference": 0.5}
    assert found["read_otherwise"] == len(catalogue.load("demo_sentiment")["test"]) // 2
    assert [note for note in report["notes"] if note.startswith(NOTE)]
    assert main(["rescore", str(file)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "0.500 1.000 +0.500" in shown and "The record keeps its scores." in shown
    assert file.with_name("run.json").read_bytes() == before


def test_entities_in_another_form_than_the_asked_one_show_old_and_new(tmp_path: Path) -> None:
    report = rescore(Request(file=json_run(tmp_path / "run"), columns={}))
    assert report.recorded is not None and report.recorded.version == 1
    changes = {change.metric: (change.recorded, change.now) for change in report.recorded.changes}
    assert changes["entity_f1"][0] == 0 and changes["entity_f1"][1] > 0.9  # names that occur twice stand for both
    note = next(note for note in report.notes if note.startswith(NOTE))
    assert "partial and type-only F1" in note


def test_a_record_of_this_version_has_no_such_note(tmp_path: Path) -> None:
    report = rescore(Request(file=thinking_run(tmp_path / "run", scoring=version.VERSION), columns={}))
    assert report.recorded is not None and report.recorded.version == version.VERSION
    assert not report.recorded.changed and not any("version" in note for note in report.notes)


def test_log_likelihoods_have_no_reading_that_could_change(tmp_path: Path) -> None:
    report = rescore(Request(file=chosen_run(tmp_path / "run"), columns={}))
    assert report.recorded is not None and (report.recorded.version, report.recorded.changed) == (1, ())
    assert all(change.difference in (0, None) for change in report.recorded.changes)
    assert not any("version" in note for note in report.notes)


def test_the_version_of_a_record() -> None:
    """1 where none is written, as before there were versions; anything but a whole number from 1 on is refused."""
    assert build(Provenance, {}, "run").scoring == 1
    assert build(Provenance, {"scoring": 2}, "run").scoring == 2
    for wrong in ("2", True, 0, 1.5):
        with pytest.raises(BenchError, match="scoring"):
            build(Provenance, {"scoring": wrong}, "run")


def test_every_version_after_the_first_says_what_it_changed() -> None:
    assert sorted(version.CHANGES) == list(range(2, version.VERSION + 1))
    assert version.changes_since(version.VERSION, "labels", True) == []
    assert all(set(kinds) <= {"labels", "scores", "spans"} for kinds in version.CHANGES.values())
