"""The output head of a causal language model, run only at the positions that are needed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

VOCABULARY_PIECE = 16384  # rows of the head that are cast to float32 at a time


@contextlib.contextmanager
def head_only_at(model: Any, places: torch.Tensor, width: int, *, float32: bool = True) -> Iterator[None]:
    """Within the block the model's LM head gives logits (n x vocabulary) for `places` (2 x n: row, position) only.

    The head is swapped inside the model, rather than called on the body's hidden states, so that whatever a model does
    to its logits afterwards (Gemma caps them, Granite scales them) still happens. width: of the batch without the
    virtual tokens that prompt tuning puts in front. float32: compute these few rows in float32 whatever the model's
    dtype, for scores (in bfloat16 8 % of the documents of a measurement had an exact tie for the best label); training
    leaves the head's own dtype.
    """
    head = model.get_output_embeddings()
    forward, own = head.forward, head.__dict__.get("forward")

    def at_places(hidden: torch.Tensor) -> torch.Tensor:
        needed = hidden[places[0], places[1] + hidden.shape[1] - width]
        # a head with an adapter of its own, or a quantised one, knows its own arithmetic
        if not float32 or type(head) is not torch.nn.Linear:
            return forward(needed)
        with torch.autocast(device_type=needed.device.type, enabled=False):
            needed = needed.float()
            bias = None if head.bias is None else head.bias.float()
            if head.weight.dtype == torch.float32:
                return F.linear(needed, head.weight, bias)
            pieces = [F.linear(needed, piece.float()) for piece in head.weight.split(VOCABULARY_PIECE)]
            return torch.cat(pieces, dim=-1) + (0 if bias is None else bias)

    head.forward = at_places
    try:
        yield
    finally:
        if own is None:
            del head.forward
        else:
            head.forward = own
