"""The demo, whole, without a network: as it is shipped, except for a tiny random model and few rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.tiny import save_tiny

from phingpt_bench.api import suites as prepared
from phingpt_bench.cli.main import main
from phingpt_bench.core.overrides import Override
from phingpt_bench.evaluate import suite as suites
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.results.collect import collect
from phingpt_bench.train import recipe as recipes
from phingpt_bench.train import run as training

pytestmark = pytest.mark.slow

LIMIT = 6


@pytest.fixture
def trainings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The shipped demo made small, in a folder of its own; the recipes that are trained, in order."""
    base = BaseSpec(model=str(save_tiny(tmp_path / "tiny", hidden_size=32, intermediate_size=64)), device="cpu")
    load_suite, load_recipe, train = suites.load_suite, recipes.load_recipe, training.train
    trained: list[str] = []

    def small_suite(name: str, overrides: Sequence[Override] = ()) -> suites.Suite:
        return replace(load_suite(name, overrides), bases=[base], limit=LIMIT)

    def small_recipe(name: str, overrides: Sequence[Override] = ()) -> recipes.Recipe:
        return replace(load_recipe(name, overrides), base=base, epochs=1, tokens_per_batch=8192)

    def counted(recipe: recipes.Recipe, *args: Any, **options: Any) -> Path:
        trained.append(recipe.name)
        return train(recipe, *args, **options)

    monkeypatch.setattr(suites, "load_suite", small_suite)
    monkeypatch.setattr(prepared, "load_recipe", small_recipe)
    monkeypatch.setattr(prepared, "train", counted)
    monkeypatch.chdir(tmp_path)
    return trained


def test_the_demo_trains_evaluates_and_compares_once(
    trainings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = Path("results")  # the test runs in a folder of its own
    assert main(["demo", "--results", str(results)]) == 0
    first = capsys.readouterr().out
    assert trainings == ["demo"]
    assert (tmp_path / "adapters" / "trained" / "demo" / "adapter_model.safetensors").is_file()
    runs = collect(results)
    for task in ("phin_demo_sentiment", "phin_demo_ner"):
        kinds = [run.record.model.kind for run in runs if run.record.task == task]
        assert kinds.count("base") == kinds.count("tuned") == 1
        assert "floor" in kinds
        assert task in first
    assert {run.record.protocol.n for run in runs} == {LIMIT}
    assert [line for line in first.splitlines() if len(line) > 80] == []
    assert f"phingpt-bench leaderboard {results}" in first  # what to do next
    written = {path: path.stat().st_mtime_ns for path in results.rglob("*.json*")}
    assert len(written) == 3 * len(runs)

    assert main(["demo", "--results", str(results)]) == 0
    second = capsys.readouterr().out
    assert trainings == ["demo"]
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*.json*")} == written

    assert main(["leaderboard", str(results)]) == 0
    board = capsys.readouterr().out
    assert board in first and board in second
