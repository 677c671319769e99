"""The verb: its four formats, our own samples against their record, and that no model's library is loaded."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.stored_run import write_files

from phingpt_bench.cli.main import main
from phingpt_bench.data import catalogue
from phingpt_bench.scoring import answered, labels
from phingpt_bench.scoring.answered import outcomes_of
from phingpt_bench.scoring.classification import INVALID
from phingpt_bench.scoring.labels import Reading
from phingpt_bench.text.numbers import rounded

LABELS = ("negative", "neutral", "positive")
TYPES = ("PER", "ORG", "LOC")


def told(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> str:
    """What a command line prints, after it ended well."""
    assert main(["rescore", *map(str, argv)]) == 0
    return capsys.readouterr().out


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """Answers to most of the demonstration corpus, by text."""
    draw = random.Random(0)
    with open(tmp_path / "answers.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["sentence", "prediction"])
        for row in catalogue.load("demo_sentiment")["test"][:120]:
            said = row["label"] if draw.random() < 0.7 else draw.choice(LABELS)
            writer.writerow(
                [row["text"], draw.choice([said, f"{said.title()}. It is not positive | <b>", "\x1b[31mwhy?"])]
            )
        writer.writerow(["nothing of ours", "neutral"])
    return tmp_path / "answers.csv"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_shows_scorers_side_by_side(answers: Path, capsys: pytest.CaptureFixture[str], width: int) -> None:
    out = told(capsys, answers, "--task", "phin_demo_sentiment", "--scorer", "all", "--width", str(width))
    assert max(map(len, out.splitlines())) <= width
    flat = " ".join(out.split())
    assert "answers from 'prediction' (guessed); texts from 'sentence' (guessed)" in flat
    assert "! 12 rows of the task without an answer, counted as INVALID" in flat
    assert "! 1 row of the file not in the task, not scored: line 122." in flat
    for name in ("phin", "fingpt", "flare", "helm", "flame", "finlora"):
        assert f"\n  {name}" in out
    differing = "Answers parsed differently from phin"
    for title in ("Polarity flips", "By label (phin)", "INVALID answers", differing, "95 %"):
        assert title in flat
    assert "\x1b" not in out


def test_markdown_holds_the_same_tables(answers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, answers, "--task", "phin_demo_sentiment", "--scorer", "phin", "fingpt", "--format", "markdown")
    assert out.startswith("# ")
    assert "| scorer | Accuracy | F1 weighted | F1 macro |" in out
    tables = [line for line in out.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)
    assert r"not positive \| \<b\>" in out


def test_csv_and_json_agree(answers: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    task = ("--task", "phin_demo_sentiment", "--scorer", "all")
    whole = json.loads(told(capsys, answers, *task, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(told(capsys, answers, *task, "--format", "csv"))))
    assert whole["rows"]["missing"] == 12 and whole["rows"]["unmatched"] == {"number": 1, "at": [122]}
    assert whole["columns"]["answer"] == {"name": "prediction", "guessed": True, "also": []}
    found = {(row["scorer"], row["metric"]): row for row in rows if row["scope"] == "all"}
    for scorer in whole["scorers"]:
        assert scorer["primary"] in scorer["scores"]
        for metric, value in scorer["scores"].items():
            row = found.pop((scorer["name"], metric))
            assert float(row["score"]) == rounded(value["score"])
            assert row["low"] == ("" if value["low"] is None else str(rounded(value["low"])))
    assert not found
    assert {row["scope"] for row in rows} == {"all", *LABELS}
    told(capsys, answers, *task, "--format", "json", "--output", tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == whole


def test_damaged_characters_reach_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"gold": "up", "answer": "\\ud83d \\u202eup, not down"}\n' * 3, encoding="utf-8")
    for form in ("terminal", "markdown", "csv", "json"):
        out = told(capsys, file, "--labels", "up,down", "--scorer", "all", "--format", form,
                   "--output", tmp_path / form)  # fmt: skip
        assert out == ""
        assert (tmp_path / form).read_text(encoding="utf-8")


@pytest.mark.slow
def test_nothing_of_a_model_is_loaded(answers: Path) -> None:
    code = (
        "import sys\nfrom phingpt_bench.cli.main import main\n"
        f"code = main(['rescore', {str(answers)!r}, '--task', 'phin_demo_sentiment', '--scorer', 'all'])\n"
        "heavy = ('torch', 'transformers', 'lm_eval', 'pandas', 'sklearn')\n"
        "print([name for name in heavy if name in sys.modules])\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")


def label_run(folder: Path, *, written: bool, keep: int | None = None) -> Path:
    """The files of a run on the demonstration corpus, as `evaluate` leaves them; `keep`: of the samples, the first."""
    draw = random.Random(2)
    docs = catalogue.load("demo_sentiment")["test"]
    rows, lines = [], []
    for at, doc in enumerate(docs):
        line: dict[str, Any] = {"doc_id": at, "id": doc["id"], "prompt": "made up"}
        if written:
            line["answer"] = f" {draw.choice([*LABELS, doc['label'], 'positive, or rather not'])}"
            row = answered.written_label(doc, LABELS, line["answer"])
        else:
            values = [math.log(draw.random() + 1e-9) for _ in LABELS]
            values[0] = -math.inf if at == 3 else values[0]
            row = answered.chosen_label(doc, LABELS, values)
            line["continuations"] = [f" {name}" for name in LABELS]
            line["log_likelihoods"] = [value if math.isfinite(value) else None for value in values]
        lines.append({**line, "parsed": row.parsed, "gold": doc["label"], "problems": []})
        rows.append(row)
    return write_files(folder, "phin_demo_sentiment", outcomes_of("labels", LABELS, [d["id"] for d in docs], rows),
                       lines[:keep])  # fmt: skip


def span_run(folder: Path) -> Path:
    draw = random.Random(4)
    docs = catalogue.load("demo_ner")["test"]
    rows, lines = [], []
    for at, doc in enumerate(docs):
        names = [doc["text"][e["start"] : e["end"]] for e in doc["entities"]]
        answer = "; ".join(f"{draw.choice(TYPES)}: {name}" for name in names) or draw.choice(["none", "?"])
        row = answered.written_spans(doc, TYPES, answer)
        rows.append(row)
        lines.append({
            "doc_id": at, "id": doc["id"], "prompt": "made up", "generation": {"until": ["\n"]}, "answer": answer,
            "parsed": [[*span, doc["text"][span.start : span.end]] for span in row.parsed.spans],
            "gold": [[*span, "?"] for span in answered.gold_spans(doc)], "problems": [], "misses": [],
        })  # fmt: skip
    return write_files(folder, "phin_demo_ner", outcomes_of("spans", TYPES, [d["id"] for d in docs], rows), lines)


@pytest.mark.parametrize("kind", ["written", "chosen", "spans"])
def test_our_own_samples_have_the_scores_of_their_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    folder = tmp_path / "run"
    file = span_run(folder) if kind == "spans" else label_run(folder, written=kind == "written")
    found = json.loads(told(capsys, file, "--format", "json"))
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert found["task"] == record["task"]
    recorded = found["recorded"]
    assert set(recorded["changes"]) == set(record["scores"])
    for name, change in recorded["changes"].items():
        assert (change["recorded"], change["difference"]) == (record["scores"][name], 0)
    assert (recorded["read_otherwise"], recorded["complete"]) == (0, True)
    assert "same" in told(capsys, folder)  # the folder of the run stands for its samples


def test_a_changed_scorer_shows_the_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = label_run(tmp_path / "run", written=True)
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    with monkeypatch.context() as changed:  # every answer that says positive is unreadable now
        true = labels.reader
        changed.setattr(labels, "reader", lambda *a, **k: lambda text: (
            Reading(INVALID, "no label") if "positive" in text else true(*a, **k)(text)))  # fmt: skip
        answered._label_reader.cache_clear()
        found = json.loads(told(capsys, file, "--format", "json"))["recorded"]
        shown = told(capsys, file)
    answered._label_reader.cache_clear()
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    lost = [line for line in lines if line["parsed"] == "positive"]
    assert found["read_otherwise"] == len(lost) > 0
    assert found["examples"][0] == {"at": lost[0]["doc_id"] + 1, "recorded": "positive", "now": None}
    right = sum(line["gold"] == "positive" for line in lost) / len(lines)
    change = found["changes"]["acc"]
    assert change["recorded"] == record["scores"]["acc"]
    assert change["difference"] == pytest.approx(-right)
    assert "Parsed differently from the record" in shown and f"{-right:+.3f}" in shown


def test_samples_that_lost_lines_are_scored_as_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = label_run(tmp_path / "run", written=True, keep=100)
    found = json.loads(told(capsys, file, "--format", "json"))
    assert (found["rows"]["missing"], found["recorded"]["complete"]) == (32, False)
    assert any(note.startswith("! The file does not hold the 132 rows") for note in found["notes"])


def test_a_broken_record_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = label_run(tmp_path / "run", written=True)
    (tmp_path / "run" / "run.json").write_text('{"schema_version": 1}', encoding="utf-8")
    assert main(["rescore", str(file)]) == 2
    assert "run.json: missing key 'run_id'" in capsys.readouterr().err


def test_samples_of_one_task_under_another_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = span_run(tmp_path / "run")
    found = json.loads(told(capsys, file, "--task", "demo_ner", "--format", "json"))
    assert found["recorded"] is None and found["dataset"] == "demo_ner"
