"""Whether a model's greedy answers can be computed by `rows`: by what it is made of, and by trying."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from phingpt_bench.engine.writing.rows import Rows, Unsuited


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
