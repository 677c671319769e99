"""Grouped-query attention on a GPU: key heads are copied where only torch's slowest kernel would share them.

Most models have fewer key heads than query heads. Without a mask transformers asks torch to share them, and of a GPU's
kernels flash attention does so: in half precision, since Ampere. Elsewhere torch 2.13 takes the kernel that copies the
keys as well and holds all scores (rows x heads x tokens x tokens). With a copy the memory-efficient kernel serves.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

KeysValues = tuple[torch.Tensor, torch.Tensor]


def copy_where_slow() -> None:
    """Let all models of this process with torch's attention ("sdpa") take copies of the keys where sharing is slow.

    It replaces transformers' function under the same name, as models compare that name to choose their masks. Calls on
    a CPU, with a mask, or of a model with a key head for each query head remain as they are.
    """
    AttentionInterface.register("sdpa", _sdpa)


def for_query_heads(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
) -> KeysValues:
    """(keys, values) as attention should be given them: the same tensors, or copies with a head for each query head.

    Args:
        query: rows x heads x tokens x size.
        keys: rows x key heads x positions x size.
        values: as `keys`; a size of their own is possible.
        mask: what `query` may see; None is a causal mask, or a single token that sees everything.
    """
    groups = query.shape[1] // keys.shape[1]
    if groups == 1 or _shares_keys(query, keys, values, mask):
        return keys, values
    return keys.repeat_interleave(groups, dim=1), values.repeat_interleave(groups, dim=1)


def _shares_keys(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None) -> bool:
    """Whether a key head may serve several query heads without a copy: on a CPU, and where a fast kernel takes them."""
    if query.device.type == "cpu":
        return True
    causal = mask is None and query.shape[2] > 1
    asked = torch.backends.cuda.SDPAParams(query, keys, values, mask, 0.0, causal, True)
    with torch.cuda.device_of(query):  # torch answers for the current GPU, which may be another one
        return torch.backends.cuda.can_use_flash_attention(asked) or torch.backends.cuda.can_use_efficient_attention(
            asked
        )


def _sdpa(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers asks of an attention function. With a mask its own copies the keys."""
    if attention_mask is None and getattr(module, "num_key_value_groups", 1) > 1:
        keys, values = for_query_heads(query, key, value, None)
        if keys is not key:
            # `module` would make it ask for shared keys
            module, key, value = SimpleNamespace(is_causal=getattr(module, "is_causal", True)), keys, values
    return sdpa_attention_forward(module, query, key, value, attention_mask, **options)
