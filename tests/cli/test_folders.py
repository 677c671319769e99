"""Folders and models that are not there are named, and so is what was probably meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import meant_path
from phingpt_bench.models import embedded


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with an adapter, a base, a mirror, rows and results whose names can be misspelt."""
    for name in ("lora/desk", "bases/small", "mirror", "results", "my_tasks"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "rows.jsonl").write_text("{}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def adapter(folder: Path, base: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base, "peft_type": "LORA"}))
    (folder / "adapter_model.safetensors").write_bytes(b"")


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["evaluate", "--adapter", "lora/dsek", "--tasks", "phin_demo_ner"], "lora/desk"),
        (["evaluate", "--adapter", "./lroa/desk", "--tasks", "phin_demo_ner"], "lora/desk"),
        (["evaluate", "--base", "./bases/smal", "--tasks", "phin_demo_ner", "--dry-run"], "bases/small"),
        (["leaderboard", "reslts"], "results"),
        (["verify", "resutls"], "results"),
        (["export", "reslts", "--to", "csv"], "results"),
        (["import", "reslts"], "results"),
        (["tasks", "validate", "my_taks"], "my_tasks"),
        (["init", "prompt", "p.yaml", "--from", "row.jsonl"], "rows.jsonl"),
        (["data", "list", "miror"], "mirror"),
        (["data", "verify", "./miror", "phin_fpb"], "mirror"),
        (["models", "list", "miror"], "mirror"),
        (["models", "verify", "miror/"], "mirror"),
    ],
)
def test_a_misspelt_path_names_the_nearest_one(
    argv: list[str], meant: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert main(argv) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"hint: did you mean '{meant}'?"


@pytest.mark.parametrize(
    "argv",
    [
        ["leaderboard", "rows.jsonl"],
        ["evaluate", "--adapter", "./rows.jsonl", "--tasks", "phin_demo_ner"],
        ["data", "list", "rows.jsonl"],
        ["models", "list", "./rows.jsonl"],
    ],
)
def test_a_file_in_the_place_of_a_folder_is_called_one(
    argv: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert "rows.jsonl: not a folder" in capsys.readouterr().err


def test_a_path_that_is_there_or_like_none_has_no_suggestion(place: Path) -> None:
    assert meant_path("lora/desk") is None
    assert meant_path("nothing/like/it") is None
    assert meant_path("") is None
    assert meant_path(place / "rows.jsonl" / "below") is None


def test_datasets_that_are_on_no_hub_are_checked_and_not_skipped(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "verify", "mirror", "phin_gold", "phin_semeval"]) == 1
    out = capsys.readouterr().out
    assert "FAIL  gold: not here" in out and "0 of 2 datasets are here, 2 faults" in out
    assert main(["data", "pull", "phin_gold", "--to", "mirror"]) == 1
    assert "not on the Hub" in capsys.readouterr().err


def test_a_name_that_is_neither_folder_nor_dataset_says_so(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_DATA", "mirror")
    assert main(["data", "verify", "qqqq", "phin_fpb"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: unknown dataset or folder 'qqqq'",
        "hint: 'phingpt-bench data list' lists them",
    ]


def test_models_list_says_where_embedded_models_are(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(place / "cache"))
    monkeypatch.setattr(embedded.Embedded, "wheel_files", lambda self: [] if self.terms is None else None)
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("smollm2-135m-instruct  embedded, Q4_1  installed; converted into ")
    assert str(place / "cache" / "models") in lines[0]
    assert lines[1] == "gemma-3-270m  embedded, Q4_K_M  not ready: phingpt-bench models install gemma-3-270m"
    assert main(["models", "list", "mirror"]) == 0
    assert "embedded" not in capsys.readouterr().out


def test_an_embedded_model_is_not_sought_on_the_hub(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "smollm2-135m-instruct", "--to", "hub"]) == 2
    assert "is an embedded model" in capsys.readouterr().err


@pytest.mark.parametrize("base", ["HuggingFaceTB/SmolLM2-135M-Instruct", "/home/x/models/SmolLM2-135M-Instruct/"])
def test_an_adapter_whose_base_is_elsewhere_is_led_to_the_embedded_copy(
    base: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = embedded.copy_of(base)
    assert found is not None and found.name == "smollm2-135m-instruct"
    assert embedded.copy_of("other/SmolLM2-135M-Instruct") is None
    if base.startswith("/"):
        adapter(place / "lora" / "desk", base)
        assert main(["evaluate", "--adapter", "lora/desk", "--tasks", "phin_demo_ner", "--dry-run"]) == 2
        assert "--base smollm2-135m-instruct is the embedded copy" in capsys.readouterr().err


def test_a_dry_run_says_that_a_base_is_out_of_reach(
    place: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phingpt_bench.compat.hub_parts.hub_is_offline", lambda: True)
    assert main(["evaluate", "--base", "org/none", "--tasks", "phin_demo_ner", "--dry-run", "--no-floors"]) == 0
    assert "the base model 'org/none' is not on this machine" in caplog.text
