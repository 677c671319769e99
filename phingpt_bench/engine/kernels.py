"""Faster float32 matrix products on CPUs that Intel's library does not serve well.

torch multiplies float32 matrices with MKL, which leaves the 512-bit units of other makers' CPUs unused. oneDNN, which
torch brings too, uses them: on a Zen 5 core 205 against 97 GFLOP/s (640 x 576 times 576 x 1536). Both compute the same
float32 sums in another order, so results agree as those of two batch shapes do.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from phingpt_bench import compat
from phingpt_bench.models.lora import fused_inference

# A smaller product is done before oneDNN has looked up its kernel.
MIN_ROWS = 8
MIN_WEIGHTS = 1 << 17


@functools.cache
def onednn_is_faster() -> bool:
    """Whether oneDNN is the faster library on this CPU: by vendor and instruction set, as a timing could vary."""
    if not compat.has_onednn_linear():
        return False
    try:
        vendor = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "AuthenticAMD" in vendor and "AVX512" in torch.backends.cpu.get_cpu_capability()


class OneDnnLinear(TorchFunctionMode):
    """Within the block, `F.linear` on float32 CPU tensors without gradients runs on oneDNN where that is faster."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is F.linear and not kwargs and 2 <= len(args) <= 3 and _fits(args[0], args[1]):
            return compat.onednn_linear(args[0], args[1], args[2] if len(args) == 3 else None)
        return function(*args, **(kwargs or {}))


@contextlib.contextmanager
def fastest_kernels(model: Any) -> Iterator[None]:
    """Within the block `model` runs on the fastest kernels that give its float32 results.

    The oneDNN mode is entered for models on a CPU only: it costs a Python call for every torch function, some 2,000 a
    forward of 32 layers, and could replace nothing on a GPU.
    """
    onednn = model.device.type == "cpu" and onednn_is_faster()
    with fused_inference(model), OneDnnLinear() if onednn else contextlib.nullcontext():
        yield


def _fits(inputs: torch.Tensor, weight: torch.Tensor) -> bool:
    return (
        type(inputs) is torch.Tensor
        and type(weight) in (torch.Tensor, torch.nn.Parameter)
        and inputs.dtype == weight.dtype == torch.float32
        and inputs.device.type == weight.device.type == "cpu"
        and weight.dim() == 2
        and weight.numel() >= MIN_WEIGHTS
        and inputs.numel() >= MIN_ROWS * weight.shape[1]
        and weight.is_contiguous()
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
    )
