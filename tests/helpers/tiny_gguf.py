"""A tiny model in the form of the embedded one: the first words of its tokenizer, and random weights of two layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGUFReader, GGUFValueType, GGUFWriter

WORDS = 2048  # of 49,152: converting a tokenizer takes most of the time
WIDTH, INNER, LAYERS, HEADS, KV_HEADS = 32, 64, 2, 4, 2
NUMBERS = {
    "llama.vocab_size": WORDS,
    "llama.block_count": LAYERS,
    "llama.embedding_length": WIDTH,
    "llama.feed_forward_length": INNER,
    "llama.attention.head_count": HEADS,
    "llama.attention.head_count_kv": KV_HEADS,
    "llama.rope.dimension_count": WIDTH // HEADS,
}


def save_tiny_gguf(source: Path, target: Path, seed: int = 0) -> Path:
    """Write a tiny model to `target` with the settings and the commonest words of the GGUF file `source`."""
    reader = GGUFReader(source)
    words = reader.fields["tokenizer.ggml.tokens"].contents()[:WORDS]
    known = set(words)
    lists = {
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": reader.fields["tokenizer.ggml.token_type"].contents()[:WORDS],
        "tokenizer.ggml.merges": [
            merge for merge in reader.fields["tokenizer.ggml.merges"].contents() if merge.replace(" ", "", 1) in known
        ],
    }
    writer = GGUFWriter(target, "llama")
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value, kind = NUMBERS.get(name) or lists.get(name) or field.contents(), field.types[0]
        writer.add_key_value(name, value, kind, field.types[-1] if kind == GGUFValueType.ARRAY else None)
    random = np.random.default_rng(seed)

    def add(name: str, *shape: int) -> None:
        values = np.ones(shape) if len(shape) == 1 else random.normal(0, 0.05, shape)
        writer.add_tensor(name, values.astype(np.float32))

    add("token_embd.weight", WORDS, WIDTH)
    add("output_norm.weight", WIDTH)
    for at in range(LAYERS):
        add(f"blk.{at}.attn_norm.weight", WIDTH)
        add(f"blk.{at}.ffn_norm.weight", WIDTH)
        for part, rows in (("q", HEADS), ("k", KV_HEADS), ("v", KV_HEADS)):
            add(f"blk.{at}.attn_{part}.weight", rows * (WIDTH // HEADS), WIDTH)
        add(f"blk.{at}.attn_output.weight", WIDTH, WIDTH)
        add(f"blk.{at}.ffn_gate.weight", INNER, WIDTH)
        add(f"blk.{at}.ffn_up.weight", INNER, WIDTH)
        add(f"blk.{at}.ffn_down.weight", WIDTH, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target
