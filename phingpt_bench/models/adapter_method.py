"""What a PEFT configuration does to a base: whether it may share one loaded base with others, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.models.adapter_files import CONFIG, read_config, shapes

# ways to initialise LoRA that leave the base as it is; others take a part of it away
HARMLESS_INITS = (True, False, None, "gaussian", "eva", "orthogonal", "mica")
REPEATABLE_INITS = ("pissa", "olora")  # the same part is taken away at each loading
PROBED = 8  # tokens with an embedding of their own that the probe looks at
EMBEDDINGS = ("embed_tokens", "lm_head", "wte", "embed_in", "embed_out", "word_embeddings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How an adapter is loaded.

    alone: why it needs a base loaded for it alone, None if it shares one with others. changes_base: whether its base
    with the adapter off may be another than the bare base, by design. vocabulary: rows of the embedding that it was
    saved with, where its file holds one. trigger: tokens that it needs to act; empty if it acts on all.
    """

    name: str  # "LORA", "IA3" ...
    alone: str | None = None
    changes_base: bool = False
    vocabulary: int | None = None
    trigger: tuple[int, ...] = ()


def method_of(folder: Path) -> Method:
    """The method of an adapter folder; BenchError with the true reason for what cannot be loaded as trained."""
    config = read_config(folder)
    where = str(folder / CONFIG)
    name = str(config["peft_type"]).upper()
    _refuse(name, config, where)
    rows = _embedding_rows(folder)
    changed = _changed_base(name, config) or (sentence("it brings an embedding of its own") if rows else None)
    other = None if name == "LORA" else sentence("adapters by {name} do not share a base with others", name=name)
    trigger = tuple(config.get("alora_invocation_tokens") or ())
    if trigger:
        other = sentence("it acts only behind its invocation tokens (aLoRA)")
    elif name == "TRAINABLE_TOKENS":
        trigger = tuple(config.get("token_indices") or ())[:PROBED]
    return Method(name=name, alone=changed or other, changes_base=changed is not None, vocabulary=rows, trigger=trigger)


def _refuse(name: str, config: Mapping[str, Any], where: str) -> None:
    """BenchError for a method that this PEFT does not know, or that would be loaded as another adapter."""
    _refuse_method(name, where)
    _refuse_variant(name, config, where)


def _refuse_method(name: str, where: str) -> None:
    from peft import PeftType

    if name not in PeftType.__members__:
        raise BenchError(
            "the installed PEFT does not know peft_type '{name}'",
            where=where,
            hint="pip install --upgrade peft",
            name=name,
        )
    if name == "XLORA":
        raise BenchError(
            "X-LoRA is a mixture of other adapters, whose folders its configuration does not hold",
            where=where,
            hint="evaluate the adapters that it mixes one by one",
        )
    if name in ("POLY", "MULTITASK_PROMPT_TUNING"):
        raise BenchError(
            "{name} needs the number of its task at each call, which lm-eval does not give",
            where=where,
            hint="evaluate an adapter of one task",
            name=name,
        )
    if name == "LILY":
        raise BenchError(
            "LILY mixes its experts over all tokens of a batch, so that an answer would change with the documents "
            "in its batch",
            where=where,
            hint="train the adapter by another method",
        )


def _refuse_variant(name: str, config: Mapping[str, Any], where: str) -> None:
    if config.get("arrow_config"):
        raise BenchError(
            "the adapter routes between other adapters (Arrow), whose folders its configuration does not hold",
            where=where,
            hint="evaluate the adapters that it mixes one by one",
        )
    if config.get("megatron_config"):
        raise BenchError(
            "the adapter was made for Megatron's layers, which transformers does not have",
            where=where,
            hint="convert it to a plain LoRA adapter where it was trained",
        )
    init = config.get("init_lora_weights", True)
    if name == "LORA" and init not in HARMLESS_INITS and init not in REPEATABLE_INITS:
        raise BenchError(
            "the adapter was initialised by '{init}', which takes a part out of the base that "
            "loading cannot find again (it is drawn at random, or needs the training data)",
            where=where,
            hint="save it as plain LoRA where it was trained: PEFT's save_pretrained with "
            "path_initial_model_for_weight_conversion",
            init=init,
        )


def check_quantised(folder: Path, quantisation: str | None) -> None:
    """BenchError for an adapter that takes a part out of weights which the base only has in fewer bits."""
    config = read_config(folder)
    init = "kasa" if config.get("kasa_config") else config.get("init_lora_weights", True)
    if quantisation is not None and init in (*REPEATABLE_INITS, "kasa"):
        raise BenchError(
            "the adapter was initialised by '{init}', which takes a part out of the full weights of "
            "its base, and the base is quantised ({quantisation})",
            where=str(folder / CONFIG),
            hint="evaluate it with --quantisation none, or save it as plain LoRA where it was trained",
            init=init,
            quantisation=quantisation,
        )


def _changed_base(name: str, config: Mapping[str, Any]) -> str | None:
    """Why the base under the adapter is another one by design."""
    if config.get("bias", "none") not in ("none", None):
        return f"it trains the biases of the base (bias: {config['bias']})"
    if config.get("layer_replication"):
        return "it repeats layers of the base (layer_replication)"
    if name == "LORA" and config.get("init_lora_weights", True) in REPEATABLE_INITS:
        return f"it takes a part out of the base ({config['init_lora_weights']})"
    if config.get("kasa_config"):
        return "it drops the smallest singular values of the base (KaSA)"
    return None


def _embedding_rows(folder: Path) -> int | None:
    """Rows of a whole embedding or output head of the base in the adapter's file; None if it has none."""
    ends = tuple(f"{layer}.{end}weight" for layer in EMBEDDINGS for end in ("", "base_layer."))
    rows = [shape[0] for key, shape in shapes(folder).items() if len(shape) == 2 and key.endswith(ends)]
    return max(rows, default=None)
