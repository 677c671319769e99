"""Scoring on the fastest kernels with float32 results: oneDNN where it is faster (models/products.py), fused LoRA."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from phingpt_bench.compat import torch_parts
from phingpt_bench.models.lora import fused_inference
from phingpt_bench.models.products import onednn_is_faster

# A smaller product is done before oneDNN has looked up its kernel.
MIN_ROWS = 8
MIN_WEIGHTS = 1 << 17


class OneDnnLinear(TorchFunctionMode):
    """Within the block, `F.linear` on float32 CPU tensors without gradients runs on oneDNN where that is faster."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is F.linear and not kwargs and 2 <= len(args) <= 3 and _fits(args[0], args[1]):
            return torch_parts.onednn_linear(args[0], args[1], args[2] if len(args) == 3 else None)
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
