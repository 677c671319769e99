"""How long commands take, in miniature: training beside TRL, a command to its beginning; no index is built in vain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.benchmark_runs import run
from helpers.tiny import save_tiny

from benchmarks import board, busy, command, startup, tolerance, training, workers
from phingpt_bench.evaluate.rerun import EXACT

pytestmark = pytest.mark.slow

SENTIMENT = "phin_demo_sentiment"


def test_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("trl")
    results = run(
        training, tmp_path / "out.json", capsys, "--shape", "tiny", "--demo", "--rows", "8", "--repeats", "1",
        "--columns", "trl", "ours", "--learning-rate", "0.01",
    )  # fmt: skip
    assert results["rows"] == 8
    trl, ours = results["sides"]["trl"], results["sides"]["ours"]
    for side in (trl, ours):
        assert side["tokens_per_second"]["median"] > 0
        assert side["loss_after"] < side["loss_before"], "nothing was learnt"
    assert trl["loss_before"] == pytest.approx(ours["loss_before"])
    assert ours["faster_than_trl"]["median"] == pytest.approx(
        ours["tokens_per_second"]["median"] / trl["tokens_per_second"]["median"]
    )
    epoch = results["epoch"]
    assert epoch["tokens"] > results["tokens"]
    assert epoch["seconds"] == pytest.approx(epoch["tokens"] / ours["tokens_per_second"]["median"])
    if epoch["price"] is not None:
        assert epoch["usd"] == pytest.approx(epoch["price"]["usd_per_hour"] * epoch["seconds"] / 3600)


def test_busy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = run(
        busy, tmp_path / "out.json", capsys, "--shape", "tiny", "--demo", "--rows", "8", "--documents", "4",
        "--repeats", "1", "--works", "train-ours", "evaluate-ours", "evaluate-stock", "--neighbours", "0", "1",
        "--quantisation", "none",
    )  # fmt: skip
    for counts in results["works"].values():
        assert set(counts) == {"0", "1"} and counts["0"]["of_alone"] == 1.0
        assert min(one["tokens_per_second"]["median"] for one in counts.values()) > 0


def test_tolerance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = run(tolerance, tmp_path / "out.json", capsys, "--shape", "tiny", "--demo", "--rows", "4")
    assert [found["of"] for found in results["results"]] == [f"{SENTIMENT}, {shots} shots, float32" for shots in (0, 5)]
    for found in results["results"]:
        same = {name: value for name, value in found["largest"].items() if name != "changed"}
        assert set(found["times"]) == set(found["largest"]) and max(same.values()) < EXACT


def test_startup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_tiny(tmp_path / "tiny")
    results = run(startup, tmp_path / "out.json", capsys, "--repeats", "1", "--model", str(model))
    seconds = {name: values["cpu_seconds"]["median"] for name, values in results["measures"].items()}
    assert len(seconds) == 6
    assert min(seconds.values()) > 0
    assert seconds["phingpt-bench --help"] < seconds["evaluate, to its first prompt"]


def test_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "board.json"
    assert board.main(["--runs", "6", "--tasks", "2", "--repeats", "1", "--out", str(out)]) == 0
    assert "12 records, 6 on each of 2 tasks" in capsys.readouterr().out
    assert set(json.loads(out.read_text())["measures"]) == {"first", "again"}


@pytest.mark.perf
def test_the_time_of_a_process_that_nobody_waits_for_is_counted() -> None:
    work = "import time\nwhile time.process_time() < 1.5: pass"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {work!r}], start_new_session=True); {work}"
    assert command.python(code).cpu_seconds == pytest.approx(1.5, abs=0.6)
    usage, apart = command.tree(f"{code}\ntime.sleep(8)", apart=["subprocess"])
    assert usage.cpu_seconds == pytest.approx(3.0, abs=0.9)
    assert apart == pytest.approx(1.5, abs=0.6), "its command line has that word, its child's has not"


def test_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.delenv("PYTHONPATH", raising=False)  # Ray's processes meet at this machine's address in its network
    model = save_tiny(tmp_path / "tiny")
    results = run(
        workers, tmp_path / "out.json", capsys, "--model", str(model), "--tasks", SENTIMENT, "--shots", "0",
        "--documents", "4", "--repeats", "1", "--at-once",
    )  # fmt: skip
    assert results["cells"] > 1
    alone, worker = results["sides"].values()
    over = worker["cpu_seconds"]["median"] / alone["cpu_seconds"]["median"] - 1
    assert worker["cpu_seconds_over"]["median"] == pytest.approx(over)
    assert alone["cpu_seconds_over"]["median"] == alone["ray_seconds"]["median"] == 0.0
    assert 0 < worker["ray_seconds"]["median"] < worker["cpu_seconds"]["median"]


def test_a_failing_process_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert startup.main(["--repeats", "1", "--task", "no_such_task", "--model", str(tmp_path)]) == 2
    assert "a measured process failed" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["tasks"], ["tasks", "show", SENTIMENT], ["evaluate"]], ids=" ".join)
def test_no_verb_builds_lm_evals_default_index(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lm_eval.tasks import TaskManager

    from phingpt_bench.cli.main import main

    built: list[bool] = []
    plain = TaskManager.__init__

    def watched(self: Any, *args: Any, include_defaults: bool = True, **options: Any) -> None:
        built.append(include_defaults)
        plain(self, *args, include_defaults=include_defaults, **options)

    monkeypatch.setattr(TaskManager, "__init__", watched)
    if verb == ["evaluate"]:
        model = save_tiny(tmp_path / "tiny")
        verb = ["evaluate", "--base", str(model), "--tasks", SENTIMENT, "--limit", "1", "--no-floors", "--quiet"]
        verb += ["--results", str(tmp_path / "results")]
    assert main(verb) == 0
    capsys.readouterr()
    assert built or verb == ["tasks"]  # which reads the files itself
    assert not any(built)
    assert len(built) <= 3, "to check names, to plan, to run, however many tasks and models: each takes a second"
