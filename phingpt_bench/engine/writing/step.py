"""The new tokens of one forward over several rows: where they stand, and their attention to their own row's past."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
import torch.nn.functional as F

FEW = 16  # new tokens of a row: the rows before the first one with more are attended at once, the others one by one


class Step:
    """Made once for a forward, used by every layer.

    counts: new tokens of each row; starts: how many positions of its past count.
    ends: where its new tokens end among all; owner, slots: row and position of each new token (tensors).
    """

    def __init__(self, counts: Sequence[int], starts: Sequence[int], device: torch.device):
        self.counts, self.starts, self.ends = list(counts), list(starts), list(accumulate(counts))
        self.longest = max(start + count for start, count in zip(starts, counts, strict=True))
        owner = torch.tensor([row for row, count in enumerate(counts) for _ in range(count)])
        slots = torch.tensor([at for row, n in zip(starts, counts, strict=True) for at in range(row, row + n)])
        self.owner, self.slots = owner.to(device), slots.to(device)
        self.few = next((row for row, count in enumerate(counts) if count > FEW), len(counts))
        if self.few:
            few = torch.tensor(counts[: self.few])
            place, last = torch.arange(int(few.max()))[None], (few - 1)[:, None]
            # a row with fewer tokens than another repeats its last one, whose outcome is not used
            padded = (torch.tensor(self.ends[: self.few]) - few)[:, None] + torch.minimum(place, last)
            seen = slots[padded]
            mask = (torch.arange(int(seen.max()) + 1) <= seen[..., None])[:, None]
            self.padded, self.mask = padded.to(device), mask.to(device)
            self.real = (place <= last).flatten().nonzero()[:, 0].to(device)

    def attend(
        self,
        query: torch.Tensor,
        new: tuple[torch.Tensor, torch.Tensor],
        kept: tuple[torch.Tensor, torch.Tensor],
        scaling: float | None,
    ) -> torch.Tensor:
        """query: (heads, tokens, size) of the new tokens -> (tokens, heads, size).

        new, kept: keys and values of the new tokens (heads, tokens, size) and of all (rows, heads, positions, size),
        where the new ones already stand. Fewer key heads than query heads: each serves as many of them.
        """
        out = query.new_empty(query.shape[1], query.shape[0], new[1].shape[2])
        if self.few:
            self._attend_few(out, query, kept, scaling)
        for row in range(self.few, len(self.counts)):
            begin, end, past = self.ends[row] - self.counts[row], self.ends[row], self.starts[row]
            if past:
                keys, values = (t[row, :, : past + self.counts[row]].to(query.dtype) for t in kept)
                mask = torch.ones(end - begin, keys.shape[1], dtype=torch.bool, device=query.device).tril(past)
            else:
                (keys, values), mask = (t[:, begin:end] for t in new), None
            attended = F.scaled_dot_product_attention(
                query[None, :, begin:end],
                keys[None],
                values[None],
                attn_mask=mask,
                is_causal=mask is None,
                scale=scaling,
                enable_gqa=query.shape[0] != keys.shape[0],
            )
            out[begin:end] = attended[0].transpose(0, 1)
        return out

    def _attend_few(
        self, out: torch.Tensor, query: torch.Tensor, kept: tuple[torch.Tensor, torch.Tensor], scaling: float | None
    ) -> None:
        """The rows with few new tokens; query heads that share a key head stand beside each other as tokens do."""
        device = query.device  # of this layer: a model may lie on several
        shared = query.shape[0] // kept[0].shape[1]
        packed = query[:, self.padded.to(device)].unflatten(0, (-1, shared)).permute(2, 0, 1, 3, 4).flatten(2, 3)
        mask = self.mask.to(device).repeat(1, 1, shared, 1)
        keys, values = (t[: self.few, :, : mask.shape[-1]] for t in kept)
        attended = F.scaled_dot_product_attention(packed.to(keys.dtype), keys, values, attn_mask=mask, scale=scaling)
        attended = attended.unflatten(2, (shared, -1)).permute(0, 3, 1, 2, 4).flatten(2, 3).flatten(0, 1)
        out[: self.ends[self.few - 1]] = attended[self.real.to(device)].to(out.dtype)
