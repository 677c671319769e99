"""The tokenizer of a model, without its weights."""

from __future__ import annotations

from typing import Any

from phingpt_bench.core.errors import BenchError, first_line


def tokenizer(model: str | None) -> tuple[Any, str]:
    """(tokenizer, ""), or (None, reason) if the embedded model is not available; BenchError for a named model."""
    from transformers import AutoTokenizer

    from phingpt_bench.models import embedded

    own = embedded.MODELS.get(model or embedded.NAME)
    if own is not None:
        try:
            return AutoTokenizer.from_pretrained(own.folder()), ""
        except BenchError as err:  # the other checks do not need it
            if model is not None:
                raise
            return None, err.message
    try:
        return AutoTokenizer.from_pretrained(model), ""
    except (OSError, ValueError) as err:
        raise BenchError(
            "cannot load the tokenizer of '{model}' ({reason})",
            hint="give a folder, a Hub id that is cached or reachable, or '{name}' for the embedded model",
            model=model,
            reason=first_line(err),
            name=embedded.NAME,
        ) from None
