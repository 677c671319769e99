"""LoRA's products in one step of automatic differentiation."""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F
from peft.tuners.lora import Linear
from torch.autograd.function import once_differentiable


def in_one_step(model: Any) -> int:
    """Let each adapted layer of a model from `get_peft_model` compute by `Adapted` where it can; returns how many do.

    PEFT's own way makes four more passes over an output and keeps a copy of the input for each layer that reads it (in
    bfloat16). It stays for what `Adapted` does not know: 4-bit layers, dropout, variants of LoRA.
    """
    layers = [layer for layer in model.modules() if type(layer) is Linear and _plain(layer)]
    for layer in layers:
        layer.forward = functools.partial(_forward, layer)
    return len(layers)


def _plain(layer: Any) -> bool:
    name = layer.active_adapters[0]
    return (
        type(layer.get_base_layer()) is torch.nn.Linear
        and len(layer.active_adapters) == 1
        and name not in layer.lora_variant
        and isinstance(layer.lora_dropout[name], torch.nn.Identity)
        and not (layer.merged or layer.fan_in_fan_out or layer.lora_bias[name])
    )


def _forward(layer: Any, x: torch.Tensor) -> torch.Tensor:
    if layer.disable_adapters:
        return type(layer).forward(layer, x)
    base, name = layer.get_base_layer(), layer.active_adapters[0]
    a, b = layer.lora_A[name].weight, layer.lora_B[name].weight
    return Adapted.apply(x, base.weight, base.bias, a, b, layer.scaling[name])


class Adapted(torch.autograd.Function):
    """y = x W' + bias + scale (x A') B' for a frozen W: x (... x in), A (r x in), B (out x r).

    Products are in W's dtype, the gradients of A and B in their own. Kept for the backward pass: x itself and x A'.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:  # fmt: skip
        rows = x.to(weight.dtype).reshape(-1, x.shape[-1])
        a, b = a.to(weight.dtype), b.to(weight.dtype)
        narrow = rows @ a.T
        y = F.linear(rows, weight, bias).addmm_(narrow, b.T, alpha=scale)
        ctx.save_for_backward(rows, narrow, weight, a, b)
        ctx.scale, ctx.shape, ctx.dtype = scale, x.shape, x.dtype
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, narrow, weight, a, b = ctx.saved_tensors
        gradient = gradient.reshape(-1, gradient.shape[-1])
        of_narrow = (gradient @ b).mul_(ctx.scale)
        of_x = None
        if ctx.needs_input_grad[0]:  # the first layer reads the frozen embeddings
            of_x = (gradient @ weight).addmm_(of_narrow, a).view(ctx.shape).to(ctx.dtype)
        of_a = (of_narrow.T @ rows).float()
        of_b = (gradient.T @ narrow).mul_(ctx.scale).float()
        return of_x, None, None, of_a, of_b, None
