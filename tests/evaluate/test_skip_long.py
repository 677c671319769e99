"""`--skip-long`: rows that are longer than the model reads are not asked, count as unanswered, and are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.tiny import save_tiny

from phingpt_bench.cli.main import main

pytestmark = pytest.mark.slow
SENTIMENT, NER = "phin_demo_sentiment", "phin_demo_ner"
ROWS = 8
SHAPE: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64}


def evaluated(folder: Path, task: str, positions: int, *options: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record and the outcomes of a tiny model with so many positions."""
    model = save_tiny(folder / "tiny", max_position_embeddings=positions, **SHAPE)
    command = ["evaluate", "--base", str(model), "--quantisation", "none", "--dtype", "float32", "--no-floors"]
    assert main([*command, "--tasks", task, "--limit", str(ROWS), "--results", str(folder / "r"), *options]) == 0
    (path,) = (folder / "r").rglob("run.json")
    return json.loads(path.read_text()), json.loads(path.with_name("outcomes.json").read_text())


@pytest.mark.parametrize(("task", "positions"), [(SENTIMENT, 31), (NER, 128 + 45)])
def test_rows_that_are_too_long_are_not_asked_and_are_counted(
    task: str, positions: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, all_rows = evaluated(tmp_path / "long", task, 2048)
    assert whole["diagnostics"]["skipped_rows"] is None
    capsys.readouterr()
    record, rows = evaluated(tmp_path / "short", task, positions, "--skip-long")
    captured = capsys.readouterr()
    skipped = record["diagnostics"]["skipped_rows"]
    assert skipped == 3 and record["diagnostics"]["truncated_prompts"] == 0
    said = "not asked and count"
    assert said in " ".join(captured.err.split()) and said in " ".join(captured.out.split())
    assert rows["ids"] == all_rows["ids"] and record["protocol"]["rows_digest"] == whole["protocol"]["rows_digest"]
    if task == SENTIMENT:  # the others are answered as by a model that reads all of them
        assert sum(rows["invalid"]) == skipped
        pairs = zip(rows["probs"], all_rows["probs"], rows["invalid"], strict=True)
        assert all(own is None if missing else own == pytest.approx(theirs, abs=1e-4) for own, theirs, missing in pairs)
    else:
        assert sum(rows["invalid"]) >= skipped
    base = ["--base", str(tmp_path / "short" / "tiny")]
    assert main(["verify", str(tmp_path / "short" / "r"), "--rerun", str(ROWS), *base]) == 0


def test_without_a_row_that_fits_there_is_no_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_tiny(tmp_path / "tiny", max_position_embeddings=16, **SHAPE)
    command = ["evaluate", "--base", str(model), "--quantisation", "none", "--no-floors", "--tasks", SENTIMENT]
    assert main([*command, "--limit", "4", "--results", str(tmp_path / "r"), "--skip-long"]) != 0
    assert "all 4 rows are longer than the 16 tokens that the model reads" in capsys.readouterr().err
    assert not list(tmp_path.rglob("run.json"))


def test_another_choice_is_another_run_and_servers_choose_themselves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluated(tmp_path, SENTIMENT, 2048)
    command = ["evaluate", "--base", str(tmp_path / "tiny"), "--quantisation", "none", "--dtype", "float32"]
    command += ["--no-floors", "--tasks", SENTIMENT, "--limit", str(ROWS), "--results", str(tmp_path / "r")]
    capsys.readouterr()
    assert main([*command, "--skip-long", "--dry-run"]) == 0
    assert "another choice for rows that are too long" in " ".join(capsys.readouterr().out.split())
    served = ["evaluate", "--model", "local-chat-completions", "--model-args", "model=m,base_url=http://127.0.0.1:9/v1"]
    assert main([*served, "--tasks", SENTIMENT, "--skip-long"]) == 2
    assert "skip_long is for models that are loaded here" in capsys.readouterr().err
