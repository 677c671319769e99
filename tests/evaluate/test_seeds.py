"""`seeds` in a suite: one adapter for each recipe and seed; the plan as JSON; options that do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.evaluate.adapters import seeded
from phingpt_bench.evaluate.named_bases import completed
from phingpt_bench.evaluate.suite import AdapterEntry, load_suite
from phingpt_bench.train.recipe import load_recipe

SUITE = ["run", "demo", "seeds=[0, 1]", "--dry-run", "--format", "json"]


def test_a_recipe_keeps_its_name_under_its_own_seed_alone() -> None:
    recipe = load_recipe("demo")
    assert seeded(recipe, None) is recipe and seeded(recipe, recipe.seed) is recipe
    other = seeded(recipe, 7)
    assert (other.name, other.seed) == ("demo-seed7", 7)


def test_each_recipe_is_an_entry_for_each_seed_unless_it_has_its_own(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    base = "bases: [{model: smollm2-135m-instruct}]"
    file.write_text(
        f"name: s\ntasks: [phin_demo_ner]\n{base}\nseeds: [0, 1]\n"
        "adapters: [{recipe: demo}, {recipe: demo, seed: 5}]\n"
    )
    assert [entry.seed for entry in completed(load_suite(str(file))).adapters] == [0, 1, 5]


@pytest.mark.parametrize(
    ("more", "said"),
    [("seeds=[1, 1]", "the same seed is given twice"), ("seeds=[-1]", "seed is a number from 0 to 4294967295")],
)
def test_seeds_that_cannot_be(more: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "demo", more, "--dry-run"]) == 2
    assert said in capsys.readouterr().err


def test_seeds_without_a_training_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("name: s\ntasks: [phin_demo_ner]\nseeds: [0, 1]\n")
    assert main(["run", str(file), "--dry-run"]) == 2
    assert "no adapter of the suite has a recipe" in capsys.readouterr().err


def test_a_device_for_a_served_model_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("name: s\ntasks: [phin_demo_ner]\nbases: [{engine: vllm, model: m}]\n")
    assert main(["run", str(file), "--dry-run", "--device", "cpu"]) == 2
    assert "--device and --dtype are for models that are loaded here" in capsys.readouterr().err


def test_a_folder_takes_no_seed() -> None:
    with pytest.raises(BenchError, match="seed goes with 'recipe'"):
        AdapterEntry(path=Path("somewhere"), seed=1)


def plan(capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, Any]]:
    assert main([*SUITE, *more]) == 0
    return json.loads(capsys.readouterr().out)["cells"]


@pytest.mark.slow
def test_the_plan_is_json_for_other_schedulers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = plan(capsys)
    trainings = [cell for cell in cells if cell["kind"] == "train"]
    assert [cell["model"] for cell in trainings] == ["demo", "demo-seed1"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    tuned = [cell for cell in cells if cell["adapter"] == "demo-seed1" and cell["kind"] == "evaluate"]
    assert [cell["task"] for cell in tuned] == ["phin_demo_sentiment", "phin_demo_ner"]
    assert all(cell["needs"] == [trainings[1]["id"]] for cell in tuned)
    assert len({cell["group"] for cell in cells if cell["kind"] == "evaluate"}) == 1, "one base"
    assert {cell["done"] for cell in cells} == {False}
    parts = [plan(capsys, "--cells", f"{number}/3") for number in (1, 2, 3)]
    assert sorted(cell["id"] for part in parts for cell in part) == sorted(cell["id"] for cell in cells)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cells", "4/3"], "'4/3' is not a part such as 3/16"),
        (["--cells", "3"], "'3' is not a part such as 3/16"),
        (["--workers", "0"], "'0' is not a whole number of at least 1"),
        (["--format", "json"], "--format json shows a plan"),
        (["--address", "somewhere"], "--address is for workers"),
        (["--workers", "2", "--cells", "1/2"], "two ways to spread a plan"),
    ],
)
def test_options_that_do_not_fit(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "demo", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_without_ray_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    file = tmp_path / "s.yaml"
    file.write_text(f"name: s\ntasks: [phin_demo_sentiment]\nlimit: 2\nresults: {tmp_path}/r\n")
    assert main(["run", str(file), "--workers", "1", "--quiet"]) == 2
    err = capsys.readouterr().err
    assert "--workers needs Ray, which is not installed" in err and "phingpt-bench[ray]" in err
