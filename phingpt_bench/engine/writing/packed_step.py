"""The new tokens of one forward pass over several sequences: their places, and what each of them attends to.

The new tokens of all sequences are forwarded one after another, as one row, so nothing is padded. Here slot 0 brings
its last token and two drafted ones, slot 1 its last token, and slot 2 a prompt of five tokens (past: positions that
the cache holds of each):

    slot        past       new tokens        in the row of the forward
    0           12         t12 t13 t14       0  1  2
    1           30         t30               3
    2            0         t0 ... t4         4  5  6  7  8

    slots       0   0   0   1   2   2   2   2   2
    positions  12  13  14  30   0   1   2   3   4

Linear layers do not care which token belongs to whom. Attention does: each new token attends to the positions of its
own slot up to its own. The slots in front with few new tokens do so in one call, padded to the longest of them; the
others, prompts mostly, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
import torch.nn.functional as F

from phingpt_bench.models.key_heads import for_query_heads

# New tokens of a slot that is attended together with others. The slots from the first one with more on go one by one.
FEW = 16

KeysValues = tuple[torch.Tensor, torch.Tensor]


class PackedStep:
    """Made once for a forward pass, used by every layer.

    Args:
        counts: new tokens of slot 0, 1, ...
        past: positions that the cache holds of each slot.

    Attributes:
        ends: where the new tokens of each slot end in the row.
        longest: positions of the longest slot, new tokens included.
        slots, positions: of each new token (tensors of the length of the row).
    """

    def __init__(self, counts: Sequence[int], past: Sequence[int], device: torch.device):
        self.counts, self.past, self.ends = list(counts), list(past), list(accumulate(counts))
        self.longest = max(held + count for held, count in zip(past, counts, strict=True))
        slots = torch.tensor([slot for slot, count in enumerate(counts) for _ in range(count)])
        positions = torch.tensor([at for held, n in zip(past, counts, strict=True) for at in range(held, held + n)])
        self.slots, self.positions = slots.to(device), positions.to(device)
        self.few = next((slot for slot, count in enumerate(counts) if count > FEW), len(counts))
        if self.few:
            few = torch.tensor(counts[: self.few])
            column, last = torch.arange(int(few.max()))[None], (few - 1)[:, None]
            # a slot with fewer tokens than another repeats its last one, whose result is not used
            padded = (torch.tensor(self.ends[: self.few]) - few)[:, None] + torch.minimum(column, last)
            seen_up_to = positions[padded]
            mask = (torch.arange(int(seen_up_to.max()) + 1) <= seen_up_to[..., None])[:, None]
            self._padded = padded.to(device)  # (few x most new tokens): indices in the row
            self._mask = mask.to(device)  # (few x 1 x most new tokens x positions)
            self._real = (column <= last).flatten().nonzero()[:, 0].to(device)  # of the padded ones, the real tokens

    def attend(self, query: torch.Tensor, new: KeysValues, cached: KeysValues, scaling: float | None) -> torch.Tensor:
        """The attention's result for the new tokens (tokens x heads x size).

        Args:
            query: of the new tokens (heads x tokens x size).
            new: keys and values of the new tokens (key heads x tokens x size).
            cached: those of all slots (slots x key heads x positions x size), the new ones already among them.
            scaling: of the scores; None for one over the square root of the size.

        Each key head serves as many query heads as there are more of them (grouped-query attention).
        """
        out = query.new_empty(query.shape[1], query.shape[0], new[1].shape[2])
        if self.few:
            self._attend_few(out, query, cached, scaling)
        for slot in range(self.few, len(self.counts)):
            self._attend_one(out, slot, query, new, cached, scaling)
        return out

    def _attend_one(
        self, out: torch.Tensor, slot: int, query: torch.Tensor, new: KeysValues, cached: KeysValues,
        scaling: float | None,
    ) -> None:  # fmt: skip
        """One slot with many new tokens; without a past, the new keys serve as they are, with a causal mask."""
        begin, end, past = self.ends[slot] - self.counts[slot], self.ends[slot], self.past[slot]
        mask = None
        if past:
            keys, values = (t[slot, :, : past + self.counts[slot]].to(query.dtype) for t in cached)
            mask = torch.ones(end - begin, keys.shape[1], dtype=torch.bool, device=query.device).tril(past)
        else:
            keys, values = (t[:, begin:end] for t in new)
        own = query[None, :, begin:end]
        keys, values = for_query_heads(own, keys[None], values[None], mask)
        attended = F.scaled_dot_product_attention(
            own,
            keys,
            values,
            attn_mask=mask,
            is_causal=mask is None,
            scale=scaling,
            enable_gqa=own.shape[1] != keys.shape[1],
        )
        out[begin:end] = attended[0].transpose(0, 1)

    def _attend_few(self, out: torch.Tensor, query: torch.Tensor, cached: KeysValues, scaling: float | None) -> None:
        """The slots with few new tokens, in one call.

        Query heads that share a key head are laid next to each other as further tokens, so no key is copied.
        """
        device = query.device  # of this layer: a model may lie on several
        shared = query.shape[0] // cached[0].shape[1]  # query heads of a key head
        # heads x few x new x size -> few x key heads x (shared * new) x size
        grouped = torch.unflatten(query[:, self._padded.to(device)], 0, (-1, shared))
        packed = grouped.permute(2, 0, 1, 3, 4).flatten(2, 3)
        mask = self._mask.to(device).repeat(1, 1, shared, 1)
        keys, values = (t[: self.few, :, : mask.shape[-1]] for t in cached)
        attended = F.scaled_dot_product_attention(packed.to(keys.dtype), keys, values, attn_mask=mask, scale=scaling)
        # and back: (few * new) x heads x size
        by_token = torch.unflatten(attended, 2, (shared, -1)).permute(0, 3, 1, 2, 4).flatten(2, 3).flatten(0, 1)
        out[: self.ends[self.few - 1]] = by_token[self._real.to(device)].to(out.dtype)
