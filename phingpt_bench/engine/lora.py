"""LoRA layers that add their update in place.

PEFT writes an adapter's update, its scaled copy and the sum as three tensors of the layer's output. For 640 tokens of
a 135M model that costs a CPU a third of the layer's own product; with the low-rank part scaled and `addmm_` it is 6 %.
"""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

_known: weakref.WeakKeyDictionary[Any, tuple[tuple[str, ...], list[Any]]] = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def fused(model: Any) -> Iterator[None]:
    """Within the block the plain float32 LoRA layers of `model` compute so; all others, and gradients, as before."""
    layers = [layer for layer in _layers(model) if "forward" not in layer.__dict__]
    for layer in layers:
        layer.__dict__["forward"] = functools.partial(_forward, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.__dict__["forward"]


def _layers(model: Any) -> list[Any]:
    """The LoRA layers of a model, looked for again when it was given another adapter: a walk takes 0.1 s."""
    adapters = tuple(getattr(model, "peft_config", ()))
    known = _known.get(model)
    if known is None or known[0] != adapters:
        known = _known[model] = adapters, _found(model) if adapters else []
    return known[1]


def _found(model: Any) -> list[Any]:
    from peft.tuners.lora.layer import Linear

    return [layer for layer in model.modules() if type(layer) is Linear]


def _forward(layer: Any, inputs: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
    name = layer.active_adapters[0] if len(layer.active_adapters) == 1 else None
    if args or options or layer.disable_adapters or layer.merged or not _plain(layer, name, inputs):
        return type(layer).forward(layer, inputs, *args, **options)
    result = layer.base_layer(inputs)
    low = F.linear(inputs, layer.lora_A[name].weight) * layer.scaling[name]
    result.flatten(0, -2).addmm_(low.flatten(0, -2), layer.lora_B[name].weight.t())
    return result


def _plain(layer: Any, name: str | None, inputs: torch.Tensor) -> bool:
    """Whether an adapter does to this layer what `_forward` computes, and nothing else."""
    if name not in layer.lora_A or name in layer.lora_variant or layer.training or torch.is_grad_enabled():
        return False
    parts = (layer.base_layer, layer.lora_A[name], layer.lora_B[name])
    return (
        all(type(part) is torch.nn.Linear and part.weight.dtype == torch.float32 for part in parts)
        and all(part.bias is None for part in parts[1:])
        and inputs.dtype == torch.float32
        and inputs.dim() > 1
        and not torch.is_autocast_enabled(inputs.device.type)
    )
