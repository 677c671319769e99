"""The tokenizer of a model, without its weights."""

from __future__ import annotations

from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence


def tokenizer(model: str | None) -> tuple[Any, str]:
    """(tokenizer, ""), or (None, reason) if the embedded model is not available; BenchError for a named model."""
    from transformers import AutoTokenizer

    from phingpt_bench.models import embedded

    if model is None or model == embedded.NAME:
        try:
            return AutoTokenizer.from_pretrained(embedded.embedded_folder()), ""
        except BenchError as err:  # the other checks do not need it
            if model is not None:
                raise
            return None, err.message
    try:
        return AutoTokenizer.from_pretrained(model), ""
    except (OSError, ValueError) as err:
        raise BenchError(
            sentence(
                "cannot load the tokenizer of '{model}' ({reason})",
                model=model,
                reason=str(err).strip().splitlines()[0],
            ),
            hint=sentence(
                "give a folder, a Hub id that is cached or reachable, or '{name}' for the embedded model",
                name=embedded.NAME,
            ),
        ) from None
