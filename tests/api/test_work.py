"""pb.plan, pb.train and pb.evaluate do what the verbs do, and return typed values."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.tiny import save_tiny

import phingpt_bench as pb
from phingpt_bench.cli.main import main
from phingpt_bench.core.config import build
from phingpt_bench.evaluate.suite import load_suite
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.train.recipe import Recipe

TASK = "phin_demo_sentiment"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_plan_is_that_of_a_dry_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = pb.plan("demo", overrides={"seed": 2}, limit=3, only=TASK)
    assert [step.kind for step in plan][:2] == ["train", "evaluate"] and not any(step.done for step in plan)
    assert plan.suite.seed == 2 and plan.suite.limit == 3
    assert main(["run", "demo", "seed=2", "--limit", "3", "--only", TASK, "--dry-run"]) == 0
    # memory is estimated where the base is there already, and depends on what is free at this moment
    assert plan.to_text() == capsys.readouterr().out.partition("Memory to")[0]
    assert plan.to_frame()["documents"].tolist()[1:] == [3] * (len(plan) - 1)
    assert list(place.iterdir()) == []


@pytest.mark.slow
def test_a_suite_is_run_once_and_its_runs_come_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("small.yaml").write_text(f"name: small\ntasks: [{TASK}]\nlimit: 4\n", encoding="utf-8")
    runs = pb.evaluate("small.yaml")
    assert {run.record.model.kind for run in runs} == {"floor"} and {run.record.protocol.n for run in runs} == {4}
    assert all(step.done for step in pb.plan("small.yaml"))
    again = pb.evaluate(load_suite("small.yaml"))
    assert again.runs == runs.runs  # nothing was run again
    assert capsys.readouterr().out == ""
    assert [section.limit for section in pb.board(runs)] == [4]
    checked = pb.evaluate("small.yaml", overrides={"checks": True}, results="other")
    assert {run.record.model.kind for run in checked} == {"floor", "check"}


@pytest.mark.slow
def test_train_and_evaluate_with_the_adapter(place: Path) -> None:
    save_tiny(place / "tiny", hidden_size=32, intermediate_size=64)
    changes = {"base": {"model": "tiny", "device": "cpu"}, "tasks": [TASK], "tokens_per_batch": 8192, "lora.r": 2}
    trained = pb.train("demo", "mine", overrides=changes, limit=8)
    assert trained.folder == Path("mine") and build(Recipe, trained.card.recipe, "card").lora.r == 2
    assert "adapter demo: mine" in str(trained) and trained.to_frame()["rows"].tolist() == [trained.card.rows]
    runs = pb.evaluate(base="tiny", tasks=TASK, adapters="mine", floors=False, limit=3, overrides={"seed": 5})
    assert {(run.record.model.kind, run.record.seed, run.record.protocol.n) for run in runs} == {
        ("base", 5, 3), ("tuned", 5, 3),
    }  # fmt: skip
    assert runs.items[0].path.is_relative_to("results/local/tiny")
    served = pb.evaluate(base=BaseSpec(model="tiny", quantisation="none"), tasks=[TASK], floors=False, limit=3,
                         results="plain")  # fmt: skip
    assert [run.record.model.quantisation for run in served] == [None]
    with pytest.raises(pb.BenchError, match="the adapter exists already"):
        pb.train("demo", "mine", overrides=changes, limit=8)
