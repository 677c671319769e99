"""Models with random weights in the shape of real ones: speed does not depend on weights.

Library of `python -m benchmarks.evaluation`, `benchmarks.exactness` and `benchmarks.training` (their option --shape).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import unknown

SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 49152,
        "max_position_embeddings": 2048,
    },
    # Llama-3.1-8B: config.json of meta-llama/Llama-3.1-8B, rotary scaling left out (it costs nothing)
    "llama-8b": {
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
        "max_position_embeddings": 8192,
        "rope_theta": 500000.0,
    },
}


def save_random(shape: str, folder: Path, tokenizer: str | None = None) -> Path:
    """Save a random Llama in bfloat16 as a model folder, with the tokenizer of `tokenizer` (a folder or Hub id).

    Without one, the embedded model's, whose ids all shapes hold. Made on the GPU where there is one; llama-8b takes
    16 GB there, or of main memory, and on disk. BenchError for an unknown shape.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig

    from phingpt_bench.models import embedded

    if shape not in SHAPES:
        raise unknown("shape", shape, SHAPES)
    words = AutoTokenizer.from_pretrained(tokenizer or embedded.SMOLLM2.source())
    special = {name: getattr(words, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    config = LlamaConfig(**SHAPES[shape], **special)
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
