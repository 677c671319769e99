"""The keys and values of a shared prefix, computed once and shown to batches of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer


def prefix_cache(model: Any, tokens: Sequence[int]) -> Any:
    """The cache of `tokens` (one sequence), or None if the model's cache may not be reused exactly.

    That is where a model returns no cache of keys and values (Mamba, RecurrentGemma), or where a layer keeps only a
    window of the past.
    """
    ids = torch.tensor([list(tokens)], device=model.device)
    with torch.no_grad():
        output = model(input_ids=ids, use_cache=True, logits_to_keep=1)
    cache = getattr(output, "past_key_values", None)
    layers = getattr(cache, "layers", ())
    return cache if layers and all(type(layer) is DynamicLayer for layer in layers) else None


class _ViewLayer(DynamicLayer):
    """Keys and values of one sequence, in front of those of every sequence of a batch; it keeps nothing of a batch."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, keys: torch.Tensor, values: torch.Tensor):
        """keys, values: (1 x heads x positions x size)."""
        DynamicLayer.__init__(self)
        self.lazy_initialization(keys, values)
        self.keys, self.values = keys, values

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(prefix and new keys, prefix and new values), each (batch x heads x positions x size)."""
        shape = (len(key_states), -1, -1, -1)
        return (
            torch.cat((self.keys.expand(shape), key_states), dim=-2),
            torch.cat((self.values.expand(shape), value_states), dim=-2),
        )


def cache_view(cache: Any) -> Any:
    """A cache that shows the keys and values of a one-sequence `cache` to batches of any size, without copying them."""
    view = DynamicCache()
    view.layers = [_ViewLayer(layer.keys, layer.values) for layer in cache.layers]
    return view
