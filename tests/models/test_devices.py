"""Devices and dtypes are chosen and checked before anything is loaded; GPUs are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from helpers.tiny import save_tiny

from phingpt_bench.api import suites
from phingpt_bench.core import gpus
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.gpus import Gpu
from phingpt_bench.evaluate.suite import Suite, placed
from phingpt_bench.models import devices, dtype
from phingpt_bench.models.base_files import files_of
from phingpt_bench.models.base_spec import BaseSpec, device, for_training
from phingpt_bench.models.footprint import OVERHEAD, Shape, Work, needed_bytes, shape_of, weights_bytes
from phingpt_bench.models.load import load_base

P100, T4, A100 = (6, 0), (7, 5), (8, 0)
Fake = Callable[..., None]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Makes torch see GPUs of some capabilities."""

    def made(*capabilities: tuple[int, int]) -> None:
        properties = [SimpleNamespace(major=major, minor=minor) for major, minor in capabilities]
        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(capabilities))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(capabilities))
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda at: properties[at])

    return made


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Gpu], None]:
    """Makes the driver list a GPU."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return lambda gpu: monkeypatch.setattr(gpus, "listed", lambda: (gpu,))


def refused(asked: str) -> str:
    with pytest.raises(BenchError) as error:
        devices.device(asked)
    return str(error.value)


def test_a_device_has_its_number_before_anything_is_loaded(fake: Fake) -> None:
    fake(A100, A100)
    assert [devices.device(name) for name in ("auto", "cuda", "cuda:1", "cpu")] == ["cuda:0", "cuda:0", "cuda:1", "cpu"]
    fake()
    assert devices.device("auto") == "cpu"


def test_a_device_that_is_not_there_is_an_error_at_once(fake: Fake, listed: Callable[[Gpu], None]) -> None:
    fake(A100)
    assert "torch sees 1 GPU\n" in refused("cuda:7") and "cuda:0" in refused("cuda:7")
    for name in ("xpu", "hpu:0", "meta", "cuda:x", "cpu:1", "gpu"):
        assert refused(name).startswith(f"unknown device '{name}'")
    assert "torch sees no GPU" in refused("mps")
    fake()
    assert "use 'auto' or 'cpu'" in refused("cuda")
    listed(Gpu(name="NVIDIA RTX 4090", driver="550.1", capability=(8, 9)))
    assert "torch==2.13.0+cu126" in refused("cuda")  # the driver lists one: what is wrong is torch


@pytest.mark.parametrize("name", ["auto", "cuda:1", "cpu"])
def test_several_processes_are_refused_at_once(name: str, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(A100, A100)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert "WORLD_SIZE is 2" in refused(name) and "torchrun" in refused(name)
    monkeypatch.setenv("WORLD_SIZE", "1")
    devices.device(name)


@pytest.mark.parametrize(
    ("capability", "asked", "training", "dtype_name"),
    [
        (A100, "auto", False, "bfloat16"),
        (A100, "auto", True, "bfloat16"),
        (T4, "auto", False, "float16"),
        (T4, "auto", True, "float32"),
        (P100, "auto", False, "float16"),
        (P100, "auto", True, "float32"),
        (T4, "bfloat16", False, "bfloat16"),
        (A100, "float16", False, "float16"),
    ],
)
def test_the_dtype_is_one_that_the_gpu_multiplies_in(
    fake: Fake, capability: tuple[int, int], asked: str, training: bool, dtype_name: str
) -> None:
    fake(A100, capability)
    assert dtype.chosen(asked, "cuda:1", training=training) == dtype_name


def test_that_device_is_asked_and_not_the_first(fake: Fake) -> None:
    fake(A100, T4)
    assert [dtype.multiplies_bfloat16(f"cuda:{at}") for at in (0, 1)] == [True, False]
    assert not dtype.multiplies_bfloat16("mps")


@pytest.mark.parametrize("multiplies", [True, False])
def test_of_an_amd_gpu_torch_is_asked(fake: Fake, monkeypatch: pytest.MonkeyPatch, multiplies: bool) -> None:
    """Its numbers are no capabilities of CUDA: a Radeon VII is (9, 0)."""
    fake((9, 0))
    monkeypatch.setattr(torch.version, "hip", "7.2")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: multiplies)
    assert dtype.chosen("auto", "cuda:0") == ("bfloat16" if multiplies else "float16")


def test_float16_is_refused_where_it_cannot_work(fake: Fake) -> None:
    fake(T4)
    with pytest.raises(BenchError, match="small gradients"):
        dtype.chosen("float16", "cuda:0", training=True)
    with pytest.raises(BenchError, match="a CPU has no fast products"):
        load_base(BaseSpec(compute_dtype="float16", device="cpu"))
    assert for_training(BaseSpec()).compute_dtype == "float32"


@pytest.mark.parametrize(("device", "who"), [("cuda:0", "this GPU"), ("cpu", "this processor")])
def test_emulated_bfloat16_is_told_on_every_device(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, device: str, who: str
) -> None:
    fake(T4)
    monkeypatch.setattr(dtype.torch_parts, "cpu_has_bfloat16", lambda: False)
    dtype.warn_of_emulation("bfloat16", device)
    assert caplog.text.count(f"{who} has no bfloat16 instructions") == 1
    caplog.clear()
    dtype.warn_of_emulation("float32", device)
    assert not caplog.text


@pytest.mark.parametrize(
    ("place", "reason"),
    [({"device": "mps"}, "torch sees no GPU"), ({"device": "cpu", "compute_dtype": "float16"}, "is for GPUs")],
)
def test_a_suite_is_refused_before_its_tasks_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: dict[str, Any], reason: str
) -> None:
    """Reading the bases may convert one."""
    monkeypatch.setattr(suites, "Tasks", lambda: pytest.fail("tasks are read"))
    suite = Suite(name="s", tasks=["t"], bases=[BaseSpec(), BaseSpec(**place)], results=tmp_path)
    with pytest.raises(BenchError, match=reason):
        suites.prepared(suite)


def test_a_suite_is_put_on_a_device_and_into_a_dtype(tmp_path: Path) -> None:
    suite = Suite(name="s", tasks=["t"], bases=[BaseSpec(), BaseSpec(model="other", device="cpu")], results=tmp_path)
    assert {(base.device, base.compute_dtype) for base in placed(suite, "cuda:1", "float16").bases} == {  # type: ignore[union-attr]
        ("cuda:1", "float16")
    }
    assert placed(suite, None, None) == suite


# the CPU instead of a GPU


def big(folder: Path) -> Path:
    """A folder with the configuration of a model of billions of parameters, and no weights."""
    folder.mkdir(exist_ok=True)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
        "tie_word_embeddings": False,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.slow
def test_a_big_model_does_not_fall_to_the_cpu_without_a_word(
    fake: Fake, listed: Callable[[Gpu], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake()
    listed(Gpu(name="NVIDIA GeForce RTX 4090", driver="550.54.15", capability=(8, 9)))
    spec = BaseSpec(model=str(big(tmp_path / "big")))
    with pytest.raises(BenchError, match="torch cannot use the NVIDIA GeForce RTX 4090") as error:
        load_base(spec)
    assert "--device cpu" in (error.value.hint or "")
    assert "torch==2.13.0+cu126" in (error.value.hint or "")
    with pytest.raises(BenchError, match="cannot load the base model"):  # asked for: it goes on, and finds no weights
        load_base(replace(spec, device="cpu"))
    small = BaseSpec(model=str(save_tiny(tmp_path / "small")), compute_dtype="float32")
    load_base(small)
    assert "the CPU is used" in caplog.text


def test_the_driver_is_to_be_updated_where_no_build_fits() -> None:
    assert "update the GPU's driver" in devices.fix((Gpu(name="NVIDIA", driver="470.1", capability=(8, 0)),))


# Apple's GPU


def test_mps_is_told_to_be_untried_and_has_no_packed_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    moved: list[str] = []
    from transformers import PreTrainedModel

    monkeypatch.setattr(PreTrainedModel, "to", lambda self, device: moved.append(device))
    spec = BaseSpec(model=str(save_tiny(tmp_path / "base")), device="mps")
    loaded = load_base(spec)
    assert (loaded.dequantised, loaded.identity.compute_dtype, moved) == (True, "float32", ["mps"])
    assert "experimental" in caplog.text
    with pytest.raises(BenchError, match="cannot stay packed"):
        load_base(replace(spec, dequantise="never"))
    with pytest.raises(BenchError, match="training on 'mps' is not supported"):
        for_training(spec)
    assert device(BaseSpec()) == "cpu"  # never by itself


# memory


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Shape:
    shape = shape_of(files_of(str(big(tmp_path_factory.mktemp("shapes") / "llama"))))
    assert shape is not None
    return shape


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "bfloat16", "float32"),
    [
        (Work(tokens=2080), 6.6, 8.9),
        (Work(tokens=16_384, r=16), 10.7, 19.1),
        (Work(tokens=4800, cached=6720), 8.3, 12.0),
        (Work(tokens=8192, r=16, training=True, recompute=True), 11.9, 19.4),
        (Work(tokens=4096, r=16, training=True, recompute=True), 9.2, 14.0),
        (Work(tokens=1024, r=16, training=True), 14.9, None),
    ],
)
def test_memory_is_estimated_as_it_was_computed_by_hand(
    llama: Shape, work: Work, bfloat16: float, float32: float | None
) -> None:
    """For Llama-3.1-8B in NF4 with double quantisation, tensor by tensor; none of it was measured on a GPU."""
    assert weights_bytes(llama, 2, packed=True) / 1e9 == pytest.approx(5.70, abs=0.02)
    for itemsize, expected in ((2, bfloat16), (4, float32)):
        if expected is not None:
            estimated = (needed_bytes(llama, work, itemsize, packed=True) - OVERHEAD) / 1e9
            assert estimated == pytest.approx(expected, rel=0.15)


def test_an_unknown_model_has_no_estimate(tmp_path: Path) -> None:
    assert shape_of(files_of("made-up/model")) is None
    (tmp_path / "config.json").write_text('{"model_type": "no such type"}')
    assert shape_of(files_of(str(tmp_path))) is None
