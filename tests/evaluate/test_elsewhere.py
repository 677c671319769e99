"""Adapters that another program trained: onto the board as what they are, or refused with what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.zoo import KINDS, Zoo, changed_config
from safetensors.torch import load_file, save_file

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json, write_text
from phingpt_bench.data import catalogue
from phingpt_bench.data.copies import hashes
from phingpt_bench.evaluate.named_bases import completed
from phingpt_bench.evaluate.suite import AdapterEntry, Suite
from phingpt_bench.models import adapter_files, adapter_source
from phingpt_bench.models.adapter import CONFIG, WEIGHTS
from phingpt_bench.models.base_spec import BaseSpec

pytestmark = pytest.mark.slow

SENTIMENT = "phin_demo_sentiment"
FLAGS = ["--tasks", SENTIMENT, "--limit", "3", "--no-floors", "--quantisation", "none"]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return Zoo(tmp_path_factory.mktemp("zoo"))


@pytest.fixture
def lora(zoo: Zoo) -> Path:
    return zoo.adapter("lora", KINDS["lora"])


@pytest.fixture
def evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def called(*words: object, flags: list[str] = FLAGS) -> tuple[int, str]:
        code = main(["evaluate", *map(str, words), *flags, "--results", str(tmp_path / "r")])
        got = capsys.readouterr()
        return code, got.out + got.err

    return called


def records(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """By adapter; the base under ""."""
    found = [read_json(file) for file in tmp_path.glob("r/runs/*/*/run.json")]
    return {record["model"]["adapter"] or "": record for record in found}


def test_a_folder_of_peft_needs_nothing_else(lora: Path, evaluate: Any, tmp_path: Path) -> None:
    code, text = evaluate("--adapter", lora)
    assert code == 0, text
    assert "trained elsewhere: prompt" in text and "and rows unknown" in text, "beside the columns of the table"
    made = records(tmp_path)
    assert set(made) == {"", "adapters-lora"}
    tuned = made["adapters-lora"]
    assert tuned["model"]["trained_elsewhere"] is True and tuned["exposure"] is None and tuned["training"] is None
    assert tuned["model"]["adapter_parameters"] == 4 * (64 + 64 + 64 + 32) * 2
    assert tuned["diagnostics"]["probe"]["off_equals_bare_base"] is True
    code, text = evaluate("--adapter", lora)
    assert code == 0 and "Nothing to do: everything is there" in text


@pytest.mark.parametrize("changes", [{"lora_alpha": 99}, {"use_rslora": True}, {"fan_in_fan_out": True}])
def test_another_configuration_is_another_adapter(lora: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    other = changed_config(lora, tmp_path / "other", **changes)
    assert adapter_files.identity_digest(other, None) != adapter_files.identity_digest(lora, None)
    assert adapter_files.identity_digest(
        changed_config(lora, tmp_path / "moved", base_model_name_or_path="elsewhere", peft_version="9"), None
    ) == adapter_files.identity_digest(lora, None)


def test_a_changed_configuration_is_run_again(lora: Path, evaluate: Any, tmp_path: Path) -> None:
    mine = changed_config(lora, tmp_path / "mine")
    assert evaluate("--adapter", mine)[0] == 0
    changed_config(mine, tmp_path / "changed", lora_alpha=99)
    shutil.rmtree(mine)
    (tmp_path / "changed").rename(mine)
    code, text = evaluate("--adapter", mine, flags=[*FLAGS, "--dry-run"])
    assert code == 0 and "to do: another adapter of that name was run" in " ".join(text.split())
    code, text = evaluate("--adapter", mine)
    assert code == 0 and len(list(tmp_path.glob("r/runs/*/*mine*/run.json"))) == 2
    assert text.count("llama + mine, 0-shot, adapter") == 2, text


def test_declared_training_rows_give_exposure(lora: Path, evaluate: Any, tmp_path: Path) -> None:
    rows = list(catalogue.load("demo_sentiment")["test"])
    declared = tmp_path / "rows.txt"
    write_text(declared, "\n".join(hashes.lines([rows[0]["text"], "Another text."])) + "\n")
    code, text = evaluate("--adapter", f"mine={lora}", "--adapter-trained-on", declared)
    assert code == 0 and "trained elsewhere: prompt unknown, rows as declared" in " ".join(text.split())
    found = records(tmp_path)["mine"]["exposure"]
    assert found["ids"] == [rows[0]["id"]] and found["adapter"]["sets"] == ["2 row hashes"]
    code, text = evaluate("--adapter", lora, "--adapter-trained-on", "other=fpb")
    assert code == 2 and "--adapter-trained-on other=fpb names no adapter" in text


def test_declared_rows_are_checked_before_anything_is_loaded(lora: Path, evaluate: Any, tmp_path: Path) -> None:
    code, said = evaluate("--adapter", lora, "--adapter-trained-on", "nope.txt", "--dry-run")
    assert code == 2 and "trained_on: 'nope.txt' is neither a dataset" in said
    code, said = evaluate("--adapter", lora, "--adapter-trained-on", "nope.txt")
    assert code == 2 and "load " not in said and not records(tmp_path)


def test_sub_folders_and_methods_that_change_the_base_share_a_board(zoo: Zoo, evaluate: Any, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    for name in ("lora", "ia3", "layer_replication", "prompt_tuning"):
        shutil.copytree(zoo.adapter(name, KINDS[name]), folder / name)
    code, text = evaluate("--adapter", folder)
    assert code == 0, text
    made = records(tmp_path)
    assert set(made) == {"", "lora", "ia3", "layer_replication", "prompt_tuning"}
    assert "on a base changed by design: it repeats layers of the base" in " ".join(text.split())
    assert made["layer_replication"]["diagnostics"]["probe"]["off_equals_bare_base"] is False
    assert made["ia3"]["diagnostics"]["changed_base"] is None
    assert {one["model"]["base_revision"] for one in made.values()} == {made[""]["model"]["base_revision"]}


def test_an_adapter_of_the_hub_by_id_and_revision(
    lora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluate: Any
) -> None:
    commit, repository = "0123456789abcdef0123456789abcdef01234567", tmp_path / "hub" / "models--someone--adapter"
    shutil.copytree(lora, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "v1").write_text(commit, encoding="ascii")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    code, text = evaluate("--adapter", "someone/adapter@v1")
    assert code == 0, text
    assert set(records(tmp_path)) == {"", "adapter"}
    code, text = evaluate("--adapter", "someone/other")
    assert code == 2 and "neither a folder nor a repository of the Hub that is cached or in reach" in text


def named(folder: Path, tmp_path: Path, name: str | None) -> Path:
    return changed_config(folder, tmp_path / "named", base_model_name_or_path=name)


@pytest.mark.parametrize(
    ("name", "model", "said"),
    [
        ("org/base", "org/base", None),
        ("unsloth/llama-3-8b-bnb-4bit", "unsloth/llama-3-8b", "in NF4 with double quantisation: that is loaded"),
        ("unsloth/Qwen3-8B-unsloth-bnb-4bit", "unsloth/Qwen3-8B-unsloth-bnb-4bit", "some layers kept whole"),
    ],
)
def test_the_base_that_an_adapter_names(
    lora: Path, tmp_path: Path, name: str, model: str, said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    entry = AdapterEntry(path=named(lora, tmp_path, name))
    suite = completed(Suite(name="s", tasks=[SENTIMENT], adapters=[entry]), BaseSpec(quantisation="nf4"))
    assert [spec.model for spec in suite.bases] == [model]
    assert (said or "") in caplog.text and bool(said) == bool(caplog.text)


def test_another_base_than_the_one_it_names_is_noted(
    lora: Path, evaluate: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = adapter_files.read_config(lora)["base_model_name_or_path"]
    said = "its adapter_config.json names another base: {}"
    code, text = evaluate("--base", base, "--adapter", named(lora, tmp_path, "org/other"))
    assert code == 0 and said.format("org/other") in " ".join(text.split()), text
    assert said.format("org/other") in caplog.text
    assert [one["diagnostics"]["named_base"] for one in records(tmp_path).values()].count("org/other") == 1
    copy = shutil.copytree(base, tmp_path / "copy")  # another name of the same weights
    assert adapter_source.other_base(lora, str(copy)) is None
    assert adapter_source.other_base(named(lora, tmp_path / "b", "/home/me/alpha"), base) == "alpha"


def test_names_that_say_nothing_get_the_folder_around() -> None:
    for path, name in (("runs/a/checkpoint-500", "a-checkpoint-500"), ("x/final", "x-final"), ("x/mine", "mine")):
        assert adapter_source.default_name(Path(path), Path(path)) == name


# refusals


def without(folder: Path, out: Path, *names: str) -> Path:
    shutil.copytree(folder, out)
    for name in names:
        (out / name).unlink()
    return out


def weights(folder: Path, out: Path, change: Any) -> Path:
    shutil.copytree(folder, out)
    save_file(change(load_file(out / WEIGHTS)), out / WEIGHTS)
    return out


def half(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in tensors.items() if "layers.1" not in name}


def renamed(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.replace("layers.1", "layers.7"): tensor for name, tensor in tensors.items()}


def narrow(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor[:, :-1].contiguous() if "lora_A" in name else tensor for name, tensor in tensors.items()}


def cut_off(folder: Path, out: Path) -> Path:
    shutil.copytree(folder, out)
    (out / WEIGHTS).write_bytes((out / WEIGHTS).read_bytes()[:-64])
    return out


def parts(folder: Path, out: Path) -> Path:
    shutil.copytree(folder, out)
    (out / WEIGHTS).rename(out / "adapter_model-00001-of-00002.safetensors")
    return out


REFUSALS: dict[str, tuple[Any, str]] = {
    "nowhere": (lambda lora, out: out, "no such adapter folder"),
    "no configuration": (lambda lora, out: without(lora, out, CONFIG), f"the adapter has no {CONFIG}"),
    "no weights": (lambda lora, out: without(lora, out, WEIGHTS), f"the adapter has no {WEIGHTS}"),
    "no base": (lambda lora, out: changed_config(lora, out, base_model_name_or_path=None), "names no base"),
    "base of another machine": (
        lambda lora, out: changed_config(lora, out, base_model_name_or_path="/root/llama"),
        "its base is a folder that is not here: /root/llama",
    ),
    "no kind": (lambda lora, out: changed_config(lora, out, peft_type=None), "names no PEFT method"),
    "unknown kind": (lambda lora, out: changed_config(lora, out, peft_type="EVIL"), "does not know peft_type 'EVIL'"),
    "X-LoRA": (lambda lora, out: changed_config(lora, out, peft_type="XLORA"), "X-LoRA is a mixture of other adapters"),
    "Megatron": (lambda lora, out: changed_config(lora, out, megatron_config={"a": 1}), "made for Megatron's layers"),
    "CorDA": (lambda lora, out: changed_config(lora, out, init_lora_weights="corda"), "initialised by 'corda'"),
    "LoftQ": (lambda lora, out: changed_config(lora, out, init_lora_weights="loftq"), "initialised by 'loftq'"),
    "other layers": (
        lambda lora, out: changed_config(lora, out, target_modules=["Wqkv"]),
        "the adapter's layers are not in this base (Target modules",
    ),
    "half of the keys": (lambda lora, out: weights(lora, out, half), "4 of 8 missing: base_model.model"),
    "renamed keys": (lambda lora, out: weights(lora, out, renamed), "4 of 8 without a place here: base_model.model"),
    "other shapes": (lambda lora, out: weights(lora, out, narrow), "other shapes than this base"),
    "cut off": (cut_off, "hint: copy it again from where it comes, or delete"),
    "in several files": (parts, "weights are in 1 file, which PEFT does not load"),
    "other rank": (lambda lora, out: changed_config(lora, out, r=8), "lora_A.weight is [4, 64] here [8, 64]"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_in_one_line(lora: Path, tmp_path: Path, evaluate: Any, name: str) -> None:
    make, words = REFUSALS[name]
    code, text = evaluate("--adapter", make(lora, tmp_path / "adapter"))
    assert code == 2, text
    assert words in text and "Traceback" not in text and "adapter_0" not in text
    assert not list(tmp_path.glob("r/runs/*/*lora*/run.json"))


def test_pickled_weights_are_refused_with_a_command_that_converts_them(
    lora: Path, tmp_path: Path, evaluate: Any
) -> None:
    folder = without(lora, tmp_path / "pickled", WEIGHTS)
    torch.save(load_file(lora / WEIGHTS), folder / "adapter_model.bin")
    code, text = evaluate("--adapter", folder)
    assert code == 2 and "is pickled: loading that could run code" in text
    command = text[text.index("python -c ") :].strip().splitlines()[0].replace("python", sys.executable, 1)
    subprocess.run(command, shell=True, check=True, capture_output=True)
    converted, original = load_file(folder / WEIGHTS), load_file(lora / WEIGHTS)
    assert converted.keys() == original.keys()
    assert all(torch.equal(converted[key], original[key]) for key in original)


def test_folders_that_are_something_else(zoo: Zoo, lora: Path, tmp_path: Path, evaluate: Any) -> None:
    base = zoo.base(KINDS["lora"])
    code, text = evaluate("--adapter", base)
    assert code == 2 and f"is a whole model, not an adapter\nhint: evaluate it with --base {base}" in text
    for step in (200, 1000):
        shutil.copytree(lora, tmp_path / "trainer" / f"checkpoint-{step}")
    code, text = evaluate("--adapter", tmp_path / "trainer")
    assert code == 2 and "holds no adapter itself, but checkpoint-200, checkpoint-1000" in text
    assert "such as " in text and "checkpoint-1000" in text.rpartition("such as")[2]
    for name, make in (("checkpoints", Path.mkdir), (".working", Path.touch)):
        (tmp_path / name[-4:]).mkdir()
        make(tmp_path / name[-4:] / name)
        code, text = evaluate("--adapter", tmp_path / name[-4:])
        assert code == 2 and "the training of this adapter is not finished\nhint: wait for it, or continue it" in text
    with pytest.raises(BenchError, match="holds 2 adapters"):
        both = tmp_path / "both"
        for name in ("a", "b"):
            shutil.copytree(lora, both / name)
        completed(Suite(name="s", tasks=[SENTIMENT], adapters=[AdapterEntry(path=both, name="one")]))


def test_pissa_on_a_quantised_base_is_refused(zoo: Zoo, evaluate: Any) -> None:
    folder = zoo.adapter("pissa", KINDS["pissa"])
    flags = [flag for flag in FLAGS if flag not in ("--quantisation", "none")]
    code, text = evaluate("--adapter", folder, flags=flags)
    assert code == 2 and "takes a part out of the full weights of its base, and the base is quantised" in text


def test_a_damaged_configuration_is_named(lora: Path, tmp_path: Path, evaluate: Any) -> None:
    folder = changed_config(lora, tmp_path / "broken")
    for content in ("{", "[]", json.dumps({"r": 4})):
        (folder / CONFIG).write_text(content, encoding="utf-8")
        code, text = evaluate("--adapter", folder)
        assert code == 2 and CONFIG in text and "Traceback" not in text
