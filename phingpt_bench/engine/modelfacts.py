"""What a model's configuration says of how its rows may be computed together."""

from __future__ import annotations

import logging
import weakref
from typing import Any

WINDOWS = ("sliding_window", "attention_chunk_size", "window_size")  # what configurations call a limited past


def bare(model: Any) -> Any:
    """The model below PEFT's wrap."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def has_virtual_tokens(model: Any) -> bool:
    return bool(getattr(getattr(model, "active_peft_config", None), "is_prompt_learning", False))


def attention(model: Any) -> str:
    return str(getattr(bare(model).config.get_text_config(), "_attn_implementation", None))


def window(model: Any) -> int | None:
    """The shortest past that some layer of the model is limited to, None where all see everything."""
    config = bare(model).config.get_text_config()
    found = [getattr(config, name, None) for name in WINDOWS]
    return min((one for one in found if isinstance(one, int) and one > 0), default=None)


def position_switch(model: Any) -> int | None:
    """The length beyond which the model turns its position embeddings differently, for all tokens of a batch."""
    config = bare(model).config.get_text_config()
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    if rope.get("rope_type", rope.get("type")) not in ("dynamic", "longrope"):
        return None
    return rope.get("original_max_position_embeddings") or getattr(
        config, "original_max_position_embeddings", config.max_position_embeddings
    )


ALONE = "labels of several tokens are scored one row a label, questions about one text one row each"
_said: weakref.WeakKeyDictionary[Any, set[str]] = weakref.WeakKeyDictionary()


def say_once(model: Any, reason: str, what: str = ALONE) -> str:
    said = _said.setdefault(bare(model), set())
    if reason not in said:
        said.add(reason)
        logging.getLogger(__name__).warning("%s: %s", what, reason)
    return reason
