"""Faster float32 matrix products on CPUs that Intel's library does not serve well.

torch multiplies float32 matrices with MKL, which leaves the 512-bit units of other makers' CPUs unused. oneDNN, which
torch brings too, uses them: on a Zen 5 core 220 against 100 GFLOP/s (512 x 640 times 640 x 2048, and as much for the
gradients). Both compute the same float32 sums in another order, so results agree as those of two batch shapes do.
"""

from __future__ import annotations

import functools
from pathlib import Path

import torch
import torch.nn.functional as F

from phingpt_bench.compat import torch_parts


@functools.cache
def onednn_is_faster() -> bool:
    """Whether oneDNN is the faster library on this CPU: by vendor and instruction set, as a timing could vary."""
    if not torch_parts.has_onednn_linear():
        return False
    try:
        vendor = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "AuthenticAMD" in vendor and "AVX512" in torch.backends.cpu.get_cpu_capability()


def linear(inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """`F.linear` (inputs n x in, weight out x in) without gradients, on the faster library."""
    if weight.dtype == inputs.dtype == torch.float32 and weight.device.type == "cpu" and onednn_is_faster():
        result: torch.Tensor = torch_parts.onednn_linear(inputs, weight, bias)
        return result
    return F.linear(inputs, weight, bias)
