"""Overrides behind the verbs: wherever they stand, shown by --dry-run, and in what is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.tiny import save_tiny

from phingpt_bench import __version__
from phingpt_bench.cli.main import main
from phingpt_bench.core.config import build
from phingpt_bench.core.records import read_record
from phingpt_bench.models.adapter import read_card
from phingpt_bench.train.recipe import Recipe, load_recipe

SUITE = "name: small\ntasks: [phin_demo_sentiment, phin_demo_ner]\nresults: results/small\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SUITE, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "argv",
    [
        ["run", "small.yaml", "limit=3", "seed=2", "--only", "phin_demo_ner", "--dry-run"],
        ["run", "small.yaml", "--dry-run", "limit=3", "--only", "phin_demo_ner", "seed=2"],
        ["run", "--dry-run", "small.yaml", "--only", "phin_demo_ner", "limit=3", "seed=2"],
    ],
)
def test_an_override_may_be_anywhere(argv: list[str], place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "\nwith limit=3 seed=2\n" in out
    assert "phin_demo_ner, 3 documents" in out and "phin_demo_sentiment" not in out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run", "small.yaml", "limits=3"], "error: limits=3: unknown key 'limits' (did you mean 'limit'?)"),
        (["demo", "seed=x"], "error: seed=x: seed: expected a whole number, got 'x'"),
        (["train", "demo", "epochs=0"], "error: epochs=0: epochs is at least 1"),
        (["train", "demo", "--quiet", "more"], "error: unrecognized arguments: more"),
        (["train", "demo", "more"], "error: 'more' is not an override"),
        (
            ["evaluate", "--base", "tiny", "--tasks", "phin_demo_ner", "bases.0.dtype=float32"],
            "error: bases.0.dtype=float32: unknown key 'dtype' (did you mean 'compute_dtype'?)",
        ),
    ],
)
def test_a_bad_override_is_named(argv: list[str], said: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    got = capsys.readouterr()
    assert got.err.splitlines()[0] == said
    assert got.out == ""


def test_a_dry_run_of_train_shows_the_recipe_that_would_be_used(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "demo", "epochs=1", "lora.r=8", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "# recipe demo with epochs=1 lora.r=8\n# adapter: adapters/trained/demo_epochs-1_lora.r-8\nname: demo\n"
    )
    shown = build(Recipe, yaml.safe_load(out), "shown")
    shipped = load_recipe("demo")
    assert (shown.epochs, shown.lora.r) == (1, 8) != (shipped.epochs, shipped.lora.r)
    assert (shown.tasks, shown.learning_rate) == (shipped.tasks, shipped.learning_rate)
    assert list(place.iterdir()) == [place / "small.yaml"]  # nothing is written
    assert main(["train", "demo", "name=short", "epochs=1", "--dry-run"]) == 0
    assert "# adapter: adapters/trained/short\n" in capsys.readouterr().out


@pytest.mark.slow
def test_the_card_and_the_records_hold_what_was_used(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_tiny(place / "tiny", hidden_size=32, intermediate_size=64)
    base = "base={model: tiny, device: cpu}"
    tasks = "tasks=[phin_demo_sentiment]"
    argv = ["train", "demo", base, tasks, "tokens_per_batch=8192", "epochs=1", "lora.r=2", "--limit", "8", "--quiet"]
    assert main([*argv, "--out", "mine"]) == 0
    card = read_card(place / "mine")
    used = build(Recipe, card.recipe, "card")
    assert (used.epochs, used.lora.r, used.base.model, used.tasks) == (1, 2, "tiny", ["phin_demo_sentiment"])
    assert main(["run", "small.yaml", tasks, "limit=4", "seed=7", "--quiet"]) == 0
    records = [read_record(path) for path in place.glob("results/small/runs/*/*/run.json")]
    assert {(one.task, one.limit, one.seed) for one in records} == {("phin_demo_sentiment", 4, 7)}
    capsys.readouterr()


def test_python_m_runs_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "phingpt_bench", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"phingpt-bench {__version__}\n", "")
    bad = subprocess.run([sys.executable, "-m", "phingpt_bench", "x"], capture_output=True, text=True, check=False)
    assert bad.returncode == 2 and bad.stderr.startswith("error: unknown verb 'x'")
