"""Keys and values of rows that grow unevenly, as transformers asks a cache to keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers.cache_utils import CacheLayerMixin

if TYPE_CHECKING:
    from phingpt_bench.engine.writing.rows import Rows


class RowLayer(CacheLayerMixin):
    """Keys and values (rows x heads x positions x size) of one layer.

    On a CPU a bfloat16 model's are kept in float32, where they lose nothing: PyTorch's batched bfloat16 product copies
    its transposed operand, which took half of the time of a decoding step.
    """

    def __init__(self, rows: Rows):
        super().__init__()
        self.rows = rows

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        half = key_states.device.type == "cpu" and key_states.dtype in (torch.bfloat16, torch.float16)
        # zeros, as what was never written is masked, and 0 times not-a-number would not be 0
        self.keys, self.values = (
            torch.zeros(
                (self.rows.room[0], t.shape[1], self.rows.room[1], t.shape[3]),
                dtype=torch.float32 if half else t.dtype,
                device=t.device,
            )
            for t in (key_states, value_states)
        )
        self.is_initialized = True

    def grow(self) -> None:
        if self.keys is not None and self.values is not None:
            old = self.keys, self.values
            self.keys, self.values = (
                t.new_zeros(self.rows.room[0], t.shape[1], self.rows.room[1], t.shape[3]) for t in old
            )
            for kept, was in zip((self.keys, self.values), old, strict=True):
                kept[: was.shape[0], :, : was.shape[2]] = was

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        step = self.rows.step
        for kept, new in ((self.keys, key_states), (self.values, value_states)):
            kept[step.owner.to(new.device), :, step.slots.to(new.device)] = new[0].transpose(0, 1).to(kept.dtype)
        self.rows.last = (self, key_states)
        return key_states, value_states

    def get_seq_length(self) -> int:
        return 0  # positions are given to every forward

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return query_length, 0

    def get_max_length(self) -> int:
        return -1
