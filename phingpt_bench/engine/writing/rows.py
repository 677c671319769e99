"""Keys and values of sequences that grow unevenly, and forwards over all their new tokens without any padding.

A forward gets the new tokens of every row one after another, as one sequence: linear layers do no work on padding, a
row may bring a whole prompt while others bring one token, and tokens that were only guessed are forgotten by not
counting them. Only attention has to know the rows; it is swapped for `Rows.attend` during the forward.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.cache_utils import Cache

from phingpt_bench.engine.head import head_only_at
from phingpt_bench.engine.kernels import fast
from phingpt_bench.engine.writing.rowcache import RowLayer
from phingpt_bench.engine.writing.step import Step

NAME = "phin_rows"
SPARE = 64  # positions that are allocated beyond the longest row
REFUSED = ("softcap", "s_aux", "sliding_window", "position_bias", "head_mask", "cache")  # what else attention can be

Kept = list[tuple[torch.Tensor, torch.Tensor]]  # keys and values (heads x positions x size) of each layer


class Unsuited(Exception):
    """This model cannot be run here exactly; the text says why."""


class Rows:
    """The past of rows numbered from 0 without gaps, and what a model makes of their new tokens."""

    def __init__(self, model: Any):
        self.model = model
        self.cache = Cache(layer_class_to_replicate=lambda: RowLayer(self))
        self.room = (0, 0)  # rows, positions
        self.step: Step | None = None
        self.last: tuple[RowLayer, torch.Tensor] | None = None  # the layer that was told its new keys last, and these
        modules = (module.config for module in model.modules() if hasattr(module, "config"))
        self.configs = {id(one): one for one in modules if hasattr(one, "_attn_implementation_internal")}

    def forward(self, tokens: Sequence[Sequence[int]], starts: Sequence[int], needed: Sequence[int]) -> list[list[int]]:
        """The most likely token after each of the last `needed` new tokens of every row, as model.generate takes it."""
        best = self.logits(tokens, starts, needed).float().argmax(-1).tolist()
        return [best[end - count : end] for end, count in zip(accumulate(needed), needed, strict=True)]

    def logits(self, tokens: Sequence[Sequence[int]], starts: Sequence[int], needed: Sequence[int]) -> torch.Tensor:
        """Logits (sum of `needed` x vocabulary) in the model's own dtype, after the last new tokens of each row.

        tokens: the new ones of row 0, 1, ...; starts: how many positions of each row's past count.
        """
        device = self.model.device
        self.step = step = Step([len(row) for row in tokens], starts, device)
        self.reserve(len(tokens), step.longest)
        flat = torch.tensor([[token for row in tokens for token in row]], device=device)
        ends = accumulate(step.counts)
        wanted = [at for end, count in zip(ends, needed, strict=True) for at in range(end - count, end)]
        places = torch.tensor([[0] * len(wanted), wanted], device=device)
        with (
            torch.no_grad(),
            self._attending(),
            head_only_at(self.model, places, flat.shape[1], float32=False),
            fast(self.model),
        ):
            return self.model(
                input_ids=flat,
                position_ids=step.slots[None],
                attention_mask=flat.new_ones(1, 1, 1, 1),  # models pass on four dimensions as they are; not used here
                past_key_values=self.cache,
                use_cache=True,
            ).logits

    def reserve(self, rows: int, positions: int) -> None:
        """Make room for so many rows and positions; what is kept stays."""
        if rows > self.room[0] or positions > self.room[1]:
            positions = positions + SPARE if positions > self.room[1] else self.room[1]
            self.room = (max(rows, self.room[0]), positions)
            for layer in self.cache.layers:
                layer.grow()

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` positions of one row over those of another."""
        for layer in self.cache.layers:
            for kept in (layer.keys, layer.values):
                kept[target, :, :length] = kept[source, :, :length]

    def copy(self, row: int, length: int) -> Kept:
        """The first `length` positions of a row, for `begin`."""
        return [tuple(t[row, :, :length].clone() for t in (layer.keys, layer.values)) for layer in self.cache.layers]

    def begin(self, row: int, kept: Kept) -> int:
        """Let a row begin with what was copied from another; its length."""
        length = kept[0][0].shape[1]
        self.reserve(row + 1, length)
        for layer, (keys, values) in zip(self.cache.layers, kept, strict=True):
            layer.keys[row, :, :length] = keys
            layer.values[row, :, :length] = values
        return length

    @contextlib.contextmanager
    def _attending(self) -> Iterator[None]:
        before = [(config, config._attn_implementation_internal) for config in self.configs.values()]
        _attending.append(self)
        try:
            for config, _ in before:
                config._attn_implementation_internal = NAME
            yield
        finally:
            self.last = None
            for config, name in before:
                config._attn_implementation_internal = name
            _attending.pop()

    def attend(
        self,
        module: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: Any,
        scaling: float | None = None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """query: (1, heads, tokens, size) -> (1, tokens, heads, size); what transformers asks of an attention."""
        refused = [name for name in REFUSED if options.get(name) is not None]
        if refused or self.last is None or self.last[1] is not key:
            raise Unsuited(f"its attention has {', '.join(refused) or 'a past of its own'}")
        step, kept = self.step, self.last[0]
        assert step is not None
        return step.attend(query[0], (key[0], value[0]), (kept.keys, kept.values), scaling)[None], None


def _attend(*args: Any, **options: Any) -> tuple[torch.Tensor, None]:
    return _attending[-1].attend(*args, **options)


_attending: list[Rows] = []  # in a forward now: transformers never forgets a function, so it gets one without rows
AttentionInterface.register(NAME, _attend)
