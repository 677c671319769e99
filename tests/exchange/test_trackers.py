"""Trackers: a summary of each run where the user asked for it, and a line with the pip command where one is missing."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.board_factory import labels, make_run
from helpers.paths import TESTS

from phingpt_bench.cli.main import main
from phingpt_bench.core import trackers
from phingpt_bench.exchange.trackers import SENT, facts, numbers, report, title


def test_a_summary_says_who_was_asked_what_and_holds_no_text():
    record = make_run(kind="tuned", adapter="mine", outcomes=labels(0.8), tags=["w1"]).record
    assert title(record) == "Model A + mine, 0-shot, phin_made_up"
    assert facts(record)["tags"] == "w1" and "limit" not in facts(record)
    assert numbers(record)["f1_weighted"] == record.scores["f1_weighted"]
    assert numbers(record)["evaluation_seconds"] == 75.0 and "evaluation_usd" not in numbers(record)
    assert set(SENT) == set(trackers.TRACKERS)


@pytest.mark.parametrize("verb", [["train", "demo"], ["evaluate", "--base", "x", "--tasks", "phin_demo_sentiment"]])
def test_a_missing_tracker_is_named_with_its_extra_before_any_work(verb, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main([*verb, "--report-to", "mlflow"]) == 2
    said = capsys.readouterr().err
    assert "--report-to: mlflow is not installed" in said and "pip install 'phingpt-bench[mlflow]'" in said


def test_tensorboard_gets_the_scores(tmp_path: Path, monkeypatch):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(trackers.FOLDER, raising=False)
    weeks = [
        make_run(outcomes=labels(good), created=f"2000-01-{day}T00:00:00Z").record
        for good, day in ((0.8, "08"), (0.6, "15"))
    ]
    for record in weeks:
        report(trackers.ready(["tensorboard"]), [record])
    folders = sorted((tmp_path / "runs" / "model-a-0-shot-phin-made-up").iterdir())
    assert [folder.name[:10] for folder in folders] == ["2000-01-08", "2000-01-15"], "each run is one of its own"
    for folder, record in zip(folders, weeks, strict=True):
        (scalar,) = EventAccumulator(str(folder)).Reload().Scalars("f1_weighted")
        assert scalar.value == pytest.approx(record.scores["f1_weighted"])


@pytest.mark.parametrize("named", [None, "mine"])
def test_mlflow_gets_them_in_files_of_its_own(named, tmp_path: Path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    for variable in ("MLFLOW_EXPERIMENT_NAME", "WANDB_PROJECT"):
        monkeypatch.setenv(variable, named or "")  # restored after `ready` has set it
        if named is None:
            monkeypatch.delenv(variable)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    record = make_run(outcomes=labels(0.8)).record
    report(trackers.ready(["mlflow"]), [record])
    (run,) = mlflow.search_runs(experiment_names=[named or trackers.PROJECT], output_format="list")
    assert run.data.params["model"] == "Model A" and run.info.run_name == title(record)
    assert run.data.metrics["f1_weighted"] == pytest.approx(record.scores["f1_weighted"])


def test_weights_and_biases_keeps_them_here_when_it_is_offline(tmp_path: Path, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    monkeypatch.delenv("WANDB_DIR", raising=False)
    record = make_run(outcomes=labels(0.8)).record
    report(trackers.ready(["wandb"]), [record])
    wandb.teardown()  # as at the end of a process: all is written
    (written,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    kept = written.read_bytes()
    assert all(part.encode() in kept for part in ("f1_weighted", title(record), record.protocol.id))


def test_trackio_gets_them_in_a_database_of_its_own(tmp_path: Path):
    """In a process: it reads TRACKIO_DIR when it is imported."""
    pytest.importorskip("trackio")
    code = (
        "from helpers.board_factory import labels, make_run\n"
        "from phingpt_bench.core.trackers import ready\n"
        "from phingpt_bench.exchange.trackers import report\n"
        "report(ready(['trackio']), [make_run(outcomes=labels(0.8)).record])"
    )
    environment = {**os.environ, "TRACKIO_DIR": str(tmp_path), "PYTHONPATH": str(TESTS), "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path, timeout=120)
    with contextlib.closing(sqlite3.connect(tmp_path / f"{trackers.PROJECT}.db")) as database:
        (metrics,) = database.execute("select metrics from metrics").fetchone()
    assert "f1_weighted" in str(metrics)  # text or bytes, by version


@pytest.mark.slow
def test_no_tracker_is_loaded_unasked():
    code = "import sys, phingpt_bench.exchange.trackers; print(*({'mlflow', 'wandb', 'trackio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
