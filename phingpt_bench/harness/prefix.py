"""The prompt part that documents share (instruction, few-shot block): its keys and values are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

LEAST = 32  # tokens: a shorter prefix saves less than the copies of its cache cost


def shared_prefix(rows: Sequence[Sequence[int]], least: int = LEAST) -> int:
    """The length of the prefix worth computing once: 0 where none of `least` tokens is shared.

    Not simply the longest common one: a document that stands among the examples is shown others, and would leave
    nothing in common. So the prefix of the middle row (in lexical order) that saves most tokens is taken, and rows that
    do not begin with it are left to the plain way. At least one token of each row stays outside.
    """
    if len(rows) < 2:
        return 0
    ordered = sorted(rows)
    middle = ordered[len(ordered) // 2]
    common = sorted((_common(row, middle) for row in ordered), reverse=True)
    saved = [(length * at, length) for at, length in enumerate(common) if length >= least]
    return max(saved, default=(0, 0))[1]


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two rows share at their beginning, with one left over in each."""
    most = min(len(a), len(b)) - 1
    return next((at for at in range(most) if a[at] != b[at]), max(0, most))


def prefix_cache(model: Any, tokens: Sequence[int]) -> Any:
    """The cache of `tokens` for one row, or None where it may not be reused exactly.

    That is where a layer keeps a window of the past only, or something else than keys and values.
    """
    from transformers.cache_utils import DynamicLayer

    ids = torch.tensor([list(tokens)], device=model.device)
    with torch.no_grad():
        cache = model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
    layers = getattr(cache, "layers", ())
    return cache if layers and all(type(layer) is DynamicLayer for layer in layers) else None


def lent(cache: Any) -> Any:
    """A one-row cache that serves batches of any size and keeps nothing of them."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    class Lent(DynamicLayer):
        def update(self, keys: torch.Tensor, values: torch.Tensor, *_: Any, **__: Any) -> tuple[Any, Any]:
            shape = (len(keys), -1, -1, -1)
            both = ((self.keys.expand(shape), keys), (self.values.expand(shape), values))
            return torch.cat(both[0], dim=-2), torch.cat(both[1], dim=-2)

    lent = DynamicCache()
    lent.layers = []
    for layer in cache.layers:
        one = Lent()
        one.lazy_initialization(layer.keys, layer.values)
        one.keys, one.values = layer.keys, layer.values
        lent.layers.append(one)
    return lent
