"""Faster float32 matrix products on CPUs that Intel's library does not serve well.

torch multiplies float32 matrices with MKL, which leaves the 512-bit units of other makers' CPUs unused. oneDNN, which
torch brings too, uses them: on a Zen 5 core 205 against 97 GFLOP/s (640 x 576 times 576 x 1536). Both are float32 sums
in another order, so results agree as those of two batch shapes do.
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

from phingpt_bench.engine.lora import fused

LEAST_ROWS = 8  # and
LEAST_WEIGHTS = 1 << 17  # a smaller product is done before oneDNN has looked up its kernel


@functools.cache
def helps() -> bool:
    """Whether oneDNN is the faster of the two here: by vendor and instruction set, not by a timing that may vary."""
    if not (torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()):
        return False
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return False
    try:
        vendor = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "AuthenticAMD" in vendor and "AVX512" in torch.backends.cpu.get_cpu_capability()


class FastLinear(TorchFunctionMode):
    """Within the block, `F.linear` on float32 CPU tensors without gradients runs on oneDNN where that helps."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is F.linear and not kwargs and 2 <= len(args) <= 3 and _fits(args[0], args[1]):
            bias = args[2] if len(args) == 3 else None
            return torch.ops.mkldnn._linear_pointwise(args[0], args[1], bias, "none", [], "")
        return function(*args, **(kwargs or {}))


@contextlib.contextmanager
def fast(model: Any) -> Iterator[None]:
    """Within the block `model` runs on the fastest kernels that give its float32 results."""
    with fused(model), FastLinear() if helps() else contextlib.nullcontext():
        yield


def _fits(inputs: torch.Tensor, weight: torch.Tensor) -> bool:
    return (
        type(inputs) is torch.Tensor
        and type(weight) in (torch.Tensor, torch.nn.Parameter)
        and inputs.dtype == weight.dtype == torch.float32
        and inputs.device.type == weight.device.type == "cpu"
        and weight.dim() == 2
        and weight.numel() >= LEAST_WEIGHTS
        and inputs.numel() >= LEAST_ROWS * weight.shape[1]
        and weight.is_contiguous()
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
    )
