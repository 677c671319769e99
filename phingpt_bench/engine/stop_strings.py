"""Stop strings in transformers' own generation: each answer ends by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import transformers


class StopStrings(transformers.StoppingCriteria):
    """Ends each sequence of a batch by itself, when its own generated text holds any of the stop strings.

    lengths: generated tokens of each sequence up to the end of its stop string; None while it continues.
    """

    def __init__(self, tokenizer: Any, stop: Sequence[str], prompt_length: int):
        self.tokenizer, self.stop, self.prompt_length = tokenizer, [text for text in stop if text], prompt_length
        # no token is shorter than a byte: a stop string that ends in the newest token lies within this many of them
        self.window = max((len(text.encode()) for text in self.stop), default=0) + 2
        self.lengths: list[int | None] = []

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Which sequences (batch x length, prompts included) have ended, as booleans (batch)."""
        if not self.lengths:
            self.lengths = [None] * len(input_ids)
        generated = input_ids[:, self.prompt_length :]
        texts = self.tokenizer.batch_decode(generated[:, -self.window :])
        for i, text in enumerate(texts):
            if self.lengths[i] is None and any(stop in text for stop in self.stop):
                self.lengths[i] = generated.shape[1]
        return torch.tensor([length is not None for length in self.lengths], device=input_ids.device)


def length_to_end(answer: Sequence[int], eos: Sequence[int]) -> int | None:
    """Tokens of an answer up to its end-of-text token; None when it has none, so was cut by the length limit."""
    return next((at + 1 for at, token in enumerate(answer) if token in eos), None)
