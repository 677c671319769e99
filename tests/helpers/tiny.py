"""Tiny causal language models with random weights and a real tokenizer, saved as a user's model folder would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}


def save_tiny(folder: Path, architecture: str = "llama", seed: int = 0, **changes: Any) -> Path:
    """Save a random model of `architecture` ("llama", "phi3", "qwen3") with the embedded model's tokenizer."""
    from phingpt_bench.models.embedded import SMOLLM2

    tokenizer = AutoTokenizer.from_pretrained(SMOLLM2.folder())
    special = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    extra = {"head_dim": 16} if architecture == "qwen3" else {}
    config = AutoConfig.for_model(architecture, vocab_size=len(tokenizer), **{**SHAPE, **extra, **special, **changes})
    torch.manual_seed(seed)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Path(folder)


def short_of_memory(model: Any, tokens: int) -> list[int]:
    """Let a model run out of a GPU's memory in forwards of more tokens; returns the tokens of each that did."""
    failed: list[int] = []

    def check(module: Any, args: Any, options: Any) -> None:
        ids = options["input_ids"] if "input_ids" in options else args[0]
        if ids.numel() > tokens:
            failed.append(ids.numel())
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried {ids.numel()} tokens")

    model.register_forward_pre_hook(check, with_kwargs=True)
    return failed


class Counter:
    """A meter: the tokens that a model says it read and wrote."""

    def __init__(self) -> None:
        self.tokens_in = self.tokens_out = 0

    def count(self, *, tokens_in: int = 0, tokens_out: int = 0) -> None:
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
