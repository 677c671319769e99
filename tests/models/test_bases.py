"""Bases as they are: recorded as what was loaded, told apart by their files, and refused where they are none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.tiny import save_tiny
from helpers.zoo import KINDS, Zoo
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.evaluate.bases import base_identity
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.embedded import SMOLLM2
from phingpt_bench.models.load import load_base
from phingpt_bench.models.probe import reference_logits

pytestmark = pytest.mark.slow

FLAGS = ["--tasks", "phin_demo_sentiment", "--limit", "3", "--no-floors"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("bases") / "tiny")


def spec(folder: Path | str, **changes: Any) -> BaseSpec:
    return BaseSpec(**{"model": str(folder), "compute_dtype": "float32", "device": "cpu", **changes})


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main(list(map(str, words)))
    got = capsys.readouterr()
    return code, got.out + got.err


SAVED = {
    "nf4+dq": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True},
    "nf4": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
    "fp4": {"load_in_4bit": True},
    "int8": {"load_in_8bit": True},
}


def quantised(tiny: Path, out: Path, options: dict[str, Any]) -> None:
    """Save a base as bitsandbytes holds it."""
    how = BitsAndBytesConfig(**options)
    AutoModelForCausalLM.from_pretrained(tiny, quantization_config=how, device_map="cpu").save_pretrained(out)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(out)


@pytest.mark.parametrize("asked", ["nf4", "none"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", SAVED)
def test_a_base_that_is_quantised_already_is_recorded_as_it_is(
    tiny: Path, tmp_path: Path, name: str, dtype: str, asked: str
) -> None:
    """Whatever was asked for, and whatever dtype it was saved to compute in."""
    options = dict(SAVED[name])
    if "load_in_4bit" in options:
        options["bnb_4bit_compute_dtype"] = getattr(torch, dtype)
    model = AutoModelForCausalLM.from_pretrained(
        tiny, quantization_config=BitsAndBytesConfig(**options), device_map="cpu"
    )
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path)
    base = spec(tmp_path, quantisation=asked)
    loaded = load_base(base)
    assert loaded.identity.quantisation == name == base_identity(base, fetch=False).quantisation
    assert loaded.dequantised is (name != "int8")
    assert torch.isfinite(reference_logits(loaded.model, loaded.tokenizer)).all()


def test_packed_layers_compute_in_our_dtype(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As unsloth's folders are on a processor without bfloat16: a traceback of torch before."""
    options = {**SAVED["nf4+dq"], "bnb_4bit_compute_dtype": torch.bfloat16}
    model = AutoModelForCausalLM.from_pretrained(
        tiny, quantization_config=BitsAndBytesConfig(**options), device_map="cpu"
    )
    model.save_pretrained(tmp_path / "saved")
    AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path / "saved")
    packed = load_base(spec(tmp_path / "saved", dequantise="never"))
    unpacked = load_base(spec(tmp_path / "saved", dequantise="always"))
    tokens = packed.tokenizer("News: profit fell.", return_tensors="pt").input_ids
    packed.model.train(), unpacked.model.train()  # in evaluation mode some CPUs compute 4-bit layers in bfloat16
    assert torch.allclose(packed.model(tokens).logits, unpacked.model(tokens).logits, atol=1e-5)
    code, text = said(capsys, "evaluate", "--base", tmp_path / "saved", *FLAGS, "--results", tmp_path / "r")
    assert code == 0, text


def test_a_gguf_file_is_loaded_and_said() -> None:
    [file] = SMOLLM2.wheel_files() or [None]
    if file is None:
        pytest.skip("the wheel with the GGUF file is not installed")
    loaded = load_base(spec(file, quantisation="nf4"))
    assert loaded.identity.quantisation == "gguf-q4_1" and loaded.identity.name == file.stem
    assert base_identity(spec(file), fetch=False).base_revision == loaded.identity.base_revision
    embedded = load_base(spec(SMOLLM2.folder(), quantisation="none"))
    ours, theirs = (reference_logits(one.model, one.tokenizer) for one in (loaded, embedded))
    assert torch.allclose(ours, theirs, atol=0.2), "the embedded model is that file in bfloat16"


# refusals


def config(folder: Path, out: Path, **changes: Any) -> Path:
    shutil.copytree(folder, out)
    file = out / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    return out


def weights(folder: Path, out: Path, change: Any) -> Path:
    shutil.copytree(folder, out)
    tensors = load_file(out / "model.safetensors")
    change(tensors)
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    return out


UP = "model.layers.1.mlp.up_proj.weight"


def drop(tensors: dict[str, torch.Tensor]) -> None:
    del tensors[UP]


def rename(tensors: dict[str, torch.Tensor]) -> None:
    tensors["model.layers.9.mlp.up_proj.weight"] = tensors.pop(UP)


def narrow(tensors: dict[str, torch.Tensor]) -> None:
    tensors[UP] = tensors[UP][:, :-1].contiguous()


def remote_code(folder: Path, out: Path) -> Path:
    return config(folder, out, model_type="ours", auto_map={"AutoConfig": "code.C", "AutoModelForCausalLM": "code.M"})


def small_vocabulary(folder: Path, out: Path) -> Path:
    shutil.copytree(folder, out)
    tokenizer = AutoTokenizer.from_pretrained(out)
    tokenizer.add_tokens(["<one>", "<two>"])
    tokenizer.save_pretrained(out)
    return out


REFUSALS: dict[str, tuple[Any, str]] = {
    "classifier": (
        lambda tiny, out: config(tiny, out, architectures=["LlamaForSequenceClassification"]),
        "is not a causal language model: its weights are those of LlamaForSequenceClassification",
    ),
    "encoder": (
        lambda tiny, out: config(tiny, out, architectures=["BertForMaskedLM"], model_type="bert"),
        "is not a causal language model: its weights are those of BertForMaskedLM",
    ),
    "missing layer": (lambda tiny, out: weights(tiny, out, drop), f"1 missing: {UP}"),
    "renamed layer": (
        lambda tiny, out: weights(tiny, out, rename),
        f"1 missing: {UP}; 1 without a place: model.layers.9",
    ),
    "other shape": (lambda tiny, out: weights(tiny, out, narrow), f"1 of another shape: {UP}"),
    "GPTQ": (
        lambda tiny, out: config(tiny, out, quantization_config={"quant_method": "gptq", "bits": 4}),
        "is quantised by GPTQ, whose kernels are not installed\nhint: pip install --no-deps optimum gptqmodel defuser",
    ),
    "AWQ": (
        lambda tiny, out: config(tiny, out, quantization_config={"quant_method": "awq", "bits": 4}),
        "is quantised by AWQ, whose kernels are not installed\nhint: pip install --no-deps gptqmodel defuser",
    ),
    "unknown quantisation": (
        lambda tiny, out: config(tiny, out, quantization_config={"quant_method": "magic"}),
        "is quantised by 'magic', which the installed transformers does not know",
    ),
    "custom code": (remote_code, "needs code of its own, which is never run here"),
    "tokenizer of another model": (small_vocabulary, "has token 49,153, and the model has embeddings for 49,152"),
    "configuration as base": (lambda tiny, out: tiny / "config.json", "a file is not a base model"),
    "damaged configuration": (
        lambda tiny, out: (config(tiny, out) / "config.json").write_text("{", encoding="utf-8") and out,
        "not readable as a JSON object",
    ),
}


@pytest.fixture
def no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a question was asked"))


@pytest.mark.parametrize("asked", ["nf4", "none"])
@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_base_is_refused_in_one_line(
    tiny: Path,
    tmp_path: Path,
    name: str,
    asked: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a question was asked"))
    make, words = REFUSALS[name]
    base = make(tiny, tmp_path / "base")
    code, text = said(
        capsys, "evaluate", "--base", base, *FLAGS, "--quantisation", asked, "--results", tmp_path / "r"
    )  # fmt: skip
    assert code == 2 and words in text and "Traceback" not in text, text
    assert not list(tmp_path.glob("r/runs/*/*/run.json"))


def test_an_adapter_and_several_gguf_files_are_no_base(tmp_path: Path) -> None:
    folder = Zoo(tmp_path).adapter("lora", KINDS["lora"])
    with pytest.raises(BenchError, match=r"is an adapter, not a base model\nhint: give it with --adapter"):
        load_base(spec(folder))
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(BenchError, match=r"holds 2 GGUF files: a.gguf, b.gguf"):
        load_base(spec(tmp_path))
    with pytest.raises(BenchError, match="cannot be read as GGUF"):
        base_identity(spec(tmp_path / "a.gguf"), fetch=False)


# identity


def test_two_bases_in_folders_of_one_name_get_two_rows(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for run, seed in (("run1", 1), ("run2", 2)):
        save_tiny(tmp_path / run / "checkpoint-500", seed=seed)
        code, text = said(
            capsys, "evaluate", "--base", tmp_path / run / "checkpoint-500", *FLAGS, "--results", tmp_path / "r"
        )  # fmt: skip
        assert code == 0, text
    made = [read_json(file)["model"] for file in tmp_path.glob("r/runs/*/*/run.json")]
    assert len({model["base_revision"] for model in made}) == 2
    assert text.count("revision ") >= 2, text
    code, text = said(
        capsys, "evaluate", "--base", tmp_path / "run1" / "checkpoint-500", *FLAGS, "--results", tmp_path / "r"
    )  # fmt: skip
    assert code == 0 and "Nothing to do" in text


def test_a_renamed_folder_is_the_same_base(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(tiny, tmp_path / "before")
    words = ["evaluate", *FLAGS, "--results", tmp_path / "r", "--base"]
    assert said(capsys, *words, tmp_path / "before")[0] == 0
    (tmp_path / "before").rename(tmp_path / "after")
    code, text = said(capsys, *words, tmp_path / "after")
    assert code == 0 and "Nothing to do" in text


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"rms_norm_eps": 10.0}),
        ("generation_config.json", {"eos_token_id": 5}),
        ("tokenizer_config.json", {"padding_side": "left", "model_max_length": 7}),
        ("tokenizer.json", {"normalizer": {"type": "Lowercase"}}),
    ],
)
def test_each_file_that_decides_the_answers_makes_another_base(
    tiny: Path, tmp_path: Path, file: str, change: dict[str, Any]
) -> None:
    shutil.copytree(tiny, tmp_path / "base")
    before = base_identity(spec(tmp_path / "base"), fetch=False).base_revision
    path = tmp_path / "base" / file
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "transformers_version": "9"}), encoding="utf-8")
    assert base_identity(spec(tmp_path / "base"), fetch=False).base_revision == before or file == "tokenizer.json"
    path.write_text(json.dumps({**content, **change}), encoding="utf-8")
    assert base_identity(spec(tmp_path / "base"), fetch=False).base_revision != before


def test_a_tilde_is_the_home_folder(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tiny.parent))
    assert BaseSpec(model="~/tiny").model == str(tiny)
    assert BaseSpec(model="~no-such-user/tiny").model == "~no-such-user/tiny"
