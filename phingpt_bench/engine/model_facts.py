"""What a model's configuration says about how several of its sequences may be computed together."""

from __future__ import annotations

import logging
import weakref
from typing import Any

from phingpt_bench.compat import model_parts

WINDOWS = ("sliding_window", "attention_chunk_size", "window_size")  # what configurations call a limited past


def without_peft(model: Any) -> Any:
    """The transformers model below PEFT's wrapper; the model itself where it is not wrapped."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def needs_whole_prompts(model: Any) -> str:
    """Why the active adapter has to see each prompt whole and alone, in words; "" where it does not.

    It puts virtual tokens in front (prompt tuning, prefix tuning), or it acts only from some tokens on (aLoRA), whose
    place is looked for in what a forward is given.
    """
    config = getattr(model, "active_peft_config", None)
    if getattr(config, "is_prompt_learning", False):
        return "its adapter puts virtual tokens in front"
    if getattr(config, "alora_invocation_tokens", None):
        return "its adapter acts from its invocation tokens on (aLoRA)"
    return ""


def attention(model: Any) -> str:
    """The name of the attention implementation that the model uses now."""
    return model_parts.attention_name(without_peft(model).config.get_text_config())


def attention_window(model: Any) -> int | None:
    """The shortest past that some layer of the model is limited to, in tokens; None if all layers see everything."""
    config = without_peft(model).config.get_text_config()
    sizes = [getattr(config, name, None) for name in WINDOWS]
    return min((size for size in sizes if isinstance(size, int) and size > 0), default=None)


def rope_switch(model: Any) -> int | None:
    """The length beyond which the model scales its rotary embeddings differently, for all tokens of a batch.

    None for models without such a switch (all but the "dynamic" and "longrope" types).
    """
    config = without_peft(model).config.get_text_config()
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    if rope.get("rope_type", rope.get("type")) not in ("dynamic", "longrope"):
        return None
    name = "original_max_position_embeddings"
    length: int = rope.get(name) or getattr(config, name, config.max_position_embeddings)
    return length


ONE_BY_ONE = "labels of several tokens are scored one row a label, questions about one text one row each"
_logged: weakref.WeakKeyDictionary[Any, set[str]] = weakref.WeakKeyDictionary()


def log_once(model: Any, reason: str, consequence: str = ONE_BY_ONE) -> str:
    """Log why a model gets a slower path, once for each model and reason; returns the reason."""
    logged = _logged.setdefault(without_peft(model), set())
    if reason not in logged:
        logged.add(reason)
        logging.getLogger(__name__).warning("%s: %s", consequence, reason)
    return reason
