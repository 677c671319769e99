"""The dtype that a base computes in: which one "auto" is on a device, and what is refused or warned of.

Everything about the choice is here; loading, plan and records ask `chosen`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

from phingpt_bench.compat import torch_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.models import cpu_plan

LOG = logging.getLogger(__name__)

Dtype = Literal["auto", "bfloat16", "float16", "float32"]
DTYPES: tuple[Dtype, ...] = ("auto", "bfloat16", "float16", "float32")
Config = Callable[[], "Mapping[str, Any] | None"]  # reads config.json of a base; None where it is not here


def chosen(asked: str, device: str, config: Config = lambda: None, *, training: bool = False) -> str:
    """The dtype's name: the one asked for, or for "auto" the fastest that `device` computes without emulation.

    On a CPU that is measured with the shapes of the base (`cpu_plan.fastest_dtype`, which gets what `config` returns).
    On a GPU it is bfloat16 if there are instructions for it. One without them (Turing and older: T4, V100, RTX 20)
    evaluates in float16, in which it is several times as fast as in float32, and trains in float32.
    BenchError for float16 on a CPU and in training, whose small gradients it rounds to zero.
    """
    kind = device.partition(":")[0]
    if asked == "auto":
        if kind == "cpu":
            return cpu_plan.fastest_dtype(config())
        if multiplies_bfloat16(device):
            return "bfloat16"
        return "float16" if kind == "cuda" and not training else "float32"
    if asked == "float16" and training:
        raise BenchError(
            "float16 is for evaluation: small gradients become zero in it",
            hint="set compute_dtype to auto, bfloat16 or float32",
        )
    if asked == "float16" and kind == "cpu":
        raise BenchError(
            "float16 is for GPUs: a CPU has no fast products in it",
            hint="set compute_dtype to auto, bfloat16 or float32",
        )
    return asked


def multiplies_bfloat16(device: str) -> bool:
    """Whether the processor or GPU has instructions for products in bfloat16: of that device, not of the first."""
    import torch

    kind, _, index = device.partition(":")
    if kind == "cpu":
        return torch_parts.cpu_has_bfloat16()
    if kind != "cuda":
        return False
    if torch.version.hip:  # AMD's numbers of GPUs mean something else
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return torch.cuda.get_device_properties(int(index or 0)).major >= 8


def warn_of_emulation(dtype: str, device: str) -> None:
    """A line in the log where bfloat16 was asked for and is emulated."""
    if dtype != "bfloat16" or multiplies_bfloat16(device):
        return
    if device == "cpu":
        LOG.warning(
            "this processor has no bfloat16 instructions: products are emulated, 8 to 40 times slower than in "
            "float32, which compute_dtype 'auto' takes here"
        )
    else:
        LOG.warning(
            "this GPU has no bfloat16 instructions: products are emulated, slower than in what compute_dtype 'auto' "
            "takes here (float16 for evaluation, float32 for training)"
        )
