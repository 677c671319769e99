"""The memory that a base needs for a piece of work, estimated from its config.json before its weights are loaded.

The formulas count tensors: weights, keys and values, activations of one layer or of all, logits, and the LoRA weights
with gradients and AdamW's two averages. They were worked out for decoders with a gated MLP (Llama, Qwen, Gemma, Phi),
and are estimates: no library's own buffers, and OVERHEAD for the context of CUDA and fragmentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phingpt_bench.models.base_files import BaseFiles, config_of

NF4_BYTES = (
    0.5 + 1 / 64 + 4 / (64 * 256)
)  # of a weight: 4 bits, and 8 bits a block of 64, and float32 a block of blocks
OVERHEAD = 1.1e9
HEAD_ROWS = 16_384  # of the output head that are cast to float32 at a time (engine/head.py)
PLACES = 512  # with logits in one batch (engine/labels/batches.py)
LORA_STATE = 16  # bytes of a LoRA weight in training: itself, gradient and AdamW's averages, in float32
# a layer's activations in training, in units of its hidden and inner sizes: kept, and at the peak of its backward pass
KEPT_INNER, KEPT_HIDDEN, BACKWARD = 5, 14, 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of a decoder. linear: parameters of linear layers but the head, which 4 bits hold. kv: heads x size."""

    parameters: int
    linear: int
    layers: int
    hidden: int
    inner: int
    kv: int
    vocabulary: int
    lora_sides: int  # the sum of in + out over the linear layers: times r, the parameters of a LoRA on all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done at a time. tokens: of one forward. cached: tokens with keys and values. r: of a LoRA, 0 without."""

    tokens: int
    cached: int = 0
    r: int = 0
    training: bool = False
    recompute: bool = False  # gradient checkpointing


def shape_of(files: BaseFiles, revision: str | None = None) -> Shape | None:
    """The sizes of a base; None where config.json is not available locally, or transformers cannot build the model."""
    config = config_of(files, revision)
    if config is None or files.gguf is not None:
        return None
    try:
        return _shape(files, revision)
    # sizes for a message: whatever a config of unknown code raises, loading says it better
    except Exception:
        return None


def _shape(files: BaseFiles, revision: str | None) -> Shape:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    options: dict[str, Any] = {"trust_remote_code": False}
    config = AutoConfig.from_pretrained(files.source, revision=revision, local_files_only=True, **options)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, **options)
    head = model.get_output_embeddings()
    linear = [one for one in model.modules() if isinstance(one, torch.nn.Linear) and one is not head]
    text = config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return Shape(
        parameters=model.num_parameters(),
        linear=sum(one.weight.numel() for one in linear),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        inner=max([text.hidden_size, *(one.out_features for one in linear)]),
        kv=heads * size,
        vocabulary=text.vocab_size,
        lora_sides=sum(one.in_features + one.out_features for one in linear),
    )


def weights_bytes(shape: Shape, itemsize: int, *, packed: bool) -> float:
    """Bytes of the weights: packed in 4 bits, or all in the compute dtype of `itemsize` bytes."""
    rest = shape.parameters - shape.linear
    return rest * itemsize + shape.linear * (NF4_BYTES if packed else itemsize)


def needed_bytes(shape: Shape, work: Work, itemsize: int, *, packed: bool) -> float:
    """Bytes at the peak of some work, of the device's memory, with OVERHEAD."""
    tokens, inner, hidden = work.tokens, shape.inner, shape.hidden
    lora = shape.lora_sides * work.r * (LORA_STATE if work.training else 4)
    head = min(shape.vocabulary, HEAD_ROWS) * hidden * 4 + 3 * min(tokens, PLACES) * shape.vocabulary * 4
    cache = work.cached * shape.layers * 2 * shape.kv * itemsize
    if work.training:
        # in float32 each query head gets a copy of its keys and values (key_heads.py)
        copies = 2 * max(0, hidden - shape.kv) if itemsize == 4 else 0
        kept = tokens * itemsize * (KEPT_INNER * inner + KEPT_HIDDEN * hidden + copies)
        one_layer = BACKWARD * kept
        activations = (
            tokens * shape.layers * hidden * itemsize + one_layer
            if work.recompute
            else kept * shape.layers + one_layer - kept
        )
    else:
        # PEFT computes LoRA in float32 next to the layer's output
        activations = tokens * (itemsize * (3 * inner + 6 * hidden) + (4 * 3 * inner if work.r else 0))
        activations += head
    return weights_bytes(shape, itemsize, packed=packed) + lora + cache + activations + OVERHEAD
