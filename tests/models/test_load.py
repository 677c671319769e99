"""One loaded base, adapters switched: the probe, the card's checks, and that "off" is the bare base."""

from __future__ import annotations

import inspect
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers.tiny import save_tiny
from safetensors.torch import load_file, save_file

from phingpt_bench.core.errors import BenchError
from phingpt_bench.evaluate.bases import base_identity
from phingpt_bench.models import adapter, dequantise
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.load import load_base
from phingpt_bench.models.probe import probe, reference_logits
from phingpt_bench.train.recipe import Recipe, load_recipe
from phingpt_bench.train.rows import Row, collate
from phingpt_bench.train.run import train
from phingpt_bench.train.trainer import answer_loss, with_lora


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseSpec:
    folder = save_tiny(tmp_path_factory.mktemp("base"))
    return BaseSpec(model=str(folder), compute_dtype="float32", device="cpu")


@pytest.fixture(scope="module")
def trained(base: BaseSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = replace(load_recipe("demo"), base=base, epochs=1)
    return train(recipe, tmp_path_factory.mktemp("trained") / "a", limit=8)


def changed(trained: Path, folder: Path, change) -> Path:
    shutil.copytree(trained, folder)
    weights = load_file(folder / adapter.WEIGHTS)
    save_file({name: change(name, tensor) for name, tensor in weights.items()}, folder / adapter.WEIGHTS)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("dequantise", ["always", "never"])
def test_adapters_off_is_the_bare_base_exactly(base: BaseSpec, trained: Path, dequantise: str) -> None:
    spec = replace(base, dequantise=dequantise)
    bare = load_base(spec)
    reference = reference_logits(bare.model, bare.tokenizer)
    loaded = load_base(spec)  # a second object: a forward before the adapter is attached may repack 4-bit weights
    model = adapter.attach(loaded, {"a": trained})
    differences, equal = probe(model, loaded.tokenizer, ["a"], reference)
    assert differences["a"] > 0 and equal is True
    with adapter.only(model, None):
        assert torch.equal(reference_logits(model, loaded.tokenizer), reference)


@pytest.mark.slow
def test_two_adapters_answer_as_if_each_were_alone(base: BaseSpec, trained: Path, tmp_path: Path) -> None:
    other = changed(trained, tmp_path / "other", lambda name, tensor: tensor * 2)
    alone = {}
    for name, folder in {"a": trained, "b": other}.items():
        loaded = load_base(base)
        model = adapter.attach(loaded, {name: folder})
        with adapter.only(model, name):
            alone[name] = reference_logits(model, loaded.tokenizer)
    loaded = load_base(base)
    model = adapter.attach(loaded, {"a": trained, "b": other})
    for name in ("b", "a", "b"):
        with adapter.only(model, name):
            assert torch.equal(reference_logits(model, loaded.tokenizer), alone[name])


@pytest.mark.slow
def test_probe_fails_on_an_adapter_that_learnt_nothing(base: BaseSpec, trained: Path, tmp_path: Path) -> None:
    def zero_b(name: str, tensor: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(tensor) if "lora_B" in name else tensor

    loaded = load_base(base)
    model = adapter.attach(loaded, {"dead": changed(trained, tmp_path / "dead", zero_b)})
    with pytest.raises(BenchError, match="changes nothing"):
        probe(model, loaded.tokenizer, ["dead"])


@pytest.mark.slow
def test_probe_fails_on_a_base_changed_by_merging(base: BaseSpec, trained: Path) -> None:
    loaded = load_base(replace(base, dequantise="always"))
    reference = reference_logits(loaded.model, loaded.tokenizer)
    model = adapter.attach(loaded, {"a": trained})
    model.set_adapter("a")
    merged = model.merge_and_unload()
    wrapped = adapter.attach(replace_model(loaded, merged), {"a": trained})
    with pytest.raises(BenchError, match="bare base"):
        probe(wrapped, loaded.tokenizer, ["a"], reference)


def replace_model(loaded, model):
    loaded.model = model
    return loaded


@pytest.mark.slow
def test_probe_fails_on_an_adapter_that_diverged(base: BaseSpec, trained: Path, tmp_path: Path) -> None:
    loaded = load_base(base)
    broken = changed(trained, tmp_path / "nan", lambda name, tensor: torch.full_like(tensor, float("nan")))
    model = adapter.attach(loaded, {"nan": broken})
    with pytest.raises(BenchError, match="not finite"):
        probe(model, loaded.tokenizer, ["nan"])


@pytest.mark.slow
def test_an_adapter_of_another_base_is_refused(trained: Path, tmp_path: Path) -> None:
    other = BaseSpec(model=str(save_tiny(tmp_path / "other", seed=1)), compute_dtype="float32", device="cpu")
    with pytest.raises(BenchError, match="another base") as error:
        adapter.attach(load_base(other), {"a": trained})
    assert "base revision" in error.value.message


@pytest.mark.slow
@pytest.mark.parametrize("missing", [adapter.WEIGHTS, adapter.CARD])
def test_a_missing_file_of_an_adapter_is_named(trained: Path, tmp_path: Path, missing: str) -> None:
    shutil.copytree(trained, tmp_path / "a")
    (tmp_path / "a" / missing).unlink()
    with pytest.raises(BenchError, match=missing):
        adapter.read_card(tmp_path / "a")


@pytest.mark.slow
def test_a_damaged_card_is_an_error(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "a")
    card = json.loads((tmp_path / "a" / adapter.CARD).read_text())
    (tmp_path / "a" / adapter.CARD).write_text(json.dumps({**card, "surprise": 1}))
    with pytest.raises(BenchError, match="unknown key 'surprise'"):
        adapter.read_card(tmp_path / "a")


def test_no_folder_and_no_model() -> None:
    with pytest.raises(BenchError, match="no such adapter folder"):
        adapter.read_card(Path("nowhere"))
    with pytest.raises(BenchError, match="cannot load the base model"):
        load_base(BaseSpec(model="nowhere/nothing"))


@pytest.mark.slow
def test_unpacking_keeps_every_weight(base: BaseSpec) -> None:
    packed, unpacked = load_base(replace(base, dequantise="never")), load_base(replace(base, dequantise="always"))
    assert not packed.dequantised
    assert unpacked.dequantised
    tokens = packed.tokenizer("News: profit fell.", return_tensors="pt").input_ids
    packed.model.train(), unpacked.model.train()  # in evaluation mode some CPUs compute 4-bit layers in bfloat16
    assert torch.equal(packed.model(tokens).logits, unpacked.model(tokens).logits)


@pytest.mark.parametrize(
    ("choice", "parameters", "device", "unpacked", "why"),
    [
        ("auto", 900_000, "cpu", True, "1.8 GB, which is less than 50% of the 4.0 GB available"),
        ("auto", 1_100_000, "cpu", False, "2.2 GB, which is more than 50% of the 4.0 GB available"),
        ("auto", 900_000, "cuda", False, "GPU"),
        ("always", 10**9, "cuda", True, "'always'"),
        ("never", 1, "cpu", False, "'never'"),
        ("auto", 1, "mps", True, "no kernels"),
    ],
)
def test_unpacking_is_chosen_by_memory(
    monkeypatch: pytest.MonkeyPatch, choice: str, parameters: int, device: str, unpacked: bool, why: str
) -> None:
    monkeypatch.setattr(dequantise, "available_bytes", lambda: 4_000_000_000)
    decision, reason = dequantise.wanted(choice, parameters * 1000, torch.bfloat16, device)
    assert decision is unpacked
    assert why in reason


@pytest.mark.parametrize(("parameters", "unpacked"), [(135_000_000, True), (8_000_000_000, False)])
def test_small_weights_are_unpacked_where_the_memory_is_unknown(
    monkeypatch: pytest.MonkeyPatch, parameters: int, unpacked: bool
) -> None:
    monkeypatch.setattr(dequantise, "available_bytes", lambda: None)
    decision, reason = dequantise.wanted("auto", parameters, torch.float32, "cpu")
    assert decision is unpacked and "unknown" in reason


@pytest.mark.slow
def test_by_memory_both_ways_are_taken_and_give_one_loss(
    base: BaseSpec, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The gradients are compared in test_gradients.py, on the embedded model."""
    batch = collate([Row(list(range(100, 100 + n)), n // 2) for n in (5, 30)], 0)
    losses = {}
    for available, said in (
        (10**12, "INFO 4-bit weights are de-quantised once"),
        (1, "WARNING 4-bit weights stay pac"),
    ):
        monkeypatch.setattr(dequantise, "available_bytes", lambda: available)  # noqa: B023
        caplog.clear()
        with caplog.at_level("INFO", "phingpt_bench"):
            loaded = load_base(base)
        assert [f"{line.levelname} {line.message}".startswith(said) for line in caplog.records] == [True]
        assert "available" in caplog.text
        model = with_lora(loaded, Recipe(name="r", tasks=["phin_demo_ner"]))
        losses[loaded.dequantised] = answer_loss(model, batch).item()
    assert losses[True] == losses[False]


def test_a_slip_in_the_embedded_models_name_is_caught_before_the_hub_is_asked() -> None:
    with pytest.raises(BenchError, match="unknown base model 'smollm2-135m'") as error:
        load_base(BaseSpec(model="smollm2-135m"))
    assert "smollm2-135m-instruct" in error.value.hint


@pytest.mark.slow
def test_an_adapter_without_its_kind_is_refused(base: BaseSpec, trained: Path, tmp_path: Path) -> None:
    folder = changed(trained, tmp_path / "kindless", lambda name, tensor: tensor)
    config = json.loads((folder / adapter.CONFIG).read_text(encoding="utf-8"))
    del config["peft_type"]
    (folder / adapter.CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(BenchError, match=r"names no PEFT method \(peft_type\)"):
        adapter.attach(load_base(base), {"a": folder})


@pytest.mark.slow
def test_a_hub_base_is_recorded_at_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers 5.23 no longer says which commit it loaded; the cache does."""
    commit, repository = "0123456789abcdef0123456789abcdef01234567", tmp_path / "models--someone--tiny"
    save_tiny(repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit, encoding="ascii")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for revision in (None, "main", commit):
        spec = BaseSpec(model="someone/tiny", revision=revision, quantisation="none", device="cpu")
        assert load_base(spec).identity.base_revision == commit
        assert base_identity(spec, fetch=False).base_revision == commit


@pytest.mark.slow
def test_a_base_is_recorded_in_the_dtype_that_it_was_loaded_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a Hub base is here its shapes are not known, and those that come with it may mean another dtype."""
    measured = iter(["float32", *["bfloat16"] * 9])
    monkeypatch.setattr("phingpt_bench.models.cpu_plan.fastest_dtype", lambda config: next(measured))
    loaded = load_base(BaseSpec(model=str(save_tiny(tmp_path)), quantisation="none", device="cpu"))
    assert f"torch.{loaded.identity.compute_dtype}" == str(loaded.model.dtype) == "torch.float32"


def test_what_lean_replaces_is_there():
    """Should lm-eval rename it, the search of the Hub after every task would silently return."""
    from lm_eval import evaluator
    from lm_eval.models.huggingface import HFLM

    assert callable(HFLM.get_model_info)
    assert "get_model_info" in inspect.getsource(evaluator)
