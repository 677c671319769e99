"""LoRA layers computed with fewer passes over their outputs than PEFT's own forward, for scoring and for training.

PEFT writes an adapter's update, its scaled copy and the sum as three tensors of the layer's output. For 640 tokens of
a 135M model that costs a CPU a third of the layer's own product; with the low-rank part scaled and `addmm_` it is 6 %.
Training gains as much, and PEFT's way keeps a copy of the input for each layer that reads it (in bfloat16). PEFT's
forward stays for everything else: 4-bit layers, DoRA and other variants, several adapters at once, merged ones.
"""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch.autograd.function import once_differentiable

from phingpt_bench.compat import model_parts
from phingpt_bench.models import products


@dataclass(frozen=True, slots=True)
class LoraWeights:
    """One LoRA layer with one plain adapter: y = x W' + bias + scale (x A') B', A (r x in), B (out x r)."""

    base: torch.nn.Linear
    name: str
    a: torch.Tensor
    b: torch.Tensor
    scale: float


def plain_weights(layer: Any) -> LoraWeights | None:
    """The weights of a LoRA layer whose forward is that formula and nothing else; None if it is another one."""
    if layer.disable_adapters or layer.merged or len(layer.active_adapters) != 1:
        return None
    name = layer.active_adapters[0]
    if name not in layer.lora_A or name in layer.lora_variant:
        return None
    base, a, b = layer.base_layer, layer.lora_A[name], layer.lora_B[name]
    if any(type(part) is not torch.nn.Linear for part in (base, a, b)) or a.bias is not None or b.bias is not None:
        return None
    return LoraWeights(base, name, a.weight, b.weight, layer.scaling[name])


# scoring

_layers: weakref.WeakKeyDictionary[Any, tuple[tuple[str, ...], list[Any]]] = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def fused_inference(model: Any) -> Iterator[None]:
    """Within the block the plain float32 LoRA layers of `model` add their update in place, where no gradient is kept.

    All other layers compute as before, and so does everything after the block.
    """
    layers = [layer for layer in _layers_of(model) if "forward" not in layer.__dict__]
    for layer in layers:
        layer.__dict__["forward"] = functools.partial(_inference_forward, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.__dict__["forward"]


def compute_in(model: Any, dtype: torch.dtype) -> None:
    """Let the LoRA weights of a model have `dtype`, so that PEFT computes them in it.

    They are trained and saved in float32, in which PEFT then computes: some seven passes over every output of a layer,
    in twice the bytes and without a GPU's fast products.
    """
    for name, parameter in model.named_parameters():
        if "lora_" in name and parameter.is_floating_point():
            parameter.data = parameter.data.to(dtype)


def _layers_of(model: Any) -> list[Any]:
    """The LoRA layers of a model, searched again when another adapter was attached: a walk takes 0.1 s."""
    adapters = tuple(getattr(model, "peft_config", ()))
    known = _layers.get(model)
    if known is None or known[0] != adapters:
        known = _layers[model] = adapters, model_parts.lora_layers(model) if adapters else []
    return known[1]


def _inference_forward(layer: Any, inputs: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
    weights = None if args or options or layer.training or torch.is_grad_enabled() else plain_weights(layer)
    if weights is None or not _all_float32(weights, inputs):
        unfused: torch.Tensor = type(layer).forward(layer, inputs, *args, **options)
        return unfused
    result: torch.Tensor = weights.base(inputs)
    low_rank = F.linear(inputs, weights.a) * weights.scale
    result.flatten(0, -2).addmm_(low_rank.flatten(0, -2), weights.b.t())
    return result


def _all_float32(weights: LoraWeights, inputs: torch.Tensor) -> bool:
    return (
        all(part.dtype == torch.float32 for part in (weights.base.weight, weights.a, weights.b, inputs))
        and inputs.dim() > 1
        and not torch.is_autocast_enabled(inputs.device.type)
    )


# training


def fuse_training(model: Any) -> int:
    """Let the adapted layers of a model train by `FusedLora` where they can; returns how many do."""
    layers = [layer for layer in model_parts.lora_layers(model) if _trains_plainly(layer)]
    for layer in layers:
        layer.__dict__["forward"] = functools.partial(_training_forward, layer)
    return len(layers)


def _trains_plainly(layer: Any) -> bool:
    weights = plain_weights(layer)
    return weights is not None and isinstance(layer.lora_dropout[weights.name], torch.nn.Identity)


def _training_forward(layer: Any, inputs: torch.Tensor) -> torch.Tensor:
    weights = plain_weights(layer)
    if weights is None:
        unfused: torch.Tensor = type(layer).forward(layer, inputs)
        return unfused
    base = weights.base
    return _fused(inputs, base.weight, base.bias, weights.a, weights.b, weights.scale)


class FusedLora(torch.autograd.Function):
    """y = x W' + bias + scale (x A') B' for a frozen W: x (... x in), A (r x in), B (out x r).

    Products are in W's dtype, the gradients of A and B in their own. Kept for the backward pass: x itself and x A'.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:  # fmt: skip
        """The layer's output y (... x out)."""
        rows = x.to(weight.dtype).reshape(-1, x.shape[-1])
        a, b = a.to(weight.dtype), b.to(weight.dtype)
        low_rank = rows @ a.T
        y = products.linear(rows, weight, bias).addmm_(low_rank, b.T, alpha=scale)
        ctx.save_for_backward(rows, low_rank, weight, a, b)
        ctx.scale, ctx.shape, ctx.dtype = scale, x.shape, x.dtype
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The gradients of x, A and B; None for the frozen rest."""
        rows, low_rank, weight, a, b = ctx.saved_tensors
        gradient = gradient.reshape(-1, gradient.shape[-1])
        of_low_rank = (gradient @ b).mul_(ctx.scale)
        of_x = None
        if ctx.needs_input_grad[0]:  # the first layer reads the frozen embeddings
            of_x = products.linear(gradient, weight.t()).addmm_(of_low_rank, a).view(ctx.shape).to(ctx.dtype)
        of_a = (of_low_rank.T @ rows).float()
        of_b = (gradient.T @ low_rank).mul_(ctx.scale).float()
        return of_x, None, None, of_a, of_b, None


_fused = cast("Callable[..., torch.Tensor]", FusedLora.apply)  # torch gives it no types
