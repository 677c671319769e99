"""What doctor says of driver, torch and 4-bit products; GPUs and drivers are made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from phingpt_bench.cli import doctor_device
from phingpt_bench.cli.doctor_check import Check
from phingpt_bench.core import gpus
from phingpt_bench.core.gpus import Gpu

RTX = Gpu(name="NVIDIA GeForce RTX 4090", driver="550.54.15", capability=(8, 9))
AMD = Gpu(name="AMD gfx1100", maker="AMD")


@pytest.fixture(autouse=True)
def everything_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def found(
    monkeypatch: pytest.MonkeyPatch, listed: tuple[Gpu, ...], seen: int = 0, **versions: str | None
) -> list[Check]:
    """The checks of the GPUs that a driver lists, of which torch sees so many."""
    properties = SimpleNamespace(major=8, minor=9)
    monkeypatch.setattr(gpus, "listed", lambda: listed)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(seen))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: seen)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda at: listed[at].name)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda at: properties)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda at: (2**34, 3 * 2**33))
    for name, value in versions.items():
        monkeypatch.setattr(torch.version, name, value)
    return list(doctor_device._gpus(torch))


@pytest.mark.parametrize(
    ("gpu", "cuda", "why", "build"),
    [
        (RTX, "13.0", "is for CUDA 13.0, the driver is 550.54.15", "torch==2.13.0+cu126"),
        (RTX, None, "is a build for other hardware", "torch==2.13.0+cu126"),
        (AMD, "13.0", "is a build for other hardware", "torch==2.13.0+rocm7.2"),
        (Gpu(name="NVIDIA A100", driver="470.1"), None, "is a build for other hardware", "update the GPU's driver"),
    ],
)
def test_a_gpu_that_torch_does_not_see_is_named_with_the_one_command(
    monkeypatch: pytest.MonkeyPatch, gpu: Gpu, cuda: str | None, why: str, build: str
) -> None:
    device, note = found(monkeypatch, (gpu,), cuda=cuda)
    assert (device.level, note.level, note.subject) == ("ok", "note", "GPU")
    assert f"torch cannot use the {gpu.name}" in note.text and why in note.text
    assert build in (note.fix or "")


def test_each_gpu_has_its_memory_its_dtype_and_its_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = found(monkeypatch, (RTX, RTX), 2, cuda="12.6")
    assert [check.subject for check in checks] == ["device", "cuda:0", "cuda:1", "device"]
    assert checks[1].text == "16.0 of 24.0 GB free, computes in bfloat16, CUDA 12.6, driver 550.54.15"
    assert checks[-1].level == "note" and "one GPU does the work and is priced" in checks[-1].text


def test_a_gpu_that_is_full_is_a_note_and_not_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(at: int) -> Any:
        raise RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later")

    monkeypatch.setattr(gpus, "listed", lambda: (RTX,))
    monkeypatch.setattr(torch.cuda, "mem_get_info", full)
    check = doctor_device._gpu(torch, 0, "bfloat16")
    assert (check.level, check.text) == ("note", "cannot be used: CUDA error: out of memory")


def test_apples_gpu_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert "--device mps only; it was never tried" in found(monkeypatch, ())[-1].text


def test_wrong_products_are_broken_and_wrong_libraries_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from bitsandbytes.nn.modules import Linear4bit

    assert doctor_device._four_bit(torch).level == "ok"
    right = Linear4bit.forward
    monkeypatch.setattr(
        Linear4bit,
        "forward",
        lambda self, x: torch.zeros_like(right(self, x)) if x.shape[0] <= 8 else right(self, x),
    )
    check = doctor_device._four_bit(torch)
    assert check.level == "BROKEN" and "wrong on cpu for 1, 8 rows" in check.text and "dequantise: always" in check.text

    def unloadable(self: Any, x: Any) -> Any:
        raise AttributeError("libbitsandbytes_cuda130.so: undefined symbol: cgemm_4bit\nmore")

    monkeypatch.setattr(Linear4bit, "forward", unloadable)
    check = doctor_device._four_bit(torch)
    assert check.level == "MISSING" and check.text.endswith("undefined symbol: cgemm_4bit")


@pytest.mark.parametrize(
    ("installed", "command"),
    [
        ("2.13.0+cu126", "--extra-index-url https://download.pytorch.org/whl/cu126 torch==2.13.0+cu126"),
        ("2.13.0+rocm7.2", "--extra-index-url https://download.pytorch.org/whl/rocm7.2 torch==2.13.0+rocm7.2"),
        ("2.13.0", "constraints.txt torch"),
    ],
)
def test_a_broken_torch_is_replaced_by_its_own_build(
    monkeypatch: pytest.MonkeyPatch, installed: str, command: str
) -> None:
    monkeypatch.setattr(doctor_device.importlib.metadata, "version", lambda name: installed)
    fix = doctor_device._same_torch()
    assert fix.startswith("pip install --force-reinstall --no-deps ") and fix.endswith(command)
