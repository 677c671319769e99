"""Keys and values of sequences that grow unevenly, and forwards over all their new tokens without any padding.

A forward gets the new tokens of every row one after another, as one sequence: linear layers do no work on padding, a
row may bring a whole prompt while others bring one token, and tokens that were only guessed are forgotten by not
counting them. Only attention has to know the rows; it is swapped for `Rows.attend` during the forward.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache, DynamicLayer

from phingpt_bench.harness.head import head_only_at

NAME = "phin_rows"
FEW = 16  # new tokens of a row: so many or fewer are attended for all rows at once, more row by row
SPARE = 64  # positions that are allocated beyond the longest row
REFUSED = ("softcap", "s_aux", "sliding_window", "position_bias", "head_mask", "cache")  # what else attention can be


class Unsuited(Exception):
    """This model cannot be run here exactly; the text says why."""


def check(model: Any, vocabulary: int) -> None:
    """Unsuited where the model does not attend plainly, keeps another past, or gives other logits than by itself.

    The last is tried out on two short rows, which costs two forwards of some 20 tokens.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    if any(getattr(config, "is_prompt_learning", False) for config in getattr(model, "peft_config", {}).values()):
        raise Unsuited("its adapter puts virtual tokens in front of the prompt")
    if not getattr(base, "_supports_attention_backend", False) or getattr(base, "_is_stateful", False):
        raise Unsuited("its attention cannot be exchanged")
    if "position_ids" not in inspect.signature(base.forward).parameters:
        raise Unsuited("it takes no positions")
    if any(type(layer) is not DynamicLayer for layer in DynamicCache(config=base.config).layers):
        raise Unsuited("it keeps something else than all keys and values")
    tokens = [[(7 * i + row) % vocabulary for i in range(24 - 5 * row)] for row in (0, 1)]
    with torch.no_grad():
        expected = [model(input_ids=torch.tensor([row], device=model.device)).logits[0, -1].float() for row in tokens]
    rows = Rows(model)
    rows.forward([row[:17] for row in tokens], [0, 0], [1, 1])
    rows.forward([[*tokens[0][17:19], 1, 2], tokens[1][17:18]], [17, 17], [1, 1])  # 1 and 2 are wrong guesses
    got = rows.logits([tokens[0][19:], tokens[1][18:]], [19, 18], [1, 1]).float()
    worst = max(float((a - b).abs().max()) for a, b in zip(got, expected, strict=True))
    largest = max(float(logits.abs().max()) for logits in expected)
    exact = base.dtype == torch.float32 and getattr(base, "hf_quantizer", None) is None
    if not worst <= (1e-3 if exact else 0.1) * largest:  # not-a-number is not accepted either
        raise Unsuited(f"its logits come out differently (by {worst:.2g})")


class Rows:
    """The past of rows numbered from 0 without gaps, and what a model makes of their new tokens."""

    def __init__(self, model: Any):
        self.model = model
        self.cache = Cache(layer_class_to_replicate=lambda: _Layer(self))
        self.room = (0, 0)  # rows, positions
        self.prefix: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.step: _Step | None = None
        self.last: tuple[_Layer, torch.Tensor] | None = None  # the layer that was told its new keys last, and these
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
        self.step = step = _Step([len(row) for row in tokens], starts, device)
        self.reserve(len(tokens), step.longest)
        flat = torch.tensor([[token for row in tokens for token in row]], device=device)
        ends = accumulate(step.counts)
        wanted = [at for end, count in zip(ends, needed, strict=True) for at in range(end - count, end)]
        places = torch.tensor([[0] * len(wanted), wanted], device=device)
        with torch.no_grad(), self._attending(), head_only_at(self.model, places, flat.shape[1], float32=False):
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

    def compute_prefix(self, tokens: Sequence[int]) -> None:
        """Compute what rows will begin with; `begin` gives it to a row."""
        self.forward([tokens], [0], [1])
        self.prefix = [
            (layer.keys[0, :, : len(tokens)].clone(), layer.values[0, :, : len(tokens)].clone())
            for layer in self.cache.layers
        ]

    def begin(self, row: int) -> int:
        """Let a row begin with the prefix; its length (0 without one)."""
        if not self.prefix:
            return 0
        length = self.prefix[0][0].shape[1]
        self.reserve(row + 1, length)
        for layer, (keys, values) in zip(self.cache.layers, self.prefix, strict=True):
            layer.keys[row, :, :length] = keys
            layer.values[row, :, :length] = values
        return length

    @contextlib.contextmanager
    def _attending(self) -> Iterator[None]:
        before = [(config, config._attn_implementation_internal) for config in self.configs.values()]
        AttentionInterface.register(NAME, self.attend)
        try:
            for config, _ in before:
                config._attn_implementation_internal = NAME
            yield
        finally:
            self.last = None
            for config, name in before:
                config._attn_implementation_internal = name

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
        out = query.new_empty(query.shape[2], query.shape[1], value.shape[3])
        if step.few:
            _attend_few(out, query[0], kept, step, scaling)
        for row in range(step.few, len(step.counts)):
            end, past = step.ends[row], step.starts[row]
            new = slice(end - step.counts[row], end)
            keys, values, mask = key[:, :, new], value[:, :, new], None
            if past:
                keys, values = (
                    t[row : row + 1, :, : past + step.counts[row]].to(query.dtype) for t in (kept.keys, kept.values)
                )
                mask = torch.ones(step.counts[row], keys.shape[2], dtype=torch.bool, device=query.device).tril(past)
            attended = F.scaled_dot_product_attention(
                query[:, :, new],
                keys,
                values,
                attn_mask=mask,
                is_causal=mask is None,
                scale=scaling,
                enable_gqa=query.shape[1] != key.shape[1],
            )
            out[new] = attended[0].transpose(0, 1)
        return out[None], None


def _attend_few(out: torch.Tensor, query: torch.Tensor, kept: _Layer, step: _Step, scaling: float | None) -> None:
    """The rows with few new tokens at once; query heads that share a key head stand beside each other as tokens do."""
    shared = query.shape[0] // kept.keys.shape[1]
    padded, real, mask = (t.to(query.device) for t in (step.padded, step.real, step.mask))
    packed = query[:, padded].unflatten(0, (-1, shared)).permute(2, 0, 1, 3, 4).flatten(2, 3)
    keys, values = (t[: step.few, :, : mask.shape[-1]] for t in (kept.keys, kept.values))
    attended = F.scaled_dot_product_attention(
        packed.to(keys.dtype), keys, values, attn_mask=mask.repeat(1, 1, shared, 1), scale=scaling
    )
    attended = attended.unflatten(2, (shared, -1)).permute(0, 3, 1, 2, 4).flatten(2, 3)  # rows, tokens, heads, size
    out[: step.ends[step.few - 1]] = attended[real].to(out.dtype)


class _Step:
    """Where the new tokens of a forward stand; made once, used by every layer."""

    def __init__(self, counts: list[int], starts: Sequence[int], device: torch.device):
        self.counts, self.starts, self.ends = counts, list(starts), list(accumulate(counts))
        self.longest = max(start + count for start, count in zip(starts, counts, strict=True))
        owner = torch.tensor([row for row, count in enumerate(counts) for _ in range(count)])
        slots = torch.tensor([at for row, n in zip(starts, counts, strict=True) for at in range(row, row + n)])
        self.owner, self.slots = owner.to(device), slots.to(device)
        self.few = next((row for row, count in enumerate(counts) if count > FEW), len(counts))
        if self.few:
            few = torch.tensor(counts[: self.few])
            place = torch.arange(int(few.max()))[None]
            last = (few - 1)[:, None]
            # a row with fewer tokens than another repeats its last one, whose outcome is not used
            padded = (torch.tensor(self.ends[: self.few]) - few)[:, None] + torch.minimum(place, last)
            self.real, self.padded = (place <= last).to(device), padded.to(device)
            visible = slots[padded]
            self.mask = (torch.arange(int(visible.max()) + 1) <= visible[..., None])[:, None].to(device)


class _Layer(CacheLayerMixin):
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
