"""How long commands take, in miniature: training beside TRL, a command to its beginning; no index is built in vain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.benchmark_runs import run
from helpers.tiny import save_tiny

from benchmarks import startup, training

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


def test_startup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_tiny(tmp_path / "tiny")
    results = run(startup, tmp_path / "out.json", capsys, "--repeats", "1", "--model", str(model))
    seconds = {name: values["cpu_seconds"]["median"] for name, values in results["measures"].items()}
    assert len(seconds) == 6
    assert min(seconds.values()) > 0
    assert seconds["phingpt-bench --help"] < seconds["evaluate, to its first prompt"]


def test_a_failing_process_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
