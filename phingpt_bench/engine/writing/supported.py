"""Whether a model's greedy answers can be computed by PackedModel: by what the model is made of, and by trying."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from phingpt_bench.compat import model_parts
from phingpt_bench.engine.model_facts import attention_window, needs_whole_prompts, without_peft
from phingpt_bench.engine.writing.packed_model import PackedModel, Unsupported


def check_supported(model: Any, vocabulary: int) -> None:
    """Unsupported where a model's attention cannot be swapped, it keeps another past, or its logits come out otherwise.

    The last is tried on two short sequences, which costs two forwards of some 20 tokens. vocabulary: its size. Layers
    that keep a window of the past are as good as others for sequences within it; the caller sees to that (generate.py).
    """
    base = without_peft(model)
    if reason := needs_whole_prompts(model):
        raise Unsupported(reason)
    if not model_parts.attention_can_be_switched(base):
        raise Unsupported("its attention cannot be exchanged")
    if "position_ids" not in inspect.signature(base.forward).parameters:
        raise Unsupported("it takes no positions")
    kept = {type(layer) for layer in DynamicCache(config=base.config).layers}
    known = {DynamicLayer, *([DynamicSlidingWindowLayer] if attention_window(model) else [])}
    if not kept <= known:
        raise Unsupported("it keeps something else than all keys and values")
    sequences = [[(7 * i + row) % vocabulary for i in range(24 - 5 * row)] for row in (0, 1)]
    expected, got = _own_logits(model, sequences), _packed_logits(model, sequences)
    worst = max(float((a - b).abs().max()) for a, b in zip(got, expected, strict=True))
    largest = max(float(logits.abs().max()) for logits in expected)
    exact = base.dtype == torch.float32 and getattr(base, "hf_quantizer", None) is None
    if not worst <= (1e-3 if exact else 0.1) * largest:  # not-a-number is not accepted either
        raise Unsupported(f"its logits come out differently (by {worst:.2g})")


def _own_logits(model: Any, sequences: list[list[int]]) -> list[torch.Tensor]:
    """After the last token of each sequence, each in a forward of its own."""
    with torch.no_grad():
        return [model(input_ids=torch.tensor([row], device=model.device)).logits[0, -1].float() for row in sequences]


def _packed_logits(model: Any, sequences: list[list[int]]) -> torch.Tensor:
    """The same, in three packed forwards, with a wrong draft (tokens 1 and 2) in the second."""
    first, second = sequences
    packed = PackedModel(model)
    packed.greedy([first[:17], second[:17]], [0, 0], [1, 1])
    packed.greedy([[*first[17:19], 1, 2], second[17:18]], [17, 17], [1, 1])
    return packed.logits([first[19:], second[18:]], [19, 18], [1, 1]).float()
