"""De-quantise NF4 once instead of on every call.

bitsandbytes has no fast 4-bit kernel for training on a CPU: each forward unpacks every weight again. Unpacking once
into the compute dtype gives the same numbers, since that is the matrix which bitsandbytes multiplies with in training
(tests/train/test_gradients.py compares every LoRA gradient). The price is memory: 2 or 4 bytes a weight instead of 0.6.
"""

from __future__ import annotations

from typing import Any

from phingpt_bench.compat import model_parts
from phingpt_bench.core.machine import available_bytes

# share of the available memory that the unpacked weights may take: the rest is for activations and the optimiser
MEMORY_SHARE = 0.5
SMALL = 1_000_000_000  # bytes


def wanted(choice: str, parameters: int, dtype: Any, device: str) -> tuple[bool, str]:
    """(whether to unpack, why). "always" and "never" decide; under "auto" on a CPU where the weights fit easily.

    Where the available memory is unknown, weights of up to SMALL bytes are unpacked. On "mps" there are no kernels for
    packed ones.
    """
    if choice != "auto":
        return choice == "always", f"dequantise is '{choice}'"
    if device == "mps":
        return True, "there are no kernels for packed weights on 'mps'"
    if device != "cpu":
        return False, "the GPU multiplies by packed weights"
    needed, available = parameters * dtype.itemsize, available_bytes()
    if available is None:
        return needed <= SMALL, f"unpacked they take {needed / 1e9:.1f} GB, and the available memory is unknown"
    fits = needed < MEMORY_SHARE * available
    return fits, (
        f"unpacked they take {needed / 1e9:.1f} GB, which is {'less' if fits else 'more'} than "
        f"{MEMORY_SHARE:.0%} of the {available / 1e9:.1f} GB available"
    )


def unpack(model: Any, dtype: Any) -> int:
    """Replace each bitsandbytes Linear4bit by a torch Linear with the de-quantised weight; returns how many.

    The weights stay frozen. A model without 4-bit layers is left alone (0).
    """
    from bitsandbytes.nn.modules import Linear4bit

    replaced = 0
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, Linear4bit):
                setattr(parent, name, _unpacked(layer, dtype))
                replaced += 1
    if replaced:
        model_parts.unmark_quantised(model)
    return replaced


def _unpacked(layer: Any, dtype: Any) -> Any:
    """The plain Linear of a 4-bit one. BenchError if the checkpoint had no weights for it."""
    import torch
    from bitsandbytes.functional import dequantize_4bit

    weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).to(dtype)
    plain = torch.nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
    plain.weight = torch.nn.Parameter(weight, requires_grad=False)
    plain.bias = layer.bias
    return plain
