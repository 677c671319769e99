"""A recipe: how an adapter is trained. A YAML file under adapters/recipes, read strictly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.overrides import Override
from phingpt_bench.core.paths import is_name, share
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.models.base_spec import BaseSpec

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")  # it names a folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """LoRA (Hu et al. 2021): W + scale * B A for a frozen W."""

    r: int = 16
    """Rank of the update: rows of A, columns of B."""

    alpha: int = 32
    """Scale of the update, over r, or over its root."""

    use_rslora: bool = False
    """Rank-stabilised LoRA (Kalajdzievski 2023): the scale is alpha / sqrt(r) instead of alpha / r."""

    use_dora: bool = False
    """DoRA (Liu et al. 2024): length and direction of the columns of W are trained apart. Slower: no fused layers."""

    dropout: float = 0.0
    """Dropout on the input of A."""

    target_modules: list[str] | str = field(default_factory=lambda: ["all-linear"])
    """Names of linear layers, or "all-linear": all but the output head. A model that fuses the named layers (Phi-3:
    q_proj, k_proj, v_proj -> qkv_proj) gets the fused one instead; the adapter's card says so. A text that is not a
    list is a regular expression that the whole name of a layer matches ('.*layers\\.[0-3]\\..*_proj')."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the trained weights, together with the data."""

    name: str
    """Name of the adapter and of its folder."""

    tasks: list[str]
    """lm-eval tasks whose prompts and answers are trained on."""

    base: BaseSpec = field(default_factory=BaseSpec)
    """The model that the adapter is trained on."""
    lora: Lora = field(default_factory=Lora)
    """The shape of the adapter."""

    splits: list[Literal["train", "validation"]] = field(default_factory=lambda: ["train"])
    """The splits of each task whose rows are trained on."""

    chat_template: bool = False
    """Whether prompts are rendered with the tokenizer's chat template."""

    epochs: int = 1
    """Passes over the rows."""

    learning_rate: float = 2e-4
    """Peak learning rate, after a linear warm-up and before a cosine decay."""

    warmup: float = 0.05
    """Share of the steps over which the learning rate rises."""

    weight_decay: float = 0.0
    """The weight decay of AdamW."""
    max_grad_norm: float = 1.0
    """The norm that gradients are clipped to."""

    tokens_per_batch: int = 1024
    """Padded tokens per optimiser step. A batch holds as many rows as fit, at least one."""

    max_tokens: int = 1024
    """Longer rows are skipped, and counted in the card."""

    gradient_checkpointing: bool = False
    """Keep only the layers' inputs and recompute the other activations in the backward pass: 50 % more work (the base
    is frozen) for memory that hardly grows with depth. For models of billions of parameters on a GPU; on a CPU a step's
    memory is bounded anyway (trainer.backward)."""

    save_steps: int = 200
    """Optimiser steps between checkpoints."""

    seed: int = 0
    """Seed of the LoRA weights and of the order of the rows."""

    def __post_init__(self) -> None:
        for name, good, rule in (
            (
                "name",
                bool(NAME.fullmatch(self.name)) and is_name(self.name),
                sentence("has only letters, digits, '.', '_', '-', and no '.' or '-' first"),
            ),
            ("tasks", bool(self.tasks), sentence("must list at least one task")),
            ("splits", bool(self.splits), sentence("must list at least one split")),
            ("max_grad_norm", self.max_grad_norm > 0, sentence("is above 0")),
            ("weight_decay", self.weight_decay >= 0, sentence("is at least 0")),
            ("epochs", self.epochs >= 1, sentence("is at least 1")),
            ("learning_rate", self.learning_rate > 0, sentence("is above 0")),
            ("warmup", 0 <= self.warmup < 1, sentence("is from 0 up to 1")),
            ("tokens_per_batch", self.tokens_per_batch >= 1, sentence("is at least 1")),
            ("max_tokens", self.max_tokens >= 2, sentence("is at least 2")),
            ("save_steps", self.save_steps >= 1, sentence("is at least 1")),
            ("lora.r", self.lora.r >= 1, sentence("is at least 1")),
            ("lora.alpha", self.lora.alpha >= 1, sentence("is at least 1")),
            ("lora.target_modules", bool(self.lora.target_modules), sentence("must list at least one layer")),
            ("lora.dropout", 0 <= self.lora.dropout < 1, sentence("is from 0 up to 1")),
        ):
            if not good:
                raise BenchError(joined((name, rule), " "))


def load_recipe(name_or_path: str, overrides: Sequence[Override] = ()) -> Recipe:
    """A shipped recipe by name, or any recipe by path; BenchError with the nearest name or with file and line.

    overrides: values in place of those in the file; an error in one names it.
    """
    return config.load_shipped(sentence("recipe"), share("adapters", "recipes"), name_or_path, Recipe, overrides)
