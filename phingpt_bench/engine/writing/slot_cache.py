"""A key-value cache of numbered slots, one for each sequence in progress, with different lengths."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

from phingpt_bench.engine.writing.packed_step import KeysValues, PackedStep

SPARE = 64  # positions that are allocated beyond what is asked for, so that the cache grows seldom

Kept = list[KeysValues]  # keys and values (heads x positions x size) of each layer


@dataclass(slots=True)
class _Shared:
    """What all layers of a cache know.

    slots, positions: room that is allocated. step: the forward pass under way. updated: the layer that was given its
    new keys last, and these keys: the attention called next must be that layer's.
    """

    slots: int = 0
    positions: int = 0
    step: PackedStep | None = None
    updated: tuple[SlotLayer, torch.Tensor] | None = None


class SlotLayer(CacheLayerMixin):
    """Keys and values (slots x heads x positions x size) of one layer of a model.

    On a CPU those of a bfloat16 model are kept in float32, where they lose nothing: PyTorch's batched bfloat16 product
    copies its transposed operand, which took half of the time of a decoding step.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, shared: _Shared):
        CacheLayerMixin.__init__(self)
        self.shared = shared

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Allocate room for keys and values like these (1 x heads x tokens x size)."""
        half = key_states.device.type == "cpu" and key_states.dtype in (torch.bfloat16, torch.float16)
        # zeros, as what was never written is masked, and 0 times not-a-number would not be 0
        self.keys, self.values = (
            torch.zeros(
                (self.shared.slots, t.shape[1], self.shared.positions, t.shape[3]),
                dtype=torch.float32 if half else t.dtype,
                device=t.device,
            )
            for t in (key_states, value_states)
        )
        self.is_initialized = True

    def grow(self) -> None:
        """Grow to the requested room; the content is kept."""
        if not self.is_initialized:
            return
        old = self.keys, self.values
        self.keys, self.values = (
            t.new_zeros(self.shared.slots, t.shape[1], self.shared.positions, t.shape[3]) for t in old
        )
        for kept, was in zip((self.keys, self.values), old, strict=True):
            kept[: was.shape[0], :, : was.shape[2]] = was

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new tokens' keys and values (1 x heads x tokens x size) to their slots; returns them as they are.

        The attention takes the rest from this layer by itself.
        """
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        step = self.shared.step
        assert step is not None  # set by PackedModel.logits before each forward
        for kept, new in ((self.keys, key_states), (self.values, value_states)):
            kept[step.slots.to(new.device), :, step.positions.to(new.device)] = new[0].transpose(0, 1).to(kept.dtype)
        self.shared.updated = (self, key_states)
        return key_states, value_states

    def get_seq_length(self) -> int:
        """0: position ids are given to every forward."""
        return 0

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """(keys, offset) of the mask that transformers would build, which is not used."""
        return query_length, 0

    def get_max_length(self) -> int:
        """-1: no limit."""
        return -1


class SlotCache:
    """The cache of all layers; `for_model` is what a transformers model takes as past_key_values."""

    def __init__(self) -> None:
        self.shared = _Shared()
        # a factory in place of the class: every layer gets what all share
        factory = cast("type[CacheLayerMixin]", functools.partial(SlotLayer, self.shared))
        self.for_model = Cache(layer_class_to_replicate=factory)

    @property
    def layers(self) -> Sequence[SlotLayer]:
        """The layers so far: a model's first forward makes them."""
        return cast("list[SlotLayer]", self.for_model.layers)

    def reserve(self, slots: int, positions: int) -> None:
        """Make room for this number of slots and positions; the content is kept."""
        shared = self.shared
        if slots > shared.slots or positions > shared.positions:
            shared.slots = max(slots, shared.slots)
            shared.positions = positions + SPARE if positions > shared.positions else shared.positions
            for layer in self.layers:
                layer.grow()

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` positions of one slot over those of another."""
        for layer in self.layers:
            for kept in (layer.keys, layer.values):
                kept[target, :, :length] = kept[source, :, :length]

    def copy(self, slot: int, length: int) -> Kept:
        """The first `length` positions of a slot, for `restore`."""
        return [(layer.keys[slot, :, :length].clone(), layer.values[slot, :, :length].clone()) for layer in self.layers]

    def restore(self, slot: int, kept: Kept) -> int:
        """Let a slot begin with what was copied from another; returns its length."""
        length = kept[0][0].shape[1]
        self.reserve(slot + 1, length)
        for layer, (keys, values) in zip(self.layers, kept, strict=True):
            layer.keys[slot, :, :length] = keys
            layer.values[slot, :, :length] = values
        return length
