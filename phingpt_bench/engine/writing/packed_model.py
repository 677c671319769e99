"""A causal model that forwards the new tokens of several sequences at once, as one row without padding.

Linear layers do no work on padding, a sequence may bring a whole prompt while others bring one token each, and tokens
that were drafted in vain are forgotten by not counting their positions. Only attention has to know which token belongs
to which sequence: it is swapped for PackedModel.attend during the forward (packed_step.py draws it).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import torch
from transformers import AttentionInterface

from phingpt_bench.compat import model_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.head import head_only_at
from phingpt_bench.engine.kernels import fastest_kernels
from phingpt_bench.engine.writing.packed_step import PackedStep
from phingpt_bench.engine.writing.slot_cache import SlotCache

NO_TOKEN = -1
NAME = "phin_packed"  # under which transformers knows our attention
# Options of an attention function that ours does not compute. A model that sets one is left to generate.
UNSUPPORTED_OPTIONS = ("softcap", "s_aux", "position_bias", "head_mask", "cache")


class Unsupported(Exception):
    """This model cannot be run here exactly; the text says why."""


class PackedModel:
    """A model and the cache of its sequences, which are numbered by their slots from 0 on without gaps.

    The three lists of `greedy` and `logits` have one entry for each slot:
        tokens: the new ones, at least one.
        past: how many positions in its cache count.
        needed: after how many of its last new tokens the model's choice is needed.
    """

    def __init__(self, model: Any):
        self.model = model
        self.cache = SlotCache()
        self._configs = model_parts.attention_configs(model)

    def greedy(self, tokens: Sequence[Sequence[int]], past: Sequence[int], needed: Sequence[int]) -> list[list[int]]:
        """The most likely token after each of the needed ones of every slot, as model.generate takes it.

        BenchError for logits that are no numbers: in float16 those of some models overflow, in long prompts only.
        """
        highest, chosen = self.logits(tokens, past, needed).float().max(-1)
        best = torch.where(highest.isnan(), NO_TOKEN, chosen).tolist()
        if NO_TOKEN in best:
            raise BenchError(
                "the model's logits became not-a-number while it wrote an answer",
                hint="its weights are damaged, or its numbers overflow: try compute_dtype float32",
            )
        return [best[end - count : end] for end, count in zip(accumulate(needed), needed, strict=True)]

    def logits(self, tokens: Sequence[Sequence[int]], past: Sequence[int], needed: Sequence[int]) -> torch.Tensor:
        """Logits (sum of `needed` x vocabulary) in the model's own dtype, slot after slot.

        Unsupported where the model's attention turns out to be another than ours.
        """
        device = self.model.device
        step = PackedStep([len(new) for new in tokens], past, device)
        self.cache.shared.step = step
        self.cache.reserve(len(tokens), step.longest)
        flat = torch.tensor([[token for new in tokens for token in new]], device=device)
        wanted = [at for end, count in zip(step.ends, needed, strict=True) for at in range(end - count, end)]
        places = torch.tensor([[0] * len(wanted), wanted], device=device)
        with (
            torch.no_grad(),
            self._attending(),
            head_only_at(self.model, places, flat.shape[1], float32=False),
            fastest_kernels(self.model),
        ):
            logits: torch.Tensor = self.model(
                input_ids=flat,
                position_ids=step.positions[None],
                attention_mask=flat.new_ones(1, 1, 1, 1),  # models pass on four dimensions as they are; not used here
                past_key_values=self.cache.for_model,
                use_cache=True,
            ).logits
            return logits

    @contextlib.contextmanager
    def _attending(self) -> Iterator[None]:
        """Within the block the model's attention is `attend`."""
        _attending.append(self)
        try:
            with model_parts.attention_switched(self._configs, NAME):
                yield
        finally:
            self.cache.shared.updated = None
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
        """What transformers asks of an attention function.

        query (1 x heads x tokens x size) -> result (1 x tokens x heads x size), and no weights.

        Unsupported for options that ours does not compute, for a sequence beyond a window of the past, and where the
        keys are not those that were just written to the cache: the model changes them, or keeps a past of its own.
        """
        shared = self.cache.shared
        refused = [name for name in UNSUPPORTED_OPTIONS if options.get(name) is not None]
        if refused or shared.updated is None or shared.updated[1] is not key:
            raise Unsupported(f"its attention has {', '.join(refused) or 'a past of its own'}")
        layer = shared.updated[0]
        assert shared.step is not None  # set by `logits`
        window = options.get("sliding_window")
        if window is not None and shared.step.longest > window:
            raise Unsupported(f"a sequence is longer than its attention window of {window} tokens")
        attended = shared.step.attend(query[0], (key[0], value[0]), (layer.keys, layer.values), scaling)
        return attended[None], None


def _attend(*args: Any, **options: Any) -> tuple[torch.Tensor, None]:
    return _attending[-1].attend(*args, **options)


# Models in a forward now, the innermost last. transformers never forgets a registered function, so it gets one that
# holds no model.
_attending: list[PackedModel] = []
AttentionInterface.register(NAME, _attend)
