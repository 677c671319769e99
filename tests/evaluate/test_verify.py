"""`verify` and `reproduce` on runs of a tiny model: what is as it was passes, what was changed is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.board_factory import make_run
from helpers.tiny import save_tiny
from safetensors.torch import load_file, save_file

from phingpt_bench.cli.main import main
from phingpt_bench.core.diagnostics import Diagnostics, Spread
from phingpt_bench.core.jsonio import columns_text, json_text, write_json, write_text
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.paths import share
from phingpt_bench.evaluate import rerun
from phingpt_bench.models.adapter import adapter_digest
from phingpt_bench.models.base_files import files_of, local_revision

pytestmark = pytest.mark.slow
SUITE = """\
name: v
tasks: [phin_demo_sentiment, phin_demo_ner]
bases: [{{model: {model}, quantisation: none, compute_dtype: float32, device: cpu}}]
floors: true
limit: 8
results: {results}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, and the results of a suite with it."""
    root = tmp_path_factory.mktemp("verify")
    model = save_tiny(root / "tiny", hidden_size=32, intermediate_size=64)
    (root / "suite.yaml").write_text(SUITE.format(model=model, results=root / "results"))
    assert main(["run", str(root / "suite.yaml"), "--quiet"]) == 0
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "results", tmp_path / "results")
    return tmp_path / "results"


def run_of(folder: Path, task: str, name: str = "tiny") -> Path:
    """The run.json of a model on a task."""
    (found,) = (path for path in (folder / "runs" / task).glob("*/run.json") if path.parent.name.startswith(name))
    return found


def edit(path: Path, change: Callable[[Any], object], *, digest: bool = False) -> None:
    """Change a JSON file; with `digest`, the record's digest of the outcomes too, as a careful forger would."""
    value = json.loads(path.read_text())
    change(value)
    write_text(path, (json_text if path.name == "run.json" else columns_text)(value))
    if digest:
        edit(path.with_name("run.json"), lambda record: record["provenance"]["files"].clear())


def test_runs_as_they_were_made_pass(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(made / "results"), "--all", "--rerun", "3", "--base", str(made / "tiny")]) == 0
    out = capsys.readouterr().out
    assert "FAIL" not in out
    for check in ("record", "outcomes", "scores", "answers", "protocol", "gold"):
        assert f"  {check}\n" in out
    assert out.count("rerun: 0 of 3 rows are answered differently") == 2
    assert "a floor run of" in out  # which no weights can repeat
    record = json.loads(run_of(made / "results", "phin_demo_ner").read_text())
    spread = json.loads(run_of(made / "results", "phin_demo_sentiment").read_text())["diagnostics"]["spread"]
    assert spread["rows"] == 8 and 0 <= spread["largest"] < 1e-4
    # one by one: baselines may be kept from another state of the checkout
    commits = [json.loads(path.read_text())["provenance"]["environment"]["git"] for path in made.rglob("run.json")]
    clean = sum(commit is not None and not commit.endswith("-dirty") for commit in commits)
    assert f"made by code that a commit holds: {clean} of {len(commits)}" in out
    assert ("  code\n" in out) == (clean > 0), "not of a checkout with changed files"
    assert set(record["provenance"]["files"]) == {"outcomes.json", "samples.jsonl"}
    assert record["provenance"]["command"]


def gold_is_what_was_said(rows: dict[str, Any]) -> None:
    rows["gold"] = list(rows["pred"])


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("outcomes.json", gold_is_what_was_said, "gold: differs from the data"),
        ("run.json", lambda record: record["scores"].update(acc=0.99), "acc: 0.99, the outcomes give"),
        ("run.json", lambda record: record["provenance"]["files"].update({"samples.jsonl": "0"}), "samples.jsonl was"),
        ("run.json", lambda record: record["protocol"].update(rows_digest="0"), "digest of the ids"),
        ("run.json", lambda record: record.update(created="then"), "created"),
        ("run.json", lambda record: record.clear(), "files"),
    ],
)
def test_what_was_changed_is_found(
    file: str, change: Callable[[Any], object], said: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(run_of(copy, "phin_demo_sentiment").with_name(file), change, digest=file == "outcomes.json")
    assert main(["verify", str(copy)]) == 1
    out = capsys.readouterr().out
    assert said in out and "phin_demo_sentiment" in out


def test_entities_that_are_not_those_of_the_data_are_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(rows: dict[str, Any]) -> None:
        at = next(i for i, counts in enumerate(rows["counts"]) if counts[0][2])
        rows["counts"][at][0][2] -= 1

    edit(run_of(copy, "phin_demo_ner").with_name("outcomes.json"), change, digest=True)
    assert main(["verify", str(copy)]) == 1
    assert "gold: differs from the data in 1 of 8 rows" in capsys.readouterr().out


def test_rows_that_are_answered_otherwise_are_found(made: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(rows: dict[str, Any]) -> None:
        rows["probs"] = [[round(value / 2 + (at == pred) / 2, 5) for at, value in enumerate(probs)]
                         for pred, probs in zip(rows["pred"], rows["probs"], strict=True)]  # fmt: skip

    edit(run_of(copy, "phin_demo_sentiment").with_name("outcomes.json"), change, digest=True)
    assert main(["verify", str(copy), "--rerun", "6", "--base", str(made / "tiny")]) == 1
    assert "rerun: 6 of 6 rows are answered differently" in capsys.readouterr().out


def test_another_base_is_no_rerun(copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = save_tiny(tmp_path / "other", hidden_size=32, intermediate_size=64, seed=1)
    assert main(["verify", str(copy), "--rerun", "4", "--base", str(other), "--all"]) == 0
    assert "the base here has revision" in capsys.readouterr().out


def test_other_weights_behind_the_recorded_revision_are_found(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The digests are edited to those of the changed base, as a careful forger would: only the answers tell."""
    other = save_tiny(tmp_path / "tiny", hidden_size=32, intermediate_size=64)
    tensors = load_file(other / "model.safetensors")
    tensors["model.layers.1.mlp.down_proj.weight"] *= 1.5
    save_file(tensors, other / "model.safetensors", metadata={"format": "pt"})
    revision = local_revision(files_of(str(other)))
    path = run_of(copy, "phin_demo_sentiment")
    edit(path, lambda record: record["model"].update(base_revision=revision))
    assert main(["verify", str(copy), "--rerun", "8", "--base", str(other)]) == 1
    out = capsys.readouterr().out
    (line,) = (line for line in out.splitlines() if "rerun: " in line)
    assert "phin_demo_sentiment" in line and "8 of 8 rows are answered differently" in line


def test_a_changed_adapter_is_found(copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "adapters" / "mine"
    folder.mkdir(parents=True)
    write_json(folder / "adapter_config.json", {"peft_type": "LORA", "r": 8, "lora_alpha": 8})
    save_file({"a": torch.ones(2)}, folder / "adapter_model.safetensors")
    digest = adapter_digest(folder, None)
    edit(
        run_of(copy, "phin_demo_sentiment"),
        lambda record: (
            record["model"].update(kind="tuned", adapter="mine", adapter_digest=digest),
            record["provenance"]["fingerprint"].update(adapter=digest),
        ),
    )
    check = ["verify", str(copy), "--adapters", str(folder.parent), "--all"]
    assert main(check) == 0
    assert "  adapter\n" in capsys.readouterr().out
    write_json(folder / "adapter_config.json", {"peft_type": "LORA", "r": 8, "lora_alpha": 80})
    assert main(check) == 1
    assert f"adapter: {folder} has digest" in capsys.readouterr().out


def test_a_label_within_the_tolerance_is_the_same_answer() -> None:
    def rows(pred: list[int], probs: list[list[float]]) -> Outcomes:
        return Outcomes(kind="labels", labels=["a", "b"], ids=["x", "y"], gold=[0, 0], pred=pred, probs=probs)

    before = rows([0, 0], [[0.51, 0.49], [0.9, 0.1]])
    now = rows([1, 0], [[0.49, 0.51], [0.9, 0.1]])
    assert rerun.compared(before, now, False, rerun.OTHERWISE).differing == []
    assert rerun.compared(before, now, True, rerun.EXACT).differing == ["x"]


def test_the_tolerance_is_that_of_the_cell() -> None:
    def of(spread: float | None, **model: Any) -> float:
        measured = None if spread is None else Spread(rows=8, largest=spread)
        return rerun.tolerance(make_run(diagnostics=Diagnostics(spread=measured), **model).record)

    assert [of(None, quantisation=None), of(None)] == [rerun.EXACT, rerun.OTHERWISE]
    assert [of(2e-3), of(1e-7, quantisation=None)] == [rerun.OTHERWISE, rerun.EXACT], "of another processor"
    assert [of(0.02), of(1e-3, quantisation=None)] == [rerun.TIMES * 0.02, rerun.TIMES * 1e-3]


def test_a_published_board_is_reproduced(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(copy)]) == 2
    assert "--write" in capsys.readouterr().err
    assert main(["reproduce", str(copy), "--write"]) == 0
    assert main(["reproduce", str(copy)]) == 0
    assert "4 of 4 files are byte for byte" in capsys.readouterr().out
    published = copy / "board" / "board.md"
    published.write_text(published.read_text().replace("tiny", "huge", 1))
    assert main(["reproduce", str(copy)]) == 1
    out = capsys.readouterr().out
    assert "DIFFERS" in out and "huge" in out and "3 of 4 files" in out


def test_the_board_of_the_shipped_records_is_the_one_that_they_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(share("results") / "smollm2-135m")]) == 0, "phingpt-bench reproduce DIR --write"
    out = capsys.readouterr().out
    assert "board.md" in out and "board.csv" in out and "DIFFERS" not in out


def test_another_record_is_another_board(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(copy), "--write"]) == 0
    shutil.rmtree(run_of(copy, "phin_demo_ner").parent)
    assert main(["reproduce", str(copy)]) == 1
    assert "0 of 4 files" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["results/suite", "results/local/tiny"])
def test_without_a_folder_it_reads_what_runs_write_by_default_and_says_where(
    place: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made / "results", tmp_path / place)
    monkeypatch.chdir(tmp_path)
    edit(run_of(Path(place), "phin_demo_ner"), lambda record: record["scores"].update(entity_f1=0.99))
    assert main(["verify"]) == 1
    out = capsys.readouterr().out
    count = len(list(Path(place).rglob("run.json")))
    assert f"\nread: {place}/ ({count})\n" in out and "entity_f1: 0.99" in out
    assert main(["verify", place, "--all", "--lang", "es"]) == 1
    out = capsys.readouterr().out
    assert f"\nleído: {place}/ ({count})\n" in out and "  puntuaciones: " in out and "  respuestas\n" in out
