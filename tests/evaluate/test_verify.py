"""`verify` and `reproduce` on runs of a tiny model: what is as it was passes, what was changed is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.tiny import save_tiny

from phingpt_bench.cli.main import main
from phingpt_bench.core.jsonio import write_columns, write_json
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.evaluate import rerun

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
    (write_json if path.name == "run.json" else write_columns)(path, value)
    if digest:
        edit(path.with_name("run.json"), lambda record: record["provenance"]["files"].clear())


def test_runs_as_they_were_made_pass(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(made / "results"), "--all", "--rerun", "3", "--base", str(made / "tiny")]) == 0
    out = capsys.readouterr().out
    assert "FAIL" not in out
    for check in ("record", "outcomes", "scores", "answers", "protocol", "gold"):
        assert f"  {check}\n" in out
    assert out.count("rerun: 0 of 3 rows are answered otherwise") == 2
    assert "a floor run of" in out  # which no weights can repeat
    record = json.loads(run_of(made / "results", "phin_demo_ner").read_text())
    assert set(record["provenance"]["files"]) == {"outcomes.json", "samples.jsonl"}
    assert record["provenance"]["command"]


def gold_is_what_was_said(rows: dict[str, Any]) -> None:
    rows["gold"] = list(rows["pred"])


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("outcomes.json", gold_is_what_was_said, "gold: another one than the data"),
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
    assert "gold: another one than the data in 1 of 8 rows" in capsys.readouterr().out


def test_rows_that_are_answered_otherwise_are_found(made: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(rows: dict[str, Any]) -> None:
        rows["probs"] = [[round(value / 2 + (at == pred) / 2, 5) for at, value in enumerate(probs)]
                         for pred, probs in zip(rows["pred"], rows["probs"], strict=True)]  # fmt: skip

    edit(run_of(copy, "phin_demo_sentiment").with_name("outcomes.json"), change, digest=True)
    assert main(["verify", str(copy), "--rerun", "6", "--base", str(made / "tiny")]) == 1
    assert "rerun: 6 of 6 rows are answered otherwise" in capsys.readouterr().out


def test_another_base_is_no_rerun(copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = save_tiny(tmp_path / "other", hidden_size=32, intermediate_size=64, seed=1)
    assert main(["verify", str(copy), "--rerun", "4", "--base", str(other), "--all"]) == 0
    assert "the base here has revision" in capsys.readouterr().out


def test_a_label_within_the_tolerance_is_the_same_answer() -> None:
    def rows(pred: list[int], probs: list[list[float]]) -> Outcomes:
        return Outcomes(kind="labels", labels=["a", "b"], ids=["x", "y"], gold=[0, 0], pred=pred, probs=probs)

    before = rows([0, 0], [[0.51, 0.49], [0.9, 0.1]])
    now = rows([1, 0], [[0.49, 0.51], [0.9, 0.1]])
    assert rerun.compared(before, now, ("nf4+dq", "bfloat16")).differing == []
    assert rerun.compared(before, now, (None, "float32")).differing == ["x"]


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


def test_another_record_is_another_board(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(copy), "--write"]) == 0
    shutil.rmtree(run_of(copy, "phin_demo_ner").parent)
    assert main(["reproduce", str(copy)]) == 1
    assert "0 of 4 files" in capsys.readouterr().out
