"""The output head of a causal language model, run only at the positions whose logits are needed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F

VOCABULARY_PIECE = 16384  # rows of the head's weight that are cast to float32 at a time


@contextlib.contextmanager
def head_only_at(model: Any, places: torch.Tensor, width: int, *, float32: bool = True) -> Iterator[None]:
    """Within the block the model's logits are (n x vocabulary), for `places` only: row and position of each (2 x n).

    The head is swapped inside the model, rather than called on the body's hidden states, so that whatever a model does
    to its logits afterwards (Gemma caps them, Granite scales them) still happens.

    Args:
        model: with an LM head that `get_output_embeddings` gives.
        places: as indices in the batch, without virtual tokens.
        width: tokens of a row of the batch, without the virtual tokens that prompt tuning puts in front.
        float32: compute these few logits in float32 whatever the model's dtype. Scores need it: with bfloat16, in one
            measurement, 8 % of the documents had an exact tie for the best label. Training keeps the head's own dtype.
    """
    head = model.get_output_embeddings()
    forward: Callable[[torch.Tensor], torch.Tensor] = head.forward
    replaced = head.__dict__.get("forward")

    def at_places(hidden: torch.Tensor) -> torch.Tensor:
        needed = hidden[places[0], places[1] + hidden.shape[1] - width]
        # a head with an adapter, or a quantised one, must use its own forward
        if not float32 or type(head) is not torch.nn.Linear:
            return forward(needed)
        with torch.autocast(device_type=needed.device.type, enabled=False):
            return _float32_logits(head, needed.float())

    head.forward = at_places
    try:
        yield
    finally:
        if replaced is None:
            del head.forward
        else:
            head.forward = replaced


def _float32_logits(head: Any, hidden: torch.Tensor) -> torch.Tensor:
    """(n x vocabulary) of hidden states (n x size) in float32. A weight of another dtype is cast piece by piece."""
    bias = None if head.bias is None else head.bias.float()
    if head.weight.dtype == torch.float32:
        return F.linear(hidden, head.weight, bias)
    pieces = [F.linear(hidden, piece.float()) for piece in torch.split(head.weight, VOCABULARY_PIECE)]
    return torch.cat(pieces, dim=-1) + (0 if bias is None else bias)
